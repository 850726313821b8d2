package auth

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

// clock is a time that the test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func testSealer(t *testing.T, key string) *sealer {
	t.Helper()
	s, err := newSealer(env.NewSecret(key))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rings are keyrings of replicas that share a database, a sealing key and a clock.
func rings(t *testing.T, db *mysqltest.Database, n int) ([]*Keyring, *clock) {
	t.Helper()
	c := &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	key := randomKey()
	all := make([]*Keyring, n)
	for i := range all {
		all[i] = NewKeyring(NewStore(db.Open(t), c.now, outbox.Append), testSealer(t, key), c.now)
	}
	return all, c
}

func refresh(t *testing.T, k *Keyring) {
	t.Helper()
	err := k.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

var somebody = identity.Principal{PersonID: "p", SessionID: "s", Scopes: []string{"notes:read"}}

func TestReplicasThatStartAtOnceAgreeOnOneKey(t *testing.T) {
	db := mysqltest.New(t, migrations.Files)
	all, c := rings(t, db, 4)
	var started sync.WaitGroup
	for _, ring := range all {
		started.Go(func() { refresh(t, ring) })
	}
	started.Wait()
	token, _, err := all[0].Sign(somebody, "notes")
	if err != nil {
		t.Fatal(err)
	}
	for i, ring := range all {
		_, err := verifierOf(ring, c).Verify(t.Context(), token)
		if err != nil {
			t.Errorf("replica %d does not know the key of replica 0: %v", i, err)
		}
	}
}

func verifierOf(ring *Keyring, c *clock) *identity.Verifier {
	return identity.NewVerifier(identity.VerifierConfig{
		Audience: "notes", Now: c.now, Fetch: func(context.Context) ([]byte, error) { return ring.KeySet() },
	})
}

func TestTokensAreAcceptedThroughRotations(t *testing.T) {
	db := mysqltest.New(t, migrations.Files)
	all, c := rings(t, db, 2)
	refresh(t, all[0])
	refresh(t, all[1])
	other := verifierOf(all[1], c) // holds the keys for 5 minutes
	keys := map[string]bool{}
	for range 3 * 24 * 2 { // three days
		token, _, err := all[0].Sign(somebody, "notes")
		if err != nil {
			t.Fatal(err)
		}
		keys[strings.Split(token, ".")[0]] = true
		_, err = other.Verify(t.Context(), token)
		if err != nil {
			t.Fatalf("%v: %v", c.now(), err)
		}
		c.advance(30 * time.Minute)
		refresh(t, all[0])
		refresh(t, all[1])
	}
	if len(keys) != 3 {
		t.Errorf("%d keys signed in three days, want 3", len(keys))
	}
	var rows int
	err := db.OpenAdmin(t).QueryRowContext(t.Context(), `SELECT COUNT(*) FROM signing_keys`).Scan(&rows)
	if err != nil || rows > 3 {
		t.Errorf("%d keys are stored, %v, want at most 3", rows, err)
	}
}

func TestATokenOutlivesTheKeyThatSignedIt(t *testing.T) {
	db := mysqltest.New(t, migrations.Files)
	all, c := rings(t, db, 1)
	ring := all[0]
	refresh(t, ring)
	c.advance(keyPeriod - keyLead)
	refresh(t, ring) // makes the next key
	c.advance(keyLead - 30*time.Second)
	token, _, err := ring.Sign(somebody, "notes")
	if err != nil {
		t.Fatal(err)
	}
	c.advance(59 * time.Second)
	refresh(t, ring)
	_, err = verifierOf(ring, c).Verify(t.Context(), token)
	if err != nil {
		t.Error(err)
	}
	c.advance(keyKept)
	refresh(t, ring)
	set, err := ring.KeySet()
	if err != nil || bytes.Count(set, []byte(`"kid"`)) != 1 {
		t.Errorf("the key that is past is still public: %s, %v", set, err)
	}
}

func TestASigningKeyInTheDatabaseIsSealed(t *testing.T) {
	db := mysqltest.New(t, migrations.Files)
	all, _ := rings(t, db, 1)
	ring := all[0]
	refresh(t, ring)
	stored, err := ring.store.signingKeys(t.Context())
	if err != nil || len(stored) != 1 {
		t.Fatalf("got %d keys, %v", len(stored), err)
	}
	private, err := ring.sealer.open(stored[0].ID, stored[0].Sealed)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored[0].Sealed, private.Seed()) {
		t.Error("the key is stored as it is")
	}
	again := ring.sealer.seal(stored[0].ID, private)
	if bytes.Equal(again, stored[0].Sealed) {
		t.Error("the nonce is not fresh")
	}

	t.Run("does not open under another id", func(t *testing.T) {
		_, err := ring.sealer.open("other", stored[0].Sealed)
		if err == nil {
			t.Error("it opened")
		}
	})
	t.Run("does not open when a bit of it was changed, or most of it is missing", func(t *testing.T) {
		changed := bytes.Clone(stored[0].Sealed)
		changed[20] ^= 1
		for _, sealed := range [][]byte{changed, changed[:8], nil} {
			_, err := ring.sealer.open(stored[0].ID, sealed)
			if err == nil {
				t.Error("it opened")
			}
		}
	})
	t.Run("under another sealing key the ring says what is wrong", func(t *testing.T) {
		stranger := NewKeyring(ring.store, testSealer(t, randomKey()), ring.now)
		err := stranger.Refresh(t.Context())
		if err == nil || !strings.Contains(err.Error(), "was AUTH_SEALING_KEY changed?") {
			t.Errorf("got %v", err)
		}
		_, _, err = stranger.Sign(somebody, "notes")
		wantFault(t, err, fault.Unavailable, fault.ReasonUnavailable)
	})
}

func TestASealingKeyIs32BytesInBase64(t *testing.T) {
	for _, key := range []string{"", "short", strings.Repeat("A", 43), strings.Repeat("A", 64), strings.Repeat("!", 44)} {
		_, err := newSealer(env.NewSecret(key))
		if err == nil || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("%q: got %v", key, err)
		}
	}
}

func TestTheRingWorksOnWhileTheDatabaseIsAway(t *testing.T) {
	db := mysqltest.New(t, migrations.Files)
	all, c := rings(t, db, 1)
	ring := all[0]
	refresh(t, ring)
	c.advance(keyPeriod - keyLead)
	refresh(t, ring) // makes the next key
	_, err := db.OpenAdmin(t).ExecContext(t.Context(), `RENAME TABLE signing_keys TO away`)
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := ring.Sign(somebody, "notes")
	if err != nil {
		t.Fatal(err)
	}
	c.advance(keyLead)
	err = ring.Refresh(t.Context())
	if err == nil {
		t.Fatal("the database is not away")
	}
	second, _, err := ring.Sign(somebody, "notes")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Split(first, ".")[0] == strings.Split(second, ".")[0] {
		t.Error("the next key did not take over")
	}
}
