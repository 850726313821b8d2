package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The files for Prometheus and Grafana, and what reads them with Prometheus' own parsers.
const (
	observability = "../observability"
	queriesTool   = "../.cache/bin/queries"
)

// asked is what tools/queries prints: what is scraped, and what dashboards and alerts ask for.
type asked struct {
	Jobs []struct {
		Name, Path string
		Hosts      []string
		Port       int
	}
	Queries []question
}

type question struct {
	Where, Expr, Runbook string
	Selectors            []struct {
		Metric     string
		Matchers   []struct{ Label, Op, Value string }
		Labels     []string
		Aggregated bool
	}
	Shown []string
}

func TestObservability_DashboardsAndAlertsAskOnlyForWhatTheServicesShow(t *testing.T) {
	shown := afterSomeWork(t)
	for _, q := range readAsked(t, observability).Queries {
		for _, line := range shown.unknown(q) {
			t.Errorf("%s: %s", q.Where, line)
		}
	}
}

func TestObservability_APlantedMistakeIsFound(t *testing.T) {
	shown := afterSomeWork(t)
	plants := []struct{ name, file, from, to, want string }{
		{"a metric that is none, in a panel", "grafana/dashboards/notejam.json", "outbox_oldest_unsent_seconds", "outbox_oldest_seconds", "nobody shows outbox_oldest_seconds"},
		{"a metric that is none, in an alert", "alerts.yml", "audit_unsigned_seconds", "audit_signed_seconds", "nobody shows audit_signed_seconds"},
		{"a histogram without its suffix", "alerts.yml", "http_request_duration_seconds_bucket", "http_request_duration_seconds", "nobody shows http_request_duration_seconds"},
		{"a label that the metric lacks", "alerts.yml", `{code=~`, `{status=~`, "rpc_server_seconds_count has no label status"},
		{"a label to group by that the metric lacks", "grafana/dashboards/notejam.json", "by (job, kind)", "by (job, type)", "mysql_statements_total has no label type"},
		{"a value that is never there", "alerts.yml", `result="quarantined"`, `result="quarantine"`, `audit_messages_total never has result="quarantine"`},
		{"a job that shows something else", "alerts.yml", "(auth_mail_oldest_unsent_seconds)", `(auth_mail_oldest_unsent_seconds{job="web"})`, "auth_mail_oldest_unsent_seconds is not shown by a job"},
		{"a legend with a label that the sum has lost", "grafana/dashboards/notejam.json", `"{{status}}"`, `"{{route}}"`, "its text names route, which the result has not"},
	}
	for _, p := range plants {
		t.Run(p.name, func(t *testing.T) {
			folder := t.TempDir()
			err := os.CopyFS(folder, os.DirFS(observability))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, p.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			// In the JSON of a dashboard quotes in queries are escaped; no plant has any but for its own.
			if !strings.Contains(string(text), p.from) {
				t.Fatalf("%s has no %s to plant it in", p.file, p.from)
			}
			err = os.WriteFile(path, []byte(strings.ReplaceAll(string(text), p.from, p.to)), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, q := range readAsked(t, folder).Queries {
				lines = append(lines, shown.unknown(q)...)
			}
			if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, p.want) }) {
				t.Errorf("found %q, want %q", lines, p.want)
			}
		})
	}
}

func TestObservability_EveryServiceIsScrapedAtItsDebugPort(t *testing.T) {
	settings, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]string{}
	for _, found := range regexp.MustCompile("`([A-Z]+)_DEBUG_ADDR` .*?`[0-9.]+:([0-9]+)`").FindAllStringSubmatch(string(settings), -1) {
		ports[strings.ToLower(found[1])] = found[2]
	}
	scraped := map[string]string{}
	for _, job := range readAsked(t, observability).Jobs {
		if !slices.Equal(job.Hosts, []string{job.Name}) || job.Path != "/metrics" {
			t.Errorf("job %s scrapes %q at %s", job.Name, job.Hosts, job.Path)
		}
		scraped[job.Name] = fmt.Sprint(job.Port)
	}
	if len(ports) != 4 || !maps.Equal(ports, scraped) {
		t.Errorf("scraped are %v, the services' debug ports are %v", scraped, ports)
	}
}

func TestObservability_EveryAlertLeadsToAHeadingThatIsThere(t *testing.T) {
	alerts := 0
	for _, q := range readAsked(t, observability).Queries {
		if q.Runbook == "" {
			continue
		}
		alerts++
		file, heading, _ := strings.Cut(q.Runbook, "#")
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Errorf("%s: %v", q.Where, err)
			continue
		}
		pattern := `(?mi)^#+ ` + strings.ReplaceAll(regexp.QuoteMeta(heading), "-", "[ -]") + `$`
		if !regexp.MustCompile(pattern).Match(text) {
			t.Errorf("%s: %s has no heading %s", q.Where, file, heading)
		}
	}
	if alerts == 0 {
		t.Error("there are no alerts")
	}
}

// readAsked reads a folder of files for Prometheus and Grafana.
func readAsked(t *testing.T, folder string) asked {
	t.Helper()
	var complaints strings.Builder
	cmd := exec.CommandContext(t.Context(), queriesTool, folder)
	cmd.Stderr = &complaints
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s, which `make test` builds: %v\n%s", queriesTool, err, complaints.String())
	}
	var found asked
	err = json.Unmarshal(output, &found)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// afterSomeWork is what the services show once somebody has done what makes each metric appear.
func afterSomeWork(t *testing.T) exposed {
	t.Helper()
	p := signedIn(t, stack.URL(), "observed")
	p.createNote("a note", "its text", "")
	status, answer := p.api(http.MethodGet, "/v1/notes", nil)
	if status != http.StatusOK {
		t.Fatalf("list notes: %d %v", status, answer)
	}
	eventually(t, "the trail has the note", 30*time.Second, func() error {
		if len(p.activities()) == 0 {
			return fmt.Errorf("%s has no activity", p.email)
		}
		return nil
	})
	return scrape(t, stack)
}
