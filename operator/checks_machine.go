package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// The versions that infra-cdktf is run with: its bindings need that Node.js, its stacks that Terraform.
var (
	nodeLeast      = []int{18, 19}
	terraformLeast = []int{1, 11}
)

// OfMachine are the checks of the machine that the operator sits at.
func OfMachine() []Check {
	return []Check{
		{"Go", func(context.Context) (string, error) { return strings.TrimPrefix(runtime.Version(), "go"), nil }},
		{"Node.js", func(ctx context.Context) (string, error) {
			text, err := said(ctx, "node", "--version")
			if err != nil {
				return "", fmt.Errorf("%w; `make setup` installs it", err)
			}
			return atLeast("Node.js", strings.TrimPrefix(strings.TrimSpace(text), "v"), nodeLeast)
		}},
		{"Terraform", func(ctx context.Context) (string, error) {
			text, err := said(ctx, "terraform", "version", "-json")
			if err != nil {
				return "", fmt.Errorf("%w; install Terraform %d.%d or newer", err, terraformLeast[0], terraformLeast[1])
			}
			var found struct {
				Version string `json:"terraform_version"`
			}
			err = json.Unmarshal([]byte(text), &found)
			if err != nil {
				return "", fmt.Errorf("its version is not understood: %w", err)
			}
			return atLeast("Terraform", found.Version, terraformLeast)
		}},
	}
}

func said(ctx context.Context, program string, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, program, args...).Output() //nolint:gosec // named above
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("it is not installed")
	}
	if err != nil {
		return "", fmt.Errorf("it does not run: %w", err)
	}
	return string(text), nil
}

func atLeast(program, version string, least []int) (string, error) {
	parts := strings.SplitN(version, ".", 3)
	for i, want := range least {
		if i >= len(parts) {
			break
		}
		got, err := strconv.Atoi(parts[i])
		if err != nil {
			return "", fmt.Errorf("its version is not understood: %q", version)
		}
		if got > want {
			return version, nil
		}
		if got < want {
			return "", fmt.Errorf("it is %s; install %s %d.%d or newer", version, program, least[0], least[1])
		}
	}
	return version, nil
}
