// Package setup makes what must be there before the first service starts:
// secrets, certificates, and the database's schemas and users. `make run` makes
// them of it in its data folder, and the containers init and database of
// docker-compose.yml (cmd/setup) in volumes.
package setup

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// secretSize is what every key and password has: 256 bits.
const secretSize = 32

// Settings are the secrets of each service that are made at random, beside its
// database passwords: names of settings without the service's prefix.
var Settings = map[string][]string{
	"auth":  {"SEALING_KEY"},
	"notes": {"PAGE_TOKEN_KEY"},
	"audit": {"PAGE_TOKEN_KEY", "CHECKPOINT_KEY"},
	"web":   {"FORM_KEY"},
}

// FileName is what a setting's file is called, and its parameter on AWS:
// sealing-key.
func FileName(setting string) string {
	return strings.ToLower(strings.ReplaceAll(setting, "_", "-"))
}

// Secret gives the value that is kept in the file, made at random the first
// time: 256 bits in base64.
func Secret(file string) (string, error) {
	value, err := Read(file)
	if !errors.Is(err, os.ErrNotExist) {
		return value, err
	}
	raw := make([]byte, secretSize)
	_, err = rand.Read(raw)
	if err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	value = base64.StdEncoding.EncodeToString(raw)
	err = os.WriteFile(file, []byte(value+"\n"), 0o600)
	if err != nil {
		return "", fmt.Errorf("keep secret: %w", err)
	}
	return value, nil
}

// Read gives the value that is kept in the file.
func Read(file string) (string, error) {
	kept, err := os.ReadFile(file) //nolint:gosec // in our own folder, under a name from the code
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	value := strings.TrimSpace(string(kept))
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(raw) != secretSize {
		return "", fmt.Errorf("the secret in %s is damaged: what was made with it cannot be read without", file)
	}
	return value, nil
}
