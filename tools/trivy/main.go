// Command trivy does what `trivy config` does with Terraform and Dockerfiles: the same engine, the same checks, which
// the module has within it. The program itself needs twice as many packages, for images and clusters, which we have no
// use for, and passes by every folder called dev.
//
//	trivy FOLDER
//
// It prints each result as a line of JSON, what passed too: who reads nothing finds nothing.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform"
)

// result is one check of one place.
type result struct {
	Check, Severity, Says string
	File, Resource        string
	Passed                bool
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: trivy FOLDER")
		os.Exit(2)
	}
	err := run(context.Background(), os.DirFS(os.Args[1]), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "trivy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder fs.FS, out io.Writer) error {
	policies, libraries := rego.WithEmbeddedPolicies(true), rego.WithEmbeddedLibraries(true)
	encoder := json.NewEncoder(out)
	for _, scanner := range []scanners.FSScanner{
		terraform.New(policies, libraries, terraform.ScannerWithAllDirectories(true)),
		dockerfile.NewScanner(policies, libraries),
	} {
		results, err := scanner.ScanFS(ctx, folder, ".")
		if err != nil {
			return fmt.Errorf("%s: %w", scanner.Name(), err)
		}
		for _, r := range results {
			flat := r.Flatten()
			err = encoder.Encode(result{
				Check: r.Rule().ID, Severity: string(r.Severity()), Says: flat.Description,
				File: flat.Location.Filename, Resource: flat.Resource, Passed: flat.Status == scan.StatusPassed,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
