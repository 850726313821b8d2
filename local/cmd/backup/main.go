// Command backup is `make backup` and `make restore`: all that people wrote, into
// a file and back.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gitlab.com/notejam/notejam/local"
)

func main() {
	data := flag.String("data", ".local", "folder that keeps everything")
	file := flag.String("file", "", "write a backup into this file")
	restore := flag.String("restore", "", "restore the backup in this file")
	replace := flag.Bool("replace", false, "throw away what is in the data folder's database")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *data, *file, local.RestoreOptions{File: *restore, Replace: *replace})
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Notejam:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, file string, restore local.RestoreOptions) error {
	options := local.Options{Data: data, Progress: os.Stdout}
	begin := time.Now()
	switch {
	case (file == "") == (restore.File == ""):
		return errors.New("name a file to write, or one to restore")
	case file != "":
		err := local.Backup(ctx, options, file)
		if err != nil {
			return err
		}
		fmt.Printf("All is in %s (%.1f s). The secrets are not: keep %s/secrets apart from it.\n", file, time.Since(begin).Seconds(), data)
		return nil
	}
	err := local.Restore(ctx, options, restore)
	if err != nil {
		return err
	}
	fmt.Printf("All of %s is back (%.1f s). Everybody has to sign in again.\n", restore.File, time.Since(begin).Seconds())
	return nil
}
