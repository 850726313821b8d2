// Command binaries sees that what ships is made of the sources and of nothing else. It builds targets a second time, from a copy of the sources in
// another folder and with an empty build cache, and compares them with the first build to the byte; and it reads their headers:
//
//	binaries -version 1.2.3 -commit 8b3aa6a… path/to/repository path/to/first/build linux-amd64/auth linux-arm64/auth
//
// It prints one line for each mistake and ends with 1 if there is one.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	var s stamps
	flag.StringVar(&s.version, "version", "", "the version that the binaries say they are")
	flag.StringVar(&s.commit, "commit", "", "the commit that the binaries say they are made of")
	flag.Parse()
	if flag.NArg() < 3 || s.version == "" || s.commit == "" {
		fmt.Fprintln(os.Stderr, "usage: binaries -version 1.2.3 -commit 8b3aa6a… path/to/repository path/to/first/build target...")
		os.Exit(2)
	}
	mistakes, err := run(context.Background(), s, flag.Arg(0), flag.Arg(1), flag.Args()[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "binaries:", err)
		os.Exit(2)
	}
	for _, line := range mistakes {
		fmt.Fprintln(os.Stderr, "binaries:", line)
	}
	if len(mistakes) > 0 {
		os.Exit(1)
	}
}

// run checks each target, and returns a line for each mistake.
func run(ctx context.Context, s stamps, root, built string, names []string) ([]string, error) {
	dir, err := os.MkdirTemp("", "notejam-built-again-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	sources := filepath.Join(dir, "another", "folder")
	err = copySources(ctx, root, sources)
	if err != nil {
		return nil, err
	}
	var mistakes []string
	for _, name := range names {
		t, err := parse(name)
		if err != nil {
			return nil, err
		}
		first, second := filepath.Join(built, name), filepath.Join(dir, name)
		err = t.build(ctx, s, sources, filepath.Join(dir, "cache"), second)
		if err != nil {
			return nil, fmt.Errorf("build %s again: %w", name, err)
		}
		lines, err := t.check(s, first, second)
		if err != nil {
			return nil, err
		}
		mistakes = append(mistakes, lines...)
		if len(lines) == 0 {
			fmt.Printf("%s is the same to the byte in two builds\n", name)
		}
	}
	return mistakes, nil
}
