package auth

import (
	"strings"
	"testing"
)

func TestPasswordPolicy(t *testing.T) {
	const (
		short  = "Use at least 10 characters."
		long   = "Use at most 256 characters."
		common = "This password is too common."
		email  = "Do not use your email address."
	)
	for _, tt := range []struct{ name, password, want string }{
		{"missing", "", "This field is required."},
		{"9 characters", "q8Zt!x9Lm", short},
		{"10 characters", "q8Zt!x9Lm2", ""},
		{"10 characters, not bytes", "žluťoučký ", ""},
		{"256 characters", strings.Repeat("xq8z K!ä", 32), ""},
		{"257 characters", strings.Repeat("xq8z K!ä", 32) + "x", long},
		{"blanks are characters", "ferret on toast", ""},
		{"no kinds of characters are demanded", "harbourlanternvioletspoon", ""},
		{"in another script", "лошадь на луне ест сыр", ""},
		{"a leaked one", "password123", common},
		{"a leaked one, varied", "P@ssw0rd123", common},
		{"a leaked one, twice", "monkeymonkey", common},
		{"a row of keys", "qwertyuiop", common},
		{"a count", "1234567890", common},
		{"one letter", strings.Repeat("a", 40), common},
		{"one letter, very often", strings.Repeat("a", 256), common},
		{"a name and a year", "jessica1990", common},
		{"the product's name", "notejam1234", common},
		{"the address", "anna.bergstrom@example.com", email},
		{"the address in capitals, with more", "My ANNA.BERGSTROM@example.com!", email},
		{"the local part and a bit", "anna.bergstrom1", email},
	} {
		got := PasswordPolicy{MinLength: 10}.Check(tt.password, "anna.bergstrom@example.com")
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestTheLeastLengthOfAPasswordIsASetting(t *testing.T) {
	got := PasswordPolicy{MinLength: 15}.Check("blue kettle 42", "")
	if got != "Use at least 15 characters." {
		t.Errorf("got %q", got)
	}
}

func FuzzPasswordPolicy(f *testing.F) {
	f.Add("P4ssword!P4ssword!", "a@example.com")
	f.Add("\xff\xfe\x00 1.1.2000 aaaa", "@")
	f.Fuzz(func(_ *testing.T, password, email string) {
		PasswordPolicy{MinLength: 1}.Check(password, email) // must not panic
	})
}
