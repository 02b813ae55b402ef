package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// ExpressionPrompt asks for an expression on a terminal, or for more of one.
func ExpressionPrompt(w io.Writer, more bool) error {
	_, err := io.WriteString(w, string(pick(more, ": ", "> ")))
	return err
}

// Value writes what an expression comes to, as config.Shown has it.
func Value(w io.Writer, shown string) error {
	p := newPage(Options{})
	for _, line := range cleanLines(shown) {
		p.line(line)
	}
	return p.writeTo(w)
}

// ValueJSON writes a value's JSON on a line. What is hidden in its strings, and
// could stand nowhere else, becomes an escape.
func ValueJSON(w io.Writer, json []byte) error {
	_, err := fmt.Fprintln(w, escapeJSON(json))
	return err
}

// escapeJSON writes what is hidden in the strings of a JSON text as escapes.
func escapeJSON(json []byte) string {
	var b strings.Builder
	for _, r := range string(json) {
		switch {
		case !hidden(r) || r == '\n': // which stands between values only
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default: // JSON has UTF-16 (RFC 8259 section 7)
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		}
	}
	return b.String()
}
