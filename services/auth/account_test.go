package auth

import (
	"strings"
	"testing"
)

func TestCheckEmail(t *testing.T) {
	const missing, malformed, long = "This field is required.", "Enter a valid email address.", "Use an address of at most 75 characters."
	for _, tt := range []struct{ email, want string }{
		{"anna@example.com", ""},
		{"Anna.Berg+notes@mail.example.co.uk", ""},
		{"o'brien_%99@ex-ample.org", ""},
		{"a@b.c", ""},
		{strings.Repeat("a", 63) + "@example.com", ""}, // 75 characters
		{"", missing},
		{strings.Repeat("a", 64) + "@example.com", long},
		{strings.Repeat("ä", 76), long},
		{"anna", malformed},
		{"anna@", malformed},
		{"@example.com", malformed},
		{"anna@example", malformed},
		{"anna@@example.com", malformed},
		{"anna berg@example.com", malformed},
		{" anna@example.com", malformed},
		{"anna@example.com\n", malformed},
		{"Anna <anna@example.com>", malformed},
		{"anna@exa_mple.com", malformed},
		{"anna@-example.com", malformed},
		{"anna@example..com", malformed},
		{".anna@example.com", malformed},
		{"an..na@example.com", malformed},
		{"jürgen@example.com", malformed},
		{"anna@exämple.com", malformed},
		{"anna@example.com\x00", malformed},
		{strings.Repeat("a", 65) + "@b.cd", malformed},
	} {
		got := checkEmail(tt.email)
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.email, got, tt.want)
		}
	}
}
