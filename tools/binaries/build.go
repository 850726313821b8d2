package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// shipped is all that binaries are made of, and of which script.
var shipped = []string{"proto", "platform", "services", "tools/build.sh"}

// target is one service for one kind of machine.
type target struct {
	name, os, arch, service string
}

// stamps are what a binary says about itself.
type stamps struct {
	version, commit string
}

// parse reads a target's name: linux-arm64/notes.
func parse(name string) (target, error) {
	machine, service, ok := strings.Cut(name, "/")
	system, arch, known := strings.Cut(machine, "-")
	if !ok || !known || service == "" {
		return target{}, fmt.Errorf("%q is no target such as linux-arm64/notes", name)
	}
	return target{name: name, os: system, arch: arch, service: service}, nil
}

// copySources copies what git would commit, as it is now; what else lies around must not matter.
func copySources(ctx context.Context, root, to string) error {
	list := exec.CommandContext(ctx, "git", append([]string{"-C", root, "ls-files", "-co", "--exclude-standard", "-z", "--"}, shipped...)...) //nolint:gosec // who runs it names the folder
	list.Stderr = os.Stderr
	names, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the sources: %w", err)
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(names, []byte{0}), []byte{0}) {
		err := copyFile(filepath.Join(root, string(name)), filepath.Join(to, string(name)))
		if err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a file with its mode, but not its time.
func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if os.IsNotExist(err) {
		return nil // deleted, and not committed yet
	}
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from) //nolint:gosec // git names it
	if err != nil {
		return err
	}
	err = os.MkdirAll(filepath.Dir(to), 0o750)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm()) //nolint:gosec // in a folder of ours
}

// build builds the target from the sources as everybody does, with a build cache of its own.
func (t target) build(ctx context.Context, s stamps, sources, cache, out string) error {
	err := os.MkdirAll(filepath.Dir(out), 0o750)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(sources, "tools/build.sh"), t.service, out) //nolint:gosec // our own script
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "GOCACHE="+cache, "VERSION="+s.version, "COMMIT="+s.commit)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
