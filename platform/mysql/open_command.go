package mysql

import (
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

// OpenForCommand opens a service's schema for one of its commands, until the command ends: with PREFIX_MYSQL_… and no other setting, and one
// connection, for a command does one thing at a time.
func OpenForCommand(rt *service.Runtime, lookup env.Lookup, prefix string) (*DB, error) {
	set := env.New(lookup)
	cfg := Settings(set, prefix, 1)
	err := set.Err()
	if err != nil {
		return nil, err
	}
	cfg.MaxOpen = 1
	db, err := Open(cfg, rt.Log, rt.Metrics)
	if err != nil {
		return nil, err
	}
	rt.OnClose("database", db.Close)
	return db, nil
}
