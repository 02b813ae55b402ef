package server

import (
	"iter"
	"strings"

	"github.com/imapform/imapform/internal/message"
)

// fields yields every field of a header that message.ParseHeader can tell.
func fields(block string) iter.Seq[*message.Field] {
	return func(yield func(*message.Field) bool) {
		for block != "" {
			lines, rest := cutField(block)
			if strings.Trim(lines, "\r\n") == "" {
				return // the end of the header (RFC 5322 section 2.1)
			}
			name, _, _ := strings.Cut(lines, ":")
			header, _ := message.ParseHeader([]byte(lines)) // one field is not too much where all are not
			if f := header.First(strings.TrimRight(name, " \t")); f != nil && !yield(f) {
				return
			}
			block = rest
		}
	}
}

// cutField takes a line and those that continue it (RFC 5322 section 2.2.3); a blank
// line has none.
func cutField(s string) (lines, rest string) {
	end := lineEnd(s)
	if strings.Trim(s[:end], "\r\n") == "" {
		return s[:end], s[end:]
	}
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end += lineEnd(s[end:])
	}
	return s[:end], s[end:]
}

func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}
