package setup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gitlab.com/notejam/notejam/platform/pki"
)

// reader is a container that reads secrets, and which: their names as on AWS,
// where each is the parameter /notejam/ENV/NAME.
type reader struct {
	secrets     []string
	certificate string // the name in it; "" needs none
	mysqls      bool   // the server's of MySQL's image, which is another user
}

// readers are by the name of their folder.
var readers = map[string]reader{
	"auth":          {secrets: []string{"auth/db-password", "auth/sealing-key"}, certificate: "auth"},
	"notes":         {secrets: []string{"notes/db-password", "notes/page-token-key"}, certificate: "notes"},
	"audit":         {secrets: []string{"audit/db-password", "audit/page-token-key", "audit/checkpoint-key"}, certificate: "audit"},
	"web":           {secrets: []string{"web/form-key"}, certificate: "web"},
	"migrate-auth":  {secrets: []string{"auth/db-migrate-password"}},
	"migrate-notes": {secrets: []string{"notes/db-migrate-password"}},
	"migrate-audit": {secrets: []string{"audit/db-migrate-password"}},
	"mysql":         {secrets: []string{"mysql/root-password"}, certificate: "mysql", mysqls: true},
	"mailpit":       {certificate: "mailpit"},
	"grafana":       {secrets: []string{"grafana/admin-password"}}, // of the profile observability
	"database": {secrets: []string{
		"mysql/root-password",
		"auth/db-password", "auth/db-migrate-password",
		"notes/db-password", "notes/db-migrate-password",
		"audit/db-password", "audit/db-migrate-password",
	}},
}

// The names of what every reader gets, beside its secrets.
const (
	authorityName   = "tls-ca"
	certificateName = "tls-cert"
	keyName         = "tls-key"
)

// Keys makes what is missing of secrets and certificates in the folder kept, and
// gives each reader what it reads, in a folder of its own within out. What is
// there and holds stays as it is, so it may run at any time. mysqlGroup is the
// group of MySQL's server, to which its files are opened; 0 leaves them closed.
func Keys(kept, out string, mysqlGroup int) error {
	authority := filepath.Join(kept, "tls")
	err := os.MkdirAll(authority, 0o700)
	if err != nil {
		return fmt.Errorf("make the folder of certificates: %w", err)
	}
	ca, err := pki.OpenCA(authority)
	if err != nil {
		return err
	}
	for name, r := range readers {
		group := 0
		if r.mysqls {
			group = mysqlGroup
		}
		err = r.hand(ca, kept, folder{filepath.Join(out, name), group})
		if err != nil {
			return fmt.Errorf("hand secrets to %s: %w", name, err)
		}
	}
	return nil
}

// hand puts all that the reader reads into its folder.
func (r reader) hand(ca *pki.CA, kept string, to folder) error {
	files := map[string]string{authorityName: filepath.Join(kept, "tls", "ca.pem")}
	for _, name := range r.secrets {
		file := filepath.Join(kept, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o700)
		if err != nil {
			return err
		}
		_, err = Secret(file)
		if err != nil {
			return err
		}
		files[name] = file
	}
	if r.certificate != "" {
		issued, err := ca.Renew(r.certificate)
		if err != nil {
			return err
		}
		// The key goes first, as in the CA's folder.
		err = to.copy(issued.Key, keyName)
		if err != nil {
			return err
		}
		files[certificateName] = issued.Cert
	}
	for name, file := range files {
		err := to.copy(file, name)
		if err != nil {
			return err
		}
	}
	return nil
}

// folder is what one reader reads.
type folder struct {
	path  string
	group int // that reads beside the owner; 0 is none
}

// copy replaces the file of that name in one step, if it is another one.
func (f folder) copy(from, name string) error {
	to := filepath.Join(f.path, filepath.FromSlash(name))
	content, err := os.ReadFile(from) //nolint:gosec // both are our own folders
	if err != nil {
		return err
	}
	there, err := os.ReadFile(to) //nolint:gosec // both are our own folders
	if err == nil && bytes.Equal(there, content) {
		return nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err = os.MkdirAll(filepath.Dir(to), 0o755) //nolint:gosec // the files in it are for their reader alone
	if err != nil {
		return err
	}
	partial := to + ".partial"
	err = os.WriteFile(partial, content, 0o600) //nolint:gosec // both are our own folders
	if err != nil {
		return err
	}
	if f.group != 0 {
		err = errors.Join(os.Chown(partial, -1, f.group), os.Chmod(partial, 0o640)) //nolint:gosec // for that group alone
		if err != nil {
			return err
		}
	}
	return os.Rename(partial, to)
}
