package web

// REST for programs: /v1/ by grpc-gateway, over the same connections as the pages. The library's defaults are generous;
// what they let through is refused here, before it sees the request: see check.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/gateway/auditgw"
	"gitlab.com/notejam/notejam/proto/gateway/authgw"
	"gitlab.com/notejam/notejam/proto/gateway/notesgw"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// gateway is the REST door.
type gateway struct {
	mux      *runtime.ServeMux
	routes   []restRoute
	sessions *sessions
	clients  clients
	limits   limits
	others   *otherSites
	crowd    *crowd
}

func newGateway(ctx context.Context, b backends, s *sessions, c clients, l limits, origins []string, crowd *crowd) (*gateway, error) {
	routes, err := restRoutes()
	if err != nil {
		return nil, err
	}
	others, err := newOtherSites(origins)
	if err != nil {
		return nil, err
	}
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, restJSON()),
		runtime.WithIncomingHeaderMatcher(noHeader),
		runtime.WithOutgoingHeaderMatcher(noHeader),
		runtime.WithOutgoingTrailerMatcher(noHeader),
		runtime.WithErrorHandler(restFailed),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithWriteContentLength(),
		runtime.WithForwardResponseOption(sendETag),
		runtime.WithForwardResponseOption(tellReplayed),
	)
	auth := restConn{b.Auth, s}
	notes := restConn{b.Notes, s}
	err = errors.Join(
		authgw.RegisterAuthServiceHandlerClient(ctx, mux, authpb.NewAuthServiceClient(auth)),
		authgw.RegisterTokensServiceHandlerClient(ctx, mux, authpb.NewTokensServiceClient(auth)),
		notesgw.RegisterNotesServiceHandlerClient(ctx, mux, notespb.NewNotesServiceClient(notes)),
		notesgw.RegisterPadsServiceHandlerClient(ctx, mux, notespb.NewPadsServiceClient(notes)),
		auditgw.RegisterActivityServiceHandlerClient(ctx, mux, auditpb.NewActivityServiceClient(b.Audit)),
	)
	if err != nil {
		return nil, err
	}
	return &gateway{mux: mux, routes: routes, sessions: s, clients: c, limits: l, others: others, crowd: crowd}, nil
}

// noHeader lets no header through, in either direction: what a call carries is its person's token and the request's id,
// and what an answer carries is set here.
func noHeader(string) (string, bool) { return "", false }

// jsonUTF8 is JSON with its charset named.
type jsonUTF8 struct{ *runtime.JSONPb }

// ContentType names the type of every answer.
func (jsonUTF8) ContentType(any) string { return restType }

const restType = "application/json; charset=utf-8"

// restJSON writes fields that have their default value and refuses fields that are in no contract.
func restJSON() runtime.Marshaler {
	return jsonUTF8{&runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{EmitDefaultValues: true},
		UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
	}}
}

// ServeHTTP answers one call.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", dataPolicy)
	nameRoute(r, "/v1/ unknown")
	if g.others.allow(w, r, g.routes) {
		return
	}
	route, verbs := findRoute(g.routes, r.Method, r.URL.Path)
	ctx, cancel := context.WithTimeout(r.Context(), route.time())
	defer cancel()
	call := &restCall{}
	ctx = context.WithValue(ctx, restCallKey{}, call)
	clean, err := g.check(w, r.WithContext(ctx), route, verbs, call)
	if err != nil {
		writeFault(ctx, w, err)
		return
	}
	err = g.crowd.Enter(ctx, route.class)
	if err != nil {
		writeFault(ctx, w, err)
		return
	}
	defer g.crowd.Leave()
	if call.ifNoneMatch != "" {
		w = &unlessHad{ResponseWriter: w, had: call.ifNoneMatch}
	}
	g.mux.ServeHTTP(w, clean)
}

// check makes the request that the library gets to see: on a route of ours, from a person if the route needs one, with a
// body that is JSON and small, and with no header that could mean anything.
func (g *gateway) check(w http.ResponseWriter, r *http.Request, route *restRoute, verbs []string, call *restCall) (*http.Request, error) {
	err := g.others.guard.Check(r)
	if err != nil {
		return nil, errRESTForged.With(err)
	}
	ctx, err := g.admit(r.Context(), w.Header(), r, route, call)
	if err != nil {
		return nil, err
	}
	if route == nil && len(verbs) > 0 {
		w.Header().Set("Allow", strings.Join(verbs, ", "))
		return nil, errRESTVerb
	}
	if route == nil {
		return nil, errRESTRoute
	}
	nameRoute(r, route.template)
	err = call.conditions(r, route)
	if err != nil {
		return nil, err
	}
	err = readQuery(r.URL, route)
	if err != nil {
		return nil, err
	}
	call.explicitMask = r.URL.Query().Has("update_mask") || r.URL.Query().Has("updateMask")
	body, err := readBody(w, r, route)
	if err != nil {
		return nil, err
	}
	clean := r.Clone(ctx)
	clean.Method = route.verb // HEAD is a GET whose body nobody sends
	clean.Header = http.Header{"Content-Type": {"application/json"}}
	clean.Body, clean.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return clean, nil
}

// identify exchanges the bearer token: a session's, exactly as the pages do with the cookie, or a personal access token. Cookies mean nothing here.
func (g *gateway) identify(ctx context.Context, r *http.Request, route *restRoute, call *restCall) (context.Context, error) {
	audience := forAuth // a path that is in no contract
	if route != nil {
		audience = route.audience
	}
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return nil, errRESTToken
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, errRESTToken
	}
	caller, err := g.sessions.signedIn(ctx, token, audience)
	if errors.Is(err, errNoSession) {
		return nil, errRESTToken
	}
	if err != nil {
		return nil, err
	}
	call.secret, call.person = token, caller.ID
	factsOf(ctx).person = caller.ID
	return rpc.WithToken(ctx, caller.Token), nil
}
