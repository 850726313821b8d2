package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/proto/auditinternalpb"
)

func TestActivityFilter_IsAskedOfAuditInThePersonsDays(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	b.setCookie(zoneCookie, "Asia/Kolkata")
	for _, c := range []struct{ query, want string }{
		{"", ""},
		{"kind=account", `type = "notejam.auth.*"`},
		{"kind=notes", `type = "notejam.notes.note.*"`},
		{"kind=pads&from=2026-11-01&to=2026-11-02", `type = "notejam.notes.pad.*" AND occur_time >= "2026-10-31T18:30:00Z" AND occur_time < "2026-11-02T18:30:00Z"`},
		{"to=2026-02-28", `occur_time < "2026-02-28T18:30:00Z"`},
		{"kind=sessions&from=yesterday&to=2026-02-30", ""},
		{"kind=%22+OR+%22&from=2026-1-1&to=0000-01-01", ""},
		{"from=9999-12-31&to=9999-12-31&kind=%ff", ""},
		{"from=&to=&kind=", ""},
	} {
		wantStatus(t, b.get("/settings/activity/?"+c.query), http.StatusOK)
		request := last[*auditinternalpb.GetActivityPageRequest](d.world)
		if request.GetFilter() != c.want || request.GetTimeZone() != "Asia/Kolkata" || request.GetPageSize() != activitiesPerPage {
			t.Errorf("%s: got %v, want the filter %s", c.query, request, c.want)
		}
	}
}

func TestActivityFilter_IsKeptInItsFormAndOverThePages(t *testing.T) {
	d := startDoor(t)
	d.addActivities(activitiesPerPage + 1)
	b := d.signedIn(t, "ada@example.org")
	answer := b.get("/settings/activity/?to=2026-11-02&from=2026-11-01&kind=pads")
	form := formOf(t, answer.body)
	want := url.Values{"kind": {"pads"}, "from": {"2026-11-01"}, "to": {"2026-11-02"}}
	if form.Encode() != want.Encode() {
		t.Errorf("the form holds %v", form)
	}
	const next = "/settings/activity/?from=2026-11-01&kind=pads&page=25&to=2026-11-02"
	if got := linkTo(t, answer.body, "Next"); got != next {
		t.Errorf("Next leads to %q", got)
	}
	wantNoText(t, answer, "Newest")
	second := b.get(next)
	request := last[*auditinternalpb.GetActivityPageRequest](d.world)
	if request.GetPageToken() != "25" || request.GetFilter() == "" {
		t.Errorf("the second page asked for %v", request)
	}
	if got := linkTo(t, second.body, "Newest"); got != "/settings/activity/?from=2026-11-01&kind=pads&to=2026-11-02" {
		t.Errorf("Newest leads to %q", got)
	}
	if got := linkTo(t, second.body, "Next"); got != "" {
		t.Errorf("after the last page there is %q", got)
	}
}

func TestActivityFilter_ThatNothingPassesSaysSo(t *testing.T) {
	b := startDoor(t).signedIn(t, "ada@example.org")
	answer := b.get("/settings/activity/?kind=pads")
	wantText(t, answer, "Nothing like that happened.")
	if got := linkTo(t, answer.body, "Show everything"); got != "/settings/activity/" {
		t.Errorf("the way out leads to %q", got)
	}
}

func TestStartOfDay_IsTheFirstMomentEvenWhereClocksChangeAtMidnight(t *testing.T) {
	for _, c := range []struct{ zone, day, want string }{
		{"UTC", "2026-11-23", "2026-11-23T00:00:00Z"},
		{"Europe/Vienna", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"}, // from 00:00 to 01:00
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"},       // the same, east of Greenwich
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},    // 00:00 comes twice
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},      // the day that Samoa left out: it is empty
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOfDay(dayOf(c.day), zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s begins at %s, want %s", c.day, c.zone, got, c.want)
		}
	}
}
