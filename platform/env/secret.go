package env

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// fileSuffix marks the variable that names the file with a secret's value.
const fileSuffix = "_FILE"

// maxSecretFile bounds a secret's file: certificates and keys stay far below 64 KiB, and a wrong path must not fill the memory.
const maxSecretFile = 64 << 10

const redacted = "[redacted]"

// Secret holds a value that must not be shown. It prints [redacted] under every verb of fmt, in slog and in JSON; Reveal is the only way to the
// value. The zero Secret is empty.
type Secret struct {
	// A closure, because fmt and other printers look into the unexported fields of a struct around a Secret without asking for its methods, and
	// then show a string, but of a function only its address.
	reveal func() string
}

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return value }}
}

// Reveal returns the value itself, to hand it to what needs it.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty tells whether there is no value.
func (s Secret) Empty() bool {
	return s.reveal == nil
}

// Equal tells whether both hold the same value, in time that depends only on its length.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns [redacted].
func (s Secret) String() string { return redacted }

// Format prints [redacted], whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, redacted) // fmt keeps the error of its writer itself
}

// MarshalText returns [redacted]; encoding/json uses it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns [redacted].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Secret reads a secret that must be given: from NAME, or from the file that NAME_FILE names (without one trailing newline), but not from both.
func (s *Set) Secret(name, doc string) Secret {
	return s.secret(Setting{Name: name, Kind: KindSecret, Required: true, Doc: doc})
}

// OptionalSecret is Secret for a value that may be absent; the Secret is then empty.
func (s *Set) OptionalSecret(name, doc string) Secret {
	return s.secret(Setting{Name: name, Kind: KindSecret, Doc: doc})
}

func (s *Set) secret(setting Setting) Secret {
	fileName := setting.Name + fileSuffix
	setting.Limits = "the value, or the path of its file in " + fileName
	value, given := s.read(setting)
	path, _ := s.lookup(fileName)
	switch {
	case given && path != "":
		s.mistake(setting.Name, "and "+fileName+" are both given; give one of them")
	case given:
		return NewSecret(value)
	case path != "":
		content, err := readSecretFile(path)
		if err != nil {
			s.mistake(fileName, "names a file that "+err.Error())
			return Secret{}
		}
		return NewSecret(content)
	case setting.Required:
		s.mistake(setting.Name, "is required; give it, or the path of its file in "+fileName)
	}
	return Secret{}
}

// readSecretFile reads a secret's file. Its errors leave the path out: somebody may have put the secret there by mistake.
func readSecretFile(path string) (string, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file, that is the setting's purpose
	if err != nil {
		return "", fmt.Errorf("cannot be opened: %w", withoutPath(err))
	}
	defer func() { _ = file.Close() }() // only read from: closing loses nothing
	content, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", withoutPath(err))
	}
	if len(content) > maxSecretFile {
		return "", errors.New("is larger than 64 KiB")
	}
	value := strings.TrimSuffix(string(content), "\n")
	if value == "" {
		return "", errors.New("is empty")
	}
	return value, nil
}

func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
