package service

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// WriteJSON writes a command's result to Stdout for a program.
func (rt *Runtime) WriteJSON(result any) error {
	encoder := json.NewEncoder(rt.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(result)
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// progressEvery is short enough to see that something moves, and long enough for a log that keeps every line.
const progressEvery = time.Second

// Progress tells a person how far a command is.
type Progress struct {
	to   io.Writer
	next time.Time
}

// Progress begins to count the time.
func (rt *Runtime) Progress() *Progress {
	return &Progress{to: rt.Stderr, next: time.Now().Add(progressEvery)}
}

// Say writes a line to Stderr, unless the last one is less than a second old.
func (p *Progress) Say(format string, args ...any) {
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(progressEvery)
	_, _ = fmt.Fprintf(p.to, format+"\n", args...)
}
