package web

// Pages of other sites (CORS): off unless WEB_CORS_ORIGINS names them. Those may call REST with a token that they hold
// themselves; the browser is never asked to send credentials of ours along.

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// preflightAge is how many seconds a browser may remember what is allowed: Chromium keeps at most two hours, and a setting
// that was taken back must not live for long.
const preflightAge = "600"

// otherSites are the origins whose pages may call REST, and the guard that refuses all others.
type otherSites struct {
	origins []string
	guard   *http.CrossOriginProtection
}

func newOtherSites(origins []string) (*otherSites, error) {
	guard := http.NewCrossOriginProtection()
	for _, origin := range origins {
		err := guard.AddTrustedOrigin(origin)
		if err != nil {
			return nil, fmt.Errorf("trust the origin %s: %w", origin, err)
		}
	}
	return &otherSites{origins: origins, guard: guard}, nil
}

// allow says in the answer that the page may read it. It answers a preflight by itself, and then gives true.
func (o *otherSites) allow(w http.ResponseWriter, r *http.Request, routes []restRoute) (answered bool) {
	if len(o.origins) == 0 {
		return false
	}
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(o.origins, origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "ETag, "+replayedHeader+", RateLimit, RateLimit-Policy, Retry-After, "+requestIDHeader)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	_, verbs := findRoute(routes, r.Method, r.URL.Path)
	if len(verbs) == 0 {
		return false
	}
	nameRoute(r, "/v1/ preflight")
	header.Set("Access-Control-Allow-Methods", strings.Join(verbs, ", "))
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match")
	header.Set("Access-Control-Max-Age", preflightAge)
	w.WriteHeader(http.StatusNoContent)
	return true
}

// originList reads WEB_CORS_ORIGINS.
func originList(value string) []string {
	var origins []string
	for origin := range strings.SplitSeq(value, ",") {
		origin = strings.TrimSpace(origin)
		if origin != "" {
			origins = append(origins, origin)
		}
	}
	return origins
}

// areOrigins demands exact origins, and HTTPS beyond one's own machine.
func areOrigins(value string) error {
	for _, origin := range originList(value) {
		parsed, err := url.Parse(origin)
		if err != nil || parsed.Host == "" || origin != parsed.Scheme+"://"+parsed.Host {
			return errors.New("must be origins like https://app.example.org, with commas between them")
		}
		own := parsed.Scheme == "http" && isLoopback(parsed.Hostname())
		if parsed.Scheme != "https" && !own {
			return errors.New("must be https:// origins; http:// is for a loopback address only")
		}
	}
	return nil
}
