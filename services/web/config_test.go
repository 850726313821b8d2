package web

import (
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/platform/env"
)

func TestPublicURL_MustBeHTTPSOrOnesOwnMachine(t *testing.T) {
	for value, ok := range map[string]bool{
		"https://notejam.example":       true,
		"https://notejam.example:8443/": true,
		"http://127.0.0.1:8000":         true,
		"http://127.8.8.8:8000":         true,
		"http://[::1]:8000":             true,
		"http://localhost:8000":         true,
		"http://notejam.example":        false,
		"http://10.0.0.7:8000":          false,
		"http://0.0.0.0:8000":           false,
		"http://localhost.evil.example": false,
		"https://notejam.example/app":   false,
		"https://notejam.example/?x=1":  false,
		"https://user@notejam.example":  false,
		"ftp://notejam.example":         false,
		"notejam.example":               false,
		"https://":                      false,
	} {
		err := publicURL(value)
		if (err == nil) != ok {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestCORSOrigins_AreExactAndHTTPSBeyondOnesOwnMachine(t *testing.T) {
	for value, ok := range map[string]bool{
		"":                        true,
		"https://app.example.org": true,
		" https://app.example.org, https://b.example:8443 ,": true,
		"http://localhost:3000":                              true,
		"http://127.0.0.1":                                   true,
		"http://app.example.org":                             false,
		"https://app.example.org/":                           false,
		"https://app.example.org/page":                       false,
		"https://*.example.org?":                             false,
		"*":                                                  false,
		"null":                                               false,
		"app.example.org":                                    false,
		"https://user@app.example.org":                       false,
		"https://a.example, http://b.example":                false,
	} {
		err := areOrigins(value)
		if (err == nil) != ok {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestConfig_ReportsAllMistakesAndNeverTheKey(t *testing.T) {
	set := env.New(env.Map(map[string]string{"WEB_ADDR": "nowhere", "WEB_PUBLIC_URL": "http://notejam.example"}))
	readConfig(set)
	err := set.Err()
	if err == nil {
		t.Fatal("no mistake was found")
	}
	for _, name := range []string{"WEB_ADDR", "WEB_PUBLIC_URL", "WEB_FORM_KEY", "WEB_TLS_CA", "WEB_TLS_CERT", "WEB_TLS_KEY"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not reported in: %v", name, err)
		}
	}
	err = config{FormKey: env.NewSecret("too short")}.check()
	if err == nil || strings.Contains(err.Error(), "too short") {
		t.Errorf("got %v", err)
	}
}
