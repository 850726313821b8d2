package web

// The filter of the page "Activity": what its form holds, and the same as audit reads it. What the form cannot hold
// counts as absent.

import (
	"net/url"
	"strings"
	"time"
)

const activityPath = "/settings/activity/"

// activityKinds are the choices of the form, each with the types of events that it shows.
var activityKinds = []struct{ value, label, types string }{
	{"", "Everything", ""},
	{"account", "Sign-ins and account", "notejam.auth.*"},
	{"notes", "Notes", "notejam.notes.note.*"},
	{"pads", "Pads", "notejam.notes.pad.*"},
}

const (
	// dayLayout is how forms write a calendar day.
	dayLayout = "2006-01-02"
	// firstYear and lastYear keep a day within what every clock and format can hold, wherever it begins.
	firstYear, lastYear = 1970, 9998
)

// activityFilter is what the form holds.
type activityFilter struct {
	kind     string
	from, to time.Time // calendar days, as midnight in UTC; the zero time for any
}

// activityFilter reads the form from the address.
func (v *visit) activityFilter() activityFilter {
	var f activityFilter
	for _, kind := range activityKinds {
		if kind.value == v.query("kind") {
			f.kind = kind.value
		}
	}
	f.from, f.to = dayOf(v.query("from")), dayOf(v.query("to"))
	return f
}

func dayOf(text string) time.Time {
	day, err := time.Parse(dayLayout, text)
	if err != nil || day.Year() < firstYear || day.Year() > lastYear {
		return time.Time{}
	}
	return day
}

// conditions are the filter as audit reads it; days are those of zone.
func (f activityFilter) conditions(zone *time.Location) string {
	var all []string
	for _, kind := range activityKinds {
		if kind.value == f.kind && kind.types != "" {
			all = append(all, `type = "`+kind.types+`"`)
		}
	}
	if !f.from.IsZero() {
		all = append(all, `occur_time >= "`+startOfDay(f.from, zone).UTC().Format(time.RFC3339)+`"`)
	}
	if !f.to.IsZero() {
		all = append(all, `occur_time < "`+startOfDay(f.to.AddDate(0, 0, 1), zone).UTC().Format(time.RFC3339)+`"`)
	}
	return strings.Join(all, " AND ")
}

// path is the address of a page of what the filter lets through; an empty token is the first one.
func (f activityFilter) path(token string) string {
	values := url.Values{}
	for name, value := range map[string]string{"kind": f.kind, "from": dayText(f.from), "to": dayText(f.to), "page": token} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return activityPath
	}
	return activityPath + "?" + values.Encode()
}

func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(dayLayout)
}

// form is the filter as its form shows it.
func (f activityFilter) form() ActivityFilter {
	form := ActivityFilter{From: dayText(f.from), To: dayText(f.to), Any: f.path("") == activityPath}
	for _, kind := range activityKinds {
		form.Kinds = append(form.Kinds, Option{Value: kind.value, Label: kind.label, Selected: kind.value == f.kind})
	}
	return form
}
