package message

import (
	"fmt"
	"strings"
	"testing"
)

// outline tells a tree in one line: numbers, types, and for leaves their octets.
func outline(p *Part) string {
	var b strings.Builder
	if p.Number != nil {
		b.WriteString(p.section() + " ")
	}
	b.WriteString(p.Type + "/" + p.Subtype)
	if p.Attachment() {
		fmt.Fprintf(&b, " attachment %q", p.Name)
	}
	if p.Leaf() && len(p.Children) == 0 {
		fmt.Fprintf(&b, " %q", p.Body)
	}
	if len(p.Children) > 0 {
		b.WriteString(" (")
		for i, child := range p.Children {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(outline(child))
		}
		b.WriteString(")")
	}
	return b.String()
}

func TestParseMessage(t *testing.T) {
	const mixed = "Content-Type: multipart/mixed; boundary=b\n\n"
	tests := []struct{ name, raw, want string }{
		{"nothing", "", `1 text/plain ""`},
		{"no body", "Subject: a\r\n", `1 text/plain ""`},
		{"no header", "\r\nbody\r\n", `1 text/plain "body\r\n"`},
		{"plain", "Subject: a\r\n\r\nbody", `1 text/plain "body"`},
		{"no type", "Content-Type:\n\nbody", `1 text/plain "body"`},
		{"type without subtype", "Content-Type: text\n\nbody", `1 text/plain "body"`},
		{"type that is none", "Content-Type: pdf; name=\"a.pdf\"\n\nbody", `1 text/plain attachment "a.pdf" "body"`},
		{"comments", "Content-Type: (a) text/html (b); (c) charset=utf-8 (d)\n\nbody", `1 text/html "body"`},
		{"blanks in the type", "Content-Type: text / html\n\nbody", `1 text/html "body"`},
		{"no semicolon", "Content-Type: text/html charset=utf-8\n\nbody", `1 text/html "body"`},
		{"two types", "Content-Type: text/html\nContent-Type: text/plain\n\nbody", `1 text/html "body"`},
		{"type twice in one", "Content-Type: multipart/multipart/mixed; boundary=b\n\n--b\n\na\n--b--", `multipart/mixed (1 text/plain "a")`},
		{"multipart without subtype", "Content-Type: multipart; boundary=b\n\n--b\n\na\n--b--", `multipart/mixed (1 text/plain "a")`},

		{"two parts", mixed + "before\n--b\n\na\n--b\nContent-Type: text/html\n\nc\n\n--b--\nafter", `multipart/mixed (1 text/plain "a", 2 text/html "c\n")`},
		{"CRLF", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\n--b\r\n\r\nc\r\n--b--\r\n", `multipart/mixed (1 text/plain "a", 2 text/plain "c")`},
		{"no end", mixed + "--b\n\na\n--b\n\nc", `multipart/mixed (1 text/plain "a", 2 text/plain "c")`},
		{"cut within a header", mixed + "--b\n\na\n--b\nContent-Ty", `multipart/mixed (1 text/plain "a", 2 text/plain "")`},
		{"part without anything", mixed + "--b\n--b--", `multipart/mixed (1 text/plain "")`},
		{"part without a blank line", mixed + "--b\nContent-Type: text/html\n--b--", `multipart/mixed (1 text/html "")`},
		{"part without a header", mixed + "--b\n\n\na\n--b--", `multipart/mixed (1 text/plain "\na")`},
		{"boundary with blanks behind it", mixed + "--b \t\n\na\n--b-- \n", `multipart/mixed (1 text/plain "a")`},
		{"lines of a mailing list right behind the end", mixed + "--b\n\na\n--b--____\nlist\n", `multipart/mixed (1 text/plain "a")`},
		{"boundary within a line", mixed + "--b\n\na --b\n--bc\n- --b\n--b--", `multipart/mixed (1 text/plain "a --b\n--bc\n- --b")`},
		{"two boundaries named", "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n--b\n\na\n--c\n--b--", `multipart/mixed (1 text/plain "a\n--c")`},
		{"boundary folded", "Content-Type: multipart/mixed;\n\tboundary=\"b\n c\"\n\n--b c\n\na\n--b c--", `multipart/mixed (1 text/plain "a")`},
		{"boundary in pieces", "Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n\na\n--bc--", `multipart/mixed (1 text/plain "a")`},
		{"boundary in Latin-1", "Content-Type: multipart/mixed; boundary=\"\xfc\"\n\n--\xfc\n\na\n--\xfc--", `multipart/mixed (1 text/plain "a")`},
		{"boundary like a word of RFC 2047", "Content-Type: multipart/mixed; boundary=\"=?utf-8?q?b?=\"\n\n--=?utf-8?q?b?=\n\na\n--=?utf-8?q?b?=--", `multipart/mixed (1 text/plain "a")`},
		{"boundary of 100 octets", "Content-Type: multipart/mixed; boundary=" + strings.Repeat("b", 100) + "\n\n--" + strings.Repeat("b", 100) + "\n\na", `multipart/mixed (1 text/plain "a")`},
		{"no boundary", "Content-Type: multipart/mixed\n\n--b\n\na\n--b--", `1 text/plain "--b\n\na\n--b--"`},
		{"empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\na\n----", `1 text/plain "--\n\na\n----"`},
		{"another boundary", mixed + "--c\n\na\n--c--", `1 text/plain "--c\n\na\n--c--"`},
		{"nothing but the end", mixed + "--b--\n", `1 text/plain "--b--\n"`},

		{"nested, one boundary longer than the other", mixed + "--b\nContent-Type: multipart/alternative; boundary=bc\n\n--bc\n\na\n--bc--\n--b\n\nd\n--b--",
			`multipart/mixed (1 multipart/alternative (1.1 text/plain "a"), 2 text/plain "d")`},
		{"nested, the inner without its end", mixed + "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\na\n--b\n\nd\n--b--",
			`multipart/mixed (1 multipart/alternative (1.1 text/plain "a"), 2 text/plain "d")`},
		{"nested, the same boundary", mixed + "--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\na\n--b--\n--b\n\nd\n--b--",
			`multipart/mixed (1 multipart/alternative (1.1 text/plain "a"), 2 text/plain "d")`},
		{"nested, dashes", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n\na\n--b----\n--b--",
			`multipart/mixed (1 multipart/mixed (1.1 text/plain "a"))`},

		{"forwarded", mixed + "--b\n\na\n--b\nContent-Type: message/rfc822\n\nSubject: s\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nd\n--c\nContent-Type: text/html\n\ne\n--c--\n--b--",
			`multipart/mixed (1 text/plain "a", 2 message/rfc822 (multipart/alternative (2.1 text/plain "d", 2.2 text/html "e")))`},
		{"forwarded single", mixed + "--b\nContent-Type: message/rfc822\n\nSubject: s\n\nd\n--b--", `multipart/mixed (1 message/rfc822 (1.1 text/plain "d"))`},
		{"the whole is a message", "Content-Type: message/rfc822\n\nSubject: s\n\nd", `1 message/rfc822 (1.1 text/plain "d")`},
		{"forwarded and encoded", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nYQ==", `1 message/rfc822 "YQ=="`},
		{"digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: s\n\nd\n--b--", `multipart/digest (1 message/rfc822 (1.1 text/plain "d"))`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, root, err := ParseMessage([]byte(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := outline(root); got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestParseMessageTells(t *testing.T) {
	const raw = "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Description: d\n\na\nc\n--b--"
	header, root, err := ParseMessage([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	part := root.Children[0]
	subject, _ := header.Text("subject")
	description, _ := part.Header.Text("content-description")
	if subject != "s" || description != "d" || part.Lines() != 1 || part.Size != 3 || root.Size != int64(len("--b\nContent-Description: d\n\na\nc\n--b--")) {
		t.Errorf("got %q, %q, %d lines, %d and %d octets", subject, description, part.Lines(), part.Size, root.Size)
	}
}

func TestParseMessageRefuses(t *testing.T) {
	nested := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
		}
		return b.String()
	}
	tests := []struct{ name, raw, want string }{
		{"deep multiparts", "Subject: s\n" + nested(maxDepth), "deep"},
		{"deep messages", "Subject: s\n" + strings.Repeat("Content-Type: message/rfc822\n\n", maxDepth), "deep"},
		{"many parts", "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\n\n", maxParts), "more than 1000 parts"},
		{"header of a part", "Subject: s\nContent-Type: message/rfc822\n\na: " + strings.Repeat("b", maxBlock), "1 MiB"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header, root, err := ParseMessage([]byte(test.raw))
			if err == nil || !strings.Contains(err.Error(), test.want) || root != nil {
				t.Fatalf("got %v, %v; want an error with %q", root, err, test.want)
			}
			if subject, _ := header.Text("subject"); subject != "s" {
				t.Errorf("the header is lost: %q", subject)
			}
		})
	}
	header, _, err := ParseMessage([]byte("a: " + strings.Repeat("b", maxBlock)))
	if err == nil || !header.Broken() {
		t.Errorf("got %v for a header that is too large", err)
	}
	if _, _, err := ParseMessage([]byte(nested(maxDepth - 1))); err != nil {
		t.Errorf("one level less is refused, too: %v", err)
	}
}
