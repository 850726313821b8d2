package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ours is what the paths of our modules begin with; their versions are the commit's.
const ours = "gitlab.com/notejam/notejam/"

// compiledIn asks Go which modules a service's program is made of, as tools/build.sh builds it: their versions, by path; those of ours are empty.
func compiledIn(ctx context.Context, root, service, arch string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "./cmd/"+service) //nolint:gosec // who runs it names the service
	cmd.Dir = filepath.Join(root, "services", service)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	cmd.Stderr = os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list what %s is made of: %w", service, err)
	}
	modules := make(map[string]string)
	packages := json.NewDecoder(bytes.NewReader(output))
	for {
		var p struct {
			Module *struct{ Path, Version string }
		}
		err := packages.Decode(&p)
		if errors.Is(err, io.EOF) {
			return modules, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list what %s is made of: %w", service, err)
		}
		switch {
		case p.Module == nil: // the standard library
		case strings.HasPrefix(p.Module.Path, ours):
			modules[p.Module.Path] = ""
		default:
			modules[p.Module.Path] = p.Module.Version
		}
	}
}
