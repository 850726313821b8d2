package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// The first row of the fault matrix, docs/reliability.md, with people at the
// pages; its neighbours are tested where they happen, in platform/outbox and
// services/audit. What an outage costs is measured by `make bench-events`.
func TestQ1_WhileTheQueueIsAwayNobodyNoticesAndAfterwardsTheTrailIsComplete(t *testing.T) {
	p := startProcesses(t)
	ann := signedIn(t, p.stack.URL(), "ann")
	ann.api(http.MethodGet, "/v1/notes", nil)
	p.stack.Queue.SetFaults(queuetest.Faults{Down: true})
	const writers, each = 4, 25
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for j := range each {
				status, answer := ann.call(http.MethodPost, "/v1/notes", map[string]string{"title": fmt.Sprint("note ", i, j), "text": "x"}, ann.token)
				if status != http.StatusOK {
					t.Errorf("a write met %d %v", status, answer)
				}
			}
		})
	}
	writing.Wait()
	ann.submit("/notes/create/", url.Values{"name": {"by the page"}, "text": {"x"}}).leadsTo("/")
	const all = writers*each + 1
	lag := func() int { return sample(t, p.stack, "notes", "outbox_oldest_unsent_seconds") }
	eventually(t, "the lag is told", 30*time.Second, func() error {
		if lag() < 1 {
			return fmt.Errorf("it is %d s", lag())
		}
		return nil
	})
	p.stack.Queue.SetFaults(queuetest.Faults{})
	ann.settled(all)
	eventually(t, "the lag is gone", 30*time.Second, func() error {
		if lag() != 0 {
			return fmt.Errorf("it is %d s", lag())
		}
		return nil
	})
}
