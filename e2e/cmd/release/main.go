// Command release builds the services as a release in baseline/ had them, for
// those who run them beside today's.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"gitlab.com/notejam/notejam/e2e/fleet"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: release VERSION FOLDER")
		os.Exit(2)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := fleet.BuildRelease(ctx, ".", os.Args[1], os.Args[2], append([]string{fleet.Web}, fleet.Kept...)...)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}
