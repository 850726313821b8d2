package audit

import (
	"time"
	_ "time/tzdata" // zones must not depend on the files of the machine or the container image
)

// dayCount is how many days the picture of a person's activity shows.
const dayCount = 90

// zoneOf gives the zone of an IANA name; UTC for a name that is none.
func zoneOf(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which is the server's, and nobody's name
		return time.UTC
	}
	return zone
}

// lastDays gives the beginnings of the last days in the zone, the oldest first,
// today's last, and after it the beginning of tomorrow.
func lastDays(now time.Time, zone *time.Location) [dayCount + 1]time.Time {
	var days [dayCount + 1]time.Time
	year, month, today := now.In(zone).Date()
	for i := range days {
		days[i] = beginning(year, month, today-dayCount+1+i, zone)
	}
	return days
}

// beginning is the first moment of a day, which need not be 0:00: clocks are
// also changed at midnight.
func beginning(year int, month time.Month, day int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if t.Hour() > 12 { // midnight was left out, and this is the evening before
		_, t = t.ZoneBounds()
	}
	sooner := t.Add(-time.Hour)
	if sooner.Day() == t.Day() { // midnight came twice
		t = sooner
	}
	return t.UTC()
}
