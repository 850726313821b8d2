package env_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
)

const canary = "hunter2-canary"

func TestSecret_IsRedactedHoweverItIsPrinted(t *testing.T) {
	secret := env.NewSecret(canary)
	type config struct {
		Password env.Secret
		Pointer  *env.Secret
		List     []env.Secret
		hidden   env.Secret
	}
	whole := config{Password: secret, Pointer: &secret, List: []env.Secret{secret}, hidden: secret}
	var printed []string
	for _, value := range []any{secret, &secret, whole, &whole, []any{secret}, map[string]any{"password": secret}, fmt.Errorf("open: %v", secret)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%U", "%e", "%T", "%p", "%20s", "%w"} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
		printed = append(printed, fmt.Sprint(value), fmt.Sprintln(value))
		asJSON, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		printed = append(printed, string(asJSON))
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		} {
			var line bytes.Buffer
			slog.New(handler(&line)).Info("printed", "value", value, slog.Group("group", slog.Any("value", value)))
			printed = append(printed, line.String())
		}
	}
	for _, text := range printed {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) || strings.Contains(text, fmt.Sprintf("%X", canary)) {
			t.Errorf("the secret is in %q", text)
		}
	}
	for _, text := range []string{fmt.Sprintf("%#v", secret), fmt.Sprintf("%d", &secret), secret.String(), secret.LogValue().String()} {
		if text != "[redacted]" {
			t.Errorf("printed %q, want [redacted]", text)
		}
	}
	asJSON, err := json.Marshal(map[string]env.Secret{"password": secret})
	if err != nil || string(asJSON) != `{"password":"[redacted]"}` {
		t.Errorf("JSON = %s, %v", asJSON, err)
	}
}

func TestSecret_RevealsItsValueAndNothingElse(t *testing.T) {
	secret, empty := env.NewSecret(canary), env.NewSecret("")
	if secret.Reveal() != canary || secret.Empty() {
		t.Errorf("Reveal() = %q, Empty() = %v", secret.Reveal(), secret.Empty())
	}
	if empty.Reveal() != "" || !empty.Empty() || !empty.Equal(env.Secret{}) {
		t.Errorf("the empty secret holds %q", empty.Reveal())
	}
	if !secret.Equal(env.NewSecret(canary)) || secret.Equal(empty) {
		t.Error("Equal does not compare the values")
	}
}

func TestSecret_ComesFromAFile(t *testing.T) {
	cases := map[string]struct{ content, want string }{
		"as it is":                           {"s3cret", "s3cret"},
		"one trailing newline is trimmed":    {"s3cret\n", "s3cret"},
		"only one trailing newline":          {"s3cret\n\n", "s3cret\n"},
		"inner lines and spaces are kept":    {" -----\nkey\n-----\n", " -----\nkey\n-----"},
		"exactly the largest size, 64 KiB":   {strings.Repeat("x", 64<<10), strings.Repeat("x", 64<<10)},
		"not a newline's carriage return":    {"s3cret\r\n", "s3cret\r"},
		"bytes that are not valid UTF-8 too": {"\xff\x00\n", "\xff\x00"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			set := env.New(env.Map(map[string]string{"A_FILE": write(t, c.content), "B_FILE": write(t, c.content)}))
			got := []string{set.Secret("A", "").Reveal(), set.OptionalSecret("B", "").Reveal()}
			if diff := cmp.Diff([]string{c.want, c.want}, got); diff != "" {
				t.Errorf("secrets (-want +got):\n%s", diff)
			}
			err := set.Err()
			if err != nil {
				t.Errorf("Err() = %v", err)
			}
		})
	}
}

func TestSecret_AFileThatCannotBeUsedIsAMistakeWithoutItsPath(t *testing.T) {
	cases := map[string]struct{ path, want string }{
		"absent":                {filepath.Join(t.TempDir(), canary), "A_FILE names a file that cannot be opened: no such file or directory"},
		"a folder":              {t.TempDir(), "A_FILE names a file that cannot be read: is a directory"},
		"empty":                 {write(t, ""), "A_FILE names a file that is empty"},
		"nothing but a newline": {write(t, "\n"), "A_FILE names a file that is empty"},
		"too large":             {write(t, strings.Repeat("x", 64<<10+1)), "A_FILE names a file that is larger than 64 KiB"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			set := env.New(env.Map(map[string]string{"A_FILE": c.path}))
			secret := set.OptionalSecret("A", "")
			if diff := cmp.Diff(env.Mistakes{c.want}, set.Err()); diff != "" {
				t.Errorf("mistakes (-want +got):\n%s", diff)
			}
			if !secret.Empty() {
				t.Error("the secret is not empty")
			}
		})
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	err := os.WriteFile(path, []byte(content), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
