package e2e_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/identity/identitytest"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// rowsOf opens a service's schema as the service does.
func rowsOf(t *testing.T, service string) *mysql.DB {
	t.Helper()
	set := env.New(env.Map(stack.Settings(service)))
	cfg := mysql.Settings(set, strings.ToUpper(service), 2)
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	db, err := mysql.Open(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// The shared stack's signing key is read once; it holds for a day.
var (
	keyOnce   sync.Once
	keyOfAuth identitytest.Key
)

// signingKey is auth's own, taken from its database and opened with its setting:
// who has it can sign whatever the services would believe.
func signingKey(t *testing.T) identitytest.Key {
	t.Helper()
	keyOnce.Do(func() { keyOfAuth = openSigningKey(t) })
	if keyOfAuth.Private == nil {
		t.Fatal("there is no signing key")
	}
	return keyOfAuth
}

func openSigningKey(t *testing.T) identitytest.Key {
	t.Helper()
	key, err := fleet.SigningKey(t.Context(), rowsOf(t, "auth"), stack.Settings("auth")["AUTH_SEALING_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	return key
}
