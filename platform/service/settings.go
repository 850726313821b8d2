package service

import (
	"log/slog"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
)

// settings are those that every service has.
type settings struct {
	DebugAddr                             string
	StartTimeout, DrainDelay, StopTimeout time.Duration
	LogLevel                              slog.Level
}

// prefix is what the names of the service's settings start with, without the underscore.
func prefix(name string) string {
	return strings.ToUpper(name)
}

// declare reads the settings that every service has, and then the program's own.
func declare(set *env.Set, p Program) settings {
	own := readSettings(set, p.Name)
	p.Settings(set)
	return own
}

func readSettings(set *env.Set, name string) settings {
	p := prefix(name)
	own := settings{
		DebugAddr: set.String(p+"_DEBUG_ADDR", "127.0.0.1:9100",
			"Where /livez, /readyz, /statusz and /metrics listen; for the inside only.", env.HostPort),
		StartTimeout: set.Duration(p+"_START_TIMEOUT", 2*time.Minute, 10*time.Millisecond, time.Hour,
			"The service must be ready within this time after its start, or it ends with exit code 1."),
		DrainDelay: set.Duration(p+"_DRAIN_DELAY", 15*time.Second, 0, 2*time.Minute,
			"How long the service goes on serving after SIGTERM, so that callers and load balancers learn that it leaves; 0s where nobody has to learn it."),
		StopTimeout: set.Duration(p+"_STOP_TIMEOUT", 20*time.Second, 0, 2*time.Minute,
			"What is still at work this long after the drain delay is cut off."),
	}
	level := set.String(p+"_LOG_LEVEL", "info", "Least level that is logged.", env.OneOf("debug", "info", "warn", "error"))
	err := own.LogLevel.UnmarshalText([]byte(level))
	if err != nil {
		panic("service: the check of the log level let through what slog refuses: " + err.Error())
	}
	return own
}
