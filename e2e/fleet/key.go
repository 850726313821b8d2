package fleet

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"

	"gitlab.com/notejam/notejam/platform/identity/identitytest"
	"gitlab.com/notejam/notejam/platform/mysql"
)

// SigningKey is auth's own, taken from its schema and opened with its setting
// AUTH_SEALING_KEY: who has it can sign whatever the services would believe.
func SigningKey(ctx context.Context, auth *mysql.DB, sealingKey string) (identitytest.Key, error) {
	var id string
	var sealed []byte
	err := auth.QueryRow(ctx, `
		SELECT
			id,
			sealed
		FROM signing_keys
		ORDER BY seq
		LIMIT 1`).Scan(&id, &sealed)
	if err != nil {
		return identitytest.Key{}, fmt.Errorf("read the signing key: %w", err)
	}
	raw, err := base64.StdEncoding.DecodeString(sealingKey)
	if err != nil {
		return identitytest.Key{}, fmt.Errorf("read the sealing key: %w", err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return identitytest.Key{}, fmt.Errorf("read the sealing key: %w", err)
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return identitytest.Key{}, fmt.Errorf("read the sealing key: %w", err)
	}
	seed, err := box.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return identitytest.Key{}, fmt.Errorf("open the signing key: %w", err)
	}
	return identitytest.Key{ID: id, Private: ed25519.NewKeyFromSeed(seed)}, nil
}
