package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// timeText is a time in a table. A queue may not say when.
func timeText(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.RFC3339)
}

// body is a message's in JSON: as text if it is text.
type body struct {
	Text  *string `json:"body,omitempty"`
	Bytes []byte  `json:"body_base64,omitempty"`
}

func newBody(content string) body {
	if !utf8.ValidString(content) {
		return body{Bytes: []byte(content)}
	}
	return body{Text: &content}
}

// maxDepth is far deeper than events are. What is deeper has lines of blanks
// only, and gigabytes of these.
const maxDepth = 32

// writeBody shows what is in a message: JSON in lines, anything else as it is.
func writeBody(to io.Writer, content string) error {
	if depth(content) <= maxDepth {
		var lines bytes.Buffer
		err := json.Indent(&lines, []byte(content), "", "  ")
		if err == nil {
			content = lines.String()
		}
	}
	_, err := fmt.Fprintf(to, "\n%s\n", harmless(content))
	return err
}

// depth is how deep the content is nested, if it is JSON.
func depth(content string) int {
	deepest, now := 0, 0
	tokens := json.NewDecoder(strings.NewReader(content))
	for {
		token, err := tokens.Token()
		switch {
		case err != nil:
			return deepest
		case token == json.Delim('{') || token == json.Delim('['):
			now++
		case token == json.Delim('}') || token == json.Delim(']'):
			now--
		}
		deepest = max(deepest, now)
	}
}

// harmless writes what could move a terminal's cursor, or the reader's eye, as
// escapes: who wrote a message that is no event is not known.
func harmless(content string) string {
	var text strings.Builder
	for len(content) > 0 {
		r, size := utf8.DecodeRuneInString(content)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&text, `\x%02x`, content[0])
		case r == '\n' || unicode.IsPrint(r):
			text.WriteRune(r)
		default:
			fmt.Fprintf(&text, `\u%04x`, r)
		}
		content = content[size:]
	}
	return text.String()
}
