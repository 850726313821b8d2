package notes

import (
	"time"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/tracing"
)

const (
	// maxOpen is the default number of database connections for requests. Those of all services' tasks together stay below 60 % of what the database
	// allows, so that a deployment, which doubles the tasks, fits.
	maxOpen = 20
	// relayMaxOpen is what the outbox relay and the sweeper have for themselves, so that neither waits for requests nor makes them wait.
	relayMaxOpen = 4
)

// Config is all that notes is told from outside.
type Config struct {
	Addr         string
	Tracing      tracing.Config
	EMF          emf.Config
	TLS          rpc.TLSFiles
	Reflection   bool
	AuthTarget   string
	AuditTarget  string
	Database     mysql.Config
	Queue        queue.Config
	Outbox       outbox.Timing
	PageTokenKey env.Secret
	Retention    time.Duration
	SweepEvery   time.Duration
}

// ReadConfig reads the settings of the service.
func ReadConfig(s *env.Set) Config {
	return Config{
		Addr:         s.String("NOTES_GRPC_ADDR", "127.0.0.1:9090", "Where the gRPC server listens.", env.HostPort),
		Tracing:      tracing.Settings(s, "NOTES"),
		EMF:          emf.Settings(s, "NOTES"),
		TLS:          rpc.TLSSettings(s, "NOTES"),
		Reflection:   rpc.ReflectionSetting(s, "NOTES"),
		AuthTarget:   s.Required("NOTES_AUTH_TARGET", "Where auth is, which publishes the keys of access tokens: a gRPC target such as dns:///auth:9090."),
		AuditTarget:  s.Required("NOTES_AUDIT_TARGET", "Where audit is, which is asked for events that were sent: a gRPC target such as dns:///audit:9090."),
		Database:     mysql.ServiceSettings(s, "NOTES", maxOpen),
		Queue:        queue.Settings(s, "NOTES"),
		Outbox:       outbox.TimingSettings(s, "NOTES"),
		PageTokenKey: s.Secret("NOTES_PAGE_TOKEN_KEY", "What page tokens are sealed with: at least 32 random characters, the same in every replica."),
		Retention: s.Duration("NOTES_RETENTION", 30*24*time.Hour, 24*time.Hour, 10*365*24*time.Hour,
			"How long deleted notes and pads can be restored. Not less than a day: for so long a repeated request must find what it wrote."),
		SweepEvery: s.Duration("NOTES_SWEEP_INTERVAL", 10*time.Minute, time.Second, 24*time.Hour,
			"How often what is past its retention is purged, and requests older than a day are forgotten."),
	}
}
