package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
)

// holding are services whose first answer never comes before free is closed.
type holding struct {
	answering
	asked, free chan struct{}
}

func (h *holding) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	close(h.asked)
	<-h.free
	return io.EOF
}

// BenchmarkCrowd_ARefusal is what a page costs that is refused, but for the connection: in a flood there are many times as many of these as of answers.
func BenchmarkCrowd_ARefusal(b *testing.B) {
	services := &holding{asked: make(chan struct{}), free: make(chan struct{})}
	door, err := newDoor(b.Context(), doorConfig{
		Backends: backends{services, services, services, &readOnlyServices{}}, FormKey: []byte("a key for forms, only for these tests"), Ready: http.NotFoundHandler(),
		InFlight: 1, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: time.Now,
	})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header.Set("Cookie", "nj_session=nj_ses_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	var inside sync.WaitGroup
	inside.Go(func() { door.ServeHTTP(httptest.NewRecorder(), r) })
	<-services.asked
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable {
			b.Fatal(w.Code)
		}
	}
	close(services.free)
	inside.Wait()
}
