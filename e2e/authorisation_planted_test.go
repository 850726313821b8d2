package e2e_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestTheMatrixOfAuthorisationNoticesAnRPCWithoutARow(t *testing.T) {
	options := &descriptorpb.MethodOptions{}
	proto.SetExtension(options, policypb.E_Policy, &policypb.MethodPolicy{
		Scope: "planted:read", Owner: policypb.Owner_OWNER_SELF, Event: "none", Callers: []string{"web"}, Class: policypb.Class_CLASS_READ,
	})
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("planted.proto"), Package: proto.String("notejam.planted.v1"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Empty")}},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("PlantedService"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: proto.String("GetAway"), InputType: proto.String(".notejam.planted.v1.Empty"),
				OutputType: proto.String(".notejam.planted.v1.Empty"), Options: options,
			}},
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	files := &protoregistry.Files{}
	err = files.RegisterFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const planted = "notejam.planted.v1.PlantedService/GetAway"
	wrong := missingRows(methodsOf(t, files), nil)
	if len(wrong) != 1 || !strings.HasPrefix(wrong[0], planted+" has no row") {
		t.Errorf("got %q", wrong)
	}
	wrong = missingRows(nil, map[string]func(*owner) proto.Message{planted: nil})
	if len(wrong) != 1 || !strings.HasPrefix(wrong[0], planted+" has a row") {
		t.Errorf("got %q", wrong)
	}
}

func TestTheMatrixOfAuthorisationNoticesEachWrongAnswer(t *testing.T) {
	note := method{Policy: rpc.Policy{Scope: "notes:read", Owner: policypb.Owner_OWNER_RESOURCE, Callers: []string{"web"}}}
	list := method{Policy: rpc.Policy{Scope: "notes:read", Owner: policypb.Owner_OWNER_SELF, Callers: []string{"web"}}}
	open := method{Policy: rpc.Policy{Scope: "anonymous", Owner: policypb.Owner_OWNER_NONE, Callers: []string{"web"}}}
	good := answer{code: codes.OK}
	for name, c := range map[string]struct {
		method method
		column string
		got    answer
	}{
		"another person reads":                {note, asOther, good},
		"another person hears that it exists": {note, asOther, answer{code: codes.PermissionDenied}},
		"another person has no list":          {list, asOther, answer{code: codes.NotFound}},
		"nobody reads":                        {note, asNobody, good},
		"an expired token reads":              {note, withExpired, good},
		"an ended session reads":              {list, withEnded, good},
		"a forged token reads":                {list, withForged, good},
		"a forged token hears something else": {list, withForged, answer{code: codes.Unauthenticated, reason: "SESSION_ENDED"}},
		"a token for another service reads":   {note, forOtherAud, good},
		"a token without the scope reads":     {note, withoutScope, good},
		"no scope for another reason":         {note, withoutScope, answer{code: codes.PermissionDenied, reason: fault.ReasonCallerDenied}},
		"another service reads":               {note, withOtherCerts, good},
		"another service signs people in":     {open, withOtherCerts, good},
		"nobody may sign in":                  {open, asNobody, answer{code: codes.Unauthenticated, reason: fault.ReasonTokenInvalid}},
		"the owner may not":                   {note, asOwner, answer{code: codes.NotFound}},
		"a token with the scope may not":      {note, withToken, answer{code: codes.PermissionDenied, reason: fault.ReasonScopeMissing}},
	} {
		if c.method.judge(c.column, c.got) == "" {
			t.Errorf("%s: not noticed", name)
		}
	}
}
