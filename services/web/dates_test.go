package web

import (
	"net/http"
	"testing"
	"time"
)

func TestDescribe_CountsCalendarDaysInThePersonsZone(t *testing.T) {
	load := func(name string) *time.Location {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return zone
	}
	vienna, auckland, honolulu := load("Europe/Vienna"), load("Pacific/Auckland"), load("Pacific/Honolulu")
	for _, c := range []struct {
		name   string
		at     string
		now    string
		zone   *time.Location
		want   string
		wantAt string
	}{
		{"the same minute", "2026-11-23T10:51:07Z", "2026-11-23T10:51:59Z", time.UTC, "Today at 10:51", "2026-11-23T10:51:07.000Z"},
		{"the first second of today", "2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z", time.UTC, "Today at 00:00", "2026-11-23T00:00:00.000Z"},
		{"two minutes ago, but yesterday", "2026-11-22T23:59:00Z", "2026-11-23T00:01:00Z", time.UTC, "Yesterday at 23:59", "2026-11-22T23:59:00.000Z"},
		{"47 hours ago, but yesterday", "2026-11-22T00:30:00Z", "2026-11-23T23:30:00Z", time.UTC, "Yesterday at 00:30", "2026-11-22T00:30:00.000Z"},
		{"25 hours ago, but the day before yesterday", "2026-11-21T23:30:00Z", "2026-11-23T00:30:00Z", time.UTC, "2 days ago", "2026-11-21T23:30:00.000Z"},
		{"seven days", "2026-11-16T23:59:00Z", "2026-11-23T00:00:00Z", time.UTC, "7 days ago", "2026-11-16T23:59:00.000Z"},
		{"eight days", "2026-11-15T12:00:00Z", "2026-11-23T12:00:00Z", time.UTC, "15 Nov. 2026", "2026-11-15T12:00:00.000Z"},
		{"long ago", "2013-02-02T08:00:00Z", "2026-11-23T12:00:00Z", time.UTC, "02 Feb. 2013", "2013-02-02T08:00:00.000Z"},
		{"in a minute", "2026-11-23T10:52:00Z", "2026-11-23T10:51:00Z", time.UTC, "Today at 10:52", "2026-11-23T10:52:00.000Z"},
		{"next year", "2027-11-23T10:52:00Z", "2026-11-23T10:51:00Z", time.UTC, "Today at 10:52", "2027-11-23T10:52:00.000Z"},
		{"today in Vienna, yesterday in UTC", "2026-11-22T23:30:00Z", "2026-11-23T10:00:00Z", vienna, "Today at 00:30", "2026-11-22T23:30:00.000Z"},
		{"day and hour in one zone: Auckland is 13 hours ahead", "2026-11-22T10:00:00Z", "2026-11-22T12:00:00Z", auckland, "Yesterday at 23:00", "2026-11-22T10:00:00.000Z"},
		{"and Honolulu 10 behind", "2026-11-23T09:59:00Z", "2026-11-23T10:01:00Z", honolulu, "Yesterday at 23:59", "2026-11-23T09:59:00.000Z"},
		{"over the day of 25 hours", "2026-10-24T22:30:00Z", "2026-10-25T23:30:00Z", vienna, "Yesterday at 00:30", "2026-10-24T22:30:00.000Z"},
		{"over the day of 23 hours", "2026-03-28T23:30:00Z", "2026-03-30T21:30:00Z", vienna, "Yesterday at 00:30", "2026-03-28T23:30:00.000Z"},
		{"over a leap day", "2028-02-28T12:00:00Z", "2028-03-01T12:00:00Z", time.UTC, "2 days ago", "2028-02-28T12:00:00.000Z"},
		{"to the millisecond", "2026-11-23T10:51:07.123456Z", "2026-11-23T10:51:59Z", time.UTC, "Today at 10:51", "2026-11-23T10:51:07.123Z"},
		{"before 1970", "1969-12-31T12:00:00Z", "1970-01-01T12:00:00Z", time.UTC, "Yesterday at 12:00", "1969-12-31T12:00:00.000Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, now := instant(t, c.at), instant(t, c.now)
			got := describe(at, now, c.zone)
			if want := (When{c.want, c.wantAt}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestZoneOf_TakesIANANamesOnly(t *testing.T) {
	for value, want := range map[string]string{
		"Europe/Vienna":                  "Europe/Vienna",
		"America/Argentina/Ushuaia":      "America/Argentina/Ushuaia",
		"Etc/GMT+5":                      "Etc/GMT+5",
		"UTC":                            "UTC",
		"":                               "UTC",
		"Local":                          "UTC",
		"Europe/Nowhere":                 "UTC",
		"../../etc/passwd":               "UTC",
		"/etc/localtime":                 "UTC",
		"Europe/../Europe/Vienna":        "UTC",
		"Europe%2FVienna":                "UTC",
		"Europe/Vienna\\":                "UTC",
		"<script>":                       "UTC",
		"A/B/C/D":                        "UTC",
		string(make([]byte, 5000)) + "x": "UTC",
	} {
		request := &http.Request{Header: http.Header{"Cookie": {zoneCookie + "=" + value}}}
		if got := zoneOf(request).String(); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}
