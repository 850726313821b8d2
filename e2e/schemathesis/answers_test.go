//go:build interop

package schemathesis_test

// What web itself counted: a run whose calls were all refused would have proven little.

import (
	"bufio"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/local"
)

// leastDone is how many of the 24 kinds of calls must have succeeded. Three need what Schemathesis cannot know: the password,
// the token of a mail, and a session that is not its own. Of those that come late in a sequence chance leaves one or two out.
const leastDone = 17

// counted is a line of web's metrics about requests of REST.
var counted = regexp.MustCompile(`^http_request_duration_seconds_count\{method="(GET|POST|PATCH|DELETE)",route="(/v1/[^"]*)",status="(\d+)"\} (\d+)$`)

// wantAnswers checks that calls of most kinds succeeded, and that none met a mistake of ours.
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
	succeeded := 0
	for call, well := range done {
		if well {
			succeeded++
		} else {
			t.Logf("%s never succeeded", call)
		}
	}
	if succeeded < leastDone {
		t.Errorf("of %d kinds of calls only %d succeeded", len(done), succeeded)
	}
	t.Logf("web answered %d calls of %d kinds", calls, len(done))
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
