package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
)

const (
	// healthcheckTimeout is below the shortest interval at which containers are checked, 5 s.
	healthcheckTimeout = 2 * time.Second
	// healthcheckBody bounds what is shown of an answer.
	healthcheckBody = 4 << 10
)

// config prints the contract of the settings, or, with check, verifies the environment against it.
func (c console) config(check bool) error {
	if !check {
		return env.WriteMarkdown(c.stdout, c.program.Name, Contract(c.program))
	}
	set := env.New(c.lookup)
	declare(set, c.program)
	err := set.Err()
	if err != nil {
		return err
	}
	for _, name := range set.Unknown(prefix(c.program.Name), c.environ) {
		_, _ = fmt.Fprintf(c.stderr, "%s: nothing reads %s, is it misspelt?\n", c.program.Name, name)
	}
	_, err = fmt.Fprintf(c.stdout, "the settings of %s are complete\n", c.program.Name)
	return err
}

// Contract gives every setting of the program: its own and those that every service has.
func Contract(p Program) []env.Setting {
	set := env.New(env.Map(nil))
	declare(set, p)
	return set.Settings()
}

// healthcheck asks the debug listener of the service that runs with this environment.
func (c console) healthcheck(ctx context.Context, live bool) error {
	set := env.New(c.lookup)
	own := readSettings(set, c.program.Name)
	err := set.Err()
	if err != nil {
		return err
	}
	url := "http://" + own.DebugAddr + "/readyz"
	if live {
		url = "http://" + own.DebugAddr + "/livez"
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	transport := &http.Transport{} // without the environment's proxy
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	defer func() { _ = response.Body.Close() }() // only read from: closing loses nothing
	body, err := io.ReadAll(io.LimitReader(response.Body, healthcheckBody))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %s", url, response.Status, body)
	}
	return nil
}

func (c console) version() error {
	about := build()
	_, err := fmt.Fprintf(c.stdout, "%s %s (commit %s, %s)\n", c.program.Name, about.Version, about.Commit, about.Go)
	return err
}

// RunCommand runs one of the program's own commands with a Runtime that serves nothing, as the command line does. All that it says goes to output.
func RunCommand(ctx context.Context, p Program, name string, args []string, lookup env.Lookup, output io.Writer) error {
	if !p.has(name) {
		return fmt.Errorf("%s has no command %q", p.Name, name)
	}
	c, err := resolve(p, append([]string{name}, args...))
	if err != nil {
		return err
	}
	return c.run(ctx, p.Name, lookup, output, output)
}

func (p Program) has(command string) bool {
	return slices.ContainsFunc(p.Commands, func(c Command) bool { return c.Name == command })
}

func (c call) run(ctx context.Context, program string, lookup env.Lookup, stdout, stderr io.Writer) error {
	set := env.New(lookup)
	own := readSettings(set, program)
	err := set.Err()
	if err != nil {
		return err
	}
	rt := newRuntime(program, own.LogLevel, stderr, prometheus.NewRegistry())
	rt.Stdout, rt.Stderr, rt.call = stdout, stderr, c
	rt.takeComponents() // there is nothing that would start one
	err = rt.Guard(c.name, func() error { return c.Run(ctx, rt, lookup, c.args) })
	return errors.Join(err, rt.close(ctx))
}
