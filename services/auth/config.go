package auth

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/tracing"
	"gitlab.com/notejam/notejam/services/auth/mail"
)

const (
	// maxOpen is the default number of database connections for requests: a sign-in holds none while its
	// password is hashed, so few are enough.
	maxOpen = 10
	// relayMaxOpen is what the outbox relay and the keeper have for themselves, so that neither waits for
	// requests nor makes them wait.
	relayMaxOpen = 4
	// maxLimit is as much as no limit at all.
	maxLimit = 1_000_000
)

// Config is all that auth is told from outside.
type Config struct {
	Addr        string
	Tracing     tracing.Config
	EMF         emf.Config
	TLS         rpc.TLSFiles
	Reflection  bool
	AuditTarget string
	Database    mysql.Config
	Queue       queue.Config
	Outbox      outbox.Timing
	SealingKey  env.Secret
	PublicURL   string
	Mail        mail.Config
	Policy      PasswordPolicy
	Hash        HashParams
	Limits      Limits
}

// ReadConfig reads the settings of the service.
func ReadConfig(s *env.Set) Config {
	return Config{
		Addr:        s.String("AUTH_GRPC_ADDR", "127.0.0.1:9090", "Where the gRPC server listens.", env.HostPort),
		Tracing:     tracing.Settings(s, "AUTH"),
		EMF:         emf.Settings(s, "AUTH"),
		TLS:         rpc.TLSSettings(s, "AUTH"),
		Reflection:  rpc.ReflectionSetting(s, "AUTH"),
		AuditTarget: s.Required("AUTH_AUDIT_TARGET", "Where audit is, which is asked for events that were sent: a gRPC target such as dns:///audit:9090."),
		Database:    mysql.ServiceSettings(s, "AUTH", maxOpen),
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
		Limits: limitSettings(s),
	}
}

// limitSettings reads how often passwords may be tried and mails asked for. docs/reliability.md has the table of all limits.
func limitSettings(s *env.Set) Limits {
	const per = " An address is an IPv4 address or an IPv6 network of 64 bits. 0 sets no limit."
	rate := func(name string, def int, per time.Duration, doc string) limit.Rate {
		count := s.Int("AUTH_LIMIT_"+name, def, 0, maxLimit, doc)
		return limit.Rate{Count: count, Per: per, Burst: count}
	}
	return Limits{
		SignIn: rate("SIGN_IN", 30, time.Minute,
			"Sign-ins a minute from one address, from one device that has signed in to the account before, and changes of the password in one session."+per),
		SignUp: rate("SIGN_UP", 60, time.Hour, "Sign-ups an hour from one IPv4 address or one IPv6 network of 48 bits. 0 sets no limit."),
		Reset:  rate("RESET", 20, time.Hour, "Reset mails an hour that one address may ask for."+per),
		ResetAccount: rate("RESET_ACCOUNT", 3, time.Hour,
			"Reset mails an hour to one account; more are not sent, and nobody is told. 0 sets no limit."),
		MaxDelay: s.Duration("AUTH_LIMIT_MAX_DELAY", time.Minute, 0, triesWindow/2,
			"How long the wait after wrong passwords for one account from one network grows at most: 0, 0, 0, 1, 2, 4 s and so on. 0s sets none."),
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
