package fleet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build compiles services of the repository at root into dir. tags may name one.
func Build(ctx context.Context, root, dir, tags string, services ...string) error {
	args := []string{"build", "-pgo=off", "-o", dir + string(os.PathSeparator)}
	if tags != "" {
		args = append(args, "-tags", tags)
	}
	for _, service := range services {
		args = append(args, "./services/"+service+"/cmd/"+service)
	}
	return run(ctx, root, "go", args...)
}

// BuildRelease compiles services as a release in baseline/ had them, from the
// commit that it names, into dir.
func BuildRelease(ctx context.Context, root, release, dir string, services ...string) error {
	commit, err := os.ReadFile(filepath.Join(root, "baseline", release, "commit")) //nolint:gosec // a file of the repository
	if err != nil {
		return fmt.Errorf("find release %s: %w", release, err)
	}
	tree := filepath.Join(dir, "tree")
	err = os.RemoveAll(tree)
	if err != nil {
		return fmt.Errorf("empty %s: %w", tree, err)
	}
	// A clone needs no more of the repository than its objects, and leaves nothing behind in it, as a worktree would.
	err = run(ctx, root, "git", "clone", "--quiet", "--shared", "--no-checkout", root, tree)
	if err != nil {
		return err
	}
	err = run(ctx, tree, "git", "checkout", "--quiet", "--detach", strings.TrimSpace(string(commit)))
	if err != nil {
		return fmt.Errorf("release %s needs the whole history, as `git fetch --unshallow` gets it: %w", release, err)
	}
	return Build(ctx, tree, dir, "", services...)
}

func run(ctx context.Context, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the callers above name them
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, args[0], err, out)
	}
	return nil
}
