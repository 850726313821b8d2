//go:build interop

// Package interop runs the conformance suite against servers that others wrote after the same documentation. `make test-interop` is its only caller: it
// installs them and says where they are.
package interop_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// startTimeout is for Python or Java to load all of a server on a busy machine.
const startTimeout = time.Minute

// folder is what an environment variable names.
func folder(t *testing.T, variable, content string) string {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		t.Fatalf("%s is not set: it names the folder with %s", variable, content)
	}
	return name
}

// start runs a server on a free port and reads from its output which one that is: the announcement's first group.
func start(t *testing.T, announcement *regexp.Regexp, program string, arguments ...string) (address string) {
	t.Helper()
	output, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, arguments...)
	command.Stdout, command.Stderr = input, input
	err = errors.Join(command.Start(), input.Close())
	if err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	t.Cleanup(func() { stop(t, command) })

	found := make(chan string, 1)
	go func() {
		address := ""
		lines := bufio.NewScanner(output)
		for address == "" && lines.Scan() {
			match := announcement.FindStringSubmatch(lines.Text())
			if match != nil {
				address = match[1]
			}
		}
		found <- address
		_, _ = io.Copy(io.Discard, output) // what it logs; a full pipe would stop it
	}()
	select {
	case address := <-found:
		if address == "" {
			t.Fatalf("%s ended without saying where it listens", program)
		}
		return address
	case <-time.After(startTimeout):
		t.Fatalf("%s did not say where it listens", program)
		return ""
	}
}

func stop(t *testing.T, command *exec.Cmd) {
	err := command.Process.Signal(syscall.SIGTERM)
	if err != nil {
		t.Errorf("stop %s: %v", command.Path, err)
	}
	_ = command.Wait() // a signal ended it: that is its exit status
}
