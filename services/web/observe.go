package web

// Around every request: its id, one log line, metrics, and recovery from a panic. The id is made here and never taken
// from outside; the log line names the route and not the path, which may hold a secret, and no query.

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/platform/rpc"
)

const requestIDHeader = "X-Request-Id"

// facts is what is found out about a request on its way, for the log line.
type facts struct {
	route  string // of the table: "/notes/{id}/"
	person string // the account's id
	cause  error  // why it failed
}

type factsKey struct{}

func factsOf(ctx context.Context) *facts {
	found, ok := ctx.Value(factsKey{}).(*facts)
	if !ok {
		return &facts{} // a request outside the observer, in a test: nobody reads them
	}
	return found
}

// unknownRoute is the route of everything that is in no table.
const unknownRoute = "unknown"

func nameRoute(r *http.Request, route string) {
	factsOf(r.Context()).route = route
	nameSpan(r, route)
}

// observer watches all requests.
type observer struct {
	log      *slog.Logger
	requests *prometheus.HistogramVec
	panics   prometheus.Counter
	tracer   trace.TracerProvider
	site     *site
}

func newObserver(log *slog.Logger, registry prometheus.Registerer, tracer trace.TracerProvider, s *site) *observer {
	o := &observer{
		log: log,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time from the request's header to the end of the answer, by route, method and status.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route", "method", "status"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "http_panics_total",
			Help: "Panics in request handlers, each answered with 500.",
		}),
		tracer: tracer,
		site:   s,
	}
	registry.MustRegister(o.requests, o.panics)
	return o
}

// wrap gives each request its id first: its span, if it has one, is named by it.
func (o *observer) wrap(next http.Handler) http.Handler {
	watched := traced(o.tracer, o.watch(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rpc.NewRequestID()
		w.Header().Set(requestIDHeader, id)
		ctx := context.WithValue(rpc.WithRequestID(r.Context(), id), factsKey{}, &facts{route: unknownRoute})
		watched.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (o *observer) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		answer := &answer{ResponseWriter: w}
		defer func() { o.report(r.Context(), answer, r.Method, time.Since(start)) }() //nolint:contextcheck // the request carries the context
		o.serve(next, answer, r)                                                      //nolint:contextcheck // as above
	})
}

// serve calls next and turns a panic into a 500, if nothing was answered yet; else the connection is cut, so that nobody
// takes half an answer for a whole one.
func (o *observer) serve(next http.Handler, answer *answer, r *http.Request) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		if value == http.ErrAbortHandler { //nolint:errorlint // the value itself, as net/http compares it
			panic(value) // a handler that cuts its answer off has said why
		}
		o.panics.Inc()
		factsOf(r.Context()).cause = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		if answer.status != 0 {
			panic(http.ErrAbortHandler)
		}
		o.site.internalError(answer, r)
	}()
	next.ServeHTTP(answer, r)
}

func (o *observer) report(ctx context.Context, answer *answer, method string, took time.Duration) {
	seen := factsOf(ctx)
	status := answer.status
	if status == 0 {
		status = http.StatusOK
	}
	method = knownMethod(method)
	o.requests.WithLabelValues(seen.route, method, strconv.Itoa(status)).Observe(took.Seconds())
	attributes := []slog.Attr{
		slog.String("route", seen.route),
		slog.String("method", method),
		slog.Int("status", status),
		slog.Int64("took_us", took.Microseconds()),
		slog.Int64("bytes", answer.bytes),
		slog.String("request_id", rpc.RequestID(ctx)),
		slog.String("person", seen.person),
	}
	level := slog.LevelInfo
	switch {
	case status == http.StatusServiceUnavailable, status == http.StatusOK && seen.cause != nil: // the latter was cut off
		level = slog.LevelWarn
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	if seen.cause != nil {
		attributes = append(attributes, slog.String("error", seen.cause.Error()))
	}
	o.log.LogAttrs(ctx, level, "http", attributes...)
}

// knownMethod keeps invented methods out of the metrics' labels.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// answer notes what was answered.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (a *answer) Write(data []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(data)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
