package mysql

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"

	"gitlab.com/notejam/notejam/platform/env"
)

// Config says where a schema is and who works in it. Each part has its own setting; a DSN, which would hold the password, is never written.
type Config struct {
	Addr     string     // host:port, or the absolute path of a unix socket
	User     string     // a user of its own for each service
	Password env.Secret // never shown: not in errors, not in logs
	Database string     // the schema
	MaxOpen  int        // connections in use at the same time, 1 or more; idle ones, apart for transactions and for single statements, may be twice as many
	TLSCA    string     // PEM file, or its text, of the authorities that may sign the server's certificate; "" connects without TLS
	ReadOnly bool       // write nothing
	Pool     string     // this pool's name in the metrics, for a process that opens several; "" is "main"
}

// The most connections that one process may be configured to use. MySQL's own max_connections is 151 unless it is raised.
const maxOpenLimit = 200

// Settings reads a Config from PREFIX_MYSQL_ADDR, _USER, _DB, _PASSWORD, _CA and _MAX_OPEN. User and schema are named like the service unless
// they are given; maxOpen is the default of the last one.
func Settings(s *env.Set, prefix string, maxOpen int) Config {
	service := strings.ToLower(prefix)
	prefix += "_MYSQL_"
	return Config{
		Addr:     s.String(prefix+"ADDR", "127.0.0.1:3306", "Where the database is.", hostPortOrSocket),
		User:     s.String(prefix+"USER", service, "The service's own database user."),
		Password: s.Secret(prefix+"PASSWORD", "That user's password."),
		Database: s.String(prefix+"DB", service, "The service's own schema.", schemaName),
		TLSCA:    s.String(prefix+"CA", "", "PEM file, or its text, of the authorities that sign the database's certificate; without it there is no TLS."),
		MaxOpen:  s.Int(prefix+"MAX_OPEN", maxOpen, 1, maxOpenLimit, "Database connections in use at the same time. Up to twice as many may be open, the others idle."),
	}
}

func hostPortOrSocket(value string) error {
	if filepath.IsAbs(value) {
		return nil
	}
	err := env.HostPort(value)
	if err != nil {
		return errors.New("must be host:port, or the absolute path of a unix socket")
	}
	return nil
}

// Narrower than what MySQL allows: a name that never needs quoting, in SQL or in a shell.
var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

func schemaName(value string) error {
	if !plainName.MatchString(value) {
		return errors.New("must be 1 to 64 characters of a-z, 0-9 and _, and begin with a letter")
	}
	return nil
}
