// Command setup makes what must be there before the first service starts. In
// docker-compose.yml it is the containers init and database:
//
//	setup keys -kept DIR -out DIR    secrets and certificates, a folder for each reader
//	setup database                   the database's schemas and users, by SETUP_… in the environment
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"gitlab.com/notejam/notejam/local/setup"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to set up: keys or database")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	switch args[0] {
	case "keys":
		kept := flags.String("kept", "/keys/kept", "folder that keeps all secrets")
		out := flags.String("out", "/keys", "folder that gets a folder for each reader")
		group := flags.Int("mysql-group", 999, "group of MySQL's server in its image, which reads what is MySQL's")
		err := flags.Parse(args[1:])
		if err != nil {
			return err
		}
		err = setup.Keys(*kept, *out, *group)
		if err != nil {
			return err
		}
		fmt.Println("setup: secrets and certificates are there")
		return nil
	case "database":
		err := flags.Parse(args[1:])
		if err != nil {
			return err
		}
		return database(ctx)
	default:
		return fmt.Errorf("there is no %q to set up, only keys and database", args[0])
	}
}

// database reads each password from its own variable, or its file: auth/db-password
// from SETUP_AUTH_DB_PASSWORD or SETUP_AUTH_DB_PASSWORD_FILE.
func database(ctx context.Context) error {
	set := env.New(os.LookupEnv)
	admin := mysql.Config{
		Addr:     set.Required("SETUP_MYSQL_ADDR", "Where the database is.", env.HostPort),
		User:     set.String("SETUP_MYSQL_USER", "root", "The administrator."),
		Password: set.Secret("SETUP_MYSQL_PASSWORD", "The administrator's password."),
		TLSCA:    set.String("SETUP_MYSQL_CA", "", "PEM file of the authorities that sign the database's certificate."),
	}
	passwords := map[string]env.Secret{}
	for _, name := range setup.Passwords() {
		variable := "SETUP_" + strings.ToUpper(strings.NewReplacer("/", "_", "-", "_").Replace(name))
		passwords[name] = set.Secret(variable, "The password "+name+".")
	}
	err := set.Err()
	if err != nil {
		return err
	}
	password := func(name string) (env.Secret, error) { return passwords[name], nil }
	err = setup.Database(ctx, admin, password, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Println("setup: schemas and users are there")
	return nil
}
