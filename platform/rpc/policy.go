package rpc

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gitlab.com/notejam/notejam/proto/policypb"
)

// Words of MethodPolicy that are no scope and no event type.
const (
	scopeAnonymous = "anonymous"
	scopeService   = "service"
	eventNone      = "none"
)

// requestIDField is the field that every writing request has (AIP-155).
const requestIDField = protoreflect.Name("request_id")

var (
	scopePattern = regexp.MustCompile(`^[a-z]+:[a-z]+$`)
	eventPattern = regexp.MustCompile(`^notejam(\.[a-z_]+){3}\.v[0-9]+$`)
	// readPattern are the names of methods that may leave no event. Whatever else
	// a method does is a write, also when somebody forgot to say so.
	readPattern = regexp.MustCompile(`^(Get|List|Read|Find|Check|Verify|Exchange)([A-Z]|$)`)
)

// Policy is what a method's options say, resolved: callers are the method's
// own or its service's.
type Policy struct {
	Method  string // full method: /notejam.notes.v1.NotesService/CreateNote
	Scope   string
	Owner   policypb.Owner
	Event   string
	Callers []string
	Class   policypb.Class
	Writes  bool
}

// NeedsPerson says whether a call must carry a person's access token.
func (p Policy) NeedsPerson() bool { return p.Scope != scopeAnonymous && p.Scope != scopeService }

// Policies reads the policies of every method of the services, and says
// everything that is wrong with them at once.
func Policies(services ...protoreflect.ServiceDescriptor) (map[string]Policy, error) {
	policies := map[string]Policy{}
	var mistakes []error
	for _, service := range services {
		methods := service.Methods()
		for i := range methods.Len() {
			p, err := policyOf(service, methods.Get(i))
			if err != nil {
				mistakes = append(mistakes, err)
			}
			policies[p.Method] = p
		}
	}
	return policies, errors.Join(mistakes...)
}

// policyOf reads one method's policy and checks that it says all it must.
func policyOf(service protoreflect.ServiceDescriptor, method protoreflect.MethodDescriptor) (Policy, error) {
	declared, _ := proto.GetExtension(method.Options(), policypb.E_Policy).(*policypb.MethodPolicy)
	callers := declared.GetCallers()
	internal := strings.Contains(string(service.FullName()), ".internal.")
	if len(callers) == 0 && !internal {
		callers, _ = proto.GetExtension(service.Options(), policypb.E_Callers).([]string)
	}
	p := Policy{
		Method:  fmt.Sprintf("/%s/%s", service.FullName(), method.Name()),
		Scope:   declared.GetScope(),
		Owner:   declared.GetOwner(),
		Event:   declared.GetEvent(),
		Callers: callers,
		Class:   declared.GetClass(),
		Writes:  declared.GetEvent() != eventNone,
	}
	hasRequestID := method.Input().Fields().ByName(requestIDField) != nil
	rules := []struct {
		ok  bool
		say string
	}{
		{p.Scope == scopeAnonymous || p.Scope == scopeService || scopePattern.MatchString(p.Scope), "has no valid scope"},
		{p.Scope != scopeService || internal, "has scope service outside an internal package"},
		{p.Owner != policypb.Owner_OWNER_UNSPECIFIED, "has no owner rule"},
		{!p.NeedsPerson() || p.Owner != policypb.Owner_OWNER_NONE, "needs a person but has owner rule NONE"},
		{p.NeedsPerson() || p.Owner == policypb.Owner_OWNER_NONE, "knows no person but has an owner rule"},
		{p.Event == eventNone || eventPattern.MatchString(p.Event), "has no valid event type"},
		{p.Writes || readPattern.MatchString(string(method.Name())), "is not named like a read but writes no event"},
		{len(p.Callers) > 0, "names no callers"},
		{p.Class != policypb.Class_CLASS_UNSPECIFIED, "has no class"},
		{p.Writes == hasRequestID, "must have a request_id exactly if it writes an event"},
		{!method.IsStreamingClient() && !method.IsStreamingServer(), "streams, which the chain does not cover"},
	}
	var mistakes []error
	for _, rule := range rules {
		if !rule.ok {
			mistakes = append(mistakes, fmt.Errorf("rpc %s %s", p.Method, rule.say))
		}
	}
	return p, errors.Join(mistakes...)
}

// Call is one right to call: a line of proto/calls.json.
type Call struct {
	Caller  string   `json:"caller"`
	Service string   `json:"service"`
	Methods []string `json:"methods"`
}

// Calls lists who may call what, sorted, from the policies.
func Calls(policies map[string]Policy) []Call {
	methods := map[[2]string][]string{}
	for full, p := range policies {
		service, method, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
		for _, caller := range p.Callers {
			key := [2]string{caller, service}
			methods[key] = append(methods[key], method)
		}
	}
	calls := make([]Call, 0, len(methods))
	for key, names := range methods {
		slices.Sort(names)
		calls = append(calls, Call{Caller: key[0], Service: key[1], Methods: names})
	}
	sort.Slice(calls, func(i, j int) bool {
		if calls[i].Caller != calls[j].Caller {
			return calls[i].Caller < calls[j].Caller
		}
		return calls[i].Service < calls[j].Service
	})
	return calls
}

// foreign are the services on our servers that we did not define: they carry
// no policies, and any holder of one of our certificates may call them.
var foreign = []string{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}

// registeredPolicies reads the policies of everything a gRPC server serves.
func registeredPolicies(server *grpc.Server) (map[string]Policy, error) {
	var services []protoreflect.ServiceDescriptor
	for name := range server.GetServiceInfo() {
		if slices.Contains(foreign, name) {
			continue
		}
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("find service %s: %w", name, err)
		}
		services = append(services, found.(protoreflect.ServiceDescriptor)) //nolint:forcetypeassert // a service's name finds a service
	}
	return Policies(services...)
}

func (p Policy) allows(caller string) bool { return slices.Contains(p.Callers, caller) }

func isForeign(fullMethod string) bool {
	service, _, _ := strings.Cut(strings.TrimPrefix(fullMethod, "/"), "/")
	return slices.Contains(foreign, service)
}
