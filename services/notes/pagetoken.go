package notes

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"gitlab.com/notejam/notejam/platform/env"
)

// minTokenKey is the least length of the secret, in bytes: that of the keys made from it.
const minTokenKey = 32

// pageTokens turn a place in a list into a text that only its owner can use, only for the same list, and that tells nothing: in the order by title it
// holds a title, and tokens stand in URLs, which end up in logs.
//
// A token is the sealed cursor (AES-256-GCM, random nonce) in unpadded base64url. Every person has a key of their own, HMAC-SHA-256 of the person's id
// under the secret, so that no key comes near the 2³² tokens that random nonces are good for. The list is authenticated with it.
type pageTokens struct {
	secret env.Secret
}

// newPageTokens takes the secret that all replicas share. With another one, tokens that people hold lead to no page any more.
func newPageTokens(secret env.Secret) (*pageTokens, error) {
	if len(secret.Reveal()) < minTokenKey {
		return nil, fmt.Errorf("NOTES_PAGE_TOKEN_KEY must have at least %d characters", minTokenKey)
	}
	return &pageTokens{secret: secret}, nil
}

// seal makes the token of a place in the list that binding names; "" for no place.
func (t *pageTokens) seal(owner, binding string, c *cursor) (string, error) {
	if c == nil {
		return "", nil
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	box, err := t.box(owner)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(nil, nil, plain, []byte(binding))), nil
}

// open gives the place that the token stands for: nil for the empty token, which is the first page. A token that is not ours, or belongs to another
// person or list, is errPageToken.
func (t *pageTokens) open(owner, binding, token string) (*cursor, error) {
	if token == "" {
		return nil, nil //nolint:nilnil // no token is no place
	}
	if strings.ContainsAny(token, "\r\n") { // the decoder would skip them
		return nil, errPageToken
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return nil, errPageToken.With(err)
	}
	box, err := t.box(owner)
	if err != nil {
		return nil, err
	}
	plain, err := box.Open(nil, nil, sealed, []byte(binding))
	if err != nil {
		return nil, errPageToken.With(err)
	}
	c := &cursor{}
	err = json.Unmarshal(plain, c)
	if err != nil {
		return nil, errPageToken.With(err)
	}
	return c, nil
}

func (t *pageTokens) box(owner string) (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, []byte(t.secret.Reveal()))
	mac.Write([]byte("page token of " + owner))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("make page token key: %w", err)
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make page token key: %w", err)
	}
	return box, nil
}
