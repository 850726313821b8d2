package mysql

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
)

// The limits of a connection. A limit of the server must be reached before the caller's deadline: a cancelled context does not stop a statement.
const (
	dialTimeout  = 2 * time.Second // name, TCP, TLS and sign-in
	readTimeout  = 5 * time.Second // for a server that went silent; a service's statement has ended before
	writeTimeout = 5 * time.Second

	connMaxLifetime = 3 * time.Minute // so that connections follow a failed-over writer and spread over new replicas
	connMaxIdleTime = 1 * time.Minute
)

// readCommitted is the statement that MySQL and MariaDB both know; their variables for it have different names.
const readCommitted = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"

// The settings that do not depend on who connects: bad values are refused and never bent, and times are UTC.
const strictUTC = "SET SESSION" +
	" sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'," +
	" time_zone = '+00:00'"

// What makes a session one for transactions: its first statement begins one, COMMIT and ROLLBACK end it.
const noAutocommit = "SET SESSION autocommit = 0"

// A service's session. A row lock is waited for 2 s, and so is a table that a schema change holds: their defaults (50 s, and a day or more)
// outlive every caller. MySQL looks once a second which lock has been waited for longer than its limit, so 1 there means up to 2, and 2 would
// reach up to txTimeout, after which nobody could tell a lock from a slow server. A SELECT may run 1.5 s on MySQL. MariaDB's limit covers every statement with its lock waits, so it stands above those,
// and both engines answer 1205 when a lock is not to be had. What is written for one engine is a comment to
// the other.
const serviceSession = strictUTC + ", lock_wait_timeout = 2" +
	" /*!50700 , innodb_lock_wait_timeout = 1, max_execution_time = 1500 */" +
	" /*M!100101 , innodb_lock_wait_timeout = 2, max_statement_time = 2.5 */"

// The migrator's session. Its statements may take as long as they need, but a table that is in use is waited for 5 s only: whoever comes
// after a waiting schema change waits too.
const migratorSession = strictUTC + ", lock_wait_timeout = 5" +
	" /*!50700 , max_execution_time = 0 */" +
	" /*M!100101 , max_statement_time = 0 */"

// use is what connections are for.
type use struct {
	readTimeout time.Duration // 0 waits as long as the statement takes
	setup       []string
}

var (
	serving   = use{readTimeout: readTimeout, setup: []string{readCommitted, serviceSession}}
	migrating = use{setup: []string{migratorSession}}
)

// Open makes the pool of a service. It reads the TLS authorities but does not connect: see Ping. Its metrics are in metrics until Close.
func Open(cfg Config, log *slog.Logger, metrics prometheus.Registerer) (*DB, error) {
	if cfg.MaxOpen < 1 {
		return nil, fmt.Errorf("open database: MaxOpen is %d, want 1 or more", cfg.MaxOpen)
	}
	poolName := cmp.Or(cfg.Pool, "main")
	counted, err := newMetrics(metrics, poolName)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	single, err := newConnector(cfg, serving, log)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	transactions := *single
	transactions.setup = append(slices.Clone(single.setup), noAutocommit)
	told, allowed := spans{cfg.Database}, &mode{always: cfg.ReadOnly}
	db := &DB{
		mode:         allowed,
		single:       openPool(cfg, &sessionConnector{connector: *single, metrics: counted, spans: told, mode: allowed}),
		transactions: openPool(cfg, &sessionConnector{connector: transactions, metrics: counted, spans: told, mode: allowed}),
		slots:        make(chan struct{}, cfg.MaxOpen),
		metrics:      counted,
		spans:        told,
	}
	err = db.exportPools(metrics, poolName)
	if err != nil {
		_ = errors.Join(db.single.Close(), db.transactions.Close()) // they have no connections yet
		return nil, fmt.Errorf("open database: %w", err)
	}
	return db, nil
}

func openPool(cfg Config, connector driver.Connector) *sql.DB {
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(cfg.MaxOpen)
	pool.SetMaxIdleConns(cfg.MaxOpen)
	pool.SetConnMaxLifetime(connMaxLifetime)
	pool.SetConnMaxIdleTime(connMaxIdleTime)
	return pool
}

// newConnector configures the driver. It quotes no value into SQL text, sends one statement at a time, and never the password in clear.
func newConnector(cfg Config, purpose use, log *slog.Logger) (*connector, error) {
	c := mysqldriver.NewConfig()
	c.Net, c.Addr = "tcp", cfg.Addr
	if filepath.IsAbs(cfg.Addr) {
		c.Net = "unix"
	}
	c.User, c.Passwd, c.DBName = cfg.User, cfg.Password.Reveal(), cfg.Database
	c.Timeout, c.ReadTimeout, c.WriteTimeout = dialTimeout, purpose.readTimeout, writeTimeout
	c.ParseTime, c.Loc = true, time.UTC
	c.ClientFoundRows = true // an UPDATE that finds its row and changes nothing has still found it
	c.Logger = driverLog{log}
	if cfg.TLSCA != "" {
		authorities, err := readAuthorities(cfg.TLSCA)
		if err != nil {
			return nil, err
		}
		c.TLS = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	}
	err := c.Apply(mysqldriver.Charset("utf8mb4", "utf8mb4_unicode_ci"))
	if err != nil {
		return nil, fmt.Errorf("choose the character set: %w", err)
	}
	base, err := mysqldriver.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("configure the driver: %w", err)
	}
	return &connector{Connector: base, setup: purpose.setup}, nil
}

func readAuthorities(pathOrText string) (*x509.CertPool, error) {
	pem, err := env.ReadPEM(pathOrText)
	if err != nil {
		return nil, fmt.Errorf("read the database's authorities: %w", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return nil, errors.New("read the database's authorities: the file, or text, holds no PEM certificate")
	}
	return authorities, nil
}

// driverLog takes what the driver prints about broken connections. Each of them is also an error that somebody gets, hence debug.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(parts ...any) {
	l.log.Debug("database driver", "message", strings.TrimSpace(fmt.Sprint(parts...)))
}
