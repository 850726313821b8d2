package release_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"gitlab.com/notejam/notejam/release"
)

func TestASiteIsWellIfItIsReadyAndShowsTheSignInPage(t *testing.T) {
	for _, site := range []struct {
		name  string
		ready int
		page  string
		well  bool
	}{
		{"well", 200, `<form method="post">`, true},
		{"not ready", 503, `<form method="post">`, false},
		{"without a form", 200, "parked", false},
	} {
		t.Run(site.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/readyz" {
					w.WriteHeader(site.ready)
					return
				}
				_, _ = w.Write([]byte(site.page))
			}))
			t.Cleanup(server.Close)
			err := release.Smoke(t.Context(), server.URL)
			if (err == nil) != site.well {
				t.Errorf("it says %v", err)
			}
		})
	}
}
