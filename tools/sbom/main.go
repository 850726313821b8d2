// Command sbom holds the bills of materials of services, CycloneDX files, to what Go says about their programs: every module that is compiled in, in its
// version, and nothing else; each of a licence that we may ship.
//
//	sbom path/to/repository path/to/bills auth notes audit web
//
// It prints one line for each mistake and ends with 1 if there is one.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: sbom path/to/repository path/to/bills service...")
		os.Exit(2)
	}
	found := false
	for _, service := range os.Args[3:] {
		mistakes, components, err := run(context.Background(), os.Args[1], os.Args[2], service)
		if err != nil {
			fmt.Fprintln(os.Stderr, "sbom:", err)
			os.Exit(2)
		}
		for _, line := range mistakes {
			fmt.Fprintln(os.Stderr, "sbom:", line)
			found = true
		}
		fmt.Printf("%s: %d components\n", service, components)
	}
	if found {
		os.Exit(1)
	}
}

// run checks one service's bill, and returns a line for each mistake and how many components there are.
func run(ctx context.Context, root, bills, service string) (mistakes []string, components int, err error) {
	b, err := readBill(filepath.Join(bills, service+".json"))
	if err != nil {
		return nil, 0, err
	}
	// One bill is for all machines: they must be made of the same.
	for _, arch := range []string{"amd64", "arm64"} {
		modules, err := compiledIn(ctx, root, service, arch)
		if err != nil {
			return nil, 0, err
		}
		for _, line := range b.check(service, modules) {
			mistakes = append(mistakes, fmt.Sprintf("%s for %s: %s", service, arch, line))
		}
	}
	return mistakes, len(b.Components), nil
}
