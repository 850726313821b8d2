package auth

// The text of a token: nj_pat_<id>_<secret>_<checksum>, all in base62 and of fixed length, so that one regular expression
// finds it wherever it leaked. The checksum tells a mistyped token without asking the database.

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/google/uuid"
)

const (
	tokenPrefix = "nj_pat_"
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	// How many digits of base62 hold the largest value.
	idDigits       = 22 // 16 bytes
	secretDigits   = 43 // 32 bytes
	checksumDigits = 6  // 4 bytes
)

// newToken makes the text of the token with that id, and the hash that is stored of its secret.
func newToken(id string) (text string, hash []byte) {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: it ends the process instead
	sum := sha256.Sum256(secret)
	return tokenText(id, secret), sum[:]
}

func tokenText(id string, secret []byte) string {
	parsed := uuid.MustParse(id)
	text := tokenPrefix + encode62(parsed[:], idDigits) + "_" + encode62(secret, secretDigits)
	return text + "_" + checksum(text)
}

func checksum(text string) string {
	return encode62(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))), checksumDigits)
}

// readToken gives the id in a token's text, and the hash of its secret. Every token has exactly one spelling.
func readToken(text string) (id string, hash []byte, err error) {
	body, ok := strings.CutPrefix(text, tokenPrefix)
	parts := strings.Split(body, "_")
	if !ok || len(parts) != 3 || checksum(strings.TrimSuffix(text, "_"+parts[2])) != parts[2] {
		return "", nil, errNoSecret
	}
	rawID, idOK := decode62(parts[0], idDigits, len(uuid.UUID{}))
	secret, secretOK := decode62(parts[1], secretDigits, secretSize)
	if !idOK || !secretOK {
		return "", nil, errNoSecret
	}
	sum := sha256.Sum256(secret)
	return uuid.UUID(rawID).String(), sum[:], nil
}

func encode62(value []byte, digits int) string {
	text := make([]byte, digits)
	rest, digit, base := new(big.Int).SetBytes(value), new(big.Int), big.NewInt(int64(len(base62)))
	for i := digits - 1; i >= 0; i-- {
		rest.DivMod(rest, base, digit)
		text[i] = base62[digit.Int64()]
	}
	return string(text)
}

// decode62 reads so many digits into so many bytes; false when it is not that many, or too large a number.
func decode62(text string, digits, size int) ([]byte, bool) {
	if len(text) != digits {
		return nil, false
	}
	value, base := new(big.Int), big.NewInt(int64(len(base62)))
	for i := range len(text) {
		digit := strings.IndexByte(base62, text[i])
		if digit < 0 {
			return nil, false
		}
		value.Add(value.Mul(value, base), big.NewInt(int64(digit)))
	}
	if value.BitLen() > 8*size {
		return nil, false
	}
	return value.FillBytes(make([]byte, size)), true
}
