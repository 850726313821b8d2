package outbox

import (
	"cmp"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
)

// Timing is how patient a relay and a reconciler are. A zero is the default.
type Timing struct {
	// Lease is how long claimed rows belong to one relay: far longer than sending
	// them takes, and what a crash in between delays them by. At most 5 minutes.
	Lease time.Duration
	// ConfirmAfter is when the reader of events is first asked for one that was
	// sent: most have arrived long before.
	ConfirmAfter time.Duration
	// ResendAfter is when an event that has not arrived is sent again. It is this
	// many times longer with each sending, so that a reader who is far behind is
	// not buried in repeats.
	ResendAfter time.Duration
}

// DefaultTiming is the timing of a service that is not told another one.
var DefaultTiming = Timing{Lease: time.Minute, ConfirmAfter: 2 * time.Minute, ResendAfter: 15 * time.Minute}

// maxLease is below the time that the relay takes for a jump of the clock.
const maxLease = 5 * time.Minute

// TimingSettings reads a service's timing.
func TimingSettings(s *env.Set, prefix string) Timing {
	return Timing{
		Lease: s.Duration(prefix+"_OUTBOX_LEASE", DefaultTiming.Lease, time.Second, maxLease,
			"How long events that a relay has claimed are its own, and so how long those of one that crashed wait."),
		ConfirmAfter: s.Duration(prefix+"_OUTBOX_CONFIRM_AFTER", DefaultTiming.ConfirmAfter, time.Second, time.Hour,
			"How long after an event was sent audit is asked whether it has it. What audit has leaves the outbox."),
		ResendAfter: s.Duration(prefix+"_OUTBOX_RESEND_AFTER", DefaultTiming.ResendAfter, time.Second, 24*time.Hour,
			"How long after it was sent an event that audit does not have is sent again; twice, three times as long the next times."),
	}
}

func (t Timing) complete() Timing {
	return Timing{
		Lease:        cmp.Or(t.Lease, DefaultTiming.Lease),
		ConfirmAfter: cmp.Or(t.ConfirmAfter, DefaultTiming.ConfirmAfter),
		ResendAfter:  cmp.Or(t.ResendAfter, DefaultTiming.ResendAfter),
	}
}
