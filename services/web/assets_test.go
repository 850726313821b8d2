package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAssets_AreNamedByTheirContentAndKeptForGood(t *testing.T) {
	a := testAssets(t, "body { color: red }")
	b := testAssets(t, "body { color: blue }")
	if a.paths["x.css"] == b.paths["x.css"] {
		t.Error("two contents have one name")
	}
	answer := serveAsset(t, a, a.paths["x.css"], nil)
	want := map[string]string{
		"Content-Type":     "text/css; charset=utf-8",
		"Cache-Control":    "public, max-age=31536000, immutable",
		"Vary":             "Accept-Encoding",
		"Content-Encoding": "",
		"Content-Length":   "19",
	}
	for name, value := range want {
		if got := answer.Header().Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if answer.Body.String() != "body { color: red }" {
		t.Errorf("body is %q", answer.Body)
	}
}

func TestAssets_AreCompressedForWhoeverTakesIt(t *testing.T) {
	long := strings.Repeat("body { color: red }\n", 100)
	a := testAssets(t, long)
	for accept, compressed := range map[string]bool{
		"gzip":                    true,
		"br;q=1.0, gzip;q=0.8, *": true,
		"deflate, gzip; q=0.5":    true,
		"":                        false,
		"br":                      false,
		"gzip;q=0":                false,
		"gzip;q=0.000":            false,
		"xgzip":                   false,
	} {
		answer := serveAsset(t, a, a.paths["x.css"], http.Header{"Accept-Encoding": {accept}})
		if got := answer.Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("%q: compressed is %v", accept, got)
		}
		var body io.Reader = answer.Body
		if compressed {
			reader, err := gzip.NewReader(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = reader
		}
		content, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(content, []byte(long)) {
			t.Errorf("%q: got %d bytes, %v", accept, len(content), err)
		}
	}
}

func TestAssets_AreNotSentAgain(t *testing.T) {
	a := testAssets(t, "x")
	first := serveAsset(t, a, a.paths["x.css"], nil)
	again := serveAsset(t, a, a.paths["x.css"], http.Header{"If-None-Match": {first.Header().Get("ETag")}})
	if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("got %d with %d bytes", again.Code, again.Body.Len())
	}
}

func TestAssets_KnowNoOtherPath(t *testing.T) {
	a := testAssets(t, "x")
	for _, path := range []string{"/static/x.css", "/static/", "/static/../x", "/static/x.0000000000.css"} {
		if a.serve(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)) {
			t.Errorf("%s is served", path)
		}
	}
}

func TestAssets_OfAnUnknownKindAreRefusedAtStart(t *testing.T) {
	_, err := newAssets(fstest.MapFS{"static/x.exe": {Data: []byte("x")}})
	if err == nil || !strings.Contains(err.Error(), ".exe") {
		t.Errorf("got %v", err)
	}
}

func TestOwnFilesAreSmall(t *testing.T) {
	a, err := newAssets(staticFiles)
	if err != nil {
		t.Fatal(err)
	}
	compressed := 0
	for path, file := range a.byPath {
		compressed += len(file.gzip)
		if strings.HasSuffix(path, ".css") && len(file.plain) > 20<<10 {
			t.Errorf("%s has %d bytes; 20 KiB are enough", path, len(file.plain))
		}
	}
	if compressed > 10<<10 {
		t.Errorf("all files together are %d bytes over the wire", compressed)
	}
}

func testAssets(t *testing.T, css string) *assets {
	t.Helper()
	a, err := newAssets(fstest.MapFS{"static/x.css": {Data: []byte(css)}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func serveAsset(t *testing.T, a *assets, path string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	request.Header = header
	recorder := httptest.NewRecorder()
	if !a.serve(recorder, request) {
		t.Fatalf("%s is not served", path)
	}
	return recorder
}
