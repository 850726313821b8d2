package pki

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"gitlab.com/notejam/notejam/platform/rpc"
)

const (
	authorityFile = "ca.pem"
	authorityKey  = "ca-key.pem"

	// authorityLife is longer than anybody keeps such a folder: to replace an authority, every certificate is replaced with it.
	authorityLife = 10 * 365 * 24 * time.Hour
	// renewBefore is the rest of its life with which a certificate is issued anew: a third, so that missed renewals come to light in time.
	renewBefore = CertificateLife / 3
)

// OpenCA gives the CA that is kept in dir, with its key, and makes it the first time.
func OpenCA(dir string) (*CA, error) {
	ca := &CA{dir: dir}
	key, err := readPEM(ca.file(authorityKey))
	if errors.Is(err, os.ErrNotExist) {
		return makeKept(dir)
	}
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", ca.file(authorityKey), err)
	}
	var isECDSA bool
	ca.key, isECDSA = parsed.(*ecdsa.PrivateKey)
	if !isECDSA {
		return nil, fmt.Errorf("%s holds a %T, not an ECDSA key", ca.file(authorityKey), parsed)
	}
	certificate, err := readPEM(ca.file(authorityFile))
	if err != nil {
		return nil, err
	}
	ca.certificate, err = x509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", ca.file(authorityFile), err)
	}
	return ca, nil
}

func makeKept(dir string) (*CA, error) {
	ca, err := newCA(dir, "Notejam private CA", time.Now().Add(authorityLife))
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		return nil, fmt.Errorf("encode CA key: %w", err)
	}
	// The key goes last: one that is there has its certificate beside it.
	return ca, writePEM(ca.file(authorityKey), "PRIVATE KEY", der)
}

// Renew gives the files of the name's certificate, and issues it if there is none, or none of this CA that holds for long enough.
func (ca *CA) Renew(name string) (rpc.TLSFiles, error) {
	files := ca.files(name)
	der, err := readPEM(files.Cert)
	if errors.Is(err, os.ErrNotExist) {
		return ca.Issue(name)
	}
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return rpc.TLSFiles{}, fmt.Errorf("%s is damaged: %w", files.Cert, err)
	}
	if certificate.CheckSignatureFrom(ca.certificate) != nil || time.Until(certificate.NotAfter) < renewBefore {
		return ca.Issue(name)
	}
	return files, nil
}

func readPEM(name string) ([]byte, error) {
	content, err := os.ReadFile(name) //nolint:gosec // in the CA's own folder, under a name from the code
	if err != nil {
		return nil, fmt.Errorf("read what the CA keeps: %w", err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s is damaged: it holds no PEM block", name)
	}
	return block.Bytes, nil
}
