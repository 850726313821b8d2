package env

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A check is a func(value string) error. Its error says the whole rule, begins with "must be" and leaves the value out: "must be host:port". The
// same sentence is the setting's limits in the contract, where it is what the check says to the empty text (which no check ever meets as a value).

// HostPort demands a host and a numeric port, as in 127.0.0.1:9100, [::1]:9100 or db.internal:3306. Port 0 is allowed: a listener then picks one.
func HostPort(value string) error {
	host, port, err := net.SplitHostPort(value)
	_, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || host == "" || strings.ContainsAny(host, " /@?#") {
		return errors.New("must be host:port")
	}
	return nil
}

// URL demands an absolute http or https URL with a host and without user, password and fragment.
func URL(value string) error {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.User != nil || parsed.Fragment != "" {
		return errors.New("must be an http:// or https:// URL without user and password")
	}
	return nil
}

// OneOf demands one of the given words.
func OneOf(words ...string) func(string) error {
	return func(value string) error {
		if !slices.Contains(words, value) {
			return errors.New("must be one of " + strings.Join(words, ", "))
		}
		return nil
	}
}

func verify(value string, checks []func(string) error) error {
	for _, check := range checks {
		err := check(value)
		if err != nil {
			return err
		}
	}
	return nil
}

// limits asks the checks for their rules.
func limits(checks []func(string) error) string {
	var rules []string
	for _, check := range checks {
		err := check("")
		if err != nil {
			rules = append(rules, strings.TrimPrefix(err.Error(), "must be "))
		}
	}
	return strings.Join(rules, "; ")
}
