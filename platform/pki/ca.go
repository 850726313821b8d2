// Package pki makes private certificate authorities and the certificates of services: a throw-away one in memory for tests and for a run on one
// machine, or one that is kept in a folder and renews what it has issued.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// CertificateLife is how long a certificate holds: 90 days, as in production.
const CertificateLife = 90 * 24 * time.Hour

// CA is a private certificate authority that writes what it issues into a folder.
type CA struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewCA makes a CA and writes its certificate to dir/ca.pem. Its key is never
// written: a new CA is made for every run.
func NewCA(dir string) (*CA, error) {
	return newCA(dir, "Notejam throw-away CA", time.Now().Add(CertificateLife))
}

func newCA(dir, name string, end time.Time) (*CA, error) {
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
	ca := &CA{dir: dir, certificate: certificate, key: key}
	err = writePEM(ca.file(authorityFile), "CERTIFICATE", der)
	if err != nil {
		return nil, err
	}
	return ca, nil
}

// Issue makes a certificate for a service's name and gives its files.
func (ca *CA) Issue(names ...string) (rpc.TLSFiles, error) {
	return ca.IssueUntil(time.Now().Add(CertificateLife), names...)
}

// IssueUntil is Issue with an end, for tests of expired certificates.
func (ca *CA) IssueUntil(end time.Time, names ...string) (rpc.TLSFiles, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return rpc.TLSFiles{}, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: names[0]},
		DNSNames:    names,
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    end,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := sign(template, ca.certificate, &key.PublicKey, ca.key)
	if err != nil {
		return rpc.TLSFiles{}, fmt.Errorf("sign certificate of %s: %w", names[0], err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return rpc.TLSFiles{}, fmt.Errorf("encode key of %s: %w", names[0], err)
	}
	files := ca.files(names[0])
	// The key goes first: a reader who sees the new certificate finds its key.
	err = writePEM(files.Key, "PRIVATE KEY", keyDER)
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	err = writePEM(files.Cert, "CERTIFICATE", der)
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	return files, nil
}

func (ca *CA) files(name string) rpc.TLSFiles {
	return rpc.TLSFiles{CA: ca.file(authorityFile), Cert: ca.file(name + ".pem"), Key: ca.file(name + "-key.pem")}
}

func (ca *CA) file(name string) string { return filepath.Join(ca.dir, name) }

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, public, key)
}

func writePEM(name, kind string, der []byte) error {
	err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	return nil
}
