package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// test is one that is named after a row of the matrix.
type test struct {
	row, sentence string
	passed        bool
	said          []string // its figures: what it logged
}

// run are the tests by name, on one make of database.
type run struct {
	name  string
	tests map[string]*test
}

func (r run) failed() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.tests)) {
		if !r.tests[name].passed {
			names = append(names, r.name+": "+name)
		}
	}
	return names
}

// event is a line of `go test -json`.
type event struct{ Action, Test, Output string }

var (
	rowTest = regexp.MustCompile(`^Test([PDNQ]\d+)_([A-Za-z0-9]+)$`)
	figures = regexp.MustCompile(`^\s+\w+_test\.go:\d+: (\d+ .*)$`)
	// Where words meet: isCut, and ACommit.
	ends   = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	begins = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
)

// read gives the row tests of a run.
func read(from io.Reader) (map[string]*test, error) {
	tests := map[string]*test{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		err := json.Unmarshal(lines.Bytes(), &e)
		if err != nil {
			continue // a line of make or of a compiler
		}
		match := rowTest.FindStringSubmatch(e.Test)
		if match == nil {
			continue
		}
		t := tests[e.Test]
		if t == nil {
			t = &test{row: match[1], sentence: sentence(match[2])}
			tests[e.Test] = t
		}
		if figure := figures.FindStringSubmatch(strings.TrimSuffix(e.Output, "\n")); figure != nil {
			t.said = append(t.said, figure[1])
		}
		t.passed = t.passed || e.Action == "pass"
	}
	err := lines.Err()
	if err == nil && len(tests) == 0 {
		err = fmt.Errorf("it has no test that is named after a row")
	}
	return tests, err
}

// sentence takes a test's name apart.
func sentence(name string) string {
	words := strings.Fields(begins.ReplaceAllString(ends.ReplaceAllString(name, "$1 $2"), "$1 $2"))
	for i, word := range words[1:] {
		if word == strings.ToUpper(word) && len(word) > 1 {
			continue // COMMIT, TLS
		}
		words[i+1] = strings.ToLower(word)
	}
	return strings.Join(words, " ")
}
