package outboxtest

import (
	"testing/fstest"

	"gitlab.com/notejam/notejam/platform/outbox"
)

// Schema is the table outbox as migrations of a service that has nothing else.
func Schema() fstest.MapFS {
	return fstest.MapFS{
		"0001_create_outbox.sql": {Data: []byte(outbox.Schema)},
		"0002_outbox_claim.sql":  {Data: []byte(outbox.SchemaClaim)},
	}
}
