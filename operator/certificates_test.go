package operator_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/operator"
	"gitlab.com/notejam/notejam/operator/awstest"
	"gitlab.com/notejam/notejam/platform/pki"
)

// certified is a server with an authority and all certificates.
func certified(t *testing.T) *awstest.Server {
	t.Helper()
	server := applied(t)
	certify(t, server)
	return server
}

func certify(t *testing.T, server *awstest.Server, rotate ...string) string {
	t.Helper()
	var log bytes.Buffer
	err := filling(server, &log, rotate...).Certificates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), "PRIVATE KEY") {
		t.Error("a key was shown")
	}
	return log.String()
}

func TestEachServiceGetsACertificateOfItsOwnNameFromTheEnvironmentsAuthority(t *testing.T) {
	server := certified(t)
	all := values(server)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(all["tls-ca"])) || strings.Contains(all["tls-ca"], "PRIVATE") {
		t.Fatalf("the authority is %q", all["tls-ca"])
	}
	for _, service := range operator.Services() {
		pair, err := tls.X509KeyPair([]byte(all[service+"/tls-cert"]), []byte(all[service+"/tls-key"]))
		if err != nil {
			t.Fatal(err)
		}
		_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: service, Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil || len(pair.Leaf.DNSNames) != 1 || time.Until(pair.Leaf.NotAfter).Round(24*time.Hour) != pki.CertificateLife {
			t.Errorf("%s: %v, for %q until %v", service, err, pair.Leaf.DNSNames, pair.Leaf.NotAfter)
		}
	}
	key := server.Parameter("/notejam/dev/tls-ca-key")
	if key.Type != "SecureString" || key.Key != "alias/notejam-dev-app" || !strings.Contains(key.Value, "PRIVATE KEY") {
		t.Errorf("the authority's key is a %s under %q", key.Type, key.Key)
	}
}

func TestCertificatesThatHoldAreLeftAlone(t *testing.T) {
	server := certified(t)
	puts := len(server.Puts())
	log := certify(t, server)
	if len(server.Puts()) != puts || !strings.Contains(log, "0 of 4 certificates") {
		t.Errorf("it says %q after %q", log, server.Puts()[puts:])
	}
}

func TestACertificateThatEndsSoonOrIsDamagedIsIssuedAnewByTheSameAuthority(t *testing.T) {
	server := certified(t)
	both := server.Parameter("/notejam/dev/tls-ca-key").Value
	at := strings.Index(both, "-----BEGIN CERTIFICATE")
	authority, err := pki.ParseAuthority(pki.Pair{Key: []byte(both), Certificate: []byte(both[at:])})
	if err != nil {
		t.Fatal(err)
	}
	old, err := authority.Issue(time.Now().Add(29*24*time.Hour), "auth")
	if err != nil {
		t.Fatal(err)
	}
	server.Set("/notejam/dev/auth/tls-cert", awstest.Parameter{Value: string(old.Certificate), Type: "SecureString"})
	server.Set("/notejam/dev/auth/tls-key", awstest.Parameter{Value: string(old.Key), Type: "SecureString"})
	server.Set("/notejam/dev/web/tls-key", awstest.Parameter{Value: "unset", Type: "SecureString"})
	before, puts := values(server), len(server.Puts())
	log := certify(t, server, "notes/tls-cert")
	for _, reason := range []string{"auth/tls-cert: issued until", "the certificate ends on", "the key is not the certificate's", "it was to be rotated", "3 of 4"} {
		if !strings.Contains(log, reason) {
			t.Errorf("%q is not in %q", reason, log)
		}
	}
	if len(server.Puts())-puts != 6 || values(server)["tls-ca"] != before["tls-ca"] || values(server)["tls-ca-key"] != before["tls-ca-key"] {
		t.Errorf("it put %q", server.Puts()[puts:])
	}
}

func TestAnAuthorityWhoseCertificateWasNotWrittenIsCompleted(t *testing.T) {
	server := certified(t)
	want := values(server)["tls-ca"]
	server.Set("/notejam/dev/tls-ca", awstest.Parameter{Value: "unset", Type: "String"})
	certify(t, server)
	if values(server)["tls-ca"] != want {
		t.Error("it is another one")
	}
}

func TestALostKeyOfTheAuthorityIsNotReplacedBySilence(t *testing.T) {
	server := certified(t)
	server.Set("/notejam/dev/tls-ca-key", awstest.Parameter{Value: "unset", Type: "SecureString"})
	puts := len(server.Puts())
	err := filling(server, &bytes.Buffer{}).Certificates(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is lost") || len(server.Puts()) != puts {
		t.Errorf("it says %v", err)
	}
}
