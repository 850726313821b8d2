package web

// The table of REST routes, read from the contracts: the path of each RPC from its HTTP annotation, whether it needs a
// person from its policy. A path that is in no contract counts as one that needs a person.

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

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
	class     policypb.Class
	query     map[string]protoreflect.FieldDescriptor // the fields that a query may have, by both their spellings
	// conditional says that the method takes an etag, so that If-Match can be held.
	conditional bool
}

// time is how long an answer may take.
func (route *restRoute) time() time.Duration {
	if route != nil && route.audience == forAuth {
		return accountTime
	}
	return pageTime
}

// restContracts are the files whose services are offered.
var restContracts = map[string][]protoreflect.FileDescriptor{
	forAuth:  {authpb.File_notejam_auth_v1_auth_proto, authpb.File_notejam_auth_v1_tokens_proto},
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
	route := restRoute{audience: audience, anonymous: policy.GetScope() == anonymousScope, class: policy.GetClass()}
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
	route.query = queryOf(method.Input(), rule.GetBody(), route.template)
	route.conditional = method.Input().Fields().ByName(fieldEtag) != nil ||
		route.verb == http.MethodPatch && method.Output().Fields().ByName(fieldEtag) != nil
	var err error
	route.path, err = regexp.Compile("^" + templatePattern(route.template) + "$")
	if err != nil {
		return restRoute{}, fmt.Errorf("HTTP path of rpc %s: %w", method.FullName(), err)
	}
	return route, nil
}

const fieldEtag = "etag"

// queryOf are the fields of a request that neither the path nor the body names.
func queryOf(request protoreflect.MessageDescriptor, body, template string) map[string]protoreflect.FieldDescriptor {
	query := map[string]protoreflect.FieldDescriptor{}
	for i := range request.Fields().Len() {
		field := request.Fields().Get(i)
		name := string(field.Name())
		if body == "*" || body == name || strings.Contains(template, "{"+name+"=") {
			continue
		}
		query[name], query[field.JSONName()] = field, field
	}
	return query
}

// variable is a part of a path that names a resource: {name=notes/*}.
var variable = regexp.MustCompile(`\{[^=}]+=([^}]+)\}`)

// templatePattern turns a path of the contract into a regular expression.
func templatePattern(template string) string {
	plain := variable.ReplaceAllString(template, "$1")
	return strings.ReplaceAll(regexp.QuoteMeta(plain), `\*`, `[^/:]+`) // behind a colon stands a verb of ours, and no id has one
}

// findRoute gives the route of a request, or nil and the verbs that the path does have. What has GET has HEAD.
func findRoute(routes []restRoute, verb, path string) (route *restRoute, verbs []string) {
	if verb == http.MethodHead {
		verb = http.MethodGet
	}
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
		if routes[i].verb == http.MethodGet {
			verbs = append(verbs, http.MethodHead)
		}
	}
	return nil, verbs
}

// openToAnyone says of a path that there is whether all that it has is open to anyone. Then nobody needs a token to hear
// which verbs these are.
func openToAnyone(routes []restRoute, path string) bool {
	found := false
	for i := range routes {
		if !routes[i].path.MatchString(path) {
			continue
		}
		if !routes[i].anonymous {
			return false
		}
		found = true
	}
	return found
}
