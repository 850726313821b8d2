// Command openapi writes what REST offers, as an OpenAPI 3.0 document, to standard output. It reads the compiled
// contracts, a FileDescriptorSet with its comments as `buf build` makes it, from standard input. `make contracts` keeps
// its answer in proto/openapi/openapi.json, which web serves.
//
// contracts.go finds the RPCs, operation.go says each as an operation, answers.go what it can answer, schema.go what is
// sent; document.go is the form of it all. Why we write it ourselves: docs/adr/0013-openapi.md.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	err := run(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(contracts io.Reader, out io.Writer) error {
	data, err := io.ReadAll(contracts)
	if err != nil {
		return fmt.Errorf("read the contracts: %w", err)
	}
	var set descriptorpb.FileDescriptorSet
	err = proto.Unmarshal(data, &set)
	if err != nil {
		return fmt.Errorf("decode the contracts: %w", err)
	}
	methods, err := publicMethods(&set)
	if err != nil {
		return err
	}
	doc, err := describe(methods)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err = encoder.Encode(doc)
	if err != nil {
		return fmt.Errorf("encode the document: %w", err)
	}
	_, err = io.WriteString(out, inASCII(text.String()))
	if err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

// inASCII escapes all other characters: some patterns hold invisible ones, which turn the direction of what is read.
func inASCII(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			escaped.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&escaped, `\u%04x`, unit)
		}
	}
	return escaped.String()
}
