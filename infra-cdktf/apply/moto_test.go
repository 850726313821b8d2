//go:build apply

package apply_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// motoStarts is for Python to load all of moto on a busy machine.
const motoStarts = time.Minute

var motoListens = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// startMoto starts moto's server on a free port, which it says itself.
func startMoto(t *testing.T) (endpoint string) {
	t.Helper()
	output, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(setting(t, "NOTEJAM_MOTO_SERVER"), "bin", "moto_server")
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-H", "127.0.0.1", "-p", "0")
	command.Env = append(os.Environ(), "MOTO_EC2_LOAD_DEFAULT_AMIS=false")
	command.Stdout, command.Stderr = input, input
	err = errors.Join(command.Start(), input.Close())
	if err != nil {
		t.Fatalf("start moto: %v", err)
	}
	t.Cleanup(func() {
		err := command.Process.Signal(syscall.SIGTERM)
		if err != nil {
			t.Errorf("stop moto: %v", err)
		}
		_ = command.Wait() // a signal ended it: that is its exit status
	})

	found := make(chan string, 1)
	go func() {
		address := ""
		lines := bufio.NewScanner(output)
		for address == "" && lines.Scan() {
			match := motoListens.FindStringSubmatch(lines.Text())
			if match != nil {
				address = match[1]
			}
		}
		found <- address
		_, _ = io.Copy(io.Discard, output) // what it logs; a full pipe would stop it
	}()
	select {
	case endpoint = <-found:
	case <-time.After(motoStarts):
	}
	if endpoint == "" {
		t.Fatal("moto did not say where it listens")
	}
	return endpoint
}

// setting is what `make infra-apply` says by an environment variable.
func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run `make infra-apply`", name)
	}
	return value
}
