//go:build scan

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
)

// trivyResult is a line of tools/trivy.
type trivyResult struct {
	Check, Severity, Says string
	File, Resource        string
	Passed                bool
}

// trivy says how bad things are. We count everything all the same.
func trivy(t *testing.T, root string) (found []finding) {
	t.Helper()
	passed := map[string]int{} // by folder
	lines := bufio.NewScanner(bytes.NewReader(scanner(t, root, "NOTEJAM_TRIVY", ".")))
	for lines.Scan() {
		var r trivyResult
		err := json.Unmarshal(lines.Bytes(), &r)
		if err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		if r.Passed {
			passed[folder(r.File)]++
			continue
		}
		resource := r.Resource
		if filepath.Base(r.File) == "Dockerfile" {
			resource = "Dockerfile"
		}
		found = append(found, finding{Check: r.Check, Where: folder(r.File) + "/" + resource, Says: r.Severity + ": " + r.Says})
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	looked(t, "trivy", root, passed)
	return found
}
