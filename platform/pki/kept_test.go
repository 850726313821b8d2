package pki_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/pki"
	"gitlab.com/notejam/notejam/platform/rpc"
)

func TestAKeptAuthorityIsTheSameTheNextTime(t *testing.T) {
	dir := t.TempDir()
	first := renew(t, dir, "auth")
	before := read(t, first.Cert)
	second := renew(t, dir, "auth")
	if !bytes.Equal(before, read(t, second.Cert)) {
		t.Error("a certificate that holds was issued anew")
	}
	other := renew(t, dir, "notes")
	verify(t, other, "notes")
	verify(t, first, "auth")
}

func TestACertificateNearItsEndIsRenewedByTheSameAuthority(t *testing.T) {
	dir := t.TempDir()
	ca := open(t, dir)
	files, err := ca.IssueUntil(time.Now().Add(29*24*time.Hour), "auth")
	if err != nil {
		t.Fatal(err)
	}
	old, authority := read(t, files.Cert), read(t, files.CA)
	renewed := renew(t, dir, "auth")
	if bytes.Equal(old, read(t, renewed.Cert)) {
		t.Error("it was not")
	}
	if !bytes.Equal(authority, read(t, renewed.CA)) {
		t.Error("the authority is another one, which running services do not know")
	}
	verify(t, renewed, "auth")
}

func TestACertificateOfAnotherAuthorityIsReplaced(t *testing.T) {
	dir, foreign := t.TempDir(), t.TempDir()
	files := renew(t, foreign, "auth")
	open(t, dir)
	for _, name := range []string{"auth.pem", "auth-key.pem"} {
		err := os.WriteFile(filepath.Join(dir, name), read(t, filepath.Join(filepath.Dir(files.Cert), name)), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	verify(t, renew(t, dir, "auth"), "auth")
}

func TestADamagedFileOfTheAuthorityIsNamed(t *testing.T) {
	for _, name := range []string{"ca-key.pem", "ca.pem"} {
		for _, content := range []string{"half", "-----BEGIN X-----\nAAAA\n-----END X-----\n"} {
			dir := t.TempDir()
			open(t, dir)
			err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, err = pki.OpenCA(dir)
			if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, name)+" is damaged") {
				t.Errorf("got %v", err)
			}
		}
	}
}

func open(t *testing.T, dir string) *pki.CA {
	t.Helper()
	ca, err := pki.OpenCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func renew(t *testing.T, dir, name string) rpc.TLSFiles {
	t.Helper()
	files, err := open(t, dir).Renew(name)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// verify fails if the files are not what a peer accepts as the name.
func verify(t *testing.T, files rpc.TLSFiles, name string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(read(t, files.CA))
	_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots})
	if err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
