package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// matrix are the rows, by their letters.
var matrix = []struct {
	letter, title string
	rows          int
}{
	{"P", "Processes and deploys", 12},
	{"D", "The database", 14},
	{"Q", "The queue and events", 12},
	{"N", "Network, resources, input", 12},
}

const head = `# The fault matrix

Written by ` + "`make faults`" + ` from its last run. What each row promises is in the test of its name; [reliability](reliability.md) says how the parts hold together.
Figures are those of the last run on each make of database; in short means a little of everything, as ` + "`make faults SHORT=1`" + ` does it.
`

// render is the page.
func render(runs []run) string {
	var out strings.Builder
	out.WriteString(head)
	for _, part := range matrix {
		fmt.Fprintf(&out, "\n## %s\n\n| row | what goes wrong, and what happens |", part.title)
		for _, r := range runs {
			fmt.Fprintf(&out, " %s |", r.name)
		}
		out.WriteString(" figures |\n| --- | --- |" + strings.Repeat(" --- |", len(runs)) + " --- |\n")
		for i := range part.rows {
			row := part.letter + strconv.Itoa(i+1)
			names := namesOf(runs, row)
			if len(names) == 0 {
				fmt.Fprintf(&out, "| %s | no test has this row's name yet |%s |\n", row, strings.Repeat(" – |", len(runs)))
			}
			for _, name := range names {
				out.WriteString(line(runs, row, name))
			}
		}
	}
	return out.String()
}

func namesOf(runs []run, row string) []string {
	found := map[string]bool{}
	for _, r := range runs {
		for name, t := range r.tests {
			if t.row == row {
				found[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// mostFigures keeps a line short: a row that repeats itself is not told each time.
const mostFigures = 3

func line(runs []run, row, name string) string {
	var ended, said []string
	words := ""
	for _, r := range runs {
		t := r.tests[name]
		switch {
		case t == nil:
			ended = append(ended, "not run")
			continue
		case t.passed:
			ended = append(ended, "holds")
		default:
			ended = append(ended, "**FAILS**")
		}
		words = cmp.Or(words, t.sentence)
		if len(t.said) > 0 {
			said = append(said, r.name+": "+strings.Join(t.said[:min(len(t.said), mostFigures)], "; "))
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", row, words, strings.Join(ended, " | "), strings.ReplaceAll(strings.Join(said, " · "), "|", "/"))
}
