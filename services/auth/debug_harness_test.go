package auth

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// hashes gives how many password hashes the service has computed.
func (s *system) hashes() int { return s.scrape("auth_password_hashes_total") }

// statements gives how many reads the service has sent to its database.
func (s *system) statements() int {
	return s.scrape(`mysql_statements_total{kind="select",pool="main"}`)
}

// scrape gives the value of a metric that is there.
func (s *system) scrape(name string) int {
	s.t.Helper()
	value, ok := s.metrics()[name]
	if !ok {
		s.t.Fatalf("the metric %s is missing", name)
	}
	return value
}

// work is how many statements of all kinds the requests have sent.
func (s *system) work() (total int) {
	s.t.Helper()
	for line, value := range s.metrics() {
		if strings.HasPrefix(line, `mysql_statements_total{kind="`) && strings.Contains(line, `pool="main"`) {
			total += value
		}
	}
	return total
}

// metrics gives the metrics whose values are whole numbers.
func (s *system) metrics() map[string]int {
	s.t.Helper()
	resp, err := http.Get("http://" + s.debug + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	all := map[string]int{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value, err := strconv.Atoi(text)
		if err == nil {
			all[name] = value
		}
	}
	if lines.Err() != nil {
		s.t.Fatal(lines.Err())
	}
	return all
}

// statusz gives the service's own description of how it is.
func (s *system) statusz() string {
	s.t.Helper()
	resp, err := http.Get("http://" + s.debug + "/statusz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(body)
}
