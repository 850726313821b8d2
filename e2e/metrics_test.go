package e2e_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/local"
)

// sample sums a service's metric over all series that have the labels, as its
// debug listener shows it now.
func sample(t *testing.T, s *local.Stack, service, name string, labels ...string) int {
	t.Helper()
	sum := 0.0
	for line := range strings.Lines(shownMetrics(t, s, service)) {
		series, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || (series != name && !strings.HasPrefix(series, name+"{")) || !hasAll(series, labels) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("metric %s: %v", line, err)
		}
		sum += n
	}
	return int(sum)
}

// shownMetrics reads what a service's debug listener shows.
func shownMetrics(t *testing.T, s *local.Stack, service string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Settings(service)[strings.ToUpper(service)+"_DEBUG_ADDR"]+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func hasAll(series string, labels []string) bool {
	for _, label := range labels {
		if !strings.Contains(series, label) {
			return false
		}
	}
	return true
}
