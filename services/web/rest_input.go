package web

// What a call of REST may look like: a query in which each parameter is known and stands once, and a body that is one JSON
// object, small, and says so.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"gitlab.com/notejam/notejam/platform/fault"
)

// readQuery refuses what the library would pass over: text that is no UTF-8, which gRPC could not carry, parameters that
// the method does not have, and one that stands twice, also in both its spellings.
func readQuery(address *url.URL, route *restRoute) error {
	values, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return errRESTUnreadable.With(err)
	}
	if !utf8.ValidString(address.Path) {
		return errRESTUnreadable
	}
	seen := map[protoreflect.FieldDescriptor]bool{}
	for name, list := range values {
		if !utf8.ValidString(name + strings.Join(list, "")) {
			return errRESTUnreadable
		}
		field, known := route.query[name]
		if !known {
			return badParameter("There is no parameter %.40q.", name)
		}
		if len(list) > 1 && !field.IsList() || seen[field] {
			return badParameter("The parameter %.40q stands there twice.", name)
		}
		seen[field] = true
	}
	return nil
}

func badParameter(sentence, name string) error {
	return fault.New(fault.Invalid, fault.ReasonRequestMalformed, fmt.Sprintf(sentence, name))
}

// readBody reads a body within its limit. It must be one JSON object, and say so; only a call without a body need not.
func readBody(w http.ResponseWriter, r *http.Request, route *restRoute) ([]byte, error) {
	if route.verb == http.MethodGet {
		return nil, nil
	}
	limit := int64(formLimit)
	if route.audience == forAuth {
		limit = accountLimit
	}
	if r.ContentLength > limit {
		return nil, errRESTTooLarge // which need not be read to be known
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, errRESTType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errRESTTooLarge.With(err)
	}
	if err != nil {
		return nil, errRESTUnreadable.With(err)
	}
	if len(body) == 0 && route.verb == http.MethodDelete {
		return nil, nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, errRESTType
	}
	if len(body) > 0 && (!json.Valid(body) || bytes.TrimLeft(body, " \t\r\n")[0] != '{') {
		return nil, fault.New(fault.Invalid, fault.ReasonRequestMalformed, "The body is not a JSON object.")
	}
	if hasNull(body) {
		return nil, fault.New(fault.Invalid, fault.ReasonRequestMalformed, "Leave a field out instead of sending null.")
	}
	return body, nil
}

// hasNull finds a null in valid JSON. To the library it is a field that was left out, except in an update, where it would
// empty the field: too small a difference for what it does.
func hasNull(body []byte) bool {
	if !bytes.Contains(body, []byte("null")) {
		return false
	}
	tokens := json.NewDecoder(bytes.NewReader(body))
	for {
		token, err := tokens.Token()
		if err != nil {
			return false // the end
		}
		if token == nil {
			return true
		}
	}
}
