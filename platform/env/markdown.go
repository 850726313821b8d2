package env

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown prints the contract of a service as a heading and a table: what docs/configuration.md is made of.
func WriteMarkdown(w io.Writer, service string, settings []Setting) error {
	var page strings.Builder
	fmt.Fprintf(&page, "## %s\n\n", service)
	page.WriteString("| Name | Kind | Default | Limits | Meaning |\n")
	page.WriteString("| --- | --- | --- | --- | --- |\n")
	for _, setting := range settings {
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s | %s |\n",
			setting.Name, setting.Kind, defaultCell(setting), cell(setting.Limits), cell(setting.Doc))
	}
	_, err := io.WriteString(w, page.String())
	if err != nil {
		return fmt.Errorf("write the settings of %s: %w", service, err)
	}
	return nil
}

func defaultCell(setting Setting) string {
	switch {
	case setting.Required:
		return "required"
	case setting.Default == "":
		return "none"
	default:
		return "`" + cell(setting.Default) + "`"
	}
}

// cell keeps a text inside its cell: no pipe, no line break.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
