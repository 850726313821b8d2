package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// query is what one PromQL expression asks for.
type query struct {
	Where     string     `json:"where"` // the file, and the panel or the alert in it
	Expr      string     `json:"expr"`
	Selectors []selector `json:"selectors"`
	// Shown are labels that the text beside the result uses: a legend, an alert's annotation.
	Shown []string `json:"shown,omitempty"`
	// Runbook is where an alert says that the rest stands: a file, and a heading in it.
	Runbook string `json:"runbook,omitempty"`
}

// selector is a metric and all that is asked of it.
type selector struct {
	Metric   string    `json:"metric"`
	Matchers []matcher `json:"matchers,omitempty"`
	Labels   []string  `json:"labels,omitempty"` // by which it is grouped or joined
	// Aggregated says that its other labels are gone from the result.
	Aggregated bool `json:"aggregated,omitempty"`
}

type matcher struct {
	Label string `json:"label"`
	Op    string `json:"op"`
	Value string `json:"value"`
}

// grafanaVariables stand in for what Grafana puts in place of its own variables.
var grafanaVariables = strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1h")

// parse reads an expression.
func parse(where, expr string, shown []string) (query, error) {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(grafanaVariables.Replace(expr))
	if err != nil {
		return query{}, fmt.Errorf("%s: %w in %s", where, err, expr)
	}
	q := query{Where: where, Expr: expr, Shown: shown}
	parser.Inspect(tree, func(node parser.Node, path []parser.Node) error {
		vector, ok := node.(*parser.VectorSelector)
		if ok {
			q.Selectors = append(q.Selectors, selected(vector, path))
		}
		return nil
	})
	if len(q.Selectors) == 0 {
		return query{}, fmt.Errorf("%s: no metric in %s", where, expr)
	}
	return q, nil
}

// selected describes a selector and what those around it want of its labels.
func selected(vector *parser.VectorSelector, around []parser.Node) selector {
	s := selector{Metric: vector.Name}
	for _, m := range vector.LabelMatchers {
		if m.Name != model.MetricNameLabel {
			s.Matchers = append(s.Matchers, matcher{m.Name, m.Type.String(), m.Value})
		}
	}
	for _, node := range around {
		switch n := node.(type) {
		case *parser.AggregateExpr:
			s.Labels = append(s.Labels, n.Grouping...)
			s.Aggregated = s.Aggregated || n.Op != parser.TOPK && n.Op != parser.BOTTOMK && !n.Without
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				s.Labels = append(s.Labels, n.VectorMatching.MatchingLabels...)
			}
		}
	}
	slices.Sort(s.Labels)
	s.Labels = slices.Compact(s.Labels)
	return s
}

var (
	legendLabel     = regexp.MustCompile(`\{\{\s*([a-zA-Z_]\w*)\s*\}\}`)
	annotationLabel = regexp.MustCompile(`\$labels\.([a-zA-Z_]\w*)`)
)

// named returns the labels that a text uses.
func named(text string, how *regexp.Regexp) []string {
	var names []string
	for _, match := range how.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}
