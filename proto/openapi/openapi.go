// Package openapi holds what REST offers as an OpenAPI 3.0 document, made of the contracts by `make contracts`.
package openapi

import _ "embed"

// Document is the document, as JSON.
//
//go:embed openapi.json
var Document []byte
