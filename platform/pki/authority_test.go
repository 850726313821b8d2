package pki_test

import (
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/pki"
)

func TestAnAuthorityInMemoryIsTheSameAfterItWasKept(t *testing.T) {
	first := authority(t)
	kept, err := first.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := pki.ParseAuthority(kept)
	if err != nil {
		t.Fatal(err)
	}
	err = again.Check(issue(t, first, pki.CertificateLife, "auth"), "auth", time.Now())
	if err != nil {
		t.Error(err)
	}
}

func TestWhyACertificateCannotBeUsedIsSaid(t *testing.T) {
	ca := authority(t)
	good, other := issue(t, ca, pki.CertificateLife, "auth"), issue(t, ca, pki.CertificateLife, "auth")
	for _, planted := range []struct {
		says string
		pair pki.Pair
	}{
		{"the certificate is damaged", pki.Pair{Certificate: []byte("unset"), Key: []byte("unset")}},
		{"the key is not the certificate's", pki.Pair{Certificate: good.Certificate, Key: other.Key}},
		{"the certificate is of another authority", issue(t, authority(t), pki.CertificateLife, "auth")},
		{`the certificate is for ["notes"]`, issue(t, ca, pki.CertificateLife, "notes")},
		{`the certificate is for ["auth" "notes"]`, issue(t, ca, pki.CertificateLife, "auth", "notes")},
		{"the certificate ends on", issue(t, ca, pki.RenewBefore-time.Minute, "auth")},
	} {
		err := ca.Check(planted.pair, "auth", time.Now())
		if err == nil || !strings.Contains(err.Error(), planted.says) {
			t.Errorf("got %v, want %q", err, planted.says)
		}
	}
}

func TestADamagedAuthorityIsNamedAndItsKeyNotShown(t *testing.T) {
	kept, err := authority(t).PEM()
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []struct {
		says string
		pair pki.Pair
	}{
		{"the authority's key is damaged", pki.Pair{Certificate: kept.Certificate, Key: kept.Key[:60]}},
		{"the authority's key is damaged", pki.Pair{Certificate: kept.Certificate, Key: kept.Certificate}},
		{"the authority's certificate is damaged", pki.Pair{Certificate: kept.Key, Key: kept.Key}},
	} {
		_, err := pki.ParseAuthority(planted.pair)
		if err == nil || !strings.Contains(err.Error(), planted.says) || strings.Contains(err.Error(), string(kept.Key[30:50])) {
			t.Errorf("got %v, want %q", err, planted.says)
		}
	}
}

func authority(t *testing.T) *pki.Authority {
	t.Helper()
	made, err := pki.NewAuthority("test", time.Now().Add(pki.AuthorityLife))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func issue(t *testing.T, ca *pki.Authority, life time.Duration, names ...string) pki.Pair {
	t.Helper()
	issued, err := ca.Issue(time.Now().Add(life), names...)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}
