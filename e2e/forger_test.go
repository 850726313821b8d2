package e2e_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

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
	var id string
	var sealed []byte
	err := rowsOf(t, "auth").QueryRow(t.Context(), `
		SELECT
			id,
			sealed
		FROM signing_keys
		ORDER BY seq
		LIMIT 1`).Scan(&id, &sealed)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(stack.Settings("auth")["AUTH_SEALING_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := box.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		t.Fatal(err)
	}
	return identitytest.Key{ID: id, Private: ed25519.NewKeyFromSeed(seed)}
}
