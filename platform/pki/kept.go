package pki

import (
	"errors"
	"fmt"
	"os"
	"time"

	"gitlab.com/notejam/notejam/platform/rpc"
)

const (
	authorityFile = "ca.pem"
	authorityKey  = "ca-key.pem"
)

// OpenCA gives the CA that is kept in dir, with its key, and makes it the first time.
func OpenCA(dir string) (*CA, error) {
	ca := &CA{dir: dir, authority: &Authority{}}
	text, err := read(ca.file(authorityKey))
	if errors.Is(err, os.ErrNotExist) {
		return makeKept(dir)
	}
	if err != nil {
		return nil, err
	}
	ca.authority.key, err = parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", ca.file(authorityKey), err)
	}
	text, err = read(ca.file(authorityFile))
	if err != nil {
		return nil, err
	}
	ca.authority.certificate, err = parseCertificate(text)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", ca.file(authorityFile), err)
	}
	return ca, nil
}

func makeKept(dir string) (*CA, error) {
	ca, err := newCA(dir, "Notejam private CA", time.Now().Add(AuthorityLife))
	if err != nil {
		return nil, err
	}
	own, err := ca.authority.PEM()
	if err != nil {
		return nil, err
	}
	// The key goes last: one that is there has its certificate beside it.
	return ca, write(ca.file(authorityKey), own.Key)
}

// Renew gives the files of the name's certificate, and issues it if there is none, or none that can be used for long enough.
func (ca *CA) Renew(name string) (rpc.TLSFiles, error) {
	files := ca.files(name)
	certificate, err := read(files.Cert)
	if errors.Is(err, os.ErrNotExist) {
		return ca.Issue(name)
	}
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	key, err := read(files.Key)
	if err != nil {
		return rpc.TLSFiles{}, err
	}
	err = ca.authority.Check(Pair{Certificate: certificate, Key: key}, name, time.Now())
	if err != nil {
		return ca.Issue(name)
	}
	return files, nil
}

func read(name string) ([]byte, error) {
	content, err := os.ReadFile(name) //nolint:gosec // in the CA's own folder, under a name from the code
	if err != nil {
		return nil, fmt.Errorf("read what the CA keeps: %w", err)
	}
	return content, nil
}
