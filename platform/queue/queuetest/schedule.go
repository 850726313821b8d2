package queuetest

// schedule is a heap of messages, the earliest visible first. Whatever it holds, a change costs no more than its logarithm.
type schedule struct {
	entries  []entry
	compared int // how often two entries were compared: tests hold that to the logarithm
}

// entry is a message's place in a schedule, with what changes about a message.
type entry struct {
	visible int64  // when it can be received, in Unix nanoseconds
	order   uint64 // of arrival, among equally visible
	count   int    // deliveries so far; the last one's receipt handle has this number
	message *message
}

// first lists up to limit entries, the earliest visible first. The schedule stays as it is.
func (s *schedule) first(limit int) []entry {
	if len(s.entries) == 0 {
		return nil
	}
	found := make([]entry, 0, limit)
	candidates := []int{0} // the next one is among them: the root, and the children of those that were found
	for len(found) < limit && len(candidates) > 0 {
		best := 0
		for i := range candidates {
			if s.before(s.entries[candidates[i]], s.entries[candidates[best]]) {
				best = i
			}
		}
		at := candidates[best]
		found = append(found, s.entries[at])
		last := len(candidates) - 1
		candidates[best] = candidates[last]
		candidates = candidates[:last]
		for child := 2*at + 1; child <= 2*at+2 && child < len(s.entries); child++ {
			candidates = append(candidates, child)
		}
	}
	return found
}

func (s *schedule) push(e entry) {
	s.entries = append(s.entries, e)
	s.up(e, len(s.entries)-1)
}

// remove takes out the entry at an index. The last one fills the hole.
func (s *schedule) remove(i int) entry {
	removed := s.entries[i]
	end := len(s.entries) - 1
	last := s.entries[end]
	s.entries[end] = entry{}
	s.entries = s.entries[:end]
	if i < end {
		s.up(last, s.down(last, i))
	}
	return removed
}

// up puts an entry into a hole, or into one nearer to the root when it comes before what is there.
func (s *schedule) up(e entry, hole int) {
	for hole > 0 {
		parent := (hole - 1) / 2
		if !s.before(e, s.entries[parent]) {
			break
		}
		s.put(s.entries[parent], hole)
		hole = parent
	}
	s.put(e, hole)
}

// down moves a hole away from the root, past what comes before the entry that is to fill it.
func (s *schedule) down(e entry, hole int) int {
	for {
		child := 2*hole + 1
		if child+1 < len(s.entries) && s.before(s.entries[child+1], s.entries[child]) {
			child++
		}
		if child >= len(s.entries) || !s.before(s.entries[child], e) {
			return hole
		}
		s.put(s.entries[child], hole)
		hole = child
	}
}

func (s *schedule) put(e entry, i int) {
	s.entries[i] = e
	e.message.in, e.message.index = s, i
}

func (s *schedule) before(a, b entry) bool {
	s.compared++
	if a.visible != b.visible {
		return a.visible < b.visible
	}
	return a.order < b.order
}
