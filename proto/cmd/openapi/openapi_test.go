package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// committed is the document that is served: `make generate-check` holds it to the contracts.
func committed(t *testing.T) document {
	t.Helper()
	data, err := os.ReadFile("../../openapi/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	err = json.Unmarshal(data, &doc)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestDocument_SaysOfEveryOperationWhatItNeedsAndWhatItCanAnswer(t *testing.T) {
	for path, operations := range committed(t).Paths {
		for verb, op := range operations {
			if op.Summary == "" || op.Responses["200"] == nil {
				t.Errorf("%s: has no summary or no answer", op.OperationID)
			}
			open := op.Security != nil && len(*op.Security) == 0
			if open == (op.Scope != "") {
				t.Errorf("%s: open to anyone is %v, its scope is %q", op.OperationID, open, op.Scope)
			}
			for _, status := range []string{"400", "429", "500", "503", "504"} {
				if op.Responses[status] == nil {
					t.Errorf("%s: says nothing of %s", op.OperationID, status)
				}
			}
			if !open && (op.Responses["401"] == nil || op.Responses["403"] == nil) {
				t.Errorf("%s: needs a token and says nothing of 401 and 403", op.OperationID)
			}
			if strings.Contains(path, "{") && op.Responses["404"] == nil {
				t.Errorf("%s: names a resource and says nothing of 404", op.OperationID)
			}
			if verb != "get" && (op.Responses["413"] == nil || op.Responses["415"] == nil) {
				t.Errorf("%s: may have a body and says nothing of 413 and 415", op.OperationID)
			}
			for status, answer := range op.Responses {
				if status >= "400" && answer.Content["application/json"].Schema.Ref != "#/components/schemas/Error" {
					t.Errorf("%s: %s is no Error", op.OperationID, status)
				}
			}
		}
	}
}

func TestDocument_DescribesEveryFieldAndParameter(t *testing.T) {
	doc := committed(t)
	for name, s := range doc.Components.Schemas {
		for property, value := range s.Properties {
			if value.Description == "" && name != "Error" {
				t.Errorf("%s.%s has no description", name, property)
			}
		}
	}
	for _, operations := range doc.Paths {
		for _, op := range operations {
			for _, p := range op.Parameters {
				if p.Description == "" {
					t.Errorf("%s: the parameter %s has no description", op.OperationID, p.Name)
				}
			}
		}
	}
}

func TestDocument_NamesEveryComponentThatItRefersTo(t *testing.T) {
	data, err := os.ReadFile("../../openapi/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc := committed(t)
	for part := range strings.SplitSeq(string(data), `"$ref": "#/components/`) {
		ref, _, _ := strings.Cut(part, `"`)
		kind, name, isRef := strings.Cut(ref, "/")
		switch {
		case !isRef || strings.HasPrefix(part, "{"):
		case kind == "schemas" && doc.Components.Schemas[name] == nil:
			t.Errorf("there is no schema %s", name)
		case kind == "headers" && doc.Components.Headers[name].Schema == nil:
			t.Errorf("there is no header %s", name)
		}
	}
}

func TestDocument_HasNothingThatOnlyOurServicesMayKnow(t *testing.T) {
	data, err := os.ReadFile("../../openapi/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"internal.v1", "ExchangeSession", "GetKeySet", "FindMissing", `"client"`} {
		if bytes.Contains(data, []byte(word)) {
			t.Errorf("it says %q", word)
		}
	}
	body := committed(t).Components.Schemas["CreateNoteBody"]
	for _, field := range []string{"name", "snippet", "etag", "createTime"} {
		if body.Properties[field] != nil {
			t.Errorf("a program sends %s of a new note", field)
		}
	}
	if diff := cmp.Diff([]string{"title", "text"}, body.Required); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
}

func TestReasons_AreReadFromTheCommentOfTheMethod(t *testing.T) {
	got, err := ownReasons("Makes a pad. Two may have one title.\n\nReasons: RESOURCE_EXHAUSTED, with RetryInfo, `PAD_LIMIT_REACHED` beyond 1,000 pads, " +
		"or `TOO_MANY_TRIES`; INVALID_ARGUMENT `FIELD_INVALID` on `title` when it is wrong; ABORTED `ETAG_MISMATCH` or `LOST` with RetryInfo.")
	if err != nil {
		t.Fatal(err)
	}
	want := []reason{
		{code: codes.ResourceExhausted, name: "PAD_LIMIT_REACHED", when: "beyond 1,000 pads"},
		{code: codes.ResourceExhausted, name: "TOO_MANY_TRIES"},
		{code: codes.InvalidArgument, name: "FIELD_INVALID", when: "on `title` when it is wrong"},
		{code: codes.Aborted, name: "ETAG_MISMATCH"},
		{code: codes.Aborted, name: "LOST", when: "with RetryInfo"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(reason{})); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	for _, unreadable := range []string{"NONSENSE `X`.", "ABORTED", "`X` when it is late", "it may also fail"} {
		_, err = ownReasons("Reasons: " + unreadable)
		if err == nil {
			t.Errorf("%q was read", unreadable)
		}
	}
}

func TestSummary_IsTheFirstSentenceAndReasonsAreLeftOut(t *testing.T) {
	for comment, want := range map[string][2]string{
		"Makes a pad. Two may have one title.\n\nReasons: ABORTED `X`.": {"Makes a pad", "Two may have one title."},
		"Makes a note.\n\nReasons: ABORTED `X`.":                        {"Makes a note", ""},
		"Deletes a pad, with its notes when `force` is set.":            {"Deletes a pad, with its notes when force is set", ""},
		"Ends one session.": {"Ends one session", ""},
	} {
		summary, rest := summaryOf(comment)
		if summary != want[0] || rest != want[1] {
			t.Errorf("%q: got %q and %q", comment, summary, rest)
		}
	}
}

func TestSent_AListIsAnArrayOfLimitedValues(t *testing.T) {
	field := (&auditpb.Activity{}).ProtoReflect().Descriptor().Fields().ByName("changed_fields")
	got := schemas{}.sent(field)
	if got.Type != "array" || got.Items == nil || got.Items.Type != "string" {
		t.Errorf("got %+v", got)
	}
}

func TestRun_BytesThatAreNoContractsAreRefused(t *testing.T) {
	err := run(strings.NewReader("no descriptor set"), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "decode the contracts") {
		t.Errorf("error = %v", err)
	}
}
