// Command plain serves the pages of package plain. The bench starts it with
// the settings of notes' database in its environment.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"gitlab.com/notejam/notejam/bench/plain"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where the pages are served")
	people := flag.String("people", "", "JSON file of who is signed in, by the secret in their cookie")
	templates := flag.String("templates", "services/web/templates", "folder of web's templates")
	static := flag.String("static", "services/web/static", "folder of web's static files")
	flag.Parse()
	err := run(*addr, *people, plain.Config{Templates: *templates, Static: *static})
	if err != nil {
		fmt.Fprintln(os.Stderr, "plain:", err)
		os.Exit(1)
	}
}

// poolSize is the default of notes.
const poolSize = 20

func run(addr, people string, cfg plain.Config) error {
	set := env.New(os.LookupEnv)
	cfg.Database = mysql.Settings(set, "NOTES", poolSize)
	err := set.Err()
	if err != nil {
		return err
	}
	signedIn, err := os.ReadFile(people) //nolint:gosec // that is the flag's purpose
	if err != nil {
		return fmt.Errorf("read who is signed in: %w", err)
	}
	err = json.Unmarshal(signedIn, &cfg.People)
	if err != nil {
		return fmt.Errorf("read who is signed in: %w", err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() }) // ends Serve
	return plain.Serve(listener, cfg)
}
