// Command faults writes docs/faults.md: each row of the fault matrix, the tests
// that are named after it, and how they ended on each make of database. It reads
// what `go test -json` said, a file for each make, and ends with 1 if a test failed.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: faults PAGE RUN.json ...")
		os.Exit(2)
	}
	failed, err := write(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(2)
	}
	for _, test := range failed {
		fmt.Fprintln(os.Stderr, "faults: failed:", test)
	}
	if len(failed) > 0 {
		os.Exit(1)
	}
}

// write makes the page of the runs, each named after its file.
func write(page string, files []string) (failed []string, err error) {
	var all []run
	for _, file := range files {
		f, err := os.Open(file) //nolint:gosec // named on the command line
		if err != nil {
			return nil, err
		}
		tests, err := read(f)
		_ = f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		r := run{name: strings.TrimSuffix(filepath.Base(file), ".json"), tests: tests}
		all = append(all, r)
		failed = append(failed, r.failed()...)
	}
	return failed, os.WriteFile(page, []byte(render(all)), 0o644) //nolint:gosec // it is to be committed
}
