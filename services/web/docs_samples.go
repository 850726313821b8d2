package web

// The samples of the reference page: what a program sends, made of the examples beside each field.

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// samplePath puts an example into the path.
func samplePath(path string, call openAPICall) string {
	for _, p := range call.Parameters {
		var example string
		err := json.Unmarshal(p.Schema.Example, &example)
		if err == nil && p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", example)
		}
	}
	return path
}

// sampleBody has what must be sent or, in an update, what may be changed.
func sampleBody(s openAPISchema, verb string) string {
	names := s.Required
	if verb == "PATCH" {
		names = slices.Sorted(maps.Keys(s.Properties))
	}
	var parts []string
	for _, name := range names {
		example := s.Properties[name].Example
		if len(example) > 0 && name != fieldEtag {
			parts = append(parts, `"`+name+`": `+string(example))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// curl is the call as somebody types it.
func curl(call DocsCall) string {
	line := `curl "$URL` + call.SamplePath + `"`
	if call.Verb != "GET" && (call.Verb != "POST" || call.SampleBody == "") {
		line = "curl -X " + call.Verb + strings.TrimPrefix(line, "curl")
	}
	if !call.Open {
		line += ` \` + "\n  " + `-H "Authorization: Bearer $TOKEN"`
	}
	if call.SampleBody != "" {
		line += ` \` + "\n  " + `-H 'Content-Type: application/json' -d '` + call.SampleBody + `'`
	}
	return line
}
