package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltSize = 16 // bytes
	tagSize  = 32 // bytes
)

// HashParams is what one hash costs.
type HashParams struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultHashParams is what OWASP and ASVS appendix C ask of argon2id at least: about 50 ms and 19 MiB a
// hash.
var DefaultHashParams = HashParams{MemoryKiB: 19456, Passes: 2, Lanes: 1}

// phc is a password's hash with all that is needed to compute it again, as PHC strings carry it.
type phc struct {
	params HashParams
	salt   []byte
	tag    []byte
}

// newPHC hashes a password with a fresh salt.
func newPHC(params HashParams, password string) phc {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails: it ends the process instead
	return phc{params: params, salt: salt, tag: params.tag(password, salt)}
}

// matches says whether the password has this hash.
func (h phc) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.params.tag(password, h.salt), h.tag) == 1
}

func (p HashParams) tag(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Lanes, tagSize)
}

// String writes the PHC string.
func (h phc) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.params.MemoryKiB, h.params.Passes, h.params.Lanes, encode(h.salt), encode(h.tag))
}

// parsePHC reads what String writes, and nothing else. Its errors do not repeat the text.
func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return phc{}, errors.New("stored password hash has not six parts")
	}
	var h phc
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.params.MemoryKiB, &h.params.Passes, &h.params.Lanes)
	if err != nil {
		return phc{}, errors.New("stored password hash has unreadable parameters")
	}
	h.salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return phc{}, errors.New("stored password hash has an unreadable salt")
	}
	h.tag, err = base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return phc{}, errors.New("stored password hash has an unreadable tag")
	}
	if h.String() != text || len(h.tag) != tagSize || h.params.Passes == 0 || h.params.Lanes == 0 {
		return phc{}, errors.New("stored password hash is not one of ours")
	}
	return h, nil
}
