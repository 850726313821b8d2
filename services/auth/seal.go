package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"gitlab.com/notejam/notejam/platform/env"
)

// sealKeySize is in bytes: AES-256.
const sealKeySize = 32

// sealer encrypts the private signing keys for the database (AES-GCM), and blinds hashes. Who reads the database,
// or a copy of it, cannot sign with the ones nor learn from the others.
type sealer struct {
	aead   cipher.AEAD
	macKey []byte
}

// newSealer takes 32 bytes in base64. Its error does not repeat them.
func newSealer(key env.Secret) (*sealer, error) {
	raw, err := base64.StdEncoding.DecodeString(key.Reveal())
	if err != nil || len(raw) != sealKeySize {
		return nil, errors.New("AUTH_SEALING_KEY must be 32 bytes in base64")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	macKey, err := hkdf.Key(sha256.New, raw, nil, "auth: hashes of requests", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return &sealer{aead: aead, macKey: macKey}, nil
}

// blind makes of a hash another one, against which nobody who reads the database can test guesses of what was
// hashed.
func (s *sealer) blind(hash []byte) []byte {
	mac := hmac.New(sha256.New, s.macKey)
	_, _ = mac.Write(hash) // never fails
	return mac.Sum(nil)
}

// seal encrypts a key's seed. The key's id is sealed in with it: a row whose key or id was swapped does not
// open.
func (s *sealer) seal(keyID string, key ed25519.PrivateKey) []byte {
	return s.aead.Seal(nil, nil, key.Seed(), []byte(keyID)) //nolint:gosec // the cipher makes a fresh random nonce itself
}

// open gives the key back.
func (s *sealer) open(keyID string, sealed []byte) (ed25519.PrivateKey, error) {
	seed, err := s.aead.Open(nil, nil, sealed, []byte(keyID))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("sealed key does not open: was AUTH_SEALING_KEY changed?")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
