package web

// A browser for tests: it keeps cookies, fills in forms as they come, and says where its requests come from.

import (
	"bytes"
	"cmp"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// door starts the handler that ships, over the fakes, behind a real HTTP server.
type testDoor struct {
	*world
	url   string
	clock *atomic.Int64 // seconds after testNow
	log   *lockedBuffer
}

// lockedBuffer is written by requests and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func startDoor(t *testing.T) *testDoor {
	t.Helper()
	return startDoorWith(t, doorConfig{})
}

// startDoorWith starts one with settings of its own.
func startDoorWith(t *testing.T, cfg doorConfig) *testDoor {
	t.Helper()
	w := startWorld(t)
	d := &testDoor{world: w, clock: new(atomic.Int64), log: new(lockedBuffer)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.log)
		}
	})
	log := slog.New(slog.NewJSONHandler(d.log, nil))
	backends, err := dialAll(w.config, rpc.NewBreakers(log, prometheus.NewRegistry()), log, prometheus.NewRegistry(), nil, func(_ string, f func() error) {
		t.Cleanup(func() {
			err := f()
			if err != nil {
				t.Errorf("close: %v", err)
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Backends = backends
	cfg.InFlight = cmp.Or(cfg.InFlight, 64)
	cfg.FormKey = []byte("a key for forms, only for these tests")
	cfg.Ready = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ready\n") })
	cfg.Log = log
	cfg.Metrics = prometheus.NewRegistry()
	cfg.Now = func() time.Time { return testNow.Add(time.Duration(d.clock.Load()) * time.Second) }
	handler, err := newDoor(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

type browser struct {
	t      *testing.T
	url    string
	client *http.Client
	header http.Header // sent with every request
}

// visitor gives a browser that nobody has signed in with.
func (d *testDoor) visitor(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	return &browser{t, d.url, client, http.Header{"Sec-Fetch-Site": {"same-origin"}}}
}

// signedIn gives a browser that is signed in as email.
func (d *testDoor) signedIn(t *testing.T, email string) *browser {
	t.Helper()
	b := d.visitor(t)
	b.setCookie(sessionCookie, d.person(email))
	return b
}

func (b *browser) setCookie(name, value string) {
	site, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(site, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// session gives the browser's session cookie.
func (b *browser) session() string {
	site, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(site) {
		if cookie.Name == sessionCookie {
			return cookie.Value
		}
	}
	return ""
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path, contentType, body string) answered {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	maps.Copy(request.Header, b.header)
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answered{response.StatusCode, response.Header, string(content)}
}

func (b *browser) get(path string) answered {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", "")
}

func (b *browser) post(path string, form url.Values) answered {
	b.t.Helper()
	return b.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

// fill gets a page, puts values into its form and gives what a browser would post.
func (b *browser) fill(path string, values map[string]string) url.Values {
	b.t.Helper()
	return b.refill(b.get(path), values)
}

// refill is fill for a page that is already there.
func (b *browser) refill(page answered, values map[string]string) url.Values {
	b.t.Helper()
	form := formOf(b.t, page.body)
	for name, value := range values {
		if !form.Has(name) {
			b.t.Fatalf("the form has no field %q:\n%s", name, page.body)
		}
		form.Set(name, value)
	}
	return form
}

// submit fills the form at path and posts it there.
func (b *browser) submit(path string, values map[string]string) answered {
	b.t.Helper()
	return b.post(path, b.fill(path, values))
}
