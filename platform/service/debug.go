package service

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// statusTimeout bounds one line of /statusz: the page is for a person who looks into trouble, and trouble must not hide it.
const statusTimeout = time.Second

// maxScrapes bounds the requests to /metrics that are answered at the same time; more than a scraper or two is a mistake.
const maxScrapes = 4

// debugHandler answers the endpoints for the inside: is the process alive, should it get traffic, how is it, its metrics.
func (rt *Runtime) debugHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		rt.answer(w, http.StatusOK, map[string]bool{"live": true})
	})
	mux.HandleFunc("GET /readyz", rt.readyz)
	mux.HandleFunc("GET /statusz", rt.statusz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(rt.Metrics, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(rt.Log.Handler(), slog.LevelError),
		MaxRequestsInFlight: maxScrapes,
	}))
	return mux
}

// readyz answers 200, or 503 with the names of what it waits for.
func (rt *Runtime) readyz(w http.ResponseWriter, _ *http.Request) {
	state := rt.readiness.state()
	if state.Ready {
		rt.answer(w, http.StatusOK, map[string]bool{"ready": true})
		return
	}
	rt.answer(w, http.StatusServiceUnavailable, struct {
		Ready    bool     `json:"ready"`
		Draining bool     `json:"draining"`
		Waiting  []string `json:"waiting"`
	}{Draining: state.Draining, Waiting: state.waiting()})
}

// statusz answers with all that the service knows about itself.
func (rt *Runtime) statusz(w http.ResponseWriter, r *http.Request) {
	ctx, lines := r.Context(), rt.statusLines()
	answers := make([]json.RawMessage, len(lines))
	var wg sync.WaitGroup
	for i, line := range lines {
		wg.Go(func() { answers[i] = line.ask(ctx) })
	}
	wg.Wait()
	status := make(map[string]json.RawMessage, len(lines))
	for i, line := range lines {
		status[line.name] = answers[i]
	}
	rt.answer(w, http.StatusOK, struct {
		Service string `json:"service"`
		buildInfo
		Started time.Time `json:"started"`
		readyState
		Status map[string]json.RawMessage `json:"status"`
	}{rt.name, build(), rt.started, rt.readiness.state(), status})
}

func (rt *Runtime) answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	err := json.NewEncoder(w).Encode(body)
	if err != nil {
		rt.Log.Debug("answer not written", "error", err)
	}
}

// statusLine is one function registered with Status.
type statusLine struct {
	rt   *Runtime
	name string
	f    func(ctx context.Context) any
	busy chan struct{} // holds an entry while f runs: an f that hangs is not started again
}

func newStatusLine(rt *Runtime, name string, f func(ctx context.Context) any) *statusLine {
	return &statusLine{rt: rt, name: name, f: f, busy: make(chan struct{}, 1)}
}

// ask returns the line's JSON, or an object with an error that says why there is none.
func (l *statusLine) ask(ctx context.Context) json.RawMessage {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	select {
	case l.busy <- struct{}{}:
	case <-ctx.Done():
		return statusError("an earlier question is not answered yet")
	}
	var answer json.RawMessage
	ended := make(chan error, 1)
	go func() {
		defer func() { <-l.busy }()
		ended <- l.rt.Guard("status "+l.name, func() error {
			var err error
			answer, err = json.Marshal(l.f(ctx))
			return err
		})
	}()
	select {
	case err := <-ended:
		if err != nil {
			return statusError(err.Error())
		}
		return answer
	case <-ctx.Done():
		return statusError("no answer within " + statusTimeout.String())
	}
}

func statusError(sentence string) json.RawMessage {
	message, _ := json.Marshal(map[string]string{"error": sentence}) // text in a map always has a JSON form
	return message
}
