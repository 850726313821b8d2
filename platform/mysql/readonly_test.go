package mysql_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
)

func TestByItsSettingADatabaseIsReadAndNothingIsTriedThatWrites(t *testing.T) {
	t.Parallel()
	database, admin := newAccounts(t)
	cfg := database.Config
	cfg.ReadOnly = true
	db := open(t, cfg, prometheus.NewRegistry())
	_, autocommit := db.ExecAutocommit(t.Context(), add, 1, "a")
	for _, err := range []error{db.WithTx(t.Context(), change("a", 1)), autocommit} {
		known, _ := fault.As(err)
		if !fault.Is(err, fault.ReasonReadOnly) || known.Kind != fault.Unavailable || known.RetryAfter == 0 {
			t.Errorf("a write: %v", err)
		}
	}
	var n int
	err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM accounts").Scan(&n)
	if err != nil || n == 0 || !db.ReadOnly(t.Context()) {
		t.Errorf("read %d, %v", n, err)
	}
	if diff := cmp.Diff(map[string]int{"a": 100, "b": 100}, balances(t, admin)); diff != "" {
		t.Errorf("balances (-want +got):\n%s", diff)
	}
}

func TestTheSettingIsThatOfAServiceAndNotOfItsCommands(t *testing.T) {
	t.Parallel()
	given := env.Map(map[string]string{"NOTES_READ_ONLY": "true", "NOTES_MYSQL_PASSWORD": "x"})
	if !mysql.ServiceSettings(env.New(given), "NOTES", 1).ReadOnly || mysql.Settings(env.New(given), "NOTES", 1).ReadOnly {
		t.Error("the setting is read where it must not be, or not where it must")
	}
}
