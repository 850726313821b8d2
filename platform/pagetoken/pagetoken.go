// Package pagetoken makes the opaque tokens that continue a list: a payload
// that the client carries back unread, sealed so that nobody can change or read
// it, and bound to a text that says which list of whose it continues, so that
// it opens for no other.
//
//	tokens := pagetoken.New(key)
//	token, err := tokens.Encode(person+"\nactivities", cursor)
//	err = tokens.Decode(person+"\nactivities", token, &cursor)
//
// A place in a list is a value of one of its rows, and tokens stand in URLs,
// which end up in logs: hence they are encrypted and not only signed.
package pagetoken

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"gitlab.com/notejam/notejam/platform/fault"
)

const (
	// MinKey is how many bytes a key should have at least: as many as the keys
	// that are made from it. Callers check it where they read the setting.
	MinKey = sha256.Size
	// maxToken bounds what is looked at: a payload is a sort key of at most some
	// hundred bytes and an id.
	maxToken = 4 << 10
)

// errToken is the one answer to every bad token; why it is bad is for the log.
var errToken = fault.New(fault.Invalid, fault.ReasonPageTokenInvalid,
	"This page of the list cannot be opened. Start again from the first one.")

// Codec makes and reads tokens with one key. It is safe for concurrent use.
type Codec struct {
	key []byte
}

// New returns a codec. All replicas of a service share the key; with another
// one, the tokens that clients hold lead nowhere.
func New(key []byte) *Codec { return &Codec{key: key} }

// Encode seals the payload, as JSON, for the list that bound names. The token
// needs no escaping in a URL.
func (c *Codec) Encode(bound string, payload any) (string, error) {
	plain, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("encode page token: %w", err)
	}
	box, err := c.box(bound)
	if err != nil {
		return "", err
	}
	sealed := box.Seal(nil, nil, plain, nil) //nolint:gosec // this cipher makes a random nonce itself, and puts it in front
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Decode opens a token that Encode made with the same key and bound. Any other
// is fault.Invalid with reason PAGE_TOKEN_INVALID, and into is not to be used.
func (c *Codec) Decode(bound, token string, into any) error {
	if len(token) > maxToken {
		return errToken.With(errors.New("token is too long"))
	}
	// One token has one spelling: Strict looks at the unused bits of the end, but
	// even so the decoder skips line breaks.
	if strings.ContainsAny(token, "\r\n") {
		return errToken.With(errors.New("token has line breaks"))
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return errToken.With(err)
	}
	box, err := c.box(bound)
	if err != nil {
		return err
	}
	plain, err := box.Open(nil, nil, sealed, nil)
	if err != nil {
		return errToken.With(err)
	}
	err = json.Unmarshal(plain, into)
	if err != nil {
		return errToken.With(err) // an older release sealed another payload
	}
	return nil
}

// box is AES-256-GCM under a key of the list's own, so that no key seals more
// than the 2³² tokens that random nonces are good for (NIST SP 800-38D, 8.3).
func (c *Codec) box(bound string) (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(bound))
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
