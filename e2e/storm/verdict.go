package storm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Verdict is what a storm has left.
type Verdict struct {
	Seed         uint64
	Kills        int
	Rate         float64 // acknowledged writes a second
	Acknowledged int     // writes whose caller was told that they succeeded
	Committed    int     // changes in the databases
	Audited      int     // entries in the trail
	Lost         int     // acknowledged and not committed, or committed and not in the trail
	Invented     int     // in the trail and never committed
	Doubled      int     // in the trail again
	Stray        int     // dead letters, and messages in quarantine
	Broken       string  // what `audit verify` found; "" when every chain is intact
	Examples     []string
}

// OK tells whether all is as it must be.
func (v Verdict) OK() bool { return v.Lost+v.Invented+v.Doubled+v.Stray == 0 && v.Broken == "" }

// String is the verdict line.
func (v Verdict) String() string {
	line := fmt.Sprintf("seed %d: %d kills, %.0f writes/s, acknowledged %d, committed %d, audited %d, lost %d, invented %d, doubled %d, dead or quarantined %d",
		v.Seed, v.Kills, v.Rate, v.Acknowledged, v.Committed, v.Audited, v.Lost, v.Invented, v.Doubled, v.Stray)
	if v.Broken == "" {
		line += ", every chain intact"
	} else {
		line += "\n  " + v.Broken
	}
	if len(v.Examples) > 0 {
		line += "\n  " + strings.Join(v.Examples, "\n  ")
	}
	return line
}

// change is one change of one resource: what has exactly one entry in the trail.
// Versions count from 1; sessions and accounts have none.
type change struct {
	subject string
	version int64
}

// judge reads what is in the databases and compares.
func judge(ctx context.Context, f *victims, crew *crew) (Verdict, error) {
	committed, err := f.committed(ctx)
	if err != nil {
		return Verdict{}, err
	}
	audited, err := f.audited(ctx)
	if err != nil {
		return Verdict{}, err
	}
	v := compare(crew.acknowledged(), committed, audited)
	v.Stray, err = f.look.Stray(ctx)
	if err != nil {
		return Verdict{}, err
	}
	v.Broken, err = f.verifyChains(ctx)
	return v, err
}

// compare counts what is wrong.
func compare(acknowledged, committed, audited []change) Verdict {
	v := Verdict{Acknowledged: len(acknowledged), Committed: len(committed), Audited: len(audited)}
	note := func(what string, c change) {
		if len(v.Examples) < 10 {
			v.Examples = append(v.Examples, fmt.Sprintf("%s: %s version %d", what, c.subject, c.version))
		}
	}
	expected := make(map[change]bool, len(committed))
	for _, c := range committed {
		expected[c] = true
	}
	found := make(map[change]int, len(audited))
	for _, c := range audited {
		found[c]++
	}
	for _, c := range acknowledged {
		if !expected[c] {
			v.Lost++
			note("acknowledged and not committed", c)
		}
	}
	for c := range expected {
		if found[c] == 0 {
			v.Lost++
			note("committed and not in the trail", c)
		}
	}
	for c, n := range found {
		if !expected[c] {
			v.Invented++
			note("in the trail and not committed", c)
		}
		if n > 1 {
			v.Doubled += n - 1
			note(fmt.Sprintf("%d times in the trail", n), c)
		}
	}
	return v
}

// committed reads every change that the rows tell of: a resource of version 3
// was changed three times.
func (f *victims) committed(ctx context.Context) ([]change, error) {
	var all []change
	for _, source := range []struct{ service, query string }{
		{"auth", "SELECT CONCAT('accounts/', id), 0 FROM accounts"},
		{"auth", "SELECT CONCAT('sessions/', id), 0 FROM sessions"},
		{"notes", "SELECT CONCAT('notes/', id), version FROM notes"},
		{"notes", "SELECT CONCAT('pads/', id), version FROM pads"},
	} {
		rows, err := f.changes(ctx, source.service, source.query)
		if err != nil {
			return nil, err
		}
		for _, last := range rows {
			if last.version == 0 {
				all = append(all, last)
			}
			for version := range last.version {
				all = append(all, change{last.subject, version + 1})
			}
		}
	}
	return all, nil
}

// audited reads what the trail tells of these changes. A sign-in that was sent
// again ends the session that its first try began: of that one nothing is left to
// compare.
func (f *victims) audited(ctx context.Context) ([]change, error) {
	all, err := f.changes(ctx, "audit", `
SELECT
	subject,
	subject_version
FROM events
WHERE source = 'notes'
	OR type IN ('notejam.auth.account.created.v1', 'notejam.auth.session.created.v1')`)
	if err != nil {
		return nil, err
	}
	ended, err := f.changes(ctx, "audit", "SELECT subject, 0 FROM events WHERE type = 'notejam.auth.session.ended.v1'")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c change) bool { return slices.Contains(ended, c) }), nil
}

// changes reads rows of two columns. There are too many for one statement's time
// only if a storm lasts for an hour.
func (f *victims) changes(ctx context.Context, service, query string) ([]change, error) {
	rows, err := f.look.Rows(service).Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read what %s has: %w", service, err)
	}
	all, err := mysql.Collect(rows, func(row mysql.Scanner) (c change, err error) { return c, row.Scan(&c.subject, &c.version) })
	if err != nil {
		return nil, fmt.Errorf("read what %s has: %w", service, err)
	}
	return all, nil
}
