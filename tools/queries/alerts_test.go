package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// well is half an hour of a system in which all is well, a line for each series. People mistype and programs ask for what is gone: that is no alert.
const well = `
	up{job="auth"} 1x200
	up{job="notes"} 1x200
	up{job="audit"} 1x200
	up{job="web"} 1x200
	service_ready{job="notes"} 1x200
	http_request_duration_seconds_count{job="web", status="200"} 0+100x200
	http_request_duration_seconds_count{job="web", status="404"} 0+100x200
	http_request_duration_seconds_count{job="web", status="500"} 0+1x200
	http_request_duration_seconds_bucket{job="web", le="1"} 0+100x200
	http_request_duration_seconds_bucket{job="web", le="2.5"} 0+100x200
	http_request_duration_seconds_bucket{job="web", le="+Inf"} 0+100x200
	rpc_server_seconds_count{job="notes", code="OK"} 0+10x200
	rpc_server_seconds_count{job="notes", code="NotFound"} 0+10x200
	rpc_server_shed_total{job="notes"} 5x200
	outbox_oldest_unsent_seconds{job="notes"} 3x200
	outbox_parked{job="notes"} 0x200
	queue_messages{job="audit", queue="notejam-events", state="visible"} 7x200
	queue_messages{job="audit", queue="notejam-events-dead", state="visible"} 0x200
	queue_message_age_seconds_bucket{job="audit", queue="notejam-events", le="120"} 0+10x200
	queue_message_age_seconds_bucket{job="audit", queue="notejam-events", le="300"} 0+10x200
	queue_message_age_seconds_bucket{job="audit", queue="notejam-events", le="+Inf"} 0+10x200
	audit_messages_total{job="audit", result="recorded"} 0+10x200
	audit_messages_total{job="audit", result="quarantined"} 3x200
	audit_unsigned_seconds{job="audit"} 3000x200
	auth_mail_oldest_unsent_seconds{job="auth"} 20x200
	service_panics_total{job="notes"} 1x200
	rpc_server_panics_total{job="notes"} 1x200
	http_panics_total{job="web"} 1x200
	outbox_panics_total{job="notes"} 1x200
	audit_panics_total{job="audit"} 1x200
	mysql_pool_refused_total{job="notes"} 1x200
	auth_password_shed_total{job="auth"} 1x200
	service_log_lines_dropped_total{job="notes"} 1x200
`

func TestAlerts_WhileAllIsWellNoneFires(t *testing.T) {
	for name, expr := range alerts(t) {
		if firing(t, expr, well) {
			t.Errorf("%s fires", name)
		}
	}
}

