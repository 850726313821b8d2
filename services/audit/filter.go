package audit

import (
	"regexp"
	"strings"
	"time"
)

// maxFilter is how long the text of a filter may be.
const maxFilter = 300

// filter says which activities of a trail are asked for. The zero value is not
// one: see everything.
type filter struct {
	// typePart is compared with the first typeChars characters of the type.
	typePart  string
	typeChars int
	since     time.Time // not before
	before    time.Time
}

// wholeType is more characters than a type has.
const wholeType = 100

// The ends of time, as far as the database knows it.
var (
	firstTime = time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// everything is no filter.
var everything = filter{since: firstTime, before: lastTime}

var (
	conditionRule = regexp.MustCompile(`^ *(type|occur_time) *(=|>=|<) *"([^"\\]*)" *$`)
	typeRule      = regexp.MustCompile(`^[!-)+-~]{0,80}\*?$`)
)

// parseFilter reads conditions joined by AND, each at most once: on the type,
// which may end with a * for any rest, and on both ends of the time.
func parseFilter(text string) (f filter, ok bool) {
	f = everything
	if text == "" {
		return f, true
	}
	if len(text) > maxFilter {
		return everything, false
	}
	seen := map[string]bool{}
	for condition := range strings.SplitSeq(text, " AND ") {
		match := conditionRule.FindStringSubmatch(condition)
		if match == nil {
			return everything, false
		}
		left, value := match[1]+" "+match[2], match[3]
		switch left {
		case "type =":
			ok = f.setType(value)
		case "occur_time >=":
			f.since, ok = parseBound(value)
		case "occur_time <":
			f.before, ok = parseBound(value)
		default:
			ok = false
		}
		if !ok || seen[left] {
			return everything, false
		}
		seen[left] = true
	}
	return f, true
}

func (f *filter) setType(value string) bool {
	part, open := strings.CutSuffix(value, "*")
	f.typePart, f.typeChars = part, wholeType
	if open {
		f.typeChars = len(part)
	}
	return value != "" && typeRule.MatchString(value)
}

// parseBound reads a time. Events have whole microseconds: a bound between two
// of them is as good as the later one, and one that the database cannot hold as
// the end on its side.
func parseBound(value string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}, false
	}
	t = t.UTC()
	whole := t.Truncate(time.Microsecond)
	if whole.Before(t) {
		whole = whole.Add(time.Microsecond)
	}
	switch {
	case whole.Before(firstTime):
		whole = firstTime
	case whole.After(lastTime):
		whole = lastTime
	}
	return whole, true
}
