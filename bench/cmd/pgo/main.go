// Command pgo merges CPU profiles into the one that a release build is optimised
// with: `make profiles`. Where the profiled program lay is nobody's business and
// is left out.
package main

import (
	"fmt"
	"os"

	"github.com/google/pprof/profile"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: pgo OUT PROFILE…")
		os.Exit(2)
	}
	err := merge(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgo:", err)
		os.Exit(1)
	}
}

func merge(out string, files []string) error {
	var all []*profile.Profile
	for _, name := range files {
		file, err := os.Open(name) //nolint:gosec // the caller names it
		if err != nil {
			return fmt.Errorf("open profile: %w", err)
		}
		one, err := profile.Parse(file)
		_ = file.Close() // it was only read
		if err != nil {
			return fmt.Errorf("read profile %s: %w", name, err)
		}
		all = append(all, one)
	}
	merged, err := profile.Merge(all)
	if err != nil {
		return fmt.Errorf("merge profiles: %w", err)
	}
	for _, mapping := range merged.Mapping {
		mapping.File, mapping.BuildID = "", ""
	}
	file, err := os.Create(out) //nolint:gosec // the caller names it
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	err = merged.Write(file)
	if err != nil {
		_ = file.Close() // the first error tells
		return fmt.Errorf("write profile: %w", err)
	}
	return file.Close()
}
