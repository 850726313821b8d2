package queuetest

// CompactAtOnce makes the server compact its journal as soon as half of that is gone, however short it is.
func (s *Server) CompactAtOnce() {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.journal.slack = 0
}
