package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/tracing/tracingtest"
)

// noteTree is what is recorded of a note that a person creates in a page: web's span for the browser's request, its call as both ends see it, the
// transaction with its statements, and, later, the send from the outbox and the recording in the trail. Each line is a span, under its parent.
const noteTree = `
web    POST /notes/create/
web      notejam.notes.v1.NotesService/CreateNote
notes      notejam.notes.v1.NotesService/CreateNote
notes        transaction
notes          COMMIT
notes          INSERT idem
notes          INSERT notes
notes          INSERT outbox
notes          UPDATE people
notes          send event
audit          record event
audit            transaction
audit              COMMIT
audit              INSERT chain
audit              INSERT events
audit              INSERT heads
audit              SELECT events
audit              SELECT heads
`

func TestATraceOfOneNoteIsOneTreeFromTheBrowserToItsRowInTheTrail(t *testing.T) {
	collector := startCollector(t)
	s, stop := startOwn(t, tracedTo(collector.URL(), "1"))
	ann := signedIn(t, s.URL(), "ann")
	ann.createNote("first", "so that the account's chain and counts have begun", "")
	ann.settled(1)
	requestID := ann.createTracedNote(collector)
	ann.api(http.MethodGet, "/v1/notes", nil)
	row := ann.activityOf(requestID)
	stop() // which sends what is left

	spans := collector.Spans()
	traceID := traceOf(requestID)
	if diff := cmp.Diff(noteTree, "\n"+treeOf(t, spans, traceID)); diff != "" {
		t.Errorf("the trace of the note (-want +got):\n%s", diff)
	}
	if traceparent := fmt.Sprint(row["traceparent"]); !strings.HasPrefix(traceparent, "00-"+traceID+"-") || !strings.HasSuffix(traceparent, "-01") {
		t.Errorf("the row's traceparent %s is not of the trace %s, recorded", traceparent, traceID)
	}
	everySpanHasItsPlace(t, spans)
	for _, span := range spans {
		if span.TraceID == strangeTrace {
			t.Errorf("%s is part of a stranger's trace", span.Name)
		}
	}
	if strings.Contains(string(collector.Heard()), "stranger") {
		t.Error("what a stranger sent is in the traces")
	}
}

// createTracedNote gives the request's id of a note whose event was recorded alone: the statements of a batch belong to the first of its events.
func (p *person) createTracedNote(collector *tracingtest.Collector) (requestID string) {
	p.t.Helper()
	for n := 2; n < 20; n++ {
		form := p.form("/notes/create/", p.get("/notes/create/").fill(url.Values{"name": {fmt.Sprint("note ", n)}, "text": {"x"}}))
		form.Header.Set("traceparent", "00-"+strangeTrace+"-00f067aa0ba902b7-01")
		form.Header.Set("tracestate", "stranger=1")
		form.Header.Set("baggage", "stranger=1")
		requestID = p.do(form).is(http.StatusSeeOther).header.Get("X-Request-Id")
		var recorded tracingtest.Span
		eventually(p.t, "the event's recording is traced", 10*time.Second, func() error {
			for _, span := range collector.Spans() {
				if span.TraceID == traceOf(requestID) && span.Name == "record event" {
					recorded = span
					return nil
				}
			}
			return errors.New("it is not there yet")
		})
		if recorded.Attributes["messaging.batch.message_count"] == "1" {
			return requestID
		}
	}
	p.t.Fatal("no event was recorded alone")
	return ""
}

// traceOf is the id of a request's trace.
func traceOf(requestID string) string { return strings.ReplaceAll(requestID, "-", "") }

// strangeTrace is one that somebody outside would like us to write.
const strangeTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

func startCollector(t *testing.T) *tracingtest.Collector {
	t.Helper()
	collector, err := tracingtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = collector.Close() })
	return collector
}

