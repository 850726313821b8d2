package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const ours = "../../observability"

func TestRead_OurFilesAreTaken(t *testing.T) {
	found, mistakes := read(ours)
	if len(mistakes) > 0 {
		t.Errorf("mistakes = %q, want none", mistakes)
	}
	if len(found.Jobs) != 4 || len(found.Queries) < 50 {
		t.Errorf("read %d jobs and %d queries", len(found.Jobs), len(found.Queries))
	}
}

func TestRead_EachMistakeIsNamed(t *testing.T) {
	const rules, board, prometheus = "alerts.yml", "grafana/dashboards/notejam.json", "prometheus.yml"
	tests := []struct{ name, file, from, to, want string }{
		{"a query that does not parse", board, `sum by (status) (rate(`, `sum by (status) (rate((`, "Answers by status: "},
		{"a rate of no range", board, `[$__rate_interval]`, ``, "expected type range vector"},
		{"an alert that does not parse", rules, "max(auth_mail_oldest_unsent_seconds)", "max(auth_mail_oldest_unsent_seconds", "unclosed left parenthesis"},
		{"an alert of a number", rules, "max(auth_mail_oldest_unsent_seconds) > 300", "300", "no metric in 300"},
		{"a field that no rule has", rules, "        for: 1m", "        fore: 1m", "field fore not found"},
		{"a severity that nobody knows", rules, "severity: page", "severity: urgent", `its severity is "urgent"`},
		{"an alert without a runbook", rules, "          runbook: docs/observability.md#mails-wait", "          runbook: ''", "MailsWait: it lacks a summary or a runbook"},
		{"a field that Prometheus lacks", prometheus, "scrape_interval", "scrap_interval", "field scrap_interval not found"},
		{"rules that are not read", prometheus, "[alerts.yml]", "[]", "not alerts.yml"},
		{"a scrape that outlasts its interval", prometheus, "scrape_timeout: 5s", "scrape_timeout: 15s", "may take longer"},
		{"a job without a port", prometheus, "names: [web], type: A, port: 9100", "names: [web], type: A", "job web looks names up"},
		{"another data source", board, `"uid": "prometheus"`, `"uid": "loki"`, `asks "loki"`},
		{"panels over each other", board, `"y": 6,`, `"y": 5,`, "lies over"},
		{"a panel that stands outside", board, `"x": 12,`, `"x": 16,`, "stands outside"},
		{"a panel that does not say what it shows", board, `"description": "Cores in use, by replica."`, `"description": ""`, "lacks a title, a description"},
		{"no JSON", board, `"uid": "notejam",`, `"uid": "notejam"`, "invalid character"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			err := os.CopyFS(folder, os.DirFS(ours))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, test.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), test.from) {
				t.Fatalf("%s has no %q to plant it in", test.file, test.from)
			}
			err = os.WriteFile(path, []byte(strings.ReplaceAll(string(text), test.from, test.to)), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			_, mistakes := read(folder)
			if !slices.ContainsFunc(mistakes, func(line string) bool { return strings.Contains(line, test.want) }) {
				t.Errorf("mistakes = %q, want %q", mistakes, test.want)
			}
		})
	}
}

func TestParse_TellsMetricsMatchersAndLabels(t *testing.T) {
	q, err := parse("here", `sum by (job) (rate(a_total{code!="OK"}[$__rate_interval])) / on (job) topk(3, b)`, []string{"job"})
	if err != nil {
		t.Fatal(err)
	}
	if len(q.Selectors) != 2 {
		t.Fatalf("selectors = %+v, want a_total and b", q.Selectors)
	}
	a, b := q.Selectors[0], q.Selectors[1]
	if a.Metric != "a_total" || !slices.Equal(a.Matchers, []matcher{{"code", "!=", "OK"}}) || !slices.Equal(a.Labels, []string{"job"}) || !a.Aggregated {
		t.Errorf("the first is %+v", a)
	}
	if b.Metric != "b" || len(b.Matchers) != 0 || !slices.Equal(b.Labels, []string{"job"}) || b.Aggregated {
		t.Errorf("the second is %+v", b)
	}
}

// What no image here can show is at least asked for: docker-compose.yml's own rules, and no password but from a file.
func TestCompose_PrometheusGrafanaAndJaegerAreHardenedAndOnLoopback(t *testing.T) {
	data, err := os.ReadFile(ours + "/compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Image, User string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			SecurityOpt []string `yaml:"security_opt"`
			MemLimit    string   `yaml:"mem_limit"`
			Profiles    []string
			Ports       []string
			Environment map[string]string
			HealthCheck map[string]any `yaml:"healthcheck"`
			Volumes     []string
			Logging     map[string]any
		}
	}
	err = yaml.Unmarshal(data, &compose)
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(compose.Services))
	if !slices.Equal(names, []string{"grafana", "jaeger", "prometheus"}) {
		t.Fatalf("there are %q", names)
	}
	for name, s := range compose.Services {
		_, tag, _ := strings.Cut(s.Image, ":")
		switch {
		case tag == "" || tag == "latest":
			t.Errorf("%s: its image is %s, of no version", name, s.Image)
		case !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}):
			t.Errorf("%s: it is not hardened", name)
		case s.User == "" || strings.HasPrefix(s.User, "0") || strings.HasPrefix(s.User, "root"):
			t.Errorf("%s: it runs as %q", name, s.User)
		case s.MemLimit == "" || s.Logging == nil:
			t.Errorf("%s: it has no limit of memory, or a log without end", name)
		case s.HealthCheck == nil && name != "jaeger": // for which nobody waits
			t.Errorf("%s: it has no health check", name)
		case !slices.Equal(s.Profiles, []string{"observability"}):
			t.Errorf("%s: its profiles are %q", name, s.Profiles)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: port %s is for everybody", name, port)
			}
		}
		for variable := range s.Environment {
			if strings.Contains(variable, "PASSWORD") && !strings.HasSuffix(variable, "__FILE") {
				t.Errorf("%s: %s is a password in the environment", name, variable)
			}
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			_, err := os.Stat(filepath.Join(ours, from))
			if strings.HasPrefix(from, "./") && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
