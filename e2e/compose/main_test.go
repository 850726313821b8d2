//go:build compose

package compose_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// TestMain builds the images first, once for all tests.
func TestMain(m *testing.M) {
	began := time.Now()
	out, err := (&project{name: "notejam-test"}).compose(context.Background(), "build")
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "docker compose build: %v\n%s", err, out)
		os.Exit(1)
	}
	_, _ = fmt.Fprintf(os.Stdout, "docker compose build: %.1f s\n", time.Since(began).Seconds())
	os.Exit(m.Run())
}
