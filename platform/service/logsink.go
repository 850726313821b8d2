package service

import (
	"io"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// sinkBytes is how much of the log may wait for a slow reader: some thousand lines.
	sinkBytes = 1 << 20
	// sinkCloseTime is how long the end of a service waits for its last lines to be taken.
	sinkCloseTime = 2 * time.Second
)

// logSink stands between the logger and where its lines go, so that no request waits for whoever reads the log. Lines that come while others are
// written leave together. When the reader stops reading and the room is used up, lines are dropped and counted.
type logSink struct {
	output  io.Writer
	dropped prometheus.Counter
	wake    chan struct{} // of room for one: there are lines, or the sink is closed
	done    chan struct{}

	mu     sync.Mutex
	lines  []byte // whole lines
	closed bool

	late sync.Mutex // held by who writes after the end
}

// newLogSink starts a sink; close ends it.
func newLogSink(output io.Writer, metrics prometheus.Registerer) *logSink {
	s := &logSink{
		output: output,
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "service_log_lines_dropped_total",
			Help: "Lines of log that were dropped because nobody read them fast enough.",
		}),
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	metrics.MustRegister(s.dropped)
	go s.run()
	return s
}

// Write takes one line, or drops it. It never waits and never fails: what became of a line is nobody's error.
func (s *logSink) Write(line []byte) (int, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return s.writeLate(line)
	}
	room := len(s.lines)+len(line) <= sinkBytes
	if room {
		s.lines = append(s.lines, line...)
	}
	s.mu.Unlock()
	if !room {
		s.dropped.Inc()
		return len(line), nil
	}
	s.tell()
	return len(line), nil
}

// writeLate is for who has something to say after close: once the last lines are written it writes itself, one line after the other.
func (s *logSink) writeLate(line []byte) (int, error) {
	select {
	case <-s.done:
		s.late.Lock()
		defer s.late.Unlock()
		return s.output.Write(line)
	default:
		s.dropped.Inc()
		return len(line), nil
	}
}

func (s *logSink) tell() {
	select {
	case s.wake <- struct{}{}:
	default: // it has been told already
	}
}

// run writes until the sink is closed and empty.
func (s *logSink) run() {
	defer close(s.done)
	var lines []byte
	for {
		<-s.wake
		var closed bool
		s.mu.Lock()
		lines, s.lines, closed = s.lines, lines[:0], s.closed
		s.mu.Unlock()
		if len(lines) > 0 {
			_, _ = s.output.Write(lines) // there is no place to tell it
		}
		if closed {
			return
		}
	}
}

// close has the last lines written. A reader who does not take them is not waited for long.
func (s *logSink) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.tell()
	timer := time.NewTimer(sinkCloseTime)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
	}
}
