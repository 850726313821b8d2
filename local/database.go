package local

import (
	"context"
	"fmt"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/services/audit"
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

// narrowed are the rights of services' users that may not read and write every
// row of their schema. They name tables, and so come after the migrations.
var narrowed = map[string]func(schema string) []string{"audit": audit.Grants}

// narrow leaves a service's user the rights that it needs.
func (s *Stack) narrow(ctx context.Context, service string) error {
	grants, ok := narrowed[service]
	if !ok {
		return nil
	}
	password, err := s.folder.secret(service + "-mysql")
	if err != nil {
		return err
	}
	err = mysqltest.EnsureDatabase(ctx, s.server, service,
		mysqltest.User{Name: service, Password: env.NewSecret(password), Grants: grants(service)})
	if err != nil {
		return fmt.Errorf("narrow the rights of %s: %w", service, err)
	}
	return nil
}

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
	user, migrator := service, service+"_migrate"
	err = mysqltest.EnsureDatabase(ctx, s.server, service,
		mysqltest.User{Name: user, Password: env.NewSecret(password), Grants: mysqltest.ServiceGrants(service)},
		mysqltest.User{Name: migrator, Password: env.NewSecret(migratorPassword), Grants: mysqltest.MigratorGrants(service)},
	)
	if err != nil {
		return nil, fmt.Errorf("make the database of %s: %w", service, err)
	}
	s.migrators[service] = prefixed(service, map[string]string{"MYSQL_USER": migrator, "MYSQL_PASSWORD": migratorPassword})
	return map[string]string{
		"MYSQL_ADDR":     s.dbAddr,
		"MYSQL_DB":       service,
		"MYSQL_USER":     user,
		"MYSQL_PASSWORD": password,
	}, nil
}
