//go:build interop

// Package schemathesis_test holds REST to its own description: Schemathesis (schemathesis.io) makes requests from
// /openapi.json, right ones, wrong ones and sequences, and compares what comes back with what the document promises.
// `make test-api` is its only caller: it installs the program and says where it is and how much it shall try.
package schemathesis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/local"
)

const (
	email    = "schemathesis@example.test"
	password = "nobody guesses this one"
)

func TestSchemathesis_FindsRESTAsItsDocumentSays(t *testing.T) {
	stack := startStack(t)
	signUp(t, stack.URL())
	t.Run("in single calls", func(t *testing.T) {
		schemathesis(t, stack, "", "--phases", "examples,coverage,fuzzing", "--max-examples", setting(t, "NOTEJAM_API_CALLS"))
	})
	t.Run("in sequences", func(t *testing.T) {
		schemathesis(t, stack, "yes", "--phases", "stateful", "--max-examples", setting(t, "NOTEJAM_API_SEQUENCES"))
	})
	t.Run("with answers of every kind", func(t *testing.T) { wantAnswers(t, stack) })
}

// schemathesis runs the program. What it finds, and how to make it happen again, is in its output.
func schemathesis(t *testing.T, stack *local.Stack, sequences string, arguments ...string) {
	t.Helper()
	arguments = append([]string{"--config-file", "schemathesis.toml", "run", stack.URL() + "/openapi.json"}, arguments...)
	command := exec.CommandContext(t.Context(), setting(t, "NOTEJAM_SCHEMATHESIS"), arguments...)
	command.Env = append(os.Environ(), "EMAIL="+email, "PASSWORD="+password, "URL="+stack.URL(), "MAILS="+stack.MailDir(), "SEQUENCES="+sequences,
		"HYPOTHESIS_STORAGE_DIRECTORY="+t.TempDir())
	output, err := command.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Errorf("schemathesis: %v", err)
	}
}

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set; `make test-api` sets it", name)
	}
	return value
}

// startStack starts all of Notejam in this process.
func startStack(t *testing.T) *local.Stack {
	t.Helper()
	stack, err := local.Start(t.Context(), local.Options{Data: t.TempDir(), Fast: true, Settings: local.NoLimits()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- stack.Serve(ctx, func() { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		err := <-ended
		if err != nil {
			t.Error(err)
		}
		bounded, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		err = stack.Close(bounded)
		if err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the services did not start: %v", err)
	}
	return stack
}

// signUp makes the account. web is ready by itself, and its first connections may still be on their way: then it says 503.
func signUp(t *testing.T, url string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Post(url+"/v1/auth:signUp", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
			return
		case http.StatusServiceUnavailable:
		default:
			t.Fatalf("sign up: %s", resp.Status)
		}
		select {
		case <-ctx.Done():
			t.Fatal("web does not find auth")
		case <-tick.C:
		}
	}
}
