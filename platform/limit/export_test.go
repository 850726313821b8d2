package limit

// MaxBuckets is what one generation holds at most.
const MaxBuckets = maxBuckets

// Buckets is how many are held.
func (m *Memory) Buckets() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.young) + len(m.old)
}