func TestAlerts_EachFiresWhenWhatItIsAboutHappens(t *testing.T) {
	happenings := []struct {
		alert string
		gone  string // series that are away, by the beginning of their lines
		comes string // series that come
	}{
		{alert: "PagesFail", comes: `http_request_duration_seconds_count{job="web", status="503"} 0+10x200`},
		{alert: "PagesAreSlow", gone: `http_request_duration_seconds_bucket{job="web", le="1"}`, comes: `http_request_duration_seconds_bucket{job="web", le="1"} 0+50x200`},
		{alert: "CallsFail", comes: `rpc_server_seconds_count{job="notes", code="Unavailable"} 0+1x200`},
		{alert: "ServiceIsAway", comes: `up{job="web", instance="second"} 0x200`},
		{alert: "ServiceIsAway", gone: `up{job="audit"}`},
		{alert: "ServiceIsNotReady", comes: `service_ready{job="auth"} 0x200`},
		{alert: "OutboxIsOld", comes: `outbox_oldest_unsent_seconds{job="auth"} 0+10x200`},
		{alert: "EventsAreParked", comes: `outbox_parked{job="auth"} 1x200`},
		{alert: "DeadLetters", gone: `queue_messages{job="audit", queue="notejam-events-dead"`, comes: `queue_messages{job="audit", queue="notejam-events-dead", state="visible"} 1x200`},
		{alert: "EventsWaitInTheQueue", gone: `queue_message_age_seconds_bucket{job="audit", queue="notejam-events", le="120"`, comes: `queue_message_age_seconds_bucket{job="audit", queue="notejam-events", le="120"} 0+2x200`},
		{alert: "NobodyTakesEvents", gone: `audit_messages_total`, comes: `audit_messages_total{job="audit", result="recorded"} 900x200`},
		{alert: "EventsAreQuarantined", comes: `audit_messages_total{job="audit", result="quarantined", instance="second"} 0x150 1x50`},
		{alert: "TrailIsNotSigned", comes: `audit_unsigned_seconds{job="audit", instance="second"} 7300x200`},
		{alert: "MailsWait", comes: `auth_mail_oldest_unsent_seconds{job="auth", instance="second"} 400x200`},
		{alert: "Panics", comes: `service_panics_total{job="auth"} 0x150 1x50`},
		{alert: "Panics", comes: `rpc_server_panics_total{job="auth"} 0x150 1x50`},
		{alert: "Panics", gone: `http_panics_total`, comes: `http_panics_total{job="web"} 1x150 2x50`},
		{alert: "Panics", comes: `outbox_panics_total{job="auth"} 0x150 1x50`},
		{alert: "Panics", gone: `audit_panics_total`, comes: `audit_panics_total{job="audit"} 1x150 2x50`},
		{alert: "CallsAreShed", comes: `rpc_server_shed_total{job="auth"} 0+1x200`},
		{alert: "PoolIsFull", comes: `mysql_pool_refused_total{job="auth"} 0+1x200`},
		{alert: "PasswordsAreShed", comes: `auth_password_shed_total{job="auth", instance="second"} 0+1x200`},
		{alert: "LogIsLost", comes: `service_log_lines_dropped_total{job="auth"} 0x150 9x50`},
	}
	all := alerts(t)
	untried := make(map[string]bool)
	for name := range all {
		untried[name] = true
	}
	for _, h := range happenings {
		delete(untried, h.alert)
		var series []string
		for _, line := range strings.Split(well, "\n") {
			if h.gone == "" || !strings.HasPrefix(strings.TrimSpace(line), h.gone) {
				series = append(series, line)
			}
		}
		if !firing(t, all[h.alert], strings.Join(series, "\n")+"\n\t"+h.comes+"\n") {
			t.Errorf("%s does not fire when %s comes and %q goes", h.alert, h.comes, h.gone)
		}
	}
	for name := range untried {
		t.Errorf("nothing makes %s fire here", name)
	}
}

// alerts are the expressions of our alerts, by name.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	groups, errs := rulefmt.ParseFile(ours+"/alerts.yml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	all := make(map[string]string)
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			all[rule.Alert] = rule.Expr
		}
	}
	return all
}

// firing says whether Prometheus' engine finds something for the expression after half an hour of the series.
func firing(t *testing.T, expr, text string) bool {
	t.Helper()
	held := read10s(t, text)
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 100_000, Timeout: 10 * time.Second, Parser: parser.NewParser(parser.Options{}),
	})
	defer func() { _ = engine.Close() }()
	query, err := engine.NewInstantQuery(t.Context(), &storage.MockQueryable{MockQuerier: held}, nil, expr, time.UnixMilli(0).Add(30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	result := query.Exec(t.Context())
	if result.Err != nil {
		t.Fatalf("%s: %v", expr, result.Err)
	}
	found, ok := result.Value.(promql.Vector)
	return ok && len(found) > 0
}

// read10s reads series of which a sample came every 10 seconds: "metric{label="value"} 0+10x200".
func read10s(t *testing.T, text string) *storage.MockQuerier {
	t.Helper()
	var all []promql.Series
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		metric, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		series := promql.Series{Metric: metric}
		for i, value := range values {
			series.Floats = append(series.Floats, promql.FPoint{T: int64(i) * 10_000, F: value.Value})
		}
		all = append(all, series)
	}
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		chosen := &seriesSet{}
		for _, series := range all {
			fits := true
			for _, m := range matchers {
				fits = fits && m.Matches(series.Metric.Get(m.Name))
			}
			if fits {
				chosen.left = append(chosen.left, series)
			}
		}
		return chosen
	}}
}

// seriesSet hands series out, one after the other.
type seriesSet struct {
	left []promql.Series
	now  promql.Series
}

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.now, s.left = s.left[0], s.left[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return promql.NewStorageSeries(s.now) }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }
