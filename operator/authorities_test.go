package operator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/operator"
	"gitlab.com/notejam/notejam/platform/pki"
)

func TestOnlyCertificatesOfAuthoritiesAreFetched(t *testing.T) {
	authority, err := pki.NewAuthority("Amazon RDS", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	own, err := authority.PEM()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := authority.Issue(time.Now().Add(time.Hour), "database")
	if err != nil {
		t.Fatal(err)
	}
	two := string(own.Certificate) + string(own.Certificate)
	for _, planted := range []struct {
		says, text string
		status     int
	}{
		{"", two, http.StatusOK},
		{"403", two, http.StatusForbidden},
		{"it holds no certificate", "<html>", http.StatusOK},
		{"is no authority", two + string(leaf.Certificate), http.StatusOK},
		{"more than 8192 bytes", two + strings.Repeat(" ", 8192), http.StatusOK},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(planted.status)
			_, _ = w.Write([]byte(planted.text))
		}))
		t.Cleanup(server.Close)
		got, err := operator.FetchAuthorities(t.Context(), server.URL)
		if (err == nil) != (planted.says == "") || err != nil && !strings.Contains(err.Error(), planted.says) || err == nil && got != planted.text {
			t.Errorf("%q: it says %v", planted.says, err)
		}
	}
	if got := operator.DatabaseAuthorities("eu-central-1"); got != "https://truststore.pki.rds.amazonaws.com/eu-central-1/eu-central-1-bundle.pem" {
		t.Error(got)
	}
}
