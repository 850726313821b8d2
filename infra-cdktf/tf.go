package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/jsii-runtime-go"
)

// The bindings take pointers to everything. These make them.

func str(s string) *string { return &s }

func strf(format string, args ...any) *string { return str(fmt.Sprintf(format, args...)) }

func num[T int | float64](n T) *float64 { return jsii.Number(n) }

func yes(is bool) *bool { return &is }

func list(values ...string) *[]*string { return jsii.Strings(values...) }

func texts(values map[string]string) *map[string]*string {
	pointers := make(map[string]*string, len(values))
	for key, value := range values {
		pointers[key] = str(value)
	}
	return &pointers
}

// text gives JSON for an argument that is a string: keys sorted, nothing escaped for HTML, so that references such as
// ${aws_sqs_queue.events.arn} stay readable and the same run gives the same bytes.
func text(v any) *string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T as JSON: %v", v, err)) // what we encode is made of maps, lists and strings
	}
	return str(string(bytes.TrimSpace(buffer.Bytes())))
}

// object and array are JSON that is written by hand: policies, container definitions, widgets.
type (
	object = map[string]any
	array  = []any
)
