package auth

import (
	"errors"
	"net/url"
	"strings"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/services/auth/mail"
)

const (
	// maxOpen is the default number of database connections for requests: a sign-in holds none while its
	// password is hashed, so few are enough.
	maxOpen = 10
	// relayMaxOpen is what the outbox relay and the keeper have for themselves, so that neither waits for
	// requests nor makes them wait.
	relayMaxOpen = 4
)

// Config is all that auth is told from outside.
type Config struct {
	Addr        string
	TLS         rpc.TLSFiles
	AuditTarget string
	Database    mysql.Config
	Queue       queue.Config
	Outbox      outbox.Timing
	SealingKey  env.Secret
	PublicURL   string
	Mail        mail.Config
	Policy      PasswordPolicy
	Hash        HashParams
}

// ReadConfig reads the settings of the service.
func ReadConfig(s *env.Set) Config {
	return Config{
		Addr:        s.String("AUTH_GRPC_ADDR", "127.0.0.1:9090", "Where the gRPC server listens.", env.HostPort),
		TLS:         rpc.TLSSettings(s, "AUTH"),
		AuditTarget: s.Required("AUTH_AUDIT_TARGET", "Where audit is, which is asked for events that were sent: a gRPC target such as dns:///audit:9090."),
		Database:    mysql.Settings(s, "AUTH", maxOpen),
		Queue:       queue.Settings(s, "AUTH"),
		Outbox:      outbox.TimingSettings(s, "AUTH"),
		SealingKey:  s.Secret("AUTH_SEALING_KEY", "What the private signing keys in the database are encrypted with: 32 random bytes in base64."),
		PublicURL:   s.Required("AUTH_PUBLIC_URL", "Where people reach the site, as in WEB_PUBLIC_URL: the links in mails begin with it.", publicURL),
		Mail:        mail.Settings(s, "AUTH"),
		Policy: PasswordPolicy{
			MinLength: s.Int("AUTH_PASSWORD_MIN_LENGTH", DefaultMinPassword, 8, 64, "Least number of characters of a new password."),
		},
		Hash: HashParams{
			MemoryKiB: uint32(s.Int("AUTH_HASH_MEMORY_KIB", int(DefaultHashParams.MemoryKiB), 8, 1<<20, //nolint:gosec // within the limits
				"Memory of one password hash (argon2id), in KiB. Two may be computed at once. Less than the default is for tests only.")),
			Passes: uint32(s.Int("AUTH_HASH_PASSES", int(DefaultHashParams.Passes), 1, 100, //nolint:gosec // within the limits
				"Passes of one password hash over its memory. Less than the default is for tests only.")),
			Lanes: DefaultHashParams.Lanes,
		},
	}
}

// relayDatabase is the same schema with a small pool of its own.
func (c Config) relayDatabase() mysql.Config {
	d := c.Database
	d.Pool, d.MaxOpen = "relay", relayMaxOpen
	return d
}

// publicURL demands an address that a path can be added to. Whether it is https is web's to demand, where the
// session's cookie is set.
func publicURL(value string) error {
	parsed, err := url.Parse(value)
	if err != nil || env.URL(value) != nil || parsed.RawQuery != "" || strings.Trim(parsed.Path, "/") != "" {
		return errors.New("must be https://HOST or http://HOST, without a path")
	}
	return nil
}
