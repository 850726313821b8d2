package queue_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

func TestSend_RefusesBeforeTheCallWhatIsTooMuch(t *testing.T) {
	server, q := start(t)
	for what, c := range map[string]struct {
		entries []queue.Entry
		says    string
	}{
		"11 entries":       {entries(11, "body"), "11 entries are more than 10"},
		"256 KiB and 1":    {entries(1, strings.Repeat("x", queue.MaxBytes+1)), "262145 bytes are more than 262144"},
		"ten times 27 KiB": {entries(10, strings.Repeat("x", 27<<10)), "276480 bytes are more than 262144"},
		"an empty body":    {entries(2, ""), "a body is empty"},
	} {
		t.Run(what, func(t *testing.T) {
			result, err := q.Send(t.Context(), c.entries)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("result %v, error %v does not say %q", result, err, c.says)
			}
		})
	}
	nothing, err := q.Send(t.Context(), nil)
	if err != nil || len(nothing.Accepted)+len(nothing.Refused) > 0 {
		t.Errorf("sending nothing: %v, error %v", nothing, err)
	}
	if calls := server.Calls("SendMessageBatch"); calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
}

func TestSend_TakesAsMuchAsItPromises(t *testing.T) {
	_, q := start(t)
	result, err := q.Send(t.Context(), entries(8, strings.Repeat("x", queue.MaxBytes/8)))
	if err != nil || len(result.Accepted) != 8 {
		t.Errorf("accepted %d of 8, error %v", len(result.Accepted), err)
	}
}

func TestSend_EachEntryIsEitherAcceptedOrRefused(t *testing.T) {
	server, q := start(t)
	server.SetFaults(queuetest.Faults{Refuse: 50})
	result, err := q.Send(t.Context(), entries(10, "body"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]int)
	for _, id := range result.Accepted {
		seen[id]++
	}
	for _, refusal := range result.Refused {
		seen[refusal.ID]++
		want := queue.Refusal{ID: refusal.ID, Code: "InternalError", Message: "The entry was not taken. Try again."}
		if diff := cmp.Diff(want, refusal); diff != "" {
			t.Errorf("refusal (-want +got):\n%s", diff)
		}
	}
	for _, entry := range entries(10, "body") {
		if seen[entry.ID] != 1 {
			t.Errorf("%s is in the answer %d times", entry.ID, seen[entry.ID])
		}
	}
	if len(result.Accepted) == 0 || len(result.Refused) == 0 {
		t.Errorf("%d accepted and %d refused: the fault hit nothing or all", len(result.Accepted), len(result.Refused))
	}
}
