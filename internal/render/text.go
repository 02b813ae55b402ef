package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// safe is text that may be written to a terminal. Text that comes from elsewhere
// becomes safe through clean or quote only; what is written takes nothing else.
type safe string

// clean makes text from a server, a message or an error safe: what is invisible or
// steers a terminal is written as an escape such as \x1b or \u202e.
func clean(s string) safe { return safe(escape(s, "")) }

// cleanLines is clean for text of several lines.
func cleanLines(s string) []safe {
	var lines []safe
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		lines = append(lines, clean(strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", "  ")))
	}
	return lines
}

// quote is clean between quotation marks, with those within escaped: two different
// texts look different.
func quote(s string) safe { return safe(`"` + escape(s, quoted) + `"`) }

// quoted are the characters that are escaped between quotation marks.
const quoted = `"\` + spaces

// spaces are those that look like another one, or like none.
const spaces = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

// escape escapes what is hidden, what is not UTF-8, and the characters of special.
func escape(s, special string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case hidden(r) || r > unicode.MaxASCII && strings.ContainsRune(special, r):
			literal := strconv.QuoteRuneToASCII(r)
			b.WriteString(literal[1 : len(literal)-1])
		case strings.ContainsRune(special, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// hidden says whether a terminal would show nothing for the rune, or do something
// else than show it: controls (C0, DEL, C1), formats (bidirectional controls, zero
// width, tags, byte order marks), separators of lines and paragraphs, fillers.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || unicode.Is(blank, r)
}

// blank are runes that Unicode counts among letters and marks though they show
// nothing. The variation selectors of emoji (U+FE0E, U+FE0F) are not among them:
// subjects are full of them, and they hide nothing.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1},
		{Lo: 0x115f, Hi: 0x1160, Stride: 1},
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
		{Lo: 0x180b, Hi: 0x180f, Stride: 1},
		{Lo: 0x2800, Hi: 0x2800, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xfe00, Hi: 0xfe0d, Stride: 1},
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}},
}

// columns is how many columns of a terminal the text takes.
func columns(s safe) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// truncate cuts what comes from elsewhere to the columns that it takes once it is
// clean.
func truncate(s string, limit int) string { return truncateAs(s, limit, clean) }

// quoteWithin quotes what comes from elsewhere, cut so that it takes no more than
// the columns given, which are three at least.
func quoteWithin(s string, limit int) safe {
	inside := func(s string) safe { return safe(escape(s, quoted)) }
	return quote(truncateAs(s, max(1, limit-2), inside))
}

// truncateAs cuts text before it is made safe, so that no escape is cut in two.
func truncateAs(s string, limit int, made func(string) safe) string {
	n, cut := 0, 0 // cut is where there is room for the mark of what is cut
	for i := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		wide := columns(made(s[i : i+size]))
		if n+wide > limit {
			return s[:cut] + "…"
		}
		n += wide
		if n <= limit-1 {
			cut = i + size
		}
	}
	return s
}

// pad fills text with spaces up to the columns given.
func pad(s safe, to int) safe {
	return s + safe(strings.Repeat(" ", max(0, to-columns(s))))
}

// join is strings.Join.
func join(parts []safe, sep safe) safe {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString(string(sep))
		}
		b.WriteString(string(part))
	}
	return safe(b.String())
}
