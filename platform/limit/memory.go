package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

// maxBuckets bounds one generation of a Memory: some 4 MB for both.
const maxBuckets = 50_000

// MemoryConfig is what a Memory needs.
type MemoryConfig struct {
	Name    string // in the metric
	Rate    Rate
	Now     func() time.Time
	Metrics *Metrics
}

// Memory is a limit that each process keeps by itself, for what may not cost a call or a statement. With n replicas it lets n times as much through.
//
// It never holds more than a hundred thousand buckets. When so many keys come at once that this is too little, the buckets that were used least
// recently are forgotten, and are full again: a flood of keys costs no memory and shuts nobody out.
type Memory struct {
	cfg   MemoryConfig
	start time.Time
	seed  maphash.Seed

	mu         sync.Mutex
	young, old map[uint64]time.Duration // when a bucket is full again, since start; in two generations, so that old ones leave without being looked for
	turned     time.Duration            // when the young generation began
}

// NewMemory makes a limit whose buckets are all full.
func NewMemory(cfg MemoryConfig) *Memory {
	return &Memory{cfg: cfg, start: cfg.Now(), seed: maphash.MakeSeed(), young: map[uint64]time.Duration{}}
}

// Rate gives the limit's rate.
func (m *Memory) Rate() Rate { return m.cfg.Rate }

// Take takes a token out of the key's bucket, if there is one.
func (m *Memory) Take(key string) Answer {
	if m.cfg.Rate.Off() {
		return free
	}
	answer := m.take(key)
	m.cfg.Metrics.Count(m.cfg.Name, answer.Allowed)
	return answer
}

func (m *Memory) take(key string) Answer {
	// A hash is as good as the key, and as small as it can be. Nobody who does not know the seed can make two keys meet.
	hash := maphash.String(m.seed, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	answer := m.cfg.Rate.Ask(m.find(hash)-now, 1)
	if answer.Allowed {
		m.turn(now)
		m.young[hash] = now + answer.Full
	}
	return answer
}

// Look says whether there is a token, and takes none.
func (m *Memory) Look(key string) Answer {
	if m.cfg.Rate.Off() {
		return free
	}
	hash := maphash.String(m.seed, key)
	m.mu.Lock()
	defer m.mu.Unlock()
	full := m.find(hash) - m.now()
	answer := m.cfg.Rate.Ask(full, 1)
	if answer.Allowed {
		answer = m.cfg.Rate.Ask(full, 0)
	}
	return answer
}

func (m *Memory) now() time.Duration { return m.cfg.Now().Sub(m.start) }

func (m *Memory) find(hash uint64) time.Duration {
	full, ok := m.young[hash]
	if !ok {
		full = m.old[hash]
	}
	return full
}

// turn begins a new generation when the young one holds too much, or is so old that all buckets of the old one are full.
func (m *Memory) turn(now time.Duration) {
	if len(m.young) >= maxBuckets || now-m.turned >= m.cfg.Rate.Refill() {
		m.old, m.young, m.turned = m.young, map[uint64]time.Duration{}, now
	}
}
