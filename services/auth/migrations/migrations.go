// Package migrations holds the steps that build the service's schema.
package migrations

import "embed"

// Files are the steps, numbered from 0001_ on.
//
//go:embed *.sql
var Files embed.FS
