package web

// The door puts the parts together, outermost first: observe (id, log line, metrics, recovery), headers, and then either
// a static file, REST, or the table of pages. What a test drives is this same handler.

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
	"gitlab.com/notejam/notejam/proto/openapi"
)

// doorConfig is what the door is made of.
type doorConfig struct {
	Backends  backends
	FormKey   []byte
	PublicURL string       // as people write it
	Secure    bool         // people reach us by HTTPS
	Proxies   int          // before us
	Limits    limitRates   // none by itself
	InFlight  int          // how many requests are answered at once
	Origins   []string     // of other sites whose pages may call REST
	Ready     http.Handler // /readyz
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Tracer    trace.TracerProvider // nil for none
	Now       func() time.Time
}

// site is what page handlers share.
type site struct {
	auth     authpb.AuthServiceClient
	access   authpb.TokensServiceClient
	identity authinternalpb.IdentityServiceClient
	notes    notespb.NotesServiceClient
	pads     notespb.PadsServiceClient
	contents notesinternalpb.PagesServiceClient
	audit    auditpb.ActivityServiceClient
	trail    auditinternalpb.PagesServiceClient

	sessions *sessions
	cookies  cookies
	clients  clients
	tokens   formTokens
	devices  devices
	limits   limits
	crowd    *crowd
	renderer *renderer
	// reference is what /docs/ tells.
	reference Docs
	exports   chan struct{} // holds one for each download that is being written
	now       func() time.Time
	readOnly  *readOnlyServices

	publicURL string // without a slash at its end
}

// newDoor makes the handler for everything that comes in.
func newDoor(ctx context.Context, cfg doorConfig) (http.Handler, error) {
	static, err := newAssets(staticFiles)
	if err != nil {
		return nil, err
	}
	renderer, err := newRenderer(static.pathOf)
	if err != nil {
		return nil, err
	}
	identity := authinternalpb.NewIdentityServiceClient(cfg.Backends.Auth)
	s := &site{
		auth:     authpb.NewAuthServiceClient(cfg.Backends.Auth),
		access:   authpb.NewTokensServiceClient(cfg.Backends.Auth),
		identity: identity,
		notes:    notespb.NewNotesServiceClient(cfg.Backends.Notes),
		pads:     notespb.NewPadsServiceClient(cfg.Backends.Notes),
		contents: notesinternalpb.NewPagesServiceClient(cfg.Backends.Notes),
		audit:    auditpb.NewActivityServiceClient(cfg.Backends.Audit),
		trail:    auditinternalpb.NewPagesServiceClient(cfg.Backends.Audit),
		sessions: newSessions(identity, cfg.Now),
		cookies:  cookies{cfg.Secure},
		clients:  clients{cfg.Proxies},
		tokens:   formTokens{cfg.FormKey},
		devices:  devices{cfg.FormKey},
		limits:   newLimits(cfg.Limits, cfg.Now, cfg.Metrics),
		renderer: renderer,
		exports:  make(chan struct{}, maxExports),
		now:      cfg.Now,
		readOnly: cfg.Backends.ReadOnly,

		publicURL: strings.TrimSuffix(cfg.PublicURL, "/"),
	}
	s.crowd, err = newCrowd(cfg.InFlight, renderer, cfg.Metrics)
	if err != nil {
		return nil, err
	}
	rest, err := newGateway(ctx, cfg.Backends, s.sessions, s.clients, s.limits, cfg.Origins, s.crowd)
	if err != nil {
		return nil, fmt.Errorf("build REST: %w", err)
	}
	document, err := newAsset(openapi.Document, restType, "no-cache")
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	s.reference, err = readDocs(openapi.Document)
	if err != nil {
		return nil, err
	}
	pages := s.router()
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/readyz":
			nameRoute(r, "/readyz")
			w.Header().Set("Content-Security-Policy", dataPolicy)
			cfg.Ready.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/v1/"):
			rest.ServeHTTP(w, r)
		case r.URL.Path == "/openapi.json" && isRead(r.Method):
			nameRoute(r, r.URL.Path)
			w.Header().Set("Content-Security-Policy", dataPolicy)
			document.write(w, r)
		case isRead(r.Method) && static.serve(w, r):
			nameRoute(r, "static")
		default:
			pages.ServeHTTP(w, r)
		}
	})
	watched := newObserver(cfg.Log, cfg.Metrics, cfg.Tracer, s)
	return watched.wrap(withHeaders(cfg.Secure, inner)), nil
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }
