package queuetest

import (
	"net/http"
	"time"
)

// Faults is what goes wrong. Percentages are 0 (never) to 100 (always) and are drawn one by one; Config.Seed decides which are hit. A refused connection is
// not among them: Close the server and Start it again on the same address and folder.
type Faults struct {
	// Of calls, before they are carried out:

	Down        bool // the connection is cut without an answer, and so are the long polls that wait
	Unavailable bool // every call is answered 503
	Denied      bool // every call is answered 403, as with a missing permission or credentials that ran out
	Throttle    int  // percentage of calls that are answered RequestThrottled

	// After they are carried out:

	LoseAnswer int // percentage of calls whose connection is cut before the answer

	// Of the entries of batches:

	Refuse            int  // percentage that is refused, each for itself
	RefuseSenderFault bool // refuse as the sender's fault, which a retry does not mend

	// Of messages:

	Duplicate  int           // percentage that is kept twice: both are delivered, and each is deleted for itself
	Delay      int           // percentage that becomes visible only after DelayBy
	DelayBy    time.Duration // for Delay
	Reorder    bool          // those that wait are delivered in random order
	LoseDelete int           // percentage of deletes that are acknowledged and not carried out
}

// reorderSpan is the time over which Reorder spreads messages: longer than any test keeps one waiting.
const reorderSpan = time.Hour

func (s *store) setFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
	s.wakeAll()
}

func (s *store) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
	s.wakeAll()
}

func (s *store) wakeAll() {
	for _, q := range s.queues {
		q.wake()
	}
}

func (s *store) callsOf(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

// admit counts a call and draws its fault: an error in place of the answer, or an answer that gets lost.
func (s *store) admit(operation string) (loseAnswer bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[operation]++
	switch {
	case s.faults.Down:
		return false, errCut
	case s.faults.Unavailable:
		return false, generic(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is unavailable.")
	case s.faults.Denied:
		return false, generic(http.StatusForbidden, "AccessDenied", "Access to the resource is denied.")
	case s.hit(s.faults.Throttle):
		return false, requestThrottled()
	}
	return s.hit(s.faults.LoseAnswer), nil
}

// refuse draws whether an entry of a batch is refused.
func (s *store) refuse() error {
	switch {
	case !s.hit(s.faults.Refuse):
		return nil
	case s.faults.RefuseSenderFault:
		return generic(http.StatusBadRequest, "InvalidParameterValue", "The entry is wrong and stays so.")
	default:
		return generic(http.StatusInternalServerError, "InternalError", "The entry was not taken. Try again.")
	}
}

// hit draws with a chance of percent in a hundred. The caller holds the lock.
func (s *store) hit(percent int) bool { return percent > 0 && s.dice.IntN(100) < percent }
