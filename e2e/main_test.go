// Package e2e_test drives the whole system as a person, a program and a bad
// neighbour would: through the pages, REST and gRPC, with the wiring that
// ships. In most tests the services run in this process; where something is
// killed (kill_test.go) they are processes from built binaries.
package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/local"
)

// stack is the one that tests share which break nothing.
var stack *local.Stack

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "notejam-e2e-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithCancel(context.Background())
	shared, stop, err := startStack(ctx, local.Options{Data: dir, Fast: true, Settings: limits()})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		cancel()
		return 1
	}
	stack = shared
	code := m.Run()
	err = searchAll(ctx, shared, filepath.Join(dir, "log"))
	cancel()
	err = errors.Join(err, stop(), os.RemoveAll(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// limits are those of the shared stack: hundreds of people come to it from one
// address. Only wrong passwords are met as everywhere, and programs are told
// what they have left.
func limits() map[string]map[string]string {
	settings := local.NoLimits()
	delete(settings["auth"], "LIMIT_MAX_DELAY")
	settings["web"] = map[string]string{"LIMIT_CALLS": "1000000", "LIMIT_CALLS_BURST": "1000000", "LIMIT_BAD_TOKENS": "0"}
	return settings
}

// startStack starts a stack with its services in this process. stop waits for
// their end, which the end of ctx brings.
func startStack(ctx context.Context, options local.Options) (s *local.Stack, stop func() error, err error) {
	s, err = local.Start(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.Serve(ctx, func() { close(ready) }) }()
	stop = func() error {
		served := <-ended
		bounded, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return errors.Join(served, s.Close(bounded))
	}
	select {
	case <-ready:
		return s, stop, nil
	case err = <-ended:
		ended <- err
		return nil, nil, fmt.Errorf("the services did not start: %w", stop())
	}
}
