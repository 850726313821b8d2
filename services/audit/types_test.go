package audit

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/rpc"
	_ "gitlab.com/notejam/notejam/proto/auditinternalpb"
	_ "gitlab.com/notejam/notejam/proto/auditpb"
	_ "gitlab.com/notejam/notejam/proto/authinternalpb"
	_ "gitlab.com/notejam/notejam/proto/authpb"
	_ "gitlab.com/notejam/notejam/proto/notesinternalpb"
	_ "gitlab.com/notejam/notejam/proto/notespb"
)

// contracts are all our services: every one of which proto/calls.json says that somebody calls it.
func contracts(t *testing.T) (services []protoreflect.ServiceDescriptor) {
	t.Helper()
	var names []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			if strings.HasPrefix(string(file.Package()), "notejam.") {
				services = append(services, file.Services().Get(i))
				names = append(names, string(file.Services().Get(i).FullName()))
			}
		}
		return true
	})
	slices.Sort(names)
	var calls []struct{ Service string }
	data, err := os.ReadFile("../../proto/calls.json")
	if err != nil {
		t.Fatal(err)
	}
	err = json.Unmarshal(data, &calls)
	if err != nil {
		t.Fatal(err)
	}
	var called []string
	for _, call := range calls {
		called = append(called, call.Service)
	}
	slices.Sort(called)
	if diff := cmp.Diff(slices.Compact(called), names); diff != "" {
		t.Fatalf("the services that are called and those that this test knows differ:\n%s", diff)
	}
	return services
}

func TestEveryRPCOfEveryServiceHasItsRulesAndEveryWriteItsEvent(t *testing.T) {
	services := contracts(t)
	policies, err := rpc.Policies(services...)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			policy := policies["/"+string(service.FullName())+"/"+string(method.Name())]
			rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
			if rule != nil && policy.Writes == (rule.GetGet() != "") {
				t.Errorf("%s is %v by HTTP, and its event is %s", policy.Method, rule.GetPattern(), policy.Event)
			}
			owner := strings.Split(string(service.FullName()), ".")[1]
			if policy.Writes && !strings.HasPrefix(policy.Event, "notejam."+owner+".") {
				t.Errorf("%s writes %s, which is another service's", policy.Method, policy.Event)
			}
			if policy.Writes && !knownTypes[policy.Event] {
				t.Errorf("%s writes %s, which audit does not know", policy.Method, policy.Event)
			}
		}
	}
}

func TestKnownTypes_AreThoseOfTheTableOfEvents(t *testing.T) {
	table, err := outboxtest.ReadTable("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for kind := range table {
		listed[kind] = true
	}
	if diff := cmp.Diff(listed, knownTypes); diff != "" {
		t.Errorf("docs/events.md and what this service knows differ:\n%s", diff)
	}
}
