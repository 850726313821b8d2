// Command queries reads a folder of files for Prometheus and Grafana, with Prometheus' own parsers, and prints as JSON what they ask for: each query's
// metrics and labels, and what Prometheus is told to scrape. Whoever knows which metrics there are compares; see e2e/observability_test.go.
//
//	queries path/to/observability
//
// It prints one line for each file, query or rule that Prometheus or Grafana would not take, and then ends with 1. It is a module of its own, for
// Prometheus brings much along that nothing of ours needs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: queries path/to/observability")
		os.Exit(2)
	}
	found, mistakes := read(os.Args[1])
	for _, line := range mistakes {
		fmt.Fprintln(os.Stderr, "queries:", line)
	}
	if len(mistakes) > 0 {
		os.Exit(1)
	}
	err := json.NewEncoder(os.Stdout).Encode(found)
	if err != nil {
		fmt.Fprintln(os.Stderr, "queries:", err)
		os.Exit(2)
	}
}

// output is what is printed.
type output struct {
	Jobs    []job   `json:"jobs"`
	Queries []query `json:"queries"`
}

// read reads all files of the folder, and returns a line for each mistake.
func read(dir string) (output, []string) {
	var found output
	var mistakes []string
	jobs, err := readPrometheus(dir + "/prometheus.yml")
	if err != nil {
		mistakes = append(mistakes, err.Error())
	}
	found.Jobs = jobs
	queries, lines := readRules(dir + "/alerts.yml")
	found.Queries = append(found.Queries, queries...)
	mistakes = append(mistakes, lines...)
	queries, lines = readDashboards(dir + "/grafana/dashboards")
	found.Queries = append(found.Queries, queries...)
	mistakes = append(mistakes, lines...)
	return found, mistakes
}
