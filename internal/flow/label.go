package flow

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// label is the text of a node, a line each.
func (n Node) label() []string {
	if n.Deleted {
		return []string{"deleted for good"}
	}
	name := quoted(string(n.Name))
	switch n.Fate {
	case FateCreate:
		return []string{name, "will be created"}
	case FateRename:
		return []string{name, "renamed from " + quoted(string(n.Was))}
	case FateRemove:
		return []string{name, "will be destroyed"}
	default:
		return []string{name}
	}
}

// label is the text of an edge, a line each: who, and how many messages.
func (e Edge) label() []string {
	who := "removed block"
	if len(e.Rules) > 0 {
		var names []string
		for _, r := range e.Rules {
			names = append(names, shown(r))
		}
		who = strings.Join(names, ", then ")
	}
	what := kindWords[e.Kind] + " " + count(e.Messages)
	if e.Flagged > 0 && e.Kind != KindFlag {
		what += ", flag " + strconv.Itoa(e.Flagged)
	}
	return []string{who, what}
}

var kindWords = map[Kind]string{
	KindMove:   "move",
	KindCopy:   "copy",
	KindTrash:  "throw away",
	KindDelete: "delete",
	KindFlag:   "flag",
}

func count(messages int) string {
	if messages == 1 {
		return "1 message"
	}
	return strconv.Itoa(messages) + " messages"
}

// mostRunes is how much of a name is shown: a picture is no place for more.
const mostRunes = 60

// quoted is a name between quotation marks, as shown has it, with those within escaped.
func quoted(name string) string { return `"` + escaped(name, `"\`) + `"` }

// shown is a name in which nothing is hidden: what a reader would not see, or what
// would change how the rest is read, is written as an escape such as \u202e. What is
// long is cut.
func shown(name string) string { return escaped(name, "") }

// escaped is shown with a backslash before the characters of special.
func escaped(name, special string) string {
	var b strings.Builder
	for n := 0; name != ""; n++ {
		if n == mostRunes {
			return b.String() + "…"
		}
		r, size := utf8.DecodeRuneInString(name)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, name[0])
		case strings.ContainsRune(special, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case visible(r):
			b.WriteRune(r)
		default:
			literal := strconv.QuoteRuneToASCII(r)
			b.WriteString(literal[1 : len(literal)-1])
		}
		name = name[size:]
	}
	return b.String()
}

// visible says that a rune shows itself. Fillers and variation selectors, which Unicode
// counts among letters and marks, do not.
func visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsPrint(r) && r != brailleBlank && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
