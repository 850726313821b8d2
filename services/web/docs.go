package web

// The reference page /docs/ is made of the same document that programs get, /openapi.json: read once at the start, and
// turned into words. What a call is and does stands in the contracts' comments.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// openAPI is what the page needs of the document.
type openAPI struct {
	Info  struct{ Description string }
	Tags  []struct{ Name, Description string }
	Paths map[string]map[string]openAPICall

	Components struct{ Schemas map[string]openAPISchema }
}

type openAPICall struct {
	OperationID, Summary, Description string
	Deprecated                        bool
	Tags                              []string
	Security                          *[]json.RawMessage
	Parameters                        []openAPIParameter
	RequestBody                       struct{ Content map[string]openAPIMedia }
	Responses                         map[string]struct {
		Description string
		Content     map[string]openAPIMedia
	}
}

type openAPIParameter struct {
	Name, In, Description string
	Required              bool
	Schema                openAPISchema
}

type openAPIMedia struct{ Schema openAPISchema }

type openAPISchema struct {
	Ref                       string `json:"$ref"`
	Type, Format, Description string
	Enum, Required            []string
	AllOf                     []openAPISchema
	MinLength, MaxLength      int
	Minimum                   *int
	Items                     *openAPISchema
	Properties                map[string]openAPISchema
	Example                   json.RawMessage
}

const jsonType = "application/json"

// readDocs makes the page's content.
func readDocs(document []byte) (Docs, error) {
	var api openAPI
	err := json.Unmarshal(document, &api)
	if err != nil {
		return Docs{}, fmt.Errorf("decode the OpenAPI document: %w", err)
	}
	docs := Docs{About: paragraphs(api.Info.Description)}
	for _, tag := range api.Tags {
		docs.Groups = append(docs.Groups, DocsGroup{Name: tag.Name, About: paragraphs(tag.Description), Calls: api.callsOf(tag.Name)})
	}
	for _, name := range slices.Sorted(maps.Keys(api.Components.Schemas)) {
		s := api.Components.Schemas[name]
		if !strings.HasSuffix(name, "Body") && len(s.Properties) > 0 {
			docs.Messages = append(docs.Messages, DocsMessage{Name: name, About: inWords(s.Description), Fields: fieldsOf(s)})
		}
	}
	return docs, nil
}

// verbs are in the order in which one uses them.
var verbs = []string{"get", "post", "patch", "delete"}

func (api openAPI) callsOf(tag string) []DocsCall {
	var calls []DocsCall
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		for _, verb := range verbs {
			call, ok := api.Paths[path][verb]
			if ok && slices.Contains(call.Tags, tag) {
				calls = append(calls, api.call(strings.ToUpper(verb), path, call))
			}
		}
	}
	return calls
}

func (api openAPI) call(verb, path string, call openAPICall) DocsCall {
	view := DocsCall{
		ID: call.OperationID, Verb: verb, Path: path, Summary: call.Summary + ".", About: paragraphs(call.Description),
		Deprecated: call.Deprecated, Open: call.Security != nil && len(*call.Security) == 0, SamplePath: samplePath(path, call),
	}
	for _, p := range call.Parameters {
		view.Parameters = append(view.Parameters, DocsField{
			Name: p.Name, Kind: p.In + ", " + kindOf(p.Schema), About: inWords(p.Description), Required: p.Required,
		})
	}
	body, hasBody := api.Components.Schemas[nameOf(call.RequestBody.Content[jsonType].Schema.Ref)]
	if hasBody {
		view.Body, view.SampleBody = fieldsOf(body), sampleBody(body, verb)
	}
	view.Curl = curl(view)
	for _, status := range slices.Sorted(maps.Keys(call.Responses)) {
		answer := call.Responses[status]
		view.Answers = append(view.Answers, DocsAnswer{
			Status: status, About: inWords(answer.Description), Message: nameOf(answer.Content[jsonType].Schema.Ref),
		})
	}
	return view
}

func fieldsOf(s openAPISchema) []DocsField {
	fields := make([]DocsField, 0, len(s.Properties))
	for name, p := range s.Properties {
		field := DocsField{Name: name, Kind: kindOf(p), About: inWords(p.Description), Required: slices.Contains(s.Required, name)}
		fields = append(fields, field)
	}
	slices.SortFunc(fields, func(a, b DocsField) int {
		return cmp.Or(cmp.Compare(place(s.Required, a.Name), place(s.Required, b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return fields
}

// place is where a name stands in the list; behind it for one that does not.
func place(list []string, name string) int {
	i := slices.Index(list, name)
	if i < 0 {
		return len(list)
	}
	return i
}

// kindOf words the type of a value and its limits.
func kindOf(s openAPISchema) string {
	kind := s.Type
	switch {
	case len(s.AllOf) > 0:
		kind = nameOf(s.AllOf[0].Ref)
	case s.Ref != "":
		kind = nameOf(s.Ref)
	case s.Items != nil:
		kind = "list of " + kindOf(*s.Items)
	case len(s.Enum) > 0:
		kind = "one of " + strings.Join(slices.DeleteFunc(slices.Clone(s.Enum), func(v string) bool { return v == "" }), ", ")
	case s.Format == "date-time":
		kind = "time as in RFC 3339"
	case s.Format == "int64":
		kind = "whole number as text"
	case s.Type == "integer":
		kind = "whole number"
	}
	switch {
	case s.MinLength > 0 && s.MaxLength > 0:
		kind += fmt.Sprintf(", %d to %d characters", s.MinLength, s.MaxLength)
	case s.MaxLength > 0:
		kind += fmt.Sprintf(", at most %d characters", s.MaxLength)
	case s.Minimum != nil:
		kind += ", at least " + strconv.Itoa(*s.Minimum)
	}
	return kind
}

func nameOf(ref string) string { return strings.TrimPrefix(ref, "#/components/schemas/") }

// paragraphs divides a description.
func paragraphs(text string) []Words {
	var list []Words
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph != "" {
			list = append(list, inWords(paragraph))
		}
	}
	return list
}

// inWords finds what stands between backticks.
func inWords(text string) Words {
	var list Words
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			list = append(list, Word{Text: part, Code: i%2 == 1})
		}
	}
	return list
}
