package message

import "strings"

// unflow puts the lines of a paragraph together (RFC 3676 section 4). A quoted
// paragraph keeps the marks before its first line.
func unflow(s string, delSp bool) string {
	const signature = "-- "
	var b strings.Builder
	b.Grow(len(s))
	open, depth := false, 0
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		content := strings.TrimLeft(line, ">")
		quotes := len(line) - len(content)
		content = strings.TrimPrefix(content, " ") // stuffed
		if open && (quotes != depth || content == signature) {
			b.WriteByte('\n')
			open = false
		}
		if !open && quotes > 0 {
			b.WriteString(line[:quotes])
			b.WriteByte(' ')
		}
		open, depth = strings.HasSuffix(content, " ") && content != signature, quotes
		if open && delSp {
			content = content[:len(content)-1]
		}
		b.WriteString(content)
		if !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
