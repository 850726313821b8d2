package e2e_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/emf"
)

func TestEMF_LinesAreMadeOfMetricsThatTheServicesShow(t *testing.T) {
	afterSomeWork(t)
	shown := map[string]bool{}
	for _, service := range serviceNames {
		for name := range scrapeOne(t, stack, service) {
			shown[name] = true
		}
	}
	for _, name := range emf.Families() {
		if !shown[name] {
			t.Errorf("no service shows %s", name)
		}
	}
}

// TestEMF_EachServiceWritesALine has services with a namespace stopped, for then they write what the minute has brought so far.
func TestEMF_EachServiceWritesALine(t *testing.T) {
	settings := local.NoLimits()
	for _, name := range serviceNames {
		if settings[name] == nil {
			settings[name] = map[string]string{}
		}
		settings[name]["EMF_NAMESPACE"] = "Notejam/test"
	}
	s, dir, stop := startOwnIn(t, settings)
	ann := signedIn(t, s.URL(), "ann")
	ann.createNote("a note", "its text", "")
	ann.settled(1)
	stop()
	everybody := []string{"Errors", "LogLinesDropped", "Panics", "Requests", "Shed"}
	sends := []string{"OutboxOldestUnconfirmed", "OutboxOldestUnsent", "OutboxParked"}
	for service, more := range map[string][]string{
		"auth": append([]string{"MailOldestUnsent", "PasswordPlaces"}, sends...), "notes": sends,
		"audit": {"AuditUnsigned"}, "web": nil,
	} {
		line := emfLine(t, filepath.Join(dir, "log", service+".log"))
		want := slices.Sorted(slices.Values(slices.Concat(everybody, more)))
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(line))); diff != "" {
			t.Errorf("metrics of %s (-want +got):\n%s", service, diff)
		}
		if line["Requests"] < 1 || line["Errors"] != 0 || line["Panics"] != 0 {
			t.Errorf("%s says %v", service, line)
		}
	}
}

// emfLine reads the last line of a log that CloudWatch would take metrics from, and gives those that it would find.
func emfLine(t *testing.T, file string) map[string]float64 {
	t.Helper()
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]float64
	for line := range strings.Lines(string(log)) {
		var told struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		members := map[string]any{}
		err := json.Unmarshal([]byte(line), &told)
		if err != nil || json.Unmarshal([]byte(line), &members) != nil || len(told.AWS.CloudWatchMetrics) != 1 {
			continue
		}
		metrics := told.AWS.CloudWatchMetrics[0]
		if metrics.Namespace != "Notejam/test" || len(metrics.Dimensions) != 1 || members[metrics.Dimensions[0][0]] == nil {
			t.Errorf("%s: %s", file, line)
		}
		found = map[string]float64{}
		for _, metric := range metrics.Metrics {
			value, isNumber := members[metric.Name].(float64)
			if !isNumber {
				t.Errorf("%s: %s is no number: %s", file, metric.Name, line)
			}
			found[metric.Name] = value
		}
	}
	return found
}
