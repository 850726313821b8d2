package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// etag is the field that a mutable resource has, and a request that may name the state it is meant for.
const etag = "etag"

// describe makes the document of the methods.
func describe(methods []method) (*document, error) {
	all := schemas{"Error": errorSchema(), "ErrorDetail": detailSchema()}
	doc := frame(all)
	for _, m := range methods {
		op, err := operationOf(m, all)
		if err != nil {
			return nil, err
		}
		path, _ := m.path()
		if doc.Paths[path] == nil {
			doc.Paths[path] = map[string]*operation{}
		}
		doc.Paths[path][strings.ToLower(m.verb)] = op
		if !slices.ContainsFunc(doc.Tags, func(t tag) bool { return t.Name == op.Tags[0] }) {
			doc.Tags = append(doc.Tags, tag{op.Tags[0], m.tagComment()})
		}
	}
	return doc, nil
}

func operationOf(m method, all schemas) (*operation, error) {
	responses, err := answers(m, all.answered(m.Output()))
	if err != nil {
		return nil, err
	}
	op := &operation{
		OperationID: strings.ToLower(string(m.Name()[:1])) + string(m.Name()[1:]),
		Tags:        []string{m.tag()},
		Parameters:  m.parameters(all),
		Responses:   responses,
		Deprecated:  m.deprecated(),
	}
	op.Summary, op.Description = summaryOf(m.comment)
	if m.policy.GetScope() == anonymous {
		op.Security = &[]map[string][]string{}
	} else {
		op.Scope = m.policy.GetScope()
		op.Description = strings.TrimSpace(op.Description + "\n\n" + whoMay(op.Scope))
	}
	body, err := all.body(m)
	if err != nil {
		return nil, err
	}
	if body != "" {
		op.RequestBody = &requestBody{Required: true, Content: jsonOf(&schema{Ref: refTo("schemas", body)})}
	}
	if op.Summary == "" {
		return nil, fmt.Errorf("%s has no comment", m.FullName())
	}
	return op, nil
}

// personalScopes are those that a personal access token can have.
var personalScopes = []string{"notes:read", "notes:write", "pads:read", "pads:write", "account:read", "activity:read"}

func whoMay(scope string) string {
	if slices.Contains(personalScopes, scope) {
		return "A personal access token needs the scope `" + scope + "`."
	}
	return "Only the token of a session can do this, no personal access token."
}

// summaryOf divides a method's comment into its first sentence and the rest. What it can answer stands elsewhere.
func summaryOf(comment string) (summary, rest string) {
	comment, _, _ = strings.Cut(comment, "Reasons: ")
	summary, rest, _ = strings.Cut(strings.TrimSpace(comment), ". ")
	first, more, paragraphs := strings.Cut(summary, "\n\n")
	if paragraphs {
		summary, rest = first, more+". "+rest
	}
	summary = strings.ReplaceAll(summary, "`", "") // a summary is plain text
	return strings.TrimSuffix(summary, "."), strings.TrimSpace(rest)
}

// tag groups the methods by resource: the first part of their paths.
func (m method) tag() string {
	path, _ := m.path()
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	name, _, _ = strings.Cut(name, ":")
	return name
}

// tagComment is that of the resource, or of the service that has none of this name.
func (m method) tagComment() string {
	messages := m.ParentFile().Messages()
	for i := range messages.Len() {
		collection, _ := collectionOf(messages.Get(i))
		if collection == m.tag() {
			return commentOf(messages.Get(i))
		}
	}
	return commentOf(m.Parent())
}

func (m method) deprecated() bool {
	options, ok := m.Options().(interface{ GetDeprecated() bool })
	return ok && options.GetDeprecated()
}

// path gives the path with the id as its parameter, and the resource that it names: "/v1/notes/{note}" for
// "/v1/{name=notes/*}".
func (m method) path() (string, protoreflect.MessageDescriptor) {
	match := templateVariable.FindStringSubmatch(m.template)
	if match == nil {
		return m.template, nil
	}
	messages := m.ParentFile().Messages()
	for i := range messages.Len() {
		collection, id := collectionOf(messages.Get(i))
		if match[2] == collection+"/*" {
			return templateVariable.ReplaceAllLiteralString(m.template, collection+"/{"+id+"}"), messages.Get(i)
		}
	}
	return m.template, nil
}

func (m method) parameters(all schemas) []*parameter {
	var list []*parameter
	_, resource := m.path()
	if resource != nil {
		collection, id := collectionOf(resource)
		list = append(list, &parameter{
			Name: id, In: "path", Required: true,
			Description: fmt.Sprintf("The id of the %s: its resource name without `%s/`.", id, collection),
			Schema:      &schema{Type: "string", Pattern: "^" + idPattern + "$", Example: exampleID},
		})
	}
	if m.body != "*" {
		for _, field := range m.queryOrBody() {
			value := all.sent(field)
			list = append(list, &parameter{
				Name: field.JSONName(), In: "query", Description: value.Description, Schema: value,
				Required: field.Name() != requestID && behaves(field, annotations.FieldBehavior_REQUIRED),
			})
			value.Description = ""
		}
	}
	if m.conditional() {
		list = append(list, &parameter{
			Name: "If-Match", In: "header",
			Description: "The etag that the resource must have, in double quotes; or `*`. It counts before an `etag` in the request.",
			Schema:      &schema{Type: "string", Pattern: `^(?:\*|"[0-9a-f]{1,64}")$`, Example: `"9f1c2d7e8a5b4c3d9f1c2d7e8a5b4c3d"`},
		})
	}
	if m.verb == "GET" && hasEtag(m.Output()) {
		list = append(list, &parameter{
			Name: "If-None-Match", In: "header",
			Description: "Etags that the program has, each in double quotes, with commas between them; or `*`. The answer is 304 when the resource still has one of them.",
			Schema:      &schema{Type: "string", Example: `"9f1c2d7e8a5b4c3d9f1c2d7e8a5b4c3d"`},
		})
	}
	return list
}

// queryOrBody are the fields of the request that neither the path nor the body's field names: those of the query or, with
// the body "*", of the body.
func (m method) queryOrBody() []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	for i := range m.Input().Fields().Len() {
		field := m.Input().Fields().Get(i)
		if string(field.Name()) != m.variable && string(field.Name()) != m.body && !limitsOf(field).GetSetByWeb() {
			fields = append(fields, field)
		}
	}
	return fields
}

// conditional says whether the method takes an etag.
func (m method) conditional() bool {
	return m.Input().Fields().ByName(etag) != nil || m.verb == "PATCH" && hasEtag(m.Output())
}

// repeatable says whether a repeat is answered as the first request was. A secret is not kept, so that an answer with one is never told again.
func (m method) repeatable() bool {
	secret := false
	for i := range m.Output().Fields().Len() {
		options, _ := m.Output().Fields().Get(i).Options().(*descriptorpb.FieldOptions)
		secret = secret || options.GetDebugRedact()
	}
	return m.writes() && !secret
}

func hasEtag(message protoreflect.MessageDescriptor) bool {
	return message.Fields().ByName(etag) != nil
}

func jsonOf(s *schema) map[string]media { return map[string]media{"application/json": {Schema: s}} }
