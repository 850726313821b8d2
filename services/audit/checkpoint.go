package audit

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// A chain shows that nobody changed its middle, but whoever can write to the
// database can cut its end off, or compute all of it anew. A checkpoint is
// signed with a key that the database does not have: what it says of a chain
// must stay true for ever.

// Checkpoint says that an account's chain had Seq links at a time, and Hash was
// the last one's.
type Checkpoint struct {
	Account   string
	Seq       int64
	Hash      Hash
	Time      time.Time // UTC, to the microsecond
	KeyID     string
	Signature []byte
}

// text is what is signed.
func (c Checkpoint) text() []byte {
	return fmt.Appendf(nil, "notejam audit checkpoint 1\n%s\n%d\n%s\n%s\n", c.Account, c.Seq, c.Hash, c.Time.UTC().Format(canonicalTime))
}

// Keys are the keys of checkpoints: one that signs, if this process has it, and
// all whose signatures count.
type Keys struct {
	private ed25519.PrivateKey
	id      string // of the private one
	public  map[string]ed25519.PublicKey
}

// NewKeys reads the seed of the key that signs, which may be absent, and the
// public keys that are trusted besides, with commas between them.
func NewKeys(seed env.Secret, others string) (*Keys, error) {
	k := &Keys{public: map[string]ed25519.PublicKey{}}
	for text := range strings.FieldsFuncSeq(others, func(r rune) bool { return r == ',' || r == ' ' }) {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, errors.New("a public key must be 32 bytes in base64")
		}
		k.public[keyID(key)] = key
	}
	if seed.Empty() {
		return k, nil
	}
	raw, err := base64.StdEncoding.DecodeString(seed.Reveal())
	if err != nil || len(raw) != ed25519.SeedSize {
		return nil, errors.New("the key that signs must be 32 random bytes in base64")
	}
	k.private = ed25519.NewKeyFromSeed(raw)
	public := k.private[ed25519.SeedSize:] // as crypto/ed25519 lays it out
	k.id = keyID(public)
	k.public[k.id] = ed25519.PublicKey(public)
	return k, nil
}

// keyID names a public key.
func keyID(public []byte) string {
	digest := sha256.Sum256(public)
	return hex.EncodeToString(digest[:8])
}

// publicKey writes a key for people; "" for one that is not trusted here.
func (k *Keys) publicKey(id string) string { return base64.StdEncoding.EncodeToString(k.public[id]) }

// canSign tells whether this process has the key.
func (k *Keys) canSign() bool { return k.private != nil }

// sign completes a checkpoint.
func (k *Keys) sign(c Checkpoint) Checkpoint {
	c.KeyID = k.id
	c.Signature = ed25519.Sign(k.private, c.text())
	return c
}

// verify says what is wrong with a checkpoint's signature; "" when it is right.
func (k *Keys) verify(c Checkpoint) string {
	key, ok := k.public[c.KeyID]
	switch {
	case !ok:
		return "is signed with the key " + c.KeyID + ", which is not trusted here"
	case !ed25519.Verify(key, c.text(), c.Signature):
		return "has a wrong signature"
	}
	return ""
}

// toProto writes a checkpoint as people and exports see it.
func (k *Keys) toProto(c *Checkpoint) *auditpb.Checkpoint {
	if c == nil {
		return nil
	}
	return &auditpb.Checkpoint{
		Account:   c.Account,
		Length:    c.Seq,
		Hash:      c.Hash.String(),
		SignTime:  timestamppb.New(c.Time),
		KeyId:     c.KeyID,
		Signature: base64.StdEncoding.EncodeToString(c.Signature),
		PublicKey: k.publicKey(c.KeyID),
	}
}
