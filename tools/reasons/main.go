// Command reasons writes docs/errors.md: every typed reason of the code, from the constants of type fault.Reason and their
// comments, with the kind of error that carries it and who answers it, from where it is used. It prints one line for each
// reason that lacks a comment or is made without a constant, and then ends with 1.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reasons path/to/repository")
		os.Exit(2)
	}
	sources, err := parse(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "reasons:", err)
		os.Exit(2)
	}
	list, mistakes := reasons(sources)
	for _, line := range mistakes {
		fmt.Fprintln(os.Stderr, "reasons:", line)
	}
	if len(mistakes) > 0 {
		os.Exit(1)
	}
	fmt.Print(page(list))
}
