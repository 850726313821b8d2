// Command baseline keeps what the next release is compared with: a dump of
// each service's schema, filled by people who used the running system. `make
// baseline` puts the contracts' image and the commit beside it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gitlab.com/notejam/notejam/local"
)

// limit bounds the whole run.
const limit = 3 * time.Minute

func main() {
	out := flag.String("out", "", "folder for the dumps")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	err := run(ctx, *out)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
}

// run starts a throw-away Notejam, uses it, and dumps what it then holds.
func run(ctx context.Context, out string) (err error) {
	data, err := os.MkdirTemp("", "notejam-baseline-*")
	if err != nil {
		return fmt.Errorf("make a data folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	stack, err := local.Start(ctx, local.Options{Data: data, Fast: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close(context.WithoutCancel(ctx))) }()

	serving, stop := context.WithCancel(ctx)
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- stack.Serve(serving, func() { close(ready) }) }()
	select {
	case <-ready:
		err = fill(ctx, stack.URL())
	case err = <-ended:
		ended <- nil
	}
	stop()
	err = errors.Join(err, <-ended)
	if err != nil {
		return err
	}
	for _, service := range []string{"auth", "notes", "audit"} {
		err = dump(ctx, stack, service, filepath.Join(out, service+".sql"))
		if err != nil {
			return fmt.Errorf("dump %s: %w", service, err)
		}
	}
	return nil
}
