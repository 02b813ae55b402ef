package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// parseValue reads a value as a server would write it, strings without escapes; what
// is left of the text is returned.
func parseValue(s string) (wire.Value, string) {
	s = strings.TrimLeft(s, " ")
	switch {
	case s == "":
		return wire.Value{Kind: wire.Atom, Text: "NIL"}, ""
	case s[0] == '"':
		text, rest, _ := strings.Cut(s[1:], `"`)
		return wire.Value{Kind: wire.String, Text: text}, rest
	case s[0] == '<': // "<deep>"
		_, rest, _ := strings.Cut(s, ">")
		return wire.Value{Kind: wire.TooDeep}, rest
	case s[0] != '(':
		end := strings.IndexAny(s, ` ()"`)
		if end < 0 {
			end = len(s)
		}
		return wire.Value{Kind: wire.Atom, Text: s[:end]}, s[max(end, 1):]
	}
	list := wire.Value{Kind: wire.List}
	for s = strings.TrimLeft(s[1:], " "); s != "" && s[0] != ')'; s = strings.TrimLeft(s, " ") {
		var v wire.Value
		v, s = parseValue(s)
		list.List = append(list.List, v)
	}
	return list, strings.TrimPrefix(s, ")")
}

func tree(p *message.Part) string {
	if p == nil {
		return "unknown"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s", p.Type, p.Subtype)
	if p.Leaf() {
		fmt.Fprintf(&b, " %s %s %d", sectionOf(p), p.Encoding, p.Size)
	}
	for _, s := range []string{p.Charset, p.Disposition, p.Name} {
		if s != "" && s != "us-ascii" {
			b.WriteString(" " + s)
		}
	}
	for _, child := range p.Children {
		b.WriteString(" (" + tree(child) + ")")
	}
	return b.String()
}

func TestReadStructure(t *testing.T) {
	const text = `("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 1)`
	envelope := `(NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL)`
	for name, c := range map[string]struct{ in, want string }{
		"nothing":                       {`NIL`, "unknown"},
		"a string":                      {`"text"`, "unknown"},
		"an empty list":                 {`()`, "unknown"},
		"a list in a list":              {`(())`, "unknown"},
		"too deep":                      {`<deep>`, "unknown"},
		"too deep inside":               {`(<deep> "mixed")`, "unknown"},
		"too deep beside":               {`(` + text + `<deep> "mixed")`, "unknown"},
		"too deep parameters":           {`("text" "plain" <deep> NIL NIL "7bit" 1 0)`, "unknown"},
		"too few fields":                {`("text" "plain" NIL NIL NIL "7bit")`, "unknown"},
		"no type":                       {`(NIL NIL NIL NIL NIL "7bit" 5)`, "unknown"},
		"empty type":                    {`("" "" NIL NIL NIL "7bit" 5)`, "unknown"},
		"no subtype":                    {`("pdf" NIL NIL NIL NIL "7bit" 5)`, "text/plain 1 7bit 5"},
		"no size":                       {`("text" "plain" NIL NIL NIL "7bit" NIL 0)`, "unknown"},
		"a negative size":               {`("text" "plain" NIL NIL NIL "7bit" -5 0)`, "unknown"},
		"a size that is none":           {`("text" "plain" NIL NIL NIL "7bit" 5x 0)`, "unknown"},
		"a size beyond 64 bits":         {`("text" "plain" NIL NIL NIL "7bit" 99999999999999999999 0)`, "unknown"},
		"a size beyond 32 bits":         {`("a" "b" NIL NIL NIL "7bit" 5000000000)`, "a/b 1 7bit 5000000000"},
		"a list for an encoding":        {`("text" "plain" NIL NIL NIL ("7bit") 5 0)`, "unknown"},
		"odd parameters":                {`("text" "plain" ("a") NIL NIL "7bit" 5 0)`, "unknown"},
		"a list for parameters":         {`("text" "plain" (("a" "b")) NIL NIL "7bit" 5 0)`, "unknown"},
		"a word for parameters":         {`("text" "plain" "a" NIL NIL "7bit" 5 0)`, "unknown"},
		"empty parameters":              {`("text" "plain" () NIL NIL "7bit" 5 0)`, "text/plain 1 7bit 5"},
		"a parameter of NIL":            {`("text" "plain" ("charset" NIL) NIL NIL "7bit" 5 0)`, "text/plain 1 7bit 5"},
		"no encoding":                   {`("text" "plain" NIL NIL NIL NIL 5 0)`, "text/plain 1 7bit 5"},
		"numbers as strings":            {`("text" "plain" NIL NIL NIL "7bit" "5" "1" NIL ("attachment" NIL))`, "text/plain 1 7bit 5 attachment"},
		"text without lines, short":     {`("text" "plain" NIL NIL NIL "7bit" 5)`, "text/plain 1 7bit 5"},
		"text without lines, not short": {`("text" "plain" NIL NIL NIL "7bit" 5 NIL ("attachment" NIL) NIL NIL)`, "unknown"},
		"everything":                    {`("application" "PDF" ("name" "a.pdf") "<id>" "d" "BASE64" 5 "md5" ("ATTACHMENT" ("filename" "b.pdf")) ("en" "de") "here" "more" (1))`, "application/pdf 1 base64 5 attachment b.pdf"},
		"RFC 2231":                      {`("a" "b" NIL NIL NIL "7bit" 5 NIL ("attachment" ("filename*0*" "utf-8''%C3%BC" "filename*1" ".pdf")))`, "a/b 1 7bit 5 attachment ü.pdf"},
		"a word as disposition":         {`("a" "b" NIL NIL NIL "7bit" 5 NIL "attachment" NIL)`, "a/b 1 7bit 5 attachment"},
		"a disposition alone":           {`("a" "b" NIL NIL NIL "7bit" 5 NIL ("inline"))`, "a/b 1 7bit 5 inline"},
		"an empty disposition":          {`("a" "b" NIL NIL NIL "7bit" 5 NIL ())`, "unknown"},
		"a long disposition":            {`("a" "b" NIL NIL NIL "7bit" 5 NIL ("inline" NIL NIL))`, "unknown"},
		"a list as disposition":         {`("a" "b" NIL NIL NIL "7bit" 5 NIL (("inline") NIL))`, "unknown"},
		"odd disposition":               {`("a" "b" NIL NIL NIL "7bit" 5 NIL ("attachment" ("filename")))`, "unknown"},

		"two parts":                                     {`(` + text + `("text" "html" NIL NIL NIL "8bit" 3 0) "ALTERNATIVE")`, "multipart/alternative (text/plain 1 7bit 12 utf-8) (text/html 2 8bit 3)"},
		"two parts and all else":                        {`(` + text + ` ` + text + ` "mixed" ("boundary" "b") ("attachment" NIL) "en" NIL)`, "multipart/mixed attachment (text/plain 1 7bit 12 utf-8) (text/plain 2 7bit 12 utf-8)"},
		"parts without a subtype":                       {`(` + text + `)`, "unknown"},
		"a subtype of NIL":                              {`(` + text + ` NIL)`, "multipart/mixed (text/plain 1 7bit 12 utf-8)"},
		"a part that is broken":                         {`(` + text + `("text" "html") "mixed")`, "unknown"},
		"a multipart of nothing":                        {`("multipart" "mixed" NIL NIL NIL "8bit" 21 NIL NIL NIL)`, "unknown"},
		"a multipart of an empty part that no one sent": {`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0) "mixed")`, "unknown"},
		"odd parameters of parts":                       {`(` + text + ` "mixed" ("boundary"))`, "unknown"},
		"odd disposition of parts":                      {`(` + text + ` "mixed" NIL (("a")))`, "unknown"},

		"a message":                       {`("message" "rfc822" NIL NIL NIL "7bit" 99 ` + envelope + text + ` 3 NIL ("attachment" ("filename" "m.eml")))`, "message/rfc822 1 7bit 99 attachment m.eml (text/plain 1.1 7bit 12 utf-8)"},
		"a message of parts":              {`(` + text + `("message" "rfc822" NIL NIL NIL "7bit" 99 ` + envelope + `(` + text + text + ` "mixed") 3) "mixed")`, "multipart/mixed (text/plain 1 7bit 12 utf-8) (message/rfc822 2 7bit 99 (multipart/mixed (text/plain 2.1 7bit 12 utf-8) (text/plain 2.2 7bit 12 utf-8)))"},
		"a message without its envelope":  {`("message" "rfc822" NIL NIL NIL "7bit" 99 NIL ` + text + ` 3)`, "message/rfc822 1 7bit 99 (text/plain 1.1 7bit 12 utf-8)"},
		"a message without lines":         {`("message" "rfc822" NIL NIL NIL "7bit" 99 NIL ` + text + ` NIL ("attachment" NIL))`, "unknown"},
		"a message, not told":             {`("message" "rfc822" NIL NIL NIL "7bit" 99 NIL ("attachment" ("filename" "m.eml")) NIL NIL)`, "unknown"},
		"a message, short":                {`("message" "rfc822" NIL NIL NIL "7bit" 99)`, "unknown"},
		"a message that is broken":        {`("message" "rfc822" NIL NIL NIL "7bit" 99 ` + envelope + `("text" "plain" "x" NIL NIL "7bit" 5 0) 3)`, "unknown"},
		"an encoded message":              {`("message" "rfc822" NIL NIL NIL "base64" 99 NIL ("attachment" ("filename" "m.eml")) NIL NIL)`, "message/rfc822 1 base64 99 attachment m.eml"},
		"an encoded message that is told": {`("message" "rfc822" NIL NIL NIL "base64" 99 ` + envelope + text + ` 3 NIL ("attachment" ("filename" "m.eml")))`, "message/rfc822 1 base64 99 attachment m.eml"},
		"a part of a message":             {`("message" "delivery-status" NIL NIL NIL "7bit" 9 NIL NIL)`, "message/delivery-status 1 7bit 9"},

		"many parts":     {`(` + strings.Repeat(text, 1001) + ` "mixed")`, "unknown"},
		"deep parts":     {strings.Repeat("(", 60) + text + strings.Repeat(` "mixed")`, 60), "unknown"},
		"a lot of words": {`("a" "b" ("name" "` + strings.Repeat("x", maxStructure) + `") NIL NIL "7bit" 5)`, "unknown"},
	} {
		v, rest := parseValue(c.in)
		if rest != "" {
			t.Fatalf("%s: %q is left", name, rest)
		}
		if got := tree(readStructure(v)); got != c.want {
			t.Errorf("%s: %s\n got %.300s\nwant %.300s", name, c.in[:min(len(c.in), 200)], got, c.want)
		}
	}
}

func FuzzReadStructure(f *testing.F) {
	f.Add(`(("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 1)("message" "rfc822" NIL NIL NIL "7bit" 99 NIL ("text" "html" NIL NIL NIL "8bit" 3 0) 3 NIL ("attachment" ("filename" "m.eml"))) "mixed" ("boundary" "b") NIL "en")`)
	f.Add(`(<> "a")`)
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Count(s, "(") > 200 {
			return
		}
		v, _ := parseValue(s)
		root := readStructure(v)
		if root == nil {
			return
		}
		seen := map[string]bool{}
		for p := range root.Leaves() {
			if section := sectionOf(p); section == "" || seen[section] || p.Size < 0 {
				t.Errorf("part %q of %d octets", section, p.Size)
			} else {
				seen[section] = true
			}
		}
		if len(seen) == 0 {
			t.Error("a structure without a leaf")
		}
	})
}
