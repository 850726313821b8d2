package service

import (
	"io"
	"log/slog"
)

// newLogger writes one JSON object a line, in UTC. JSON escapes line breaks, so that no text can forge a line; an env.Secret prints itself as
// [redacted].
func newLogger(output io.Writer, level slog.Level, name string) *slog.Logger {
	handler := slog.NewJSONHandler(output, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if len(groups) == 0 && attr.Key == slog.TimeKey && attr.Value.Kind() == slog.KindTime {
				attr.Value = slog.TimeValue(attr.Value.Time().UTC())
			}
			return attr
		},
	})
	return slog.New(handler).With("service", name, "version", build().Version)
}
