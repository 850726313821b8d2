package main

import (
	"slices"

	"google.golang.org/genproto/googleapis/rpc/code"
)

const about = "Notes and pads, for programs. JSON in and out; names are in lowerCamelCase.\n\n" +
	"A request is authenticated by `Authorization: Bearer TOKEN` alone, cookies mean nothing. " +
	"Every answer has a header `X-Request-Id`, which names the request when you ask for help, and every error the form of `Error` with a typed reason. " +
	"Unknown or repeated fields and parameters, and nulls, are refused.\n\n" +
	"Every writing request can carry a `requestId`, a UUID: the same one again gives the same answer for 24 hours, with the header `Idempotent-Replayed`, so that a repeat is harmless. " +
	"Repeat what was answered with 503.\n\n" +
	"Lists are read page by page: send `nextPageToken` of one page as `pageToken` with otherwise the same parameters, until it is empty. " +
	"Readers must expect fields, and values of `reason` and `type`, that they do not know."

// frame is the document without what the contracts say.
func frame(all schemas) *document {
	return &document{
		OpenAPI:  "3.0.3",
		Info:     info{Title: "Notejam", Description: about, Version: "v1", License: map[string]string{"name": "MIT"}},
		Servers:  []server{{URL: "/", Description: "The site that serves this document."}},
		Security: []map[string][]string{{"bearer": {}}},
		Tags:     []tag{},
		Paths:    map[string]map[string]*operation{},
		Components: components{
			SecuritySchemes: map[string]securityScheme{"bearer": {
				Type: "http", Scheme: "bearer",
				Description: "The `sessionToken` of signIn, `nj_ses_…`, or a personal access token, `nj_pat_…`.",
			}},
			Headers: map[string]header{
				"ETag": {"The resource's etag in double quotes.", &schema{Type: "string", Example: `"9f1c2d7e8a5b4c3d9f1c2d7e8a5b4c3d"`}},
				"Idempotent-Replayed": {
					"`true` when an earlier request with the same `requestId` did this already, and its answer is told again. Otherwise there is no such header.",
					&schema{Type: "string", Enum: []string{"true"}},
				},
				"RateLimit": {
					"What is left of a limit: `r` calls at once, and in `t` seconds as many as ever. Not there where nothing is limited.",
					&schema{Type: "string", Pattern: `^"[a-z_]+";r=[0-9]+;t=[0-9]+$`, Example: `"person";r=119;t=1`},
				},
				"RateLimit-Policy": {
					"The limit: `q` calls in `w` seconds. Not there where nothing is limited.",
					&schema{Type: "string", Pattern: `^"[a-z_]+";q=[0-9]+;w=[0-9]+$`, Example: `"person";q=600;w=60`},
				},
				"Retry-After":      {"After how many seconds the same request may succeed.", &schema{Type: "string", Pattern: "^[0-9]+$", Example: "2"}},
				"WWW-Authenticate": {"`Bearer`.", &schema{Type: "string", Enum: []string{"Bearer"}}},
			},
			Schemas: all,
		},
	}
}

// errorSchema is the body of every error, as in AIP-193.
func errorSchema() *schema {
	return &schema{
		Type: "object", Description: "What every error answers.", Required: []string{"error"},
		Properties: map[string]*schema{"error": {
			Type: "object", Required: []string{"code", "status", "message", "details"},
			Properties: map[string]*schema{
				"code":    {Type: "integer", Format: "int32", Description: "The HTTP status.", Example: 404},
				"status":  {Type: "string", Description: "The kind of error, as gRPC names it.", Enum: codeNames(), Example: "NOT_FOUND"},
				"message": {Type: "string", Description: "A sentence for a person.", Example: "There is nothing here."},
				"details": {
					Type: "array", Description: "What a program reacts to. The first is always an ErrorInfo.",
					Items: &schema{Ref: refTo("schemas", "ErrorDetail")},
				},
			},
		}},
	}
}

func detailSchema() *schema {
	text := func(description, example string) *schema {
		s := &schema{Type: "string", Description: description}
		if example != "" {
			s.Example = example
		}
		return s
	}
	return &schema{
		Type:        "object",
		Description: "One of google.rpc.ErrorInfo, BadRequest and RetryInfo, as `@type` says. Readers must expect others.",
		Required:    []string{"@type"},
		Properties: map[string]*schema{
			"@type":    text("Which one it is.", "type.googleapis.com/google.rpc.ErrorInfo"),
			"reason":   text("ErrorInfo: why, from the list in docs/errors.md.", "NOTE_NOT_FOUND"),
			"domain":   text("ErrorInfo: `notejam`.", "notejam"),
			"metadata": {Type: "object", Description: "ErrorInfo: more, by reason.", AdditionalProperties: text("", "")},
			"fieldViolations": {
				Type: "array", Description: "BadRequest: the wrong fields, all of them.",
				Items: &schema{Type: "object", Required: []string{"field", "description"}, Properties: map[string]*schema{
					"field":       text("The field's path in the request message.", "note.title"),
					"description": text("What is wrong with it, for a person.", "This field is required."),
				}},
			},
			"retryDelay": text("RetryInfo: after how many seconds the same request may succeed.", "1.500s"),
		},
	}
}

// codeNames are the names of gRPC's codes but OK, in the order of their numbers.
func codeNames() []string {
	var numbers []int32
	for number := range code.Code_name {
		if number != 0 {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	names := make([]string, len(numbers))
	for i, number := range numbers {
		names[i] = code.Code_name[number]
	}
	return names
}
