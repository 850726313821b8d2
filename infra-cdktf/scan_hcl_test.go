//go:build scan

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// hcl writes a stack in Terraform's own language. Scanners read its JSON badly: checkov not at all, because of the
// terraform block, and trivy sees no block within a resource there, so that nothing is versioned for it.
func hcl(m module) string {
	var text strings.Builder
	for _, provider := range each(at(m.JSON, "provider")["aws"]) {
		writeBlock(&text, "", `provider "aws"`, provider)
	}
	for _, section := range []string{"data", "resource"} {
		kinds := at(m.JSON, section)
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			resources := at(kinds, kind)
			for _, name := range slices.Sorted(maps.Keys(resources)) {
				writeBlock(&text, "", fmt.Sprintf("%s %q %q", section, kind, name), at(resources, name))
			}
		}
	}
	return text.String()
}

func writeBlock(text *strings.Builder, indent, head string, arguments block) {
	fmt.Fprintf(text, "%s%s {\n", indent, head)
	inner := indent + "  "
	for _, key := range slices.Sorted(maps.Keys(arguments)) {
		value := arguments[key]
		switch {
		case key == "//" || value == nil:
		case key == "depends_on" || key == "ignore_changes":
			fmt.Fprintf(text, "%s%s = %s\n", inner, key, strings.ReplaceAll(inline(value), `"`, ""))
		case isBlock(key, value):
			for _, one := range each(value) {
				writeBlock(text, inner, key, one)
			}
		default:
			fmt.Fprintf(text, "%s%s = %s\n", inner, key, inline(value))
		}
	}
	fmt.Fprintf(text, "%s}\n", indent)
}

// isBlock tells a block from an argument that is a map of free names.
func isBlock(key string, value any) bool {
	switch value := value.(type) {
	case block:
		return key != "tags" && key != "dimensions" && key != "configuration"
	case []any:
		return slices.ContainsFunc(value, func(v any) bool { _, is := v.(block); return is })
	}
	return false
}

// inline is a value as JSON, which is an expression of Terraform's language, too.
func inline(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	if err != nil {
		panic(err) // it was JSON before
	}
	return strings.TrimSpace(text.String())
}
