// Command migrations reads the schemas' steps that no release has yet, and refuses those that the release before would not survive: while a release
// is rolled out, both run on the new schema. It also refuses those that would hold up everybody who uses the table meanwhile. It prints one line for each
// and ends with 1 if there is one.
//
// What takes something away is done one release after the last program that uses it; the step says so in a line `-- needs-program: N`, where N is the last
// step of the first program that does without. See platform/mysql/migration_files.go.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: migrations path/to/repository")
		os.Exit(2)
	}
	steps, err := unreleased(os.DirFS(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "migrations:", err)
		os.Exit(2)
	}
	var mistakes []string
	for _, s := range steps {
		mistakes = append(mistakes, s.mistakes()...)
	}
	for _, line := range mistakes {
		fmt.Fprintln(os.Stderr, "migrations:", line)
	}
	if len(mistakes) > 0 {
		os.Exit(1)
	}
}
