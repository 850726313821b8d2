package local

import (
	"context"
	"fmt"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

// startDatabase starts the private database server on its data, always
// at the same address.
func (s *Stack) startDatabase(ctx context.Context) error {
	if s.options.MySQL != nil {
		s.server, s.dbAddr = s.options.MySQL.server(), s.options.MySQL.Addr
		return nil
	}
	program, err := mysqltest.EnsureServer(ctx, s.options.Progress)
	if err != nil {
		return err
	}
	server, err := mysqltest.StartServer(ctx, mysqltest.ServerConfig{
		Dir: s.folder.path("database"), Addr: s.dbAddr, Log: s.options.Progress, Fast: s.options.Fast, Program: program,
	})
	if err != nil {
		return err
	}
	s.server = server
	return nil
}

// KillDatabase ends the database server as a crash would and waits for its
// end. RestartDatabase brings it back at the same address.
func (s *Stack) KillDatabase(ctx context.Context) error {
	if s.options.MySQL != nil {
		return s.options.MySQL.kill(ctx)
	}
	return s.server.Kill()
}

// RestartDatabase starts the database server again after KillDatabase.
func (s *Stack) RestartDatabase(ctx context.Context) error {
	if s.options.MySQL != nil {
		return s.options.MySQL.start(ctx)
	}
	return s.startDatabase(ctx)
}

// narrowed are the services whose user may not read and write every row of its
// schema: migrate gives it what it needs.
var narrowed = map[string]bool{"audit": true}

// database makes a service's schema and its two users, and gives their
// settings. The service's user reads and writes rows; only the migrator's
// changes tables.
func (s *Stack) database(ctx context.Context, service string) (map[string]string, error) {
	password, err := s.folder.secret(service + "-mysql")
	if err != nil {
		return nil, err
	}
	migratorPassword, err := s.folder.secret(service + "-migrate")
	if err != nil {
		return nil, err
	}
	user := mysqltest.User{Name: service, Password: env.NewSecret(password), Grants: mysqltest.ServiceGrants(service)}
	migrator := mysqltest.User{Name: service + "_migrate", Password: env.NewSecret(migratorPassword), Grants: mysqltest.MigratorGrants(service)}
	s.migrators[service] = prefixed(service, map[string]string{"MYSQL_USER": migrator.Name, "MYSQL_PASSWORD": migratorPassword})
	if narrowed[service] {
		user.Grants, migrator.Grants = nil, mysqltest.GrantorGrants(service)
		add(s.migrators[service], service, map[string]string{"MYSQL_GRANT_TO": user.Name})
	}
	err = mysqltest.EnsureDatabase(ctx, s.server, service, user, migrator)
	if err != nil {
		return nil, fmt.Errorf("make the database of %s: %w", service, err)
	}
	return map[string]string{
		"MYSQL_ADDR":     s.dbAddr,
		"MYSQL_DB":       service,
		"MYSQL_USER":     user.Name,
		"MYSQL_PASSWORD": password,
	}, nil
}