// tracedTo are limits with every service's traces sent to a collector.
func tracedTo(endpoint, ratio string) map[string]map[string]string {
	settings := local.NoLimits()
	for _, name := range serviceNames {
		if settings[name] == nil {
			settings[name] = map[string]string{}
		}
		settings[name]["TRACE_ENDPOINT"], settings[name]["TRACE_RATIO"] = endpoint, ratio
	}
	return settings
}

// activityOf gives the row of a request in the person's trail.
func (p *person) activityOf(requestID string) (row map[string]any) {
	p.t.Helper()
	p.each("/v1/activities", "activities", func(a map[string]any) {
		if a["requestId"] == requestID {
			row = a
		}
	})
	if row == nil {
		p.t.Fatalf("there is no row of the request %s", requestID)
	}
	return row
}

// treeOf draws a trace, children by their names. Calls for the person's access token are left out: whether web has one still is a matter of seconds.
func treeOf(t *testing.T, spans []tracingtest.Span, traceID string) string {
	t.Helper()
	children := map[string][]tracingtest.Span{}
	for _, span := range spans {
		if span.TraceID == traceID && !strings.Contains(span.Name, "IdentityService") {
			children[span.Parent] = append(children[span.Parent], span)
		}
	}
	var drawn strings.Builder
	var draw func(parent, indent string)
	draw = func(parent, indent string) {
		under := children[parent]
		slices.SortFunc(under, func(a, b tracingtest.Span) int {
			return strings.Compare(order(a)+a.Name, order(b)+b.Name)
		})
		for _, span := range under {
			fmt.Fprintf(&drawn, "%-6s %s%s\n", span.Service, indent, span.Name)
			draw(span.ID, indent+"  ")
		}
	}
	draw("", "")
	return drawn.String()
}

// order puts what happens later behind the statements.
func order(s tracingtest.Span) string {
	return map[string]string{"send event": "~1", "record event": "~2"}[s.Name]
}

// everySpanHasItsPlace demands of all traces that each has one beginning, that every span's parent is there, and that both name the request.
func everySpanHasItsPlace(t *testing.T, spans []tracingtest.Span) {
	t.Helper()
	ids, roots := map[string]bool{}, map[string]int{}
	for _, span := range spans {
		ids[span.TraceID+span.ID] = true
		if span.Parent == "" {
			roots[span.TraceID]++
		}
	}
	for _, span := range spans {
		if span.Parent != "" && !ids[span.TraceID+span.Parent] {
			t.Errorf("%s of %s has lost its parent: %v", span.Name, span.Service, span)
		}
		if roots[span.TraceID] != 1 {
			t.Errorf("the trace of %s of %s has %d beginnings", span.Name, span.Service, roots[span.TraceID])
		}
		id, named := span.Attributes["request.id"]
		if named && traceOf(id) != span.TraceID {
			t.Errorf("%s of %s is of the request %s and in the trace %s", span.Name, span.Service, id, span.TraceID)
		}
	}
	if len(spans) < 50 {
		t.Errorf("there are %d spans: too few to say anything", len(spans))
	}
}

// startOwn starts a stack for one test, with its services in this process. stop, called once, ends it, demands that it ends well, and tells how long
// that took.
func startOwn(t *testing.T, settings map[string]map[string]string) (s *local.Stack, stop func() time.Duration) {
	t.Helper()
	s, _, stop = startOwnIn(t, settings)
	return s, stop
}

// startOwnIn also tells the folder with its data and logs.
func startOwnIn(t *testing.T, settings map[string]map[string]string) (s *local.Stack, dir string, stop func() time.Duration) {
	t.Helper()
	dir = t.TempDir()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	s, end, err := startStack(ctx, local.Options{Data: dir, Fast: true, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir, func() time.Duration {
		t.Helper()
		begin := time.Now()
		cancel()
		err := end()
		if err != nil {
			t.Errorf("the services did not stop well: %v", err)
		}
		return time.Since(begin)
	}
}
