package env

import (
	"os"
	"strings"
)

// ReadPEM gives what a setting for PEM stands for: the content of the file that it names, or the setting itself if it is
// the text. ECS gives a task no files, only variables.
func ReadPEM(value string) ([]byte, error) {
	if IsPEM(value) {
		return []byte(value), nil
	}
	return os.ReadFile(value) //nolint:gosec // the operator names the file, that is the setting's purpose
}

// IsPEM tells a text from the name of a file. The text may be a private key, so an error must never show it.
func IsPEM(value string) bool { return strings.Contains(value, "-----BEGIN ") }
