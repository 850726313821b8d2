// Command local is `make run`: all of Notejam on this machine, until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gitlab.com/notejam/notejam/local"
)

// stopTime bounds the end: the database's own orderly shutdown takes longest.
const stopTime = 30 * time.Second

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "where the pages are served")
	data := flag.String("data", ".local", "folder that keeps everything")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, local.Options{Data: *data, Addr: *addr, Progress: os.Stdout}, os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Notejam:", err)
		os.Exit(1)
	}
}

// run brings everything up, says where it is, and takes everything down again
// when ctx ends.
func run(ctx context.Context, options local.Options, out io.Writer) error {
	begin := time.Now()
	stack, err := local.Start(ctx, options)
	if err != nil {
		if ctx.Err() != nil {
			return nil // Ctrl-C while it was starting
		}
		return err
	}
	go stack.PrintMails(ctx, out)
	err = stack.Serve(ctx, func() {
		_, _ = fmt.Fprintf(out, "\nNotejam is at %s (ready in %.1f s; data and logs are in %s; Ctrl-C ends it)\n\n",
			stack.URL(), time.Since(begin).Seconds(), options.Data)
	})
	_, _ = fmt.Fprintln(out, "Stopping …")
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return errors.Join(err, stack.Close(bounded))
}
