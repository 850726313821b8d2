// Package model_test holds the API to a model of itself: what notes and pads are
// is written down once more, in memory and without a thought of speed, and
// random sequences of calls must come to the same on both sides. Two replicas of
// web and two of notes serve the calls in turns, so that nothing may live in one
// process alone.
//
// model_test.go is the model, calls_test.go what is called, lists_test.go walks
// lists; edits_test.go lets fifty writers fight over one note. `make model` runs
// the long form.
package model_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/audit"
	"gitlab.com/notejam/notejam/services/auth"
	"gitlab.com/notejam/notejam/services/notes"
	"gitlab.com/notejam/notejam/services/web"
)

// doors are the addresses of the replicas of web; each calls a replica of notes
// of its own.
var doors []string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	code, err := withStack(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// withStack runs the tests while everything is up.
func withStack(tests func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "notejam-model-*")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithCancel(context.Background())
	stack, err := local.Start(ctx, local.Options{Data: dir, Fast: true, Settings: local.NoLimits()})
	if err != nil {
		cancel()
		return 1, err
	}
	defer func() {
		bounded, stop := context.WithTimeout(context.Background(), 30*time.Second)
		defer stop()
		err = errors.Join(err, stack.Close(bounded))
	}()
	wait, err := serve(ctx, stack)
	defer func() {
		cancel()
		err = errors.Join(err, wait())
	}()
	if err != nil {
		return 1, err
	}
	return tests(), nil
}

// replica is a service that runs in this process.
type replica struct {
	program  service.Program
	settings map[string]string
}

// serve starts auth and audit once, notes and web twice. wait waits for their
// end, which the end of ctx brings.
func serve(ctx context.Context, stack *local.Stack) (wait func() error, err error) {
	all := []replica{
		{auth.Program(), stack.Settings("auth")},
		{audit.Program(), stack.Settings("audit")},
		{notes.Program(), stack.Settings("notes")},
		{notes.Program(), moved(stack.Settings("notes"), "NOTES_GRPC_ADDR", "NOTES_DEBUG_ADDR")},
		{web.Program(), stack.Settings("web")},
		{web.Program(), moved(stack.Settings("web"), "WEB_ADDR", "WEB_DEBUG_ADDR", "WEB_NOTES_TARGET")},
	}
	group, running := errgroup.WithContext(ctx)
	ready := make(chan struct{}, len(all))
	for _, r := range all {
		group.Go(func() error {
			err := service.Run(running, r.program, env.Map(r.settings), service.Options{LogOutput: io.Discard, Ready: func() { ready <- struct{}{} }})
			if err != nil {
				return fmt.Errorf("%s stopped: %w", r.program.Name, err)
			}
			return nil
		})
	}
	for range all {
		select {
		case <-ready:
		case <-running.Done():
			return group.Wait, errors.New("a service did not start")
		}
	}
	for _, r := range all[4:] {
		doors = append(doors, "http://"+r.settings["WEB_ADDR"])
	}
	return group.Wait, nil
}

// moved gives a second replica's settings: the same ports, on another address.
func moved(settings map[string]string, names ...string) map[string]string {
	other := maps.Clone(settings)
	for _, name := range names {
		target, scheme := strings.CutPrefix(other[name], "dns:///")
		_, port, _ := net.SplitHostPort(target)
		other[name] = net.JoinHostPort("127.0.2.1", port)
		if scheme {
			other[name] = "dns:///" + other[name]
		}
	}
	return other
}
