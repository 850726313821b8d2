package web

import (
	"context"
	"net/http"
	"strings"

	"gitlab.com/notejam/notejam/platform/fault"
)

// admit finds out who calls, and lets them through as often as their limit says. What is left of it stands in the answer's header, whatever the answer is.
func (g *gateway) admit(ctx context.Context, header http.Header, r *http.Request, route *restRoute, call *restCall) (context.Context, error) {
	host := g.clients.host(r)
	if route != nil && route.anonymous || route == nil && openToAnyone(g.routes, r.URL.Path) {
		call.client = g.clients.of(r)
		answer, err := g.limits.address.pass(host)
		g.limits.address.tell(header, answer)
		return g.clients.tell(ctx, r, ""), err
	}
	// A token that is known to be right passes, whatever others have tried at the same address.
	waiting := g.limits.badToken.Look(host)
	if !waiting.Allowed && !g.remembers(r, route) {
		g.limits.badToken.tell(header, waiting)
		return nil, refused(waiting)
	}
	ctx, err := g.identify(ctx, r, route, call)
	if fault.KindOf(err) == fault.Unauthenticated {
		g.limits.badToken.tell(header, g.limits.badToken.Take(host))
	}
	if err != nil {
		return nil, err
	}
	answer, err := g.limits.person.pass(call.person)
	g.limits.person.tell(header, answer)
	return ctx, err
}

// remembers says whether the call's token was seen to be right just now.
func (g *gateway) remembers(r *http.Request, route *restRoute) bool {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return route != nil && g.sessions.remembers(token, route.audience)
}
