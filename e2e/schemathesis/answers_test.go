//go:build interop

package schemathesis_test

// What web itself counted: a run whose calls were all refused would have proven little.

import (
	"bufio"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/local"
)

// counted is a line of web's metrics about requests of REST.
var counted = regexp.MustCompile(`^http_request_duration_seconds_count\{method="(GET|POST|PATCH|DELETE)",route="(/v1/[^"]*)",status="(\d+)"\} (\d+)$`)

// wantAnswers checks that a call of each kind succeeded, and that none met a mistake of ours.
func wantAnswers(t *testing.T, stack *local.Stack) {
	t.Helper()
	resp, err := http.Get("http://" + stack.Settings("web")["WEB_DEBUG_ADDR"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	done := map[string]bool{}
	calls := 0
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		match := counted.FindStringSubmatch(lines.Text())
		if len(match) == 0 || strings.HasPrefix(match[2], "/v1/ ") { // "/v1/ unknown" is no route
			continue
		}
		call := match[1] + " " + match[2]
		status, n := number(t, match[3]), number(t, match[4])
		calls += n
		if status >= http.StatusInternalServerError {
			t.Errorf("%s was answered with %d, %d times", call, status, n)
		}
		done[call] = done[call] || status < http.StatusMultipleChoices
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	for call, well := range done {
		if !well {
			t.Errorf("%s never succeeded", call)
		}
	}
	if kinds := len(operations(t, stack.URL())); len(done) != kinds {
		t.Errorf("there were calls of %d kinds, and the document has %d", len(done), kinds)
	}
	t.Logf("web answered %d calls of %d kinds", calls, len(done))
}

// operations are the kinds of calls that the document has.
func operations(t *testing.T, url string) (all []string) {
	t.Helper()
	resp, err := http.Get(url + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var document struct {
		Paths map[string]map[string]any
	}
	err = json.NewDecoder(resp.Body).Decode(&document)
	if err != nil {
		t.Fatal(err)
	}
	for path, verbs := range document.Paths {
		for verb := range verbs {
			all = append(all, verb+" "+path)
		}
	}
	return all
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
