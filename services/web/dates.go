package web

// Dates as product.md words them: calendar days in the person's zone. The zone is an IANA name in a cookie that
// static/zone.js sets; whatever is no such name counts as UTC.

import (
	"fmt"
	"net/http"
	"regexp"
	"time"
	_ "time/tzdata" // zones must not depend on the files of the machine or the container image
)

const (
	zoneCookie = "nj_zone"

	// daysInWords is how many days back are counted in words; older dates are written out.
	daysInWords = 7

	// exactLayout is RFC 3339 with the three decimals that HTML's <time> allows at most.
	exactLayout = "2006-01-02T15:04:05.000Z07:00"
)

// zoneName is what IANA's names look like: "UTC", "Europe/Vienna", "America/Argentina/Ushuaia", "Etc/GMT+5".
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}$`)

// zoneOf gives the zone of the person who sent r.
func zoneOf(r *http.Request) *time.Location {
	cookie, err := r.Cookie(zoneCookie)
	if err != nil || cookie.Value == "Local" || !zoneName.MatchString(cookie.Value) {
		return time.UTC
	}
	zone, err := time.LoadLocation(cookie.Value)
	if err != nil {
		return time.UTC
	}
	return zone
}

// describe words the moment t for somebody who reads it at now in zone.
func describe(t, now time.Time, zone *time.Location) When {
	t, now = t.In(zone), now.In(zone)
	when := When{Exact: t.UTC().Format(exactLayout)}
	switch days := dayNumber(now) - dayNumber(t); {
	case days <= 0:
		when.Text = "Today at " + t.Format("15:04")
	case days == 1:
		when.Text = "Yesterday at " + t.Format("15:04")
	case days <= daysInWords:
		when.Text = fmt.Sprintf("%d days ago", days)
	default:
		when.Text = t.Format("02 Jan. 2006")
	}
	return when
}

// startOfDay gives the first moment of a calendar day, whose date day has, in zone.
func startOfDay(day time.Time, zone *time.Location) time.Time {
	year, month, date := day.Date()
	start := time.Date(year, month, date, 0, 0, 0, 0, zone)
	if start.Day() != date { // clocks skip this midnight, and Go took the hour before
		_, start = start.ZoneBounds()
	}
	return start
}

// dayNumber counts calendar days: two moments of one day in t's zone have one number, however long that day was.
func dayNumber(t time.Time) int {
	year, month, day := t.Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / int64(24*time.Hour/time.Second))
}
