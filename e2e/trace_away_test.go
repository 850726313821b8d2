package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/tracing/tracingtest"
)

// TestN10_WithTheCollectorOfTracesDownNothingElseChanges is row N10 of the fault matrix: every request is traced, and nobody takes the traces.
func TestN10_WithTheCollectorOfTracesDownNothingElseChanges(t *testing.T) {
	for name, endpoint := range map[string]func(testing.TB) string{"it refuses connections": tracingtest.Refusing, "it takes them and is silent": tracingtest.Silent} {
		t.Run(name, func(t *testing.T) {
			s, stop := startOwn(t, tracedTo(endpoint(t), "1"))
			ann := signedIn(t, s.URL(), "ann")
			const notes = 30
			slowest := time.Duration(0)
			for n := range notes {
				form := ann.get("/notes/create/").is(http.StatusOK).fill(url.Values{"name": {fmt.Sprint("note ", n)}, "text": {"x"}})
				begin := time.Now()
				ann.post("/notes/create/", form).leadsTo("/")
				slowest = max(slowest, time.Since(begin))
			}
			status, answer := ann.api(http.MethodGet, "/v1/notes", nil)
			if status != http.StatusOK {
				t.Errorf("REST: %d %v", status, answer)
			}
			ann.settled(notes)
			if slowest > time.Second {
				t.Errorf("the slowest of %d notes took %v", notes, slowest)
			}
			lost := 0.0
			for _, service := range serviceNames {
				for _, metric := range scrapeOne(t, s, service)["tracing_spans_total"].GetMetric() {
					if metric.GetLabel()[0].GetValue() == "sent" && metric.GetCounter().GetValue() > 0 {
						t.Errorf("%s says that it has sent spans", service)
					}
					if metric.GetLabel()[0].GetValue() == "recorded" {
						lost += metric.GetCounter().GetValue()
					}
				}
			}
			if lost < notes {
				t.Errorf("%v spans are recorded: too few to say anything", lost)
			}
			// A service waits 2 s for its tracer, and says that it did not stop well if that takes longer.
			took := stop()
			if took > 8*time.Second {
				t.Errorf("the stop took %v", took)
			}
		})
	}
}

func TestWithoutTracingARequestStillHasOneIDFromItsAnswerToItsRow(t *testing.T) {
	ann := signedIn(t, stack.URL(), "untraced")
	form := ann.form("/notes/create/", ann.get("/notes/create/").fill(url.Values{"name": {"one"}, "text": {"x"}}))
	form.Header.Set("traceparent", "00-"+strangeTrace+"-00f067aa0ba902b7-01")
	requestID := ann.do(form).is(http.StatusSeeOther).header.Get("X-Request-Id")
	ann.settled(1)
	traceparent := fmt.Sprint(ann.activityOf(requestID)["traceparent"])
	if !strings.HasPrefix(traceparent, "00-"+traceOf(requestID)+"-") || !strings.HasSuffix(traceparent, "-00") {
		t.Errorf("the row's traceparent is %s, of the request %s, which nobody recorded", traceparent, requestID)
	}
}
