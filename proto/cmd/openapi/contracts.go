package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"gitlab.com/notejam/notejam/proto/policypb"
)

// anonymous is the scope of RPCs that need no person.
const anonymous = "anonymous"

// method is an RPC as REST offers it.
type method struct {
	protoreflect.MethodDescriptor
	verb     string // "GET"
	template string // "/v1/{name=notes/*}:undelete"
	variable string // "name", "note.name"; empty: the path has none
	body     string // the field of the request that the body is; "*": all that the path does not name; empty: no body
	policy   *policypb.MethodPolicy
	comment  string
}

func (m method) writes() bool { return m.policy.GetEvent() != "none" }

// publicMethods gives the RPCs of our packages that programs may call, by path. One without an HTTP path is a mistake.
func publicMethods(set *descriptorpb.FileDescriptorSet) ([]method, error) {
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, fmt.Errorf("link the contracts: %w", err)
	}
	var methods []method
	var mistakes []error
	for file := range files.RangeFiles {
		name := string(file.Package())
		if !strings.HasPrefix(name, "notejam.") || strings.Contains(name, ".internal.") {
			continue
		}
		for s := range file.Services().Len() {
			all := file.Services().Get(s).Methods()
			for m := range all.Len() {
				found, err := methodOf(all.Get(m))
				methods, mistakes = append(methods, found), append(mistakes, err)
			}
		}
	}
	slices.SortFunc(methods, func(a, b method) int { return strings.Compare(a.template+a.verb, b.template+b.verb) })
	return methods, errors.Join(mistakes...)
}

var templateVariable = regexp.MustCompile(`\{([^=}]+)=([^}]+)\}`)

func methodOf(descriptor protoreflect.MethodDescriptor) (method, error) {
	rule, _ := proto.GetExtension(descriptor.Options(), annotations.E_Http).(*annotations.HttpRule)
	m := method{MethodDescriptor: descriptor, body: rule.GetBody(), comment: commentOf(descriptor)}
	m.policy, _ = proto.GetExtension(descriptor.Options(), policypb.E_Policy).(*policypb.MethodPolicy)
	for verb, template := range map[string]string{
		"GET": rule.GetGet(), "POST": rule.GetPost(), "PATCH": rule.GetPatch(), "PUT": rule.GetPut(), "DELETE": rule.GetDelete(),
	} {
		if template != "" {
			m.verb, m.template = verb, template
		}
	}
	if m.template == "" {
		return m, fmt.Errorf("%s has no HTTP path", descriptor.FullName())
	}
	variables := templateVariable.FindAllStringSubmatch(m.template, -1)
	if len(variables) > 1 {
		return m, fmt.Errorf("%s: %s names more than one resource", descriptor.FullName(), m.template)
	}
	if len(variables) == 1 {
		m.variable = variables[0][1]
	}
	return m, nil
}

// commentOf gives the comment before a declaration, each paragraph on one line.
func commentOf(d protoreflect.Descriptor) string {
	text := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, paragraph := range paragraphs {
		paragraphs[i] = strings.Join(strings.Fields(paragraph), " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

func limitsOf(field protoreflect.FieldDescriptor) *policypb.Limits {
	limits, _ := proto.GetExtension(field.Options(), policypb.E_Limits).(*policypb.Limits)
	return limits
}

func behaves(field protoreflect.FieldDescriptor, as annotations.FieldBehavior) bool {
	behaviours, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(behaviours, as)
}

// collectionOf gives the collection of a resource's name, and the word for its id: "notes" and "note".
func collectionOf(message protoreflect.MessageDescriptor) (collection, id string) {
	resource, _ := proto.GetExtension(message.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	if len(resource.GetPattern()) == 0 {
		return "", ""
	}
	collection, id, _ = strings.Cut(resource.GetPattern()[0], "/")
	return collection, strings.Trim(id, "{}")
}
