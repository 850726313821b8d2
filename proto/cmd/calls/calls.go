package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"gitlab.com/notejam/notejam/proto/policypb"
)

// Call says that one service calls another, and for what.
type Call struct {
	Caller  string   `json:"caller"`  // the name in its certificate: "web"
	Callee  string   `json:"callee"`  // "notes"
	Service string   `json:"service"` // "notejam.notes.v1.NotesService"
	Methods []string `json:"methods"` // sorted
}

// calls reads the `callers` options of every method of our packages and
// returns one Call for each caller and service, sorted by caller, callee and
// service. A method that nobody may call, or that names a caller that is no
// service, is a mistake.
func calls(set *descriptorpb.FileDescriptorSet) ([]Call, error) {
	known := serviceNames(set)
	type edge struct{ caller, callee, service string }
	methods := make(map[edge][]string)
	for _, file := range set.GetFile() {
		callee, ours := owner(file.GetPackage())
		if !ours {
			continue
		}
		for _, service := range file.GetService() {
			name := file.GetPackage() + "." + service.GetName()
			for _, method := range service.GetMethod() {
				callers := callersOf(service, method)
				if len(callers) == 0 {
					return nil, fmt.Errorf("%s.%s: no caller may call it; set the option notejam.policy.v1.callers", name, method.GetName())
				}
				for _, caller := range callers {
					if !known[caller] {
						return nil, fmt.Errorf("%s.%s: its caller %q is not a service", name, method.GetName(), caller)
					}
					key := edge{caller, callee, name}
					methods[key] = append(methods[key], method.GetName())
				}
			}
		}
	}
	list := make([]Call, 0, len(methods))
	for key, names := range methods {
		slices.Sort(names)
		list = append(list, Call{Caller: key.caller, Callee: key.callee, Service: key.service, Methods: names})
	}
	slices.SortFunc(list, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Callee, b.Callee), cmp.Compare(a.Service, b.Service))
	})
	return list, nil
}

// callersOf returns the method's own callers, or those of its service.
func callersOf(service *descriptorpb.ServiceDescriptorProto, method *descriptorpb.MethodDescriptorProto) []string {
	policy, _ := proto.GetExtension(method.GetOptions(), policypb.E_Policy).(*policypb.MethodPolicy)
	callers := policy.GetCallers()
	if len(callers) == 0 {
		callers, _ = proto.GetExtension(service.GetOptions(), policypb.E_Callers).([]string)
	}
	callers = slices.Clone(callers)
	slices.Sort(callers)
	return slices.Compact(callers)
}

// serviceNames returns the names that a certificate can hold: web, which has no
// contract of its own, and every service that has one.
func serviceNames(set *descriptorpb.FileDescriptorSet) map[string]bool {
	names := map[string]bool{"web": true}
	for _, file := range set.GetFile() {
		name, ours := owner(file.GetPackage())
		if ours && len(file.GetService()) > 0 {
			names[name] = true
		}
	}
	return names
}

// owner returns the service that a package belongs to: "notes" for
// notejam.notes.v1 and for notejam.notes.internal.v1.
func owner(pkg string) (string, bool) {
	rest, ours := strings.CutPrefix(pkg, "notejam.")
	name, _, _ := strings.Cut(rest, ".")
	return name, ours
}
