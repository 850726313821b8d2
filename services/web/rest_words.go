package web

// What the library says about a body or a parameter that it could not read holds words of the sender: a value that does not
// fit, a name that is in no contract. They may be a note, or a password in the wrong place, and nothing of those may be in an
// error or a log. Names of the contracts stay, and so does where the mistake is.

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

var (
	quotedWord   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	refusedValue = regexp.MustCompile(`(invalid value for \w+ (?:field|key|type)(?: \w+)?):? .*`)
)

// withoutWords takes the sender's words out of what the library says.
func withoutWords(said string) string {
	said = strings.ReplaceAll(said, "\u00a0", " ") // protojson's way to keep programs from relying on it
	said = strings.TrimSpace(strings.TrimPrefix(said, "proto:"))
	said, _, _ = strings.Cut(said, ": strconv.") // how a number or truth value was read is our business
	said = quotedWord.ReplaceAllStringFunc(said, func(quoted string) string {
		word, err := strconv.Unquote(quoted)
		if err != nil || !contractNames()[word] {
			return "…"
		}
		return quoted
	})
	return refusedValue.ReplaceAllString(said, "$1")
}

// contractNames are the names of all fields that REST knows, in both spellings.
var contractNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, files := range restContracts {
		for _, file := range files {
			addNames(names, file.Messages())
		}
	}
	return names
})

func addNames(names map[string]bool, messages protoreflect.MessageDescriptors) {
	for m := range messages.Len() {
		fields := messages.Get(m).Fields()
		for f := range fields.Len() {
			names[string(fields.Get(f).Name())], names[fields.Get(f).JSONName()] = true, true
		}
		addNames(names, messages.Get(m).Messages())
	}
}
