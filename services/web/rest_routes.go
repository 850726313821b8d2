package web

// The table of REST routes, read from the contracts: the path of each RPC from its HTTP annotation, whether it needs a
// person from its policy. A path that is in no contract counts as one that needs a person.

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notespb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// anonymousScope marks RPCs that anybody may call.
const anonymousScope = "anonymous"

// restRoute is one RPC as REST offers it.
type restRoute struct {
	verb      string // "GET"
	template  string // "/v1/{name=notes/*}"
	path      *regexp.Regexp
	audience  string // the service that answers
	anonymous bool
}

// restContracts are the files whose services are offered.
var restContracts = map[string][]protoreflect.FileDescriptor{
	forAuth:  {authpb.File_notejam_auth_v1_auth_proto},
	forNotes: {notespb.File_notejam_notes_v1_notes_proto, notespb.File_notejam_notes_v1_pads_proto},
	forAudit: {auditpb.File_notejam_audit_v1_activities_proto},
}

// restRoutes reads the table.
func restRoutes() ([]restRoute, error) {
	var routes []restRoute
	for audience, files := range restContracts {
		for _, file := range files {
			for s := range file.Services().Len() {
				methods := file.Services().Get(s).Methods()
				for m := range methods.Len() {
					route, err := restRouteOf(methods.Get(m), audience)
					if err != nil {
						return nil, err
					}
					routes = append(routes, route)
				}
			}
		}
	}
	slices.SortFunc(routes, func(a, b restRoute) int { return strings.Compare(a.template+a.verb, b.template+b.verb) })
	return routes, nil
}

func restRouteOf(method protoreflect.MethodDescriptor, audience string) (restRoute, error) {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	policy, _ := proto.GetExtension(method.Options(), policypb.E_Policy).(*policypb.MethodPolicy)
	route := restRoute{audience: audience, anonymous: policy.GetScope() == anonymousScope}
	for verb, template := range map[string]string{
		"GET": rule.GetGet(), "POST": rule.GetPost(), "PATCH": rule.GetPatch(), "PUT": rule.GetPut(), "DELETE": rule.GetDelete(),
	} {
		if template != "" {
			route.verb, route.template = verb, template
		}
	}
	if route.verb == "" {
		return restRoute{}, fmt.Errorf("rpc %s has no HTTP path", method.FullName())
	}
	var err error
	route.path, err = regexp.Compile("^" + templatePattern(route.template) + "$")
	if err != nil {
		return restRoute{}, fmt.Errorf("HTTP path of rpc %s: %w", method.FullName(), err)
	}
	return route, nil
}

// variable is a part of a path that names a resource: {name=notes/*}.
var variable = regexp.MustCompile(`\{[^=}]+=([^}]+)\}`)

// templatePattern turns a path of the contract into a regular expression.
func templatePattern(template string) string {
	plain := variable.ReplaceAllString(template, "$1")
	return strings.ReplaceAll(regexp.QuoteMeta(plain), `\*`, `[^/]+`)
}

// findRoute gives the route of a request, or nil and the verbs that the path does have.
func findRoute(routes []restRoute, verb, path string) (*restRoute, []string) {
	var verbs []string
	for i := range routes {
		if !routes[i].path.MatchString(path) {
			continue
		}
		if routes[i].verb == verb {
			return &routes[i], nil
		}
		if !slices.Contains(verbs, routes[i].verb) {
			verbs = append(verbs, routes[i].verb)
		}
	}
	return nil, verbs
}
