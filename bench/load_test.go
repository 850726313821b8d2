package bench

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// asking makes a contender of a handler; its page must show "words".
func asking(t *testing.T, connections int, handler http.HandlerFunc) *contender {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r := &rig{extent: extent{connections: connections}}
	c := r.contender(&side{url: server.URL}, page{
		request: func(req *fasthttp.Request, _ int64) { get(req, "/", person{session: "secret"}) },
		check:   func(resp *fasthttp.Response) error { return wantPage(resp, []byte("words")) },
	})
	t.Cleanup(c.client.CloseIdleConnections)
	return c
}

func write(w http.ResponseWriter, text string) { _, _ = w.Write([]byte(text)) }

func TestTheClosedLoopKeepsJustSoManyRequestsUnderWay(t *testing.T) {
	const connections = 4
	var underWay, most, all atomic.Int64
	together := make(chan struct{})
	c := asking(t, connections, func(w http.ResponseWriter, r *http.Request) {
		now := underWay.Add(1)
		defer underWay.Add(-1)
		if now > most.Load() {
			most.Store(now)
		}
		if all.Add(1) == connections {
			close(together)
		}
		<-together // nobody is answered before all connections ask
		if r.Header.Get("Cookie") != "nj_session=secret; nj_zone=Europe/Vienna" {
			w.WriteHeader(http.StatusForbidden)
		}
		write(w, "words</html>\n")
	})
	answers, took, err := c.closedLoop(t.Context(), 50*time.Millisecond)
	if err != nil || most.Load() != connections {
		t.Errorf("%d requests were under way at most, %v", most.Load(), err)
	}
	if int64(len(answers)) != all.Load() || took < 50*time.Millisecond {
		t.Errorf("%d answers to %d requests in %v", len(answers), all.Load(), took)
	}
}

func TestAnAnswerThatIsNotRightEndsTheRound(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body, want string
	}{
		"another page":  {http.StatusOK, "others</html>\n", `does not show "words"`},
		"half a page":   {http.StatusOK, "words", "does not show"},
		"a failure":     {http.StatusInternalServerError, "words</html>\n", "the answer is 500"},
		"another place": {http.StatusSeeOther, "", "the answer is 303"},
	} {
		t.Run(name, func(t *testing.T) {
			// The steady rate must not run out of connections before the first answer is judged.
			contender := asking(t, 64, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				write(w, c.body)
			})
			_, _, closedErr := contender.closedLoop(t.Context(), time.Minute)
			_, pacedErr := contender.paced(t.Context(), 1000, 10*time.Millisecond)
			for _, err := range []error{closedErr, pacedErr} {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
			}
		})
	}
}

func TestAServerThatHangsUpEndsTheRoundAndIsNotAskedAgain(t *testing.T) {
	var asked atomic.Int64
	c := asking(t, 1, func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		panic(http.ErrAbortHandler)
	})
	_, _, err := c.closedLoop(t.Context(), time.Minute)
	if err == nil || asked.Load() != 1 {
		t.Errorf("asked %d times, %v", asked.Load(), err)
	}
}

func TestTheSteadyRateDoesNotWaitForAnswers(t *testing.T) {
	const requests = 20
	var all atomic.Int64
	c := asking(t, requests, func(w http.ResponseWriter, _ *http.Request) {
		all.Add(1)
		write(w, "words</html>\n")
	})
	begin := time.Now()
	answers, err := c.paced(t.Context(), 1000, requests*time.Millisecond)
	if err != nil || len(answers) != requests || all.Load() != requests {
		t.Fatalf("%d answers, %d requests, %v", len(answers), all.Load(), err)
	}
	if took := time.Since(begin); took < (requests-1)*time.Millisecond {
		t.Errorf("the last request was sent %v after the first", took)
	}
	for i, answer := range answers {
		if answer <= 0 {
			t.Errorf("answer %d took %v", i, answer)
		}
	}
}

func TestARequestThatHadToWaitForItsTurnIsSlow(t *testing.T) {
	const delay = 20 * time.Millisecond
	c := asking(t, 1, func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
		write(w, "words</html>\n")
	})
	c.client.MaxConns, c.client.MaxConnWaitTimeout = 1, time.Second
	answers, err := c.paced(t.Context(), 1000, 3*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if timingOf(answers).p99 < 3*delay-3*time.Millisecond {
		t.Errorf("one connection answered three requests at once in %v", answers)
	}
}
