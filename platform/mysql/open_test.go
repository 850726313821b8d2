package mysql_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestTheSessionIsStrictAndInUTCWithShortWaits(t *testing.T) {
	t.Parallel()
	db := mysqltest.New(t, nil).Open(t)
	got := make(map[string]string)
	rows, err := db.Query(t.Context(), `SHOW SESSION VARIABLES WHERE variable_name IN ('time_zone', 'innodb_lock_wait_timeout', 'lock_wait_timeout',
		'max_execution_time', 'max_statement_time', 'tx_isolation', 'transaction_isolation', 'character_set_client', 'collation_connection', 'sql_mode')`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, value string
		err = rows.Scan(&name, &value)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = value
	}
	err = rows.Err()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got["sql_mode"], "STRICT_ALL_TABLES") {
		t.Errorf("sql_mode is %s", got["sql_mode"])
	}
	delete(got, "sql_mode")
	want := map[string]string{
		"time_zone": "+00:00", "lock_wait_timeout": "2",
		"character_set_client": "utf8mb4", "collation_connection": "utf8mb4_unicode_ci",
	}
	if _, mariaDB := got["max_statement_time"]; mariaDB {
		want["innodb_lock_wait_timeout"], want["max_statement_time"], want["tx_isolation"] = "2", "2.500000", "READ-COMMITTED"
	} else {
		want["innodb_lock_wait_timeout"], want["max_execution_time"], want["transaction_isolation"] = "1", "1500", "READ-COMMITTED"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("session variables (-want +got):\n%s", diff)
	}
}

func TestAStatementThatRunsTooLongIsEnded(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, nil)
	begin := time.Now()
	var n int
	err := database.Open(t).QueryRow(t.Context(), `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
		SELECT COUNT(*) FROM n a, n b, n c, n d WHERE a.i + b.i + c.i + d.i = 5`).Scan(&n)
	if fault.KindOf(err) != fault.Timeout || time.Since(begin) > 4*time.Second {
		t.Errorf("got %v after %v, want Timeout", err, time.Since(begin))
	}
}

func TestBadValuesAreRefusedAndGoodOnesKept(t *testing.T) {
	t.Parallel()
	database := mysqltest.New(t, fstest.MapFS{"0001_create_kinds.sql": {Data: []byte(
		"CREATE TABLE IF NOT EXISTS kinds (id INT PRIMARY KEY, short VARCHAR(3) NOT NULL, at DATETIME(6) NULL)")}})
	db := database.Open(t)
	insert := func(id int, short any, at any) error {
		return db.WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO kinds (id, short, at) VALUES (?, ?, ?)", id, short, at)
			return err
		})
	}
	for id, bad := range map[int][2]any{1: {"four", nil}, 2: {nil, nil}, 3: {"a", "2026-02-30 00:00:00"}, 4: {"a", "0000-00-00 00:00:00"}} {
		err := insert(id, bad[0], bad[1])
		if err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	at := time.Date(2026, 3, 29, 2, 30, 0, 123456000, time.FixedZone("", 7200))
	err := insert(5, "a😀é", at)
	if err != nil {
		t.Fatal(err)
	}
	var short string
	var got time.Time
	err = db.QueryRow(t.Context(), "SELECT short, at FROM kinds WHERE id = 5").Scan(&short, &got)
	if err != nil || short != "a😀é" || !got.Equal(at) || got.Location() != time.UTC {
		t.Errorf("got %q %v, %v", short, got, err)
	}
}

func TestAnUpdateThatChangesNothingHasFoundItsRow(t *testing.T) {
	t.Parallel()
	database, _ := newAccounts(t)
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		result, err := tx.Exec(ctx, "UPDATE accounts SET balance = 100 WHERE name = 'a'")
		if err != nil {
			return err
		}
		found, err := result.RowsAffected()
		if found != 1 {
			t.Errorf("found %d rows, want 1", found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATransactionSeesWhatOthersCommitMeanwhile(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	err := database.Open(t).WithTx(t.Context(), func(ctx context.Context, tx *mysql.Tx) error {
		for _, want := range []int{100, 107} {
			var balance int
			err := tx.QueryRow(ctx, "SELECT balance FROM accounts WHERE name = 'a'").Scan(&balance)
			if err != nil || balance != want {
				t.Errorf("got %d, %v, want %d", balance, err, want)
			}
			_, err = admin.ExecContext(ctx, add, 7, "a")
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePasswordIsInNoErrorAndNoLog(t *testing.T) {
	t.Parallel()
	const password = "hunter2-and-'more\\"
	good := mysqltest.New(t, nil).Config
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for name, cfg := range map[string]mysql.Config{
		"wrong password": {Addr: good.Addr, User: good.User, Database: good.Database},
		"unknown user":   {Addr: good.Addr, User: "nobody", Database: good.Database},
		"unknown schema": {Addr: good.Addr, User: good.User, Database: "njtest_none"},
		"nobody there":   {Addr: "127.0.0.1:1", User: good.User, Database: good.Database},
		"no socket":      {Addr: "/nowhere/mysql.sock", User: good.User, Database: good.Database},
		"no host":        {Addr: "db.invalid:3306", User: good.User, Database: good.Database},
	} {
		cfg.Password, cfg.MaxOpen = env.NewSecret(password), 1
		db, err := mysql.Open(cfg, logger, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		pingErr := db.Ping(t.Context())
		migrateErr := mysql.Migrate(t.Context(), cfg, accounts, logger)
		if fault.KindOf(pingErr) != fault.Unavailable || migrateErr == nil {
			t.Errorf("%s: got %v and %v", name, pingErr, migrateErr)
		}
		said := fmt.Sprintf("%v %+v %#v %v %+v %v %s", pingErr, cfg, cfg, migrateErr, db, errors.Unwrap(pingErr), log.String())
		if strings.Contains(said, "hunter2") {
			t.Errorf("%s: the password is in %s", name, said)
		}
		err = db.Close()
		if err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "ca.pem")
	err := os.WriteFile(empty, []byte("no certificate"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]mysql.Config{
		"MaxOpen is 0":             {Addr: "127.0.0.1:1"},
		"no such file":             {Addr: "127.0.0.1:1", MaxOpen: 1, TLSCA: empty + ".missing"},
		"holds no PEM certificate": {Addr: "127.0.0.1:1", MaxOpen: 1, TLSCA: empty},
	} {
		_, err := mysql.Open(cfg, discard, prometheus.NewRegistry())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestSettingsReadTheServicesOwnVariables(t *testing.T) {
	t.Parallel()
	set := env.New(env.Map(map[string]string{"NOTES_MYSQL_PASSWORD": "p", "NOTES_MYSQL_ADDR": "/run/mysql.sock", "NOTES_MYSQL_MAX_OPEN": "7"}))
	cfg := mysql.Settings(set, "NOTES", 20)
	err := set.Err()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Addr != "/run/mysql.sock" || cfg.User != "notes" || cfg.Database != "notes" || cfg.MaxOpen != 7 || cfg.Password.Reveal() != "p" {
		t.Errorf("got %+v", cfg)
	}
	set = env.New(env.Map(map[string]string{"NOTES_MYSQL_ADDR": "nowhere", "NOTES_MYSQL_DB": "no`tes", "NOTES_MYSQL_MAX_OPEN": "0"}))
	mysql.Settings(set, "NOTES", 20)
	var mistakes env.Mistakes
	if !errors.As(set.Err(), &mistakes) || len(mistakes) != 4 {
		t.Errorf("got %v, want four mistakes", set.Err())
	}
}
