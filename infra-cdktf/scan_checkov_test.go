//go:build scan

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// checkovReport is what checkov says about one kind of file.
type checkovReport struct {
	CheckType string `json:"check_type"`
	Results   struct {
		Failed  []checkovRecord `json:"failed_checks"`
		Passed  []checkovRecord `json:"passed_checks"`
		Skipped []checkovRecord `json:"skipped_checks"` // by a comment in the file
		Errors  []string        `json:"parsing_errors"`
	} `json:"results"`
}

type checkovRecord struct {
	ID       string `json:"check_id"`
	Name     string `json:"check_name"`
	File     string `json:"file_path"`
	Resource string `json:"resource"`
}

// checkov knows no severities unless one pays: all that it finds counts.
func checkov(t *testing.T, root string) (found []finding) {
	t.Helper()
	output := scanner(t, root, "NOTEJAM_CHECKOV", "--directory", ".", "--framework", "terraform", "dockerfile",
		"--output", "json", "--compact", "--soft-fail", "--skip-download")
	var reports []checkovReport
	err := json.Unmarshal(output, &reports)
	if err != nil {
		t.Fatalf("%v in %.500s", err, output)
	}
	passed := map[string]int{} // by folder
	for _, report := range reports {
		if len(report.Results.Errors) > 0 {
			t.Errorf("checkov cannot read %q", report.Results.Errors)
		}
		for _, record := range report.Results.Passed {
			passed[folder(record.File)]++
		}
		for _, record := range append(report.Results.Failed, report.Results.Skipped...) {
			where := folder(record.File) + "/" + record.address()
			found = append(found, finding{Check: record.ID, Where: where, Says: record.Name})
		}
	}
	looked(t, "checkov", root, passed)
	return found
}

// folder is the first of a path, with or without a slash before it.
func folder(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// address is a resource as Terraform names it, or the file.
func (r checkovRecord) address() string {
	if filepath.Base(r.File) == "Dockerfile" {
		return "Dockerfile"
	}
	return r.Resource
}
