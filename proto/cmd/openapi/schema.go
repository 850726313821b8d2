package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// idPattern is the one spelling of an id: a UUID in lower case.
const idPattern = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

// exampleID is an id as it is really made.
const exampleID = "019843c1-5b2a-7d4e-9f00-8a6c1d2e3f40"

// schemas collects the messages that are named by reference.
type schemas map[string]*schema

// answered gives the schema of a message in an answer, and keeps it with all that it holds. Every field that is no message
// is there, also with its default value.
func (s schemas) answered(message protoreflect.MessageDescriptor) *schema {
	name := answerName(message)
	ref := &schema{Ref: refTo("schemas", name)}
	if s[name] != nil {
		return ref
	}
	comment := strings.ReplaceAll(commentOf(message), string(message.Name()), name)
	object := &schema{Type: "object", Description: comment, Properties: map[string]*schema{}}
	s[name] = object
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		object.Properties[field.JSONName()] = s.answeredField(field)
		if field.Message() == nil || field.IsList() {
			object.Required = append(object.Required, field.JSONName())
		}
	}
	return ref
}

// answerName is the message's name. Generators of clients make a type "ListNotesResponse" for all that an HTTP response
// holds, so that the message may not be called so.
func answerName(message protoreflect.MessageDescriptor) string {
	name, isResponse := strings.CutSuffix(string(message.Name()), "Response")
	if isResponse {
		return name + "Answer"
	}
	return name
}

func (s schemas) answeredField(field protoreflect.FieldDescriptor) *schema {
	value := s.value(field)
	value.Description = commentOf(field)
	value.Example = exampleOf(field)
	if field.Message() != nil && value.Ref != "" { // beside a $ref nothing counts
		value = &schema{AllOf: []*schema{{Ref: value.Ref}}, Description: value.Description}
	}
	if field.IsList() {
		list := &schema{Type: "array", Description: value.Description, Items: value}
		value.Description = ""
		if value.AllOf != nil {
			list.Items = value.AllOf[0]
		}
		return list
	}
	if pattern := namePattern(field); pattern != "" {
		value.Pattern = pattern
	}
	return value
}

// value gives the schema of a single value, without its limits.
func (s schemas) value(field protoreflect.FieldDescriptor) *schema {
	switch field.Kind() { // the contracts have no others
	case protoreflect.BoolKind:
		return &schema{Type: "boolean"}
	case protoreflect.Int32Kind:
		return &schema{Type: "integer", Format: "int32"}
	case protoreflect.Int64Kind: // JSON has no whole numbers of 64 bits
		return &schema{Type: "string", Format: "int64"}
	case protoreflect.EnumKind:
		names := &schema{Type: "string"}
		for i := range field.Enum().Values().Len() {
			names.Enum = append(names.Enum, string(field.Enum().Values().Get(i).Name()))
		}
		return names
	case protoreflect.MessageKind:
		switch field.Message().FullName() {
		case "google.protobuf.Timestamp":
			return &schema{Type: "string", Format: "date-time"}
		case "google.protobuf.Duration":
			return &schema{Type: "string", Pattern: `^-?[0-9]+(?:\.[0-9]+)?s$`}
		case "google.protobuf.FieldMask":
			return &schema{Type: "string"}
		}
		return s.answered(field.Message())
	default:
		return &schema{Type: "string"}
	}
}

// sent gives the schema of a field that a program sends. In a list the limits are those of each value.
func (s schemas) sent(field protoreflect.FieldDescriptor) *schema {
	value := s.limited(field)
	if field.IsList() {
		value = &schema{Type: "array", Items: value, UniqueItems: limitsOf(field).GetUnique()}
		if limitsOf(field).GetNotEmpty() {
			value.MinItems = 1
		}
	}
	value.Description = commentOf(field)
	return value
}

