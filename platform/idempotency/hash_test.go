package idempotency_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/platform/idempotency"
)

// requestFile declares, for these tests, what a writing request may hold:
//
//	message Request {
//	  string request_id = 1;
//	  string title = 2;
//	  string password = 3 [debug_redact = true];
//	  Item item = 4;
//	  repeated Item items = 5;
//	  map<string, Item> named = 6;
//	}
//	message Item {
//	  string label = 1;
//	  bytes secret = 2 [debug_redact = true];
//	}
const requestFile = `
	name: "request.proto"  syntax: "proto3"
	message_type {
		name: "Request"
		field { name: "request_id" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
		field { name: "title" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
		field { name: "password" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL options { debug_redact: true } }
		field { name: "item" number: 4 type: TYPE_MESSAGE type_name: ".Item" label: LABEL_OPTIONAL }
		field { name: "items" number: 5 type: TYPE_MESSAGE type_name: ".Item" label: LABEL_REPEATED }
		field { name: "named" number: 6 type: TYPE_MESSAGE type_name: ".Request.NamedEntry" label: LABEL_REPEATED }
		nested_type {
			name: "NamedEntry"  options { map_entry: true }
			field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
			field { name: "value" number: 2 type: TYPE_MESSAGE type_name: ".Item" label: LABEL_OPTIONAL }
		}
	}
	message_type {
		name: "Item"
		field { name: "label" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
		field { name: "secret" number: 2 type: TYPE_BYTES label: LABEL_OPTIONAL options { debug_redact: true } }
	}`

// request is a message of that type, with the method that generated code has.
type request struct{ *dynamicpb.Message }

func (r request) GetRequestId() string { //nolint:revive // spelled as generated code spells it
	return r.Get(r.Descriptor().Fields().ByName("request_id")).String()
}

func requestType(t *testing.T) protoreflect.MessageDescriptor {
	t.Helper()
	declared := &descriptorpb.FileDescriptorProto{}
	err := prototext.Unmarshal([]byte(requestFile), declared)
	if err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(declared, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file.Messages().ByName("Request")
}

// hashOf hashes a request, written as JSON.
func hashOf(t *testing.T, as protoreflect.MessageDescriptor, json string) []byte {
	t.Helper()
	r := request{dynamicpb.NewMessage(as)}
	err := protojson.Unmarshal([]byte(json), r)
	if err != nil {
		t.Fatal(err)
	}
	before := proto.Clone(r)
	sum, err := idempotency.HashRequest(r)
	if err != nil || len(sum) != 32 {
		t.Fatalf("got %d bytes, %v", len(sum), err)
	}
	if !proto.Equal(before, r) {
		t.Fatal("hashing changed the message")
	}
	return sum
}

func TestTheHashTellsRequestsApartButNotTheirIDsAndSecrets(t *testing.T) {
	as := requestType(t)
	const first = `{"requestId": "1", "title": "a", "password": "p", "item": {"label": "a", "secret": "cA=="},
		"items": [{}, {"label": "a", "secret": "cA=="}], "named": {"x": {"label": "a", "secret": "cA=="}, "y": {}}}`
	for name, c := range map[string]struct {
		second string
		same   bool
	}{
		"the same fields": {first, true},
		"another request_id and other secrets": {`{"requestId": "2", "title": "a", "password": "q", "item": {"label": "a", "secret": "cQ=="},
			"items": [{"secret": "cQ=="}, {"label": "a"}], "named": {"y": {"secret": "cQ=="}, "x": {"label": "a"}}}`, true},
		"another field":              {`{"title": "b", "item": {"label": "a"}, "items": [{}, {"label": "a"}], "named": {"x": {"label": "a"}, "y": {}}}`, false},
		"another field in a message": {`{"title": "a", "item": {"label": "b"}, "items": [{}, {"label": "a"}], "named": {"x": {"label": "a"}, "y": {}}}`, false},
		"another field in a list":    {`{"title": "a", "item": {"label": "a"}, "items": [{}, {"label": "b"}], "named": {"x": {"label": "a"}, "y": {}}}`, false},
		"another field in a map":     {`{"title": "a", "item": {"label": "a"}, "items": [{}, {"label": "a"}], "named": {"x": {"label": "b"}, "y": {}}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			same := bytes.Equal(hashOf(t, as, first), hashOf(t, as, c.second))
			if same != c.same {
				t.Errorf("same hash: %v", same)
			}
		})
	}
}

func TestTheKeyOfARequestHoldsItsIDAndHash(t *testing.T) {
	as := requestType(t)
	const json = `{"requestId": "1", "title": "a"}`
	r := request{dynamicpb.NewMessage(as)}
	err := protojson.Unmarshal([]byte(json), r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := idempotency.NewKey(ann, method, r)
	want := idempotency.Key{Person: ann, RequestID: "1", Method: method, Hash: hashOf(t, as, json)}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, want and got differ:\n%s", err, diff)
	}
}
