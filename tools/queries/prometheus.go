package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// job is one thing that Prometheus scrapes.
type job struct {
	Name  string   `json:"name"`
	Hosts []string `json:"hosts"`
	Port  int      `json:"port"`
	Path  string   `json:"path"`
}

// prometheusFile is as much of prometheus.yml as we use. Prometheus' own reader of it would bring the SDK of every cloud along.
type prometheusFile struct {
	Global struct {
		ScrapeInterval     model.Duration `yaml:"scrape_interval"`
		EvaluationInterval model.Duration `yaml:"evaluation_interval"`
		ScrapeTimeout      model.Duration `yaml:"scrape_timeout"`
	} `yaml:"global"`
	RuleFiles     []string `yaml:"rule_files"`
	ScrapeConfigs []struct {
		JobName       string `yaml:"job_name"`
		MetricsPath   string `yaml:"metrics_path"`
		DNSSDConfigs  []dnsd `yaml:"dns_sd_configs"`
		StaticConfigs []struct {
			Targets []string `yaml:"targets"`
		} `yaml:"static_configs"`
	} `yaml:"scrape_configs"`
}

// dnsd finds all replicas of a service behind its name.
type dnsd struct {
	Names           []string       `yaml:"names"`
	Type            string         `yaml:"type"`
	Port            int            `yaml:"port"`
	RefreshInterval model.Duration `yaml:"refresh_interval"`
}

// readPrometheus reads prometheus.yml: every field must be one that we know, and every rule file one that we read.
func readPrometheus(path string) ([]job, error) {
	data, err := os.ReadFile(path) //nolint:gosec // who runs it names the folder
	if err != nil {
		return nil, err
	}
	var file prometheusFile
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err = decoder.Decode(&file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !slices.Equal(file.RuleFiles, []string{"alerts.yml"}) {
		return nil, fmt.Errorf("%s: its rule files are %q, not alerts.yml", path, file.RuleFiles)
	}
	if file.Global.ScrapeTimeout > file.Global.ScrapeInterval {
		return nil, fmt.Errorf("%s: a scrape may take longer than until the next", path)
	}
	var jobs []job
	for _, config := range file.ScrapeConfigs {
		j := job{Name: config.JobName, Path: "/metrics"}
		if config.MetricsPath != "" {
			j.Path = config.MetricsPath
		}
		for _, found := range config.DNSSDConfigs {
			if found.Type != "A" || found.Port == 0 {
				return nil, fmt.Errorf("%s: job %s looks names up as %q with port %d", path, j.Name, found.Type, found.Port)
			}
			j.Hosts = append(j.Hosts, found.Names...)
			j.Port = found.Port
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// readRules reads alerts.yml as Prometheus does. An alert says how bad it is, what is wrong, and where the runbook has the rest.
func readRules(path string) (queries []query, mistakes []string) {
	pql := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, pql, slog.New(slog.DiscardHandler))
	for _, err := range errs {
		mistakes = append(mistakes, err.Error())
	}
	if groups == nil {
		return nil, mistakes
	}
	name := filepath.Base(path)
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			where := fmt.Sprintf("%s: %s%s", name, rule.Alert, rule.Record)
			q, err := parse(where, rule.Expr, named(rule.Annotations["summary"], annotationLabel))
			err = errors.Join(err, checkAlert(where, rule))
			if err != nil {
				mistakes = append(mistakes, err.Error())
				continue
			}
			q.Runbook = rule.Annotations["runbook"]
			queries = append(queries, q)
		}
	}
	return queries, mistakes
}

func checkAlert(where string, rule rulefmt.Rule) error {
	switch {
	case rule.Alert == "":
		return fmt.Errorf("%s: it is no alert", where)
	case !slices.Contains([]string{"page", "look"}, rule.Labels["severity"]):
		return fmt.Errorf("%s: its severity is %q, neither page nor look", where, rule.Labels["severity"])
	case rule.Annotations["summary"] == "" || rule.Annotations["runbook"] == "":
		return fmt.Errorf("%s: it lacks a summary or a runbook", where)
	}
	return nil
}
