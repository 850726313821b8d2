package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

const (
	// CertificateLife is how long a certificate holds: 90 days, as in production.
	CertificateLife = 90 * 24 * time.Hour
	// AuthorityLife is longer than anybody keeps one: to replace an authority, every certificate is replaced with it.
	AuthorityLife = 10 * 365 * 24 * time.Hour
	// RenewBefore is the rest of its life with which a certificate is issued anew: a third, so that missed renewals come to light in time.
	RenewBefore = CertificateLife / 3

	certificateBlock = "CERTIFICATE"
	keyBlock         = "PRIVATE KEY"
)

// Authority is a private certificate authority in memory: who keeps it says where.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Pair is a certificate and its private key, as PEM.
type Pair struct{ Certificate, Key []byte }

// NewAuthority makes one.
func NewAuthority(name string, end time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make CA key: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              end,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	der, err := sign(template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("sign CA: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse CA: %w", err)
	}
	return &Authority{certificate: certificate, key: key}, nil
}

// ParseAuthority reads what PEM gave.
func ParseAuthority(kept Pair) (*Authority, error) {
	key, err := parseKey(kept.Key)
	if err != nil {
		return nil, fmt.Errorf("the authority's key is damaged: %w", err)
	}
	certificate, err := parseCertificate(kept.Certificate)
	if err != nil {
		return nil, fmt.Errorf("the authority's certificate is damaged: %w", err)
	}
	return &Authority{certificate: certificate, key: key}, nil
}

// parseKey never shows the key in an error.
func parseKey(text []byte) (*ecdsa.PrivateKey, error) {
	der, err := decode(text)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, isECDSA := parsed.(*ecdsa.PrivateKey)
	if !isECDSA {
		return nil, fmt.Errorf("it holds a %T, not an ECDSA key", parsed)
	}
	return key, nil
}

func parseCertificate(text []byte) (*x509.Certificate, error) {
	der, err := decode(text)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func decode(text []byte) ([]byte, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no PEM block")
	}
	return block.Bytes, nil
}

// PEM gives the authority with its key. Whoever has it can be any service.
func (a *Authority) PEM() (Pair, error) { return pair(a.certificate.Raw, a.key) }

// Issue makes a certificate for a service's name, with a key of its own.
func (a *Authority) Issue(end time.Time, names ...string) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: names[0]},
		DNSNames:    names,
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    end,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := sign(template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return Pair{}, fmt.Errorf("sign certificate of %s: %w", names[0], err)
	}
	return pair(der, key)
}

// Check says why a certificate cannot be used as the name's for RenewBefore from now; nil if it can.
func (a *Authority) Check(p Pair, name string, now time.Time) error {
	certificate, err := parseCertificate(p.Certificate)
	if err != nil {
		return fmt.Errorf("the certificate is damaged: %w", err)
	}
	_, err = tls.X509KeyPair(p.Certificate, p.Key)
	switch {
	case err != nil:
		return errors.New("the key is not the certificate's")
	case certificate.CheckSignatureFrom(a.certificate) != nil:
		return errors.New("the certificate is of another authority")
	case !slices.Equal(certificate.DNSNames, []string{name}):
		return fmt.Errorf("the certificate is for %q", certificate.DNSNames)
	case certificate.NotAfter.Sub(now) < RenewBefore:
		return fmt.Errorf("the certificate ends on %s", certificate.NotAfter.Format(time.DateOnly))
	}
	return nil
}

func pair(certificate []byte, key *ecdsa.PrivateKey) (Pair, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encode key: %w", err)
	}
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: certificate}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der}),
	}, nil
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, public, key)
}
