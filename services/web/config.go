package web

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/emf"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/tracing"
)

// minFormKey is the least length of the form key: 32 characters of base64 or hex hold at least 128 bits.
const minFormKey = 32

// maxProxies is more than anybody has: a CDN, a firewall, a load balancer and a sidecar are four.
const maxProxies = 8

// config is what web needs to know.
type config struct {
	Addr      string
	Tracing   tracing.Config
	EMF       emf.Config
	PublicURL string
	FormKey   env.Secret
	Proxies   int
	Limits    limitRates
	InFlight  int
	Origins   []string // of other sites whose pages may call REST
	TLS       rpc.TLSFiles

	AuthTarget, NotesTarget, AuditTarget string
}

// readConfig reads the settings; ask set.Err for mistakes.
func readConfig(set *env.Set) config {
	cfg := config{
		Addr:    set.String("WEB_ADDR", "127.0.0.1:8000", "Where pages, /v1/ and /readyz are served, as plain HTTP.", env.HostPort),
		Tracing: tracing.Settings(set, "WEB"),
		EMF:     emf.Settings(set, "WEB"),
		PublicURL: set.String("WEB_PUBLIC_URL", "http://127.0.0.1:8000",
			"Where people reach this site. With https the cookies are Secure and have the prefix __Host-; http is for one's own machine only.", publicURL),
		FormKey: set.Secret("WEB_FORM_KEY",
			"Key of the tokens in forms, at least 32 random characters; the same on all web processes. A new key makes open forms expire."),
		Proxies: set.Int("WEB_TRUSTED_PROXIES", 0, 0, maxProxies,
			"How many proxies of ours stand before web, each of which adds its peer's address to X-Forwarded-For. With 0 that header means nothing."),
		Limits: limitSettings(set),
		InFlight: set.Int("WEB_IN_FLIGHT", 64, 1, maxInFlight,
			"Pages and REST calls that this process answers at once; more are refused with 503, and of what can wait a share is enough. Health and static files do not count."),
		Origins: originList(set.String("WEB_CORS_ORIGINS", "",
			"Origins of other sites whose pages may call /v1/ with a token of their own, with commas between them: https://app.example.org. Empty: none.", areOrigins)),
		AuthTarget:  set.String("WEB_AUTH_TARGET", "dns:///auth:9090", "gRPC target of auth."),
		NotesTarget: set.String("WEB_NOTES_TARGET", "dns:///notes:9090", "gRPC target of notes."),
		AuditTarget: set.String("WEB_AUDIT_TARGET", "dns:///audit:9090", "gRPC target of audit."),
		TLS:         rpc.TLSSettings(set, "WEB"),
	}
	return cfg
}

// maxInFlight is as many as there can be connections.
const maxInFlight = 4096

// maxLimit is as much as no limit at all.
const maxLimit = 1_000_000

// limitSettings reads how often this process answers.
func limitSettings(set *env.Set) limitRates {
	calls := set.Int("WEB_LIMIT_CALLS", 600, 0, maxLimit,
		"REST calls and forms a minute of one person, and from one address of all who are not signed in. 0 sets no limit.")
	burst := set.Int("WEB_LIMIT_CALLS_BURST", 120, 1, maxLimit, "How many of these may come at once.")
	bad := set.Int("WEB_LIMIT_BAD_TOKENS", 60, 0, maxLimit, "REST calls a minute with no or a wrong token from one address. 0 sets no limit.")
	return limitRates{
		Calls:     limit.Rate{Count: calls, Per: time.Minute, Burst: burst},
		BadTokens: limit.Rate{Count: bad, Per: time.Minute, Burst: bad},
	}
}

// check finds the mistake that the settings' own types cannot show.
func (cfg config) check() error {
	if len(cfg.FormKey.Reveal()) < minFormKey {
		return env.Mistakes{"WEB_FORM_KEY must be at least 32 characters"}
	}
	return nil
}

// secure says whether people reach us by HTTPS.
func (cfg config) secure() bool { return strings.HasPrefix(cfg.PublicURL, "https://") }

// publicURL demands https, or http on a loopback address: a session cookie must not travel a network in the clear.
func publicURL(value string) error {
	rule := errors.New("must be https://HOST, or http://HOST on a loopback address, without a path")
	parsed, err := url.Parse(value)
	if err != nil || env.URL(value) != nil || parsed.RawQuery != "" || strings.Trim(parsed.Path, "/") != "" {
		return rule
	}
	if parsed.Scheme == "https" {
		return nil
	}
	if isLoopback(parsed.Hostname()) {
		return nil
	}
	return rule
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
