package e2e_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

const metricsPage = "../docs/metrics.md"

const metricsHead = `# Metrics

Every service shows its metrics at ` + "`/metrics`" + ` of its debug port, in Prometheus' format. These are ours; beside them are those of Go's runtime (` + "`go_…`" + `),
of the process (` + "`process_…`" + `) and of the database's pools (` + "`go_sql_…`" + `, with the label ` + "`db_name`" + `). Nothing in a label comes from a person: routes and methods are those of the
contracts. What to look at is in [observability](observability.md).

This page is written by ` + "`go test ./e2e -run MetricsPage -update`" + `.

| metric | kind | labels | what it tells |
| --- | --- | --- | --- |
`

func TestMetricsPage_NamesEveryMetricOfOurs(t *testing.T) {
	page := metricsHead
	shown := afterSomeWork(t)
	rows := map[string]string{}
	for _, service := range []string{"audit", "auth", "notes", "web"} {
		for name, family := range scrapeOne(t, stack, service) {
			if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
				continue
			}
			rows[name] = metricsRow(family, shown)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		page += rows[name]
	}
	if *update {
		err := os.WriteFile(metricsPage, []byte(page), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), page); diff != "" {
		t.Errorf("%s is not what the services show; go test ./e2e -run MetricsPage -update writes it (-page +services):\n%s", metricsPage, diff)
	}
}

// metricsRow is one line of the page.
func metricsRow(family *dto.MetricFamily, shown exposed) string {
	name := family.GetName()
	series := name
	if family.GetType() == dto.MetricType_HISTOGRAM {
		series += "_count"
	}
	labels := map[string]bool{}
	for _, theirs := range shown[series] {
		for label := range theirs {
			labels["`"+label+"`"] = true
		}
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |\n", name, strings.ToLower(family.GetType().String()),
		strings.Join(slices.Sorted(maps.Keys(labels)), ", "), family.GetHelp())
}
