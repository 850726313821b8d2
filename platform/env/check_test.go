package env_test

import (
	"testing"

	"gitlab.com/notejam/notejam/platform/env"
)

func TestChecks_TakeAndRefuse(t *testing.T) {
	cases := []struct {
		name    string
		check   func(string) error
		taken   []string
		refused []string
	}{
		{
			"HostPort", env.HostPort,
			[]string{"127.0.0.1:9100", "[::1]:0", "db.internal:3306", "0.0.0.0:65535", "[fe80::1%eth0]:80"},
			[]string{"", "host", ":80", "host:", "host:http", "host:65536", "host:-1", "host:+1", "::1:80", "http://host:80", "me@host:80", "a b:80"},
		},
		{
			"URL", env.URL,
			[]string{"http://127.0.0.1:8000", "https://notejam.example/base/", "https://queue.test/1/audit?x=1"},
			[]string{"", "/path", "notejam.example", "ftp://host/", "http:///path", "https://me:pw@host/", "https://host/#x", "http://[", "https:host"},
		},
		{
			"OneOf", env.OneOf("info", "debug"),
			[]string{"info", "debug"},
			[]string{"", "Info", "debug ", "warn"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, value := range c.taken {
				err := c.check(value)
				if err != nil {
					t.Errorf("%q is refused: %v", value, err)
				}
			}
			for _, value := range c.refused {
				err := c.check(value)
				if err == nil {
					t.Errorf("%q is taken", value)
				}
			}
		})
	}
}
