package service

import (
	"context"
	"io"
	"log/slog"
)

// newLogger writes one JSON object a line, in UTC. JSON escapes line breaks, so that no text can forge a line; an env.Secret prints itself as
// [redacted].
func newLogger(output io.Writer, level slog.Level, name string) *slog.Logger {
	handler := slog.NewJSONHandler(output, &slog.HandlerOptions{Level: level})
	return slog.New(inUTC{handler}).With("service", name, "version", build().Version)
}

// inUTC writes times in UTC. slog's own way to change a time looks at every attribute of every line.
type inUTC struct{ slog.Handler }

// Handle writes a line.
func (h inUTC) Handle(ctx context.Context, line slog.Record) error {
	line.Time = line.Time.UTC()
	return h.Handler.Handle(ctx, line)
}

// WithAttrs keeps the times of loggers that are made of this one in UTC.
func (h inUTC) WithAttrs(attrs []slog.Attr) slog.Handler { return inUTC{h.Handler.WithAttrs(attrs)} }

// WithGroup does the same.
func (h inUTC) WithGroup(name string) slog.Handler { return inUTC{h.Handler.WithGroup(name)} }
