package bench

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	err = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHomeWeighsWhatGoesOverTheWire(t *testing.T) {
	const home = `<link rel="icon" href="/static/icon.0123456789.svg"><link href="/static/app.0123456789.css"><script src="/static/forms.js"></script>`
	style := zipped(t, strings.Repeat("a{b:c}", 100))
	for name, page := range map[string]string{"plain": home, "compressed": zipped(t, home)} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Accept-Encoding") != "gzip" || !strings.Contains(r.Header.Get("Cookie"), "nj_session=secret") {
					w.WriteHeader(http.StatusForbidden)
				}
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
				switch r.URL.Path {
				case "/":
					if page != home {
						w.Header().Set("Content-Encoding", "gzip")
					}
					write(w, page)
				case "/static/app.0123456789.css":
					w.Header().Set("Content-Encoding", "gzip")
					write(w, style)
				case "/static/forms.js":
					write(w, "script")
				case "/static/icon.0123456789.svg":
					write(w, "<svg/>")
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
			defer server.Close()
			got, err := weigh(t.Context(), server.URL, person{session: "secret"})
			if err != nil {
				t.Fatal(err)
			}
			want := weight{files: []weighed{{"HTML", len(page), false}, {"icon", 6, true}, {"CSS", len(style), true}, {"JS", 6, false}}}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(weight{}, weighed{})); diff != "" {
				t.Error(diff)
			}
			if got.total() != len(page)+len(style)+6 {
				t.Errorf("in all %d", got.total())
			}
		})
	}
}

func TestAFileThatIsNotThereIsSaid(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		write(w, `<link href="/static/app.0123456789.css">`)
	}))
	defer server.Close()
	_, err := weigh(t.Context(), server.URL, person{})
	if err == nil || !strings.Contains(err.Error(), "it answers 404") {
		t.Errorf("got %v", err)
	}
}
