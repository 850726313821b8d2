//go:build compose

package compose_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
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
	// What the run before has built is no image of anything now.
	_, _ = exec.Command("docker", "image", "prune", "--force", "--filter", "label=org.opencontainers.image.version="+tag).Output()
	_, _ = fmt.Fprintf(os.Stdout, "docker compose build: %.1f s\n", time.Since(began).Seconds())
	os.Exit(m.Run())
}
