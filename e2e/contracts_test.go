package e2e_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// method is one RPC, as its descriptor tells of it.
type method struct {
	rpc.Policy
	name    string // NotesService/GetNote of notejam.notes.v1: notejam.notes.v1.NotesService/GetNote
	service string // which program serves it: notes
	answer  protoreflect.FullName
	verb    string // of REST; empty for a method that REST does not have
	path    string // /v1/{name=notes/*}
	body    string // "", "*", or the field that the body is
}

// methodsOf reads all RPCs of the packages that begin with notejam., sorted.
func methodsOf(t *testing.T, files *protoregistry.Files) []method {
	t.Helper()
	var all []method
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		pack := string(file.Package())
		if !strings.HasPrefix(pack, "notejam.") {
			return true
		}
		for s := range file.Services().Len() {
			service := file.Services().Get(s)
			policies, err := rpc.Policies(service)
			if err != nil {
				t.Fatal(err)
			}
			for m := range service.Methods().Len() {
				descriptor := service.Methods().Get(m)
				name := fmt.Sprintf("%s/%s", service.FullName(), descriptor.Name())
				one := method{
					Policy: policies["/"+name], name: name, service: strings.Split(pack, ".")[1], answer: descriptor.Output().FullName(),
				}
				one.verb, one.path, one.body = httpRule(descriptor)
				all = append(all, one)
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b method) int { return cmp.Compare(a.name, b.name) })
	return all
}

func httpRule(descriptor protoreflect.MethodDescriptor) (verb, path, body string) {
	rule, _ := proto.GetExtension(descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
	for verb, path := range map[string]string{
		"GET": rule.GetGet(), "POST": rule.GetPost(), "PATCH": rule.GetPatch(), "PUT": rule.GetPut(), "DELETE": rule.GetDelete(),
	} {
		if path != "" {
			return verb, path, rule.GetBody()
		}
	}
	return "", "", ""
}

// pathVariable is the part of a path that a field of the request fills:
// {note.name=notes/*}.
var pathVariable = regexp.MustCompile(`\{([a-z_.]+)=[^}]+\}`)

// rest writes a request as the contract's HTTP rule says: fields into the path,
// into the body, and those that are left into the query.
func (m method) rest(t *testing.T, request proto.Message) (path string, body any) {
	t.Helper()
	fields := fieldsOf(t, request)
	path = pathVariable.ReplaceAllStringFunc(m.path, func(variable string) string {
		return take(fields, strings.Split(pathVariable.FindStringSubmatch(variable)[1], "."))
	})
	switch m.body {
	case "":
	case "*":
		return path, fields
	default:
		body = fields[m.body]
		delete(fields, m.body)
	}
	query := url.Values{}
	for name, value := range fields {
		query.Set(name, fmt.Sprint(value))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path, body
}

// take takes a text out of nested objects.
func take(fields map[string]any, path []string) string {
	if len(path) > 1 {
		inner, _ := fields[path[0]].(map[string]any)
		return take(inner, path[1:])
	}
	value, _ := fields[path[0]].(string)
	delete(fields, path[0])
	return value
}

func fieldsOf(t *testing.T, request proto.Message) map[string]any {
	t.Helper()
	data, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]any{}
	err = json.Unmarshal(data, &fields)
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

// resourceName is the name of a thing in the JSON form of a message.
var resourceName = regexp.MustCompile(`"([a-z]+)/[0-9a-f]{8}-[0-9a-f-]{27}"`)

// ofNothing is the same request about things that do not exist. false when it
// names no thing.
func ofNothing(t *testing.T, request proto.Message, id string) (proto.Message, bool) {
	t.Helper()
	data, err := protojson.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	other := resourceName.ReplaceAll(data, []byte(`"$1/`+id+`"`))
	nothing := request.ProtoReflect().New().Interface()
	err = protojson.Unmarshal(other, nothing)
	if err != nil {
		t.Fatal(err)
	}
	return nothing, !proto.Equal(nothing, request)
}

// missingRows compares the contracts with the requests that are written down for
// them, and names what only one of them has.
func missingRows(methods []method, requests map[string]func(*owner) proto.Message) []string {
	left := maps.Clone(requests)
	var wrong []string
	for _, m := range methods {
		if requests[m.name] == nil {
			wrong = append(wrong, m.name+" has no row: say in requests how its owner calls it")
		}
		delete(left, m.name)
	}
	for name := range left {
		wrong = append(wrong, name+" has a row and is in no contract")
	}
	slices.Sort(wrong)
	return wrong
}
