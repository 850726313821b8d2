package identity

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// keySetFresh is how long a fetched key set is used without asking again.
	keySetFresh = 5 * time.Minute
	// keySetKept is how long the last good set serves when auth is away.
	keySetKept = 24 * time.Hour
	// fetchPause keeps a flood of unknown key ids away from auth: one fetch in
	// this time, whatever comes.
	fetchPause = 10 * time.Second
	// fetchTimeout bounds one fetch; it does not hang on the request that
	// happened to trigger it.
	fetchTimeout = 2 * time.Second
)

// errKeyUnknown is a token whose key is in no set that we can get.
var errKeyUnknown = errors.New("unknown key id")

// keySet is the verifier's copy of auth's public keys.
type keySet struct {
	fetch func(context.Context) ([]byte, error)
	now   func() time.Time
	group singleflight.Group

	mu      sync.Mutex
	keys    map[string]ed25519.PublicKey
	fetched time.Time // when keys came
	tried   time.Time // when the last fetch began
	loadErr error     // why the last fetch failed
}

// key gives the key of that id. It asks auth when the set is old or lacks the
// id, and not more often than fetchPause allows.
func (s *keySet) key(ctx context.Context, id string) (ed25519.PublicKey, error) {
	key, age := s.lookup(id)
	if key != nil && age < keySetFresh {
		return key, nil
	}
	err := s.refresh(ctx)
	key, age = s.lookup(id)
	if key != nil && age < keySetKept {
		return key, nil
	}
	if err != nil {
		return nil, fmt.Errorf("fetch keys: %w", err)
	}
	return nil, errKeyUnknown
}

func (s *keySet) lookup(id string) (ed25519.PublicKey, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[id], s.now().Sub(s.fetched)
}

// refresh fetches the set once for all who wait for it. Within fetchPause of
// the last fetch it only repeats that one's result.
func (s *keySet) refresh(ctx context.Context) error {
	done := s.group.DoChan("", func() (any, error) {
		s.mu.Lock()
		early := !s.tried.IsZero() && s.now().Sub(s.tried) < fetchPause
		last := s.loadErr
		s.mu.Unlock()
		if early {
			return nil, last
		}
		return nil, s.load(context.WithoutCancel(ctx))
	})
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *keySet) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	s.mu.Lock()
	s.tried = s.now()
	s.mu.Unlock()
	keys, err := s.download(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loadErr = err
	if err == nil {
		s.keys, s.fetched = keys, s.now()
	}
	return err
}

func (s *keySet) download(ctx context.Context) (map[string]ed25519.PublicKey, error) {
	data, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	err = json.Unmarshal(data, &set)
	if err != nil {
		return nil, fmt.Errorf("decode key set: %w", err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		public, ok := k.Key.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("key %q is no Ed25519 public key", k.KeyID)
		}
		keys[k.KeyID] = public
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set is empty")
	}
	return keys, nil
}
