package web

import (
	"maps"
	"slices"
	"sync"

	"gitlab.com/notejam/notejam/platform/fault"
)

// readOnlyBanner stands on every page while nothing can be changed.
const readOnlyBanner = "Notejam is read-only right now: you can read everything, and change nothing for a while."

// readOnlyNotice stands in a form that could not be stored, below the banner.
const readOnlyNotice = "Nothing can be saved right now. Your text is kept in this page; try again later."

// errReadOnly is the page for what asked without a form.
var errReadOnly = &refusal{status: errAway.status, heading: "Notejam is read-only right now.", advice: "Your notes are safe and can be read. Try again later."}

// isReadOnly tells whether a write was refused because everything can only be read.
func isReadOnly(err error) bool { return fault.Is(err, fault.ReasonReadOnly) }

// readOnlyServices are those whose last answer said that they are. Any one is enough for the banner.
type readOnlyServices struct {
	mu sync.Mutex
	by map[string]bool
}

func (r *readOnlyServices) note(server string, is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[string]bool{}
	}
	r.by[server] = is
}

func (r *readOnlyServices) any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(slices.Collect(maps.Values(r.by)), true)
}
