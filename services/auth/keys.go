package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
)

// keyIDSize is in bytes: an id must never come again, even after the table was emptied.
const keyIDSize = 12

// Keyring holds the signing keys of access tokens. They live, sealed, in the database, which every replica
// reads from time to time; between two reads the ring works without it.
type Keyring struct {
	store  *Store
	sealer *sealer
	now    func() time.Time

	mu   sync.RWMutex
	keys []signingKey
}

// signingKey is a key that can be used.
type signingKey struct {
	keyTime
	id     string
	public ed25519.PublicKey
	signer *identity.Signer
}

// NewKeyring makes a ring without keys: see Refresh.
func NewKeyring(store *Store, sealer *sealer, now func() time.Time) *Keyring {
	return &Keyring{store: store, sealer: sealer, now: now}
}

// Refresh reads the keys, and makes the first or the next one and deletes those that are past, when it is
// time for that and anything may be written: a key signs for as long as there is no other one.
func (k *Keyring) Refresh(ctx context.Context) error {
	keys, err := k.read(ctx)
	if err != nil {
		return err
	}
	readOnly := len(keys) > 0 && k.store.db.ReadOnly(ctx)
	next, due := times(keys).due(k.now())
	if due && !readOnly {
		err = k.create(ctx, next)
		if err != nil {
			return err
		}
		// Not what was made here: another replica may have been first.
		keys, err = k.read(ctx)
		if err != nil {
			return err
		}
	}
	first := times(keys).public(k.now())
	k.mu.Lock()
	k.keys = keys
	k.mu.Unlock()
	if first > 0 && !readOnly {
		return k.store.dropSigningKeys(ctx, keys[first].seq)
	}
	return nil
}

// read gets the keys and opens them.
func (k *Keyring) read(ctx context.Context) ([]signingKey, error) {
	rows, err := k.store.signingKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]signingKey, 0, len(rows))
	for _, row := range rows {
		private, err := k.sealer.open(row.ID, row.Sealed)
		if err != nil {
			return nil, fmt.Errorf("open signing key %d: %w", row.Seq, err)
		}
		signer, err := identity.NewSigner(row.ID, private)
		if err != nil {
			return nil, err
		}
		public, _ := private.Public().(ed25519.PublicKey)
		keys = append(keys, signingKey{keyTime{row.Seq, row.ActiveFrom}, row.ID, public, signer})
	}
	return keys, nil
}

func (k *Keyring) create(ctx context.Context, at keyTime) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	random := make([]byte, keyIDSize)
	_, _ = rand.Read(random) // never fails: it ends the process instead
	id := base64.RawURLEncoding.EncodeToString(random)
	return k.store.addSigningKey(ctx, storedKey{
		Seq: at.seq, ID: id, Sealed: k.sealer.seal(id, private), ActiveFrom: at.activeFrom.UTC(),
	})
}

func times(keys []signingKey) keyTimes {
	all := make(keyTimes, len(keys))
	for i, key := range keys {
		all[i] = key.keyTime
	}
	return all
}

// held gives the keys of the last Refresh.
func (k *Keyring) held() ([]signingKey, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if len(k.keys) == 0 {
		return nil, fault.New(fault.Unavailable, fault.ReasonUnavailable, "Notejam is not available right now. Try again.")
	}
	return k.keys, nil
}

// Sign makes an access token with the key that signs now.
func (k *Keyring) Sign(p identity.Principal, audience string) (token string, expires time.Time, err error) {
	keys, err := k.held()
	if err != nil {
		return "", time.Time{}, err
	}
	now := k.now()
	return keys[times(keys).current(now)].signer.Sign(p, audience, now)
}

// KeySet writes the public keys as a JSON Web Key Set.
func (k *Keyring) KeySet() ([]byte, error) {
	keys, err := k.held()
	if err != nil {
		return nil, err
	}
	public := map[string]ed25519.PublicKey{}
	for _, key := range keys[times(keys).public(k.now()):] {
		public[key.id] = key.public
	}
	return identity.EncodeKeySet(public)
}
