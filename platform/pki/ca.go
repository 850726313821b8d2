// Package pki makes private certificate authorities and the certificates of services: a throw-away one in memory for tests and for a run on one
// machine, or one that is kept and renews what it has issued, in a folder (CA) or wherever else (Authority).
package pki

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// CA is a private certificate authority that writes what it issues into a folder.
type CA struct {
	dir       string
	authority *Authority
}

// NewCA makes a CA and writes its certificate to dir/ca.pem. Its key is never
// written: a new CA is made for every run.
func NewCA(dir string) (*CA, error) {
	return newCA(dir, "Notejam throw-away CA", time.Now().Add(CertificateLife))
}

func newCA(dir, name string, end time.Time) (*CA, error) {
	authority, err := NewAuthority(name, end)
	if err != nil {
		return nil, err
	}
	ca := &CA{dir: dir, authority: authority}
	own, err := authority.PEM()
	if err != nil {
		return nil, err
	}
	return ca, write(ca.file(authorityFile), own.Certificate)
}

// Issue makes a certificate for a service's name and gives its files.
func (ca *CA) Issue(names ...string) (rpc.TLSFiles, error) {
	return ca.IssueUntil(time.Now().Add(CertificateLife), names...)
}

// IssueUntil is Issue with an end, for tests of expired certificates.
func (ca *CA) IssueUntil(end time.Time, names ...string) (rpc.TLSFiles, error) {
	issued, err := ca.authority.Issue(end, names...)
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	files := ca.files(names[0])
	// The key goes first: a reader who sees the new certificate finds its key.
	err = write(files.Key, issued.Key)
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	err = write(files.Cert, issued.Certificate)
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	return files, nil
}

func (ca *CA) files(name string) rpc.TLSFiles {
	return rpc.TLSFiles{CA: ca.file(authorityFile), Cert: ca.file(name + ".pem"), Key: ca.file(name + "-key.pem")}
}

func (ca *CA) file(name string) string { return filepath.Join(ca.dir, name) }

func write(name string, content []byte) error {
	err := os.WriteFile(name, content, 0o600)
	if err != nil {
		return fmt.Errorf("write what the CA keeps: %w", err)
	}
	return nil
}
