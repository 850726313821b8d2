package identity

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// Signer makes access tokens. Only auth has one: it holds the private key.
type Signer struct {
	jose jose.Signer
}

// NewSigner makes a signer whose tokens name the key by its id.
func NewSigner(keyID string, key ed25519.PrivateKey) (*Signer, error) {
	if !keyIDPattern.MatchString(keyID) {
		return nil, fmt.Errorf("signing key id %q does not match %s", keyID, keyIDPattern)
	}
	options := (&jose.SignerOptions{}).WithType(tokenType)
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.EdDSA,
		Key:       jose.JSONWebKey{Key: key, KeyID: keyID},
	}, options)
	if err != nil {
		return nil, fmt.Errorf("make signer: %w", err)
	}
	return &Signer{jose: signer}, nil
}

// Sign makes a token for one audience that holds TokenLife from now on.
func (s *Signer) Sign(p Principal, audience string, now time.Time) (token string, expires time.Time, err error) {
	now = now.UTC().Truncate(time.Second)
	expires = now.Add(TokenLife)
	body, err := json.Marshal(claims{
		Issuer: Issuer, Audience: audience,
		Subject: p.PersonID, SessionID: p.SessionID, Scopes: p.Scopes,
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: expires.Unix(),
		TokenID: uuid.NewString(),
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("encode claims: %w", err)
	}
	signed, err := s.jose.Sign(body)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign token: %w", err)
	}
	token, err = signed.CompactSerialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("serialize token: %w", err)
	}
	return token, expires, nil
}

// EncodeKeySet writes public keys as a JSON Web Key Set (RFC 7517).
func EncodeKeySet(keys map[string]ed25519.PublicKey) ([]byte, error) {
	set := jose.JSONWebKeySet{}
	for id, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(jose.EdDSA), Use: "sig"})
	}
	data, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode key set: %w", err)
	}
	return data, nil
}