func (s schemas) limited(field protoreflect.FieldDescriptor) *schema {
	limits := limitsOf(field)
	value := s.value(field)
	value.Example = exampleOf(field)
	value.Enum = append(value.Enum, limits.GetOneOf()...)
	value.MinLength, value.MaxLength = limits.GetMinLength(), limits.GetMaxLength()
	if pattern := namePattern(field); pattern != "" {
		value.Pattern = pattern
	}
	if limits.GetPattern() != "" {
		value.Pattern = "^(?:" + limits.GetPattern() + ")$"
	}
	if limits.GetFormat() != "" {
		value.Format = limits.GetFormat()
	}
	if field.Kind() == protoreflect.Int32Kind {
		value.Maximum = new(int64(math.MaxInt32))
		if limits.Minimum != nil {
			value.Minimum = new(limits.GetMinimum())
		}
	}
	if field.Name() == requestID {
		value.Pattern = "^(?:" + strings.ReplaceAll(idPattern, "a-f", "a-fA-F") + ")?$" // empty is left out
	}
	return value
}

// requestID is the field that every writing request has. REST may leave it out: then web makes one.
const requestID = "request_id"

// body gives the name of the schema of a request's body, and keeps it; empty for a method without body.
func (s schemas) body(m method) (string, error) {
	var fields []protoreflect.FieldDescriptor
	var comment string
	switch m.body {
	case "":
		return "", nil
	case "*":
		fields, comment = m.queryOrBody(), commentOf(m.Input())
	default:
		field := m.Input().Fields().ByName(protoreflect.Name(m.body))
		if field == nil || field.Message() == nil {
			return "", fmt.Errorf("%s: its body %q is no message", m.FullName(), m.body)
		}
		fields, comment = writable(field.Message(), m.verb), commentOf(field)
	}
	alone := m.verb == "PATCH" && len(fields) == 2 // beside the etag: a change of nothing else can be meant
	object := &schema{Type: "object", Description: comment, Properties: map[string]*schema{}, AdditionalProperties: false}
	for _, field := range fields {
		object.Properties[field.JSONName()] = s.sent(field)
		if (m.verb != "PATCH" || alone) && field.Name() != requestID && behaves(field, annotations.FieldBehavior_REQUIRED) {
			object.Required = append(object.Required, field.JSONName())
		}
	}
	name := string(m.Name()) + "Body"
	s[name] = object
	return name, nil
}

// writable are the fields of a resource that a program decides: none that the service sets, and no etag of what is not
// there yet.
func writable(resource protoreflect.MessageDescriptor, verb string) []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	for i := range resource.Fields().Len() {
		field := resource.Fields().Get(i)
		if behaves(field, annotations.FieldBehavior_OUTPUT_ONLY) || behaves(field, annotations.FieldBehavior_IDENTIFIER) {
			continue
		}
		if field.Name() == etag && verb == "POST" {
			continue
		}
		fields = append(fields, field)
	}
	return fields
}

// namePattern is that of a resource's own name, or of a field that names another resource.
func namePattern(field protoreflect.FieldDescriptor) string {
	if behaves(field, annotations.FieldBehavior_IDENTIFIER) {
		collection, _ := collectionOf(field.ContainingMessage())
		return "^" + collection + "/" + idPattern + "$"
	}
	reference, _ := proto.GetExtension(field.Options(), annotations.E_ResourceReference).(*annotations.ResourceReference)
	messages := field.ParentFile().Messages()
	for i := range messages.Len() {
		collection, _ := collectionOf(messages.Get(i))
		if collection != "" && typeOf(messages.Get(i)) == reference.GetType() {
			return "^" + collection + "/" + idPattern + "$"
		}
	}
	return ""
}

func typeOf(message protoreflect.MessageDescriptor) string {
	resource, _ := proto.GetExtension(message.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	return resource.GetType()
}

// exampleOf gives the field's example in the type of its value.
func exampleOf(field protoreflect.FieldDescriptor) any {
	example := limitsOf(field).GetExample()
	switch {
	case behaves(field, annotations.FieldBehavior_IDENTIFIER):
		collection, _ := collectionOf(field.ContainingMessage())
		return collection + "/" + exampleID
	case example == "":
		return nil
	case slices.Contains([]protoreflect.Kind{protoreflect.BoolKind, protoreflect.Int32Kind}, field.Kind()):
		return json.RawMessage(example)
	}
	return example
}
