package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestCalls_MethodsAreGroupedByCallerAndServiceAndSorted(t *testing.T) {
	set := contracts(
		file("notejam.notes.v1", service("NotesService", []string{"web"}, method("UpdateNote"), method("CreateNote"))),
		file("notejam.auth.internal.v1", service("IdentityService", nil, method("GetKeySet", "notes", "auth"), method("ExchangeSession", "web"))),
	)

	got, err := calls(set)
	if err != nil {
		t.Fatal(err)
	}

	want := []Call{
		{Caller: "auth", Callee: "auth", Service: "notejam.auth.internal.v1.IdentityService", Methods: []string{"GetKeySet"}},
		{Caller: "notes", Callee: "auth", Service: "notejam.auth.internal.v1.IdentityService", Methods: []string{"GetKeySet"}},
		{Caller: "web", Callee: "auth", Service: "notejam.auth.internal.v1.IdentityService", Methods: []string{"ExchangeSession"}},
		{Caller: "web", Callee: "notes", Service: "notejam.notes.v1.NotesService", Methods: []string{"CreateNote", "UpdateNote"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestCalls_AMethodsOwnCallersReplaceThoseOfItsService(t *testing.T) {
	set := contracts(
		file("notejam.audit.v1", service("ActivityService", []string{"web"}, method("ListActivities", "notes"))),
		file("notejam.notes.v1", service("NotesService", []string{"web"}, method("GetNote"))),
	)

	got, err := calls(set)
	if err != nil {
		t.Fatal(err)
	}

	for _, call := range got {
		if call.Callee == "audit" && call.Caller != "notes" {
			t.Errorf("%s may call audit, want only notes", call.Caller)
		}
	}
}

func TestCalls_AMethodThatNobodyMayCallIsRefused(t *testing.T) {
	_, err := calls(contracts(file("notejam.notes.v1", service("NotesService", nil, method("GetNote")))))
	wantError(t, err, "notejam.notes.v1.NotesService.GetNote: no caller may call it")
}

func TestCalls_ACallerThatIsNoServiceIsRefused(t *testing.T) {
	_, err := calls(contracts(file("notejam.notes.v1", service("NotesService", []string{"wbe"}, method("GetNote")))))
	wantError(t, err, `its caller "wbe" is not a service`)
}

func TestCalls_PackagesOfOthersAreLeftOut(t *testing.T) {
	got, err := calls(contracts(file("google.longrunning", service("Operations", nil, method("GetOperation")))))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 0 {
		t.Errorf("calls = %v, want none", got)
	}
}

func TestRun_OptionsSurviveTheWayThroughBytes(t *testing.T) {
	data, err := proto.Marshal(contracts(file("notejam.notes.v1", service("NotesService", []string{"web"}, method("GetNote")))))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer

	err = run(bytes.NewReader(data), &out)
	if err != nil {
		t.Fatal(err)
	}

	want := `[
  {
    "caller": "web",
    "callee": "notes",
    "service": "notejam.notes.v1.NotesService",
    "methods": [
      "GetNote"
    ]
  }
]
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

func TestRun_BytesThatAreNoContractsAreRefused(t *testing.T) {
	err := run(strings.NewReader("no descriptor set"), &bytes.Buffer{})
	wantError(t, err, "decode the contracts")
}

func TestCommittedCalls_OnlyWebReachesThePublicServices(t *testing.T) {
	data, err := os.ReadFile("../../calls.json")
	if err != nil {
		t.Fatal(err)
	}
	var committed []Call
	err = json.Unmarshal(data, &committed)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range committed {
		public := !strings.Contains(call.Service, ".internal.")
		if public && call.Caller != "web" {
			t.Errorf("%s calls %s, which is public: only web may", call.Caller, call.Service)
		}
	}
}

func contracts(files ...*descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorSet {
	return &descriptorpb.FileDescriptorSet{File: files}
}

func file(pkg string, services ...*descriptorpb.ServiceDescriptorProto) *descriptorpb.FileDescriptorProto {
	return &descriptorpb.FileDescriptorProto{Package: &pkg, Service: services}
}

func service(name string, callers []string, methods ...*descriptorpb.MethodDescriptorProto) *descriptorpb.ServiceDescriptorProto {
	options := &descriptorpb.ServiceOptions{}
	if callers != nil {
		proto.SetExtension(options, policypb.E_Callers, callers)
	}
	return &descriptorpb.ServiceDescriptorProto{Name: &name, Options: options, Method: methods}
}

func method(name string, callers ...string) *descriptorpb.MethodDescriptorProto {
	options := &descriptorpb.MethodOptions{}
	proto.SetExtension(options, policypb.E_Policy, &policypb.MethodPolicy{Callers: callers})
	return &descriptorpb.MethodDescriptorProto{Name: &name, Options: options}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error = %v, want one that says %q", err, want)
	}
}
