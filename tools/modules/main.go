// Command modules checks that the modules of a go.work agree with each other:
//
//   - every module has the `go` line of go.work, and none names a toolchain;
//   - a dependency has one version wherever it is required;
//   - a sibling is required as v0.0.0 and replaced by its own folder, and
//     nothing else is replaced.
//
// It prints one line for each disagreement and ends with 1 if there is one.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: modules path/to/go.work")
		os.Exit(2)
	}
	modules, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "modules:", err)
		os.Exit(2)
	}
	disagreements := check(modules)
	for _, line := range disagreements {
		fmt.Fprintln(os.Stderr, "modules:", line)
	}
	if len(disagreements) > 0 {
		os.Exit(1)
	}
}
