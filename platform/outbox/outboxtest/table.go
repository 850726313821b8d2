// Package outboxtest holds what services write into their outbox to the table of
// docs/events.md, which is all that anybody may expect to find in an event.
package outboxtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Kind is a row of the table: what events of one type hold.
type Kind struct {
	Subject string          // the collection of its subject: "notes"
	Nobodys bool            // it is in no account's trail
	Data    map[string]bool // the members of its data, and whether each is always there
}

// Table is what the page says, by the type of event.
type Table map[string]Kind

var (
	rowPattern  = regexp.MustCompile("^\\| `(notejam\\.[^`]+)` \\| `([a-z]+)/…` \\| (the account's|nobody's) \\| ([^|]*) \\| [^|]+ \\|$")
	dataPattern = regexp.MustCompile("`([a-z_]+)(\\??)`")
)

// ReadTable reads the page at path.
func ReadTable(path string) (Table, error) {
	page, err := os.ReadFile(path) //nolint:gosec // a test's own file
	if err != nil {
		return nil, fmt.Errorf("read the table of events: %w", err)
	}
	table := Table{}
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| `notejam.") {
			continue
		}
		cells := rowPattern.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil {
			return nil, fmt.Errorf("this is no row of the table of events: %s", line)
		}
		kind := Kind{Subject: cells[2], Nobodys: cells[3] == "nobody's", Data: map[string]bool{}}
		for _, member := range dataPattern.FindAllStringSubmatch(cells[4], -1) {
			kind.Data[member[1]] = member[2] == ""
		}
		if _, twice := table[cells[1]]; twice {
			return nil, fmt.Errorf("%s has two rows", cells[1])
		}
		table[cells[1]] = kind
	}
	if len(table) == 0 {
		return nil, errors.New("the page has no table of events")
	}
	return table, nil
}

// Types gives the types of a service's events, sorted.
func (t Table) Types(source string) (types []string) {
	for kind := range t {
		if strings.HasPrefix(kind, "notejam."+source+".") {
			types = append(types, kind)
		}
	}
	slices.Sort(types)
	return types
}

// members are those that every event may have, as platform/outbox writes them.
var members = []string{
	"specversion", "id", "source", "type", "subject", "subject_version", "time", "actor", "request_id", "traceparent", "data",
}

// Check says what an event holds that the table does not promise, or lacks that
// it does.
func (t Table) Check(payload string) error {
	var all map[string]any
	err := json.Unmarshal([]byte(payload), &all)
	if err != nil {
		return fmt.Errorf("decode event: %w", err)
	}
	var wrong []error
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for member := range all {
		if !slices.Contains(members, member) {
			complain("has member %q", member)
		}
	}
	kind, known := t[text(all, "type")]
	if !known {
		complain("type is not in the table")
	}
	others := text(all, "subject") == kind.Subject+"/others" // counted together, see outbox.Tally
	if !strings.HasPrefix(text(all, "subject"), kind.Subject+"/") {
		complain("subject is %s", text(all, "subject"))
	}
	if (text(all, "actor") == "") != (kind.Nobodys || others) {
		complain("actor is %q", text(all, "actor"))
	}
	data, _ := all["data"].(map[string]any)
	for member := range data {
		if _, promised := kind.Data[member]; !promised {
			complain("data has %q", member)
		}
	}
	for member, always := range kind.Data {
		if _, there := data[member]; always && !there && !others {
			complain("data lacks %q", member)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("event %s: %w", payload, errors.Join(wrong...))
	}
	return nil
}

func text(members map[string]any, name string) string {
	value, _ := members[name].(string)
	return value
}
