package audit

import (
	"testing"
	"time"
)

func TestZoneOf_AnUnknownZoneIsUTC(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Vienna": "Europe/Vienna", "": "UTC", "UTC": "UTC", "Local": "UTC", "Mars/Olympus": "UTC", "../etc/passwd": "UTC", "europe\x00": "UTC",
	} {
		if got := zoneOf(name).String(); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

func TestLastDays_BeginAtTheFirstMomentOfEachDayInTheZone(t *testing.T) {
	for name, c := range map[string]struct {
		now   string
		zone  string
		day   int    // which of them
		begin string // that one's beginning
	}{
		"today in UTC":                           {"2026-03-04T23:59:59Z", "UTC", 89, "2026-03-04T00:00:00Z"},
		"tomorrow in UTC":                        {"2026-03-04T23:59:59Z", "UTC", 90, "2026-03-05T00:00:00Z"},
		"the first day in UTC":                   {"2026-03-04T00:00:00Z", "UTC", 0, "2025-12-05T00:00:00Z"},
		"today is tomorrow in the east":          {"2026-03-04T23:59:59Z", "Asia/Kathmandu", 89, "2026-03-04T18:15:00Z"},
		"today is yesterday in the west":         {"2026-03-04T01:00:00Z", "America/New_York", 89, "2026-03-03T05:00:00Z"},
		"the day on which summer begins":         {"2026-03-29T12:00:00Z", "Europe/Vienna", 89, "2026-03-28T23:00:00Z"},
		"the day after":                          {"2026-03-29T12:00:00Z", "Europe/Vienna", 90, "2026-03-29T22:00:00Z"},
		"a day without midnight":                 {"2026-04-24T12:00:00Z", "Africa/Cairo", 89, "2026-04-23T22:00:00Z"},
		"a day with two midnights":               {"2026-11-01T12:00:00Z", "America/Havana", 89, "2026-11-01T04:00:00Z"},
		"the day before that":                    {"2026-11-01T12:00:00Z", "America/Havana", 88, "2026-10-31T04:00:00Z"},
		"the day that ends before its last hour": {"2026-10-30T12:00:00Z", "Africa/Cairo", 89, "2026-10-29T22:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := lastDays(now, zoneOf(c.zone))[c.day].Format(time.RFC3339); got != c.begin {
			t.Errorf("%s begins at %s, want %s", name, got, c.begin)
		}
	}
}
