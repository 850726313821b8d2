// Package rpctest is what tests of calls need: throw-away certificate authorities,
// and a client that sends whatever it likes.
package rpctest

import "gitlab.com/notejam/notejam/platform/pki"

// CA is a private certificate authority.
type CA = pki.CA

// NewCA makes a CA that forgets its key at the end of the run.
func NewCA(dir string) (*CA, error) { return pki.NewCA(dir) }
