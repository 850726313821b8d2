// Package rpctest makes throw-away certificate authorities, for tests and for
// running everything on one machine.
package rpctest

import "gitlab.com/notejam/notejam/platform/pki"

// CA is a private certificate authority.
type CA = pki.CA

// NewCA makes a CA that forgets its key at the end of the run.
func NewCA(dir string) (*CA, error) { return pki.NewCA(dir) }
