package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

// told is an explanation in short: what is asked, what it saw, how it ended.
func told(e Explanation) string {
	sign := map[Truth]string{True: "+", False: "-", Unknown: "?", NoValue: "!"}[e.Truth]
	s := sign + e.Criterion
	if e.Wants != "" {
		s += " " + e.Wants
	}
	if e.By != "" {
		s += " by " + e.By
	}
	if len(e.Saw) > 0 {
		s += fmt.Sprintf(" saw %s", strings.Join(e.Saw, " | "))
	}
	if e.Why != "" {
		s += " because " + e.Why
	}
	if len(e.Within) > 0 {
		var within []string
		for _, w := range e.Within {
			within = append(within, told(w))
		}
		s += " (" + strings.Join(within, "; ") + ")"
	}
	return s
}

var letter = []string{
	"From: =?utf-8?q?Ada_L=C3=B6velace?= <ada@example.com>", "To: bob@example.org, Carl <carl@example.net>", "Cc: undisclosed",
	"Delivered-To: bob@example.org", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Subject: again", "List-Id: Go <go.example.com>",
	"Message-ID: <1@example.com>", "Date: Mon, 7 Sep 2026 10:00:00 +0200", "X-Score: 7", "Reply-To: r@example.com", "Sender: s@example.com",
}

// TestExplain has a case for every criterion.
func TestExplain(t *testing.T) {
	explained := map[string]bool{}
	for _, c := range []struct {
		criterion string
		value     cty.Value
		want      string
	}{
		{"from", str("@example.com"), `+from "@example.com" saw Ada Lövelace <ada@example.com>`},
		{"from", tuple(str("x@y.example"), str("ada@example.com")), `+from ["x@y.example", "ada@example.com"] by "ada@example.com" saw Ada Lövelace <ada@example.com>`},
		{"from", strs("a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example", "g@x.example"),
			`-from ["a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", … 2 more] saw Ada Lövelace <ada@example.com>`},
		{"to", obj("name", str("carl"), "domain", obj("is", str("example.net"))), `+to { domain = { is = "example.net" }, name = "carl" } saw bob@example.org | Carl <carl@example.net>`},
		{"cc", str("bob@example.org"), `-cc "bob@example.org" saw undisclosed`},
		{"bcc", obj("exists", cty.False), `+bcc { exists = false }`},
		{"reply_to", str("example.org"), `-reply_to "example.org" saw r@example.com`},
		{"sender", str("example.com"), `+sender "example.com" saw s@example.com`},
		{"recipient", str("nobody"), `-recipient "nobody" saw bob@example.org | Carl <carl@example.net> | undisclosed | bob@example.org`},
		{"subject", str("grü"), `+subject "grü" saw Grüße | again`},
		{"subject", obj("contains", str("?q?"), "raw", cty.True), `+subject { contains = "?q?", raw = true } saw =?utf-8?q?Gr=C3=BC=C3=9Fe?= | again`},
		{"message_id", obj("suffix", str(">")), `+message_id { suffix = ">" } saw <1@example.com>`},
		{"list_id", str("py.example.com"), `-list_id "py.example.com" saw go.example.com`},
		{"header", obj("X-Score", obj("at_least", num(5))), `+all (+header["X-Score"] { at_least = 5 } saw 7)`},
		{"header", obj("X-Score", strs("9", "7"), "X-None", str("a")), `-all (-header["X-None"] "a"; +header["X-Score"] ["9", "7"] by "7" saw 7)`},
		{"seen", cty.True, `+seen true saw $Invoice | seen`},
		{"flagged", cty.True, `-flagged true saw $Invoice | seen`},
		{"answered", cty.False, `+answered false saw $Invoice | seen`},
		{"draft", cty.True, `-draft true saw $Invoice | seen`},
		{"flags", strs("flagged", "$invoice"), `+flags ["flagged", "$invoice"] by "$invoice" saw $Invoice | seen`},
		{"larger_than", str("1kB"), `-larger_than "1kB" saw 1000 octets`},
		{"smaller_than", str("1KiB"), `+smaller_than "1KiB" saw 1000 octets`},
		{"older_than", str("30d"), `+older_than "30d" saw 2026-08-29T12:00:00Z, 30d 0h ago`},
		{"newer_than", str("30d"), `-newer_than "30d" saw 2026-08-29T12:00:00Z, 30d 0h ago`},
		{"in_folder_for", str("2d"), `-in_folder_for "2d" saw 2026-09-27T12:00:00Z, 1d 0h ago`},
		{"received_before", str("2026-09-01"), `+received_before "2026-09-01" saw 2026-08-29T12:00:00Z`},
		{"received_since", str("2026-09-01"), `-received_since "2026-09-01" saw 2026-08-29T12:00:00Z`},
		{"sent_before", str("2026-09-08"), `+sent_before "2026-09-08" saw 2026-09-07T10:00:00+02:00`},
		{"sent_since", str("2026-09-08"), `-sent_since "2026-09-08" saw 2026-09-07T10:00:00+02:00`},
		{"body", str("x"), `?body "x" saw text/plain, charset utf-8, 0 octets | text/html, charset iso-8859-1, 0 octets | text/calendar, charset utf-8, 0 octets because not read: its text`},
		{"body", obj("exists", cty.False), `-body { exists = false } saw text/plain, charset utf-8, 0 octets | text/html, charset iso-8859-1, 0 octets | text/calendar, charset utf-8, 0 octets`},
		{"text", str("x"), `?text "x" saw text/plain, charset utf-8, 0 octets | text/html, charset iso-8859-1, 0 octets | text/calendar, charset utf-8, 0 octets because not read: its text`},
		{"attachment", cty.False, `-attachment false saw application/pdf "Größe 17.PDF", 1000 octets | message/rfc822, 500 octets | image/png "within.png", 20 octets`},
		{"attachment", obj("name", obj("suffix", str(".pdf"))), `+attachment { name = { suffix = ".pdf" } } saw application/pdf "Größe 17.PDF", 1000 octets | message/rfc822, 500 octets | image/png "within.png", 20 octets`},
		{"everything", cty.True, `+everything true`},
	} {
		explained[c.criterion] = true
		m := mailWith(t, letter...)
		m.Known = m.Known.Union(message.Parts{Structure: true}).Union(message.Fields("x-none"))
		m.Structure = mailWithFiles
		if got := told(Explain(compiled(t, c.criterion, c.value), m, now)); got != c.want {
			t.Errorf("%s = %s\n got %s\nwant %s", c.criterion, written(c.value), got, c.want)
		}
	}
	explained["part"] = true
	m := ofStructure(mailWithFiles)
	if got := told(Explain(compiled(t, "part", obj("type", str("image/"))), m, now)); !strings.HasPrefix(got, `+part { type = "image/" } saw text/plain`) || !strings.Contains(got, `image/gif "logo.gif", 0 octets`) {
		t.Errorf("part: %s", got)
	}
	for _, c := range Criteria() {
		if !explained[c.Name] || c.saw == nil {
			t.Errorf("criterion %q is not explained", c.Name)
		}
	}
}

// What combines tests explains each of them, also those that decide nothing.
func TestExplainTree(t *testing.T) {
	m := mailWith(t, letter...)
	m.Known = m.Known.Union(message.Fields("x-none"))
	no, yes, maybe := compiled(t, "flagged", cty.True), compiled(t, "seen", cty.True), compiled(t, "attachment", cty.True)
	header := compiled(t, "header", obj("X-Score", str("7"), "X-None", str("a")))
	for _, c := range []struct {
		test Test
		want string
	}{
		{All(no, maybe), `-all (-flagged true saw $Invoice | seen; ?attachment true because not read: its structure)`},
		{Any(yes, maybe), `+any (+seen true saw $Invoice | seen; ?attachment true because not read: its structure)`},
		{All(yes, Not(All(no, yes))), `+all (+seen true saw $Invoice | seen; +not (-flagged true saw $Invoice | seen; +seen true saw $Invoice | seen))`},
		{Not(yes), `-not (+seen true saw $Invoice | seen)`},
		{All(header), `-all (-header["X-None"] "a"; +header["X-Score"] "7" saw 7)`},
		{Any(header), `+any (-header["X-None"] "a"; +header["X-Score"] "7" saw 7)`},
		{All(Named("match.x", All(yes)), Named("match.y", yes)), `+all (+matches match.x (+seen true saw $Invoice | seen); +matches match.y (+seen true saw $Invoice | seen))`},
		{All(), `?all because the message does not tell it, or not in a way that can be read`},
	} {
		if got := told(Explain(c.test, m, now)); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

func TestExplainUnknown(t *testing.T) {
	broken := mailWith(t)
	broken.Header, _ = message.ParseHeader(make([]byte, 2<<20))
	attached, body, text := compiled(t, "attachment", cty.True), compiled(t, "body", str("x")), compiled(t, "text", str("x"))
	read := message.Parts{Texts: append(body.Needs().Texts, text.Needs().Texts...)}
	unreadable := &message.Message{Known: read, Structure: message.NewPart("application", "x", nil, "", 1, "", nil, nil)}
	brokenToo := &message.Message{Known: read, Structure: unreadable.Structure, Header: broken.Header}
	for _, c := range []struct {
		test Test
		m    *message.Message
		want string
	}{
		{compiled(t, "subject", str("x")), &message.Message{}, `?subject "x" because not read: the header subject`},
		{compiled(t, "seen", cty.True), &message.Message{}, `?seen true because not read: its flags`},
		{compiled(t, "larger_than", str("1B")), &message.Message{}, `?larger_than "1B" because not read: its size`},
		{compiled(t, "older_than", str("1d")), &message.Message{}, `?older_than "1d" because not read: when it arrived`},
		{compiled(t, "in_folder_for", str("1d")), &message.Message{}, `?in_folder_for "1d" because not read: when it came into this folder`},
		{compiled(t, "subject", str("x")), broken, `?subject "x" because the header cannot be told`},
		{attached, &message.Message{Known: message.Parts{Structure: true}}, `?attachment true because it cannot be told which parts the message has`},
		{body, &message.Message{Known: message.Parts{Texts: body.Needs().Texts}}, `?body "x" because it cannot be told which parts the message has`},
		{body, unreadable, `?body "x" because some of its text cannot be read: the charset or the encoding is not known, or it is too long or cut off`},
		{body, brokenToo, `?body "x" because some of its text cannot be read: the charset or the encoding is not known, or it is too long or cut off`},
		{text, brokenToo, `?text "x" because the header cannot be told`},
		{compiled(t, "in_folder_for", str("1d")), &message.Message{Known: message.Parts{Saved: true}}, `?in_folder_for "1d" because the message does not tell it, or not in a way that can be read`},
		{compiled(t, "seen", cty.False), &message.Message{Known: message.Parts{Flags: true}}, `+seen false saw no flags`},
	} {
		if got := told(Explain(c.test, c.m, now)); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

// A header of a megabyte makes an explanation that people can read.
func TestExplainIsBounded(t *testing.T) {
	long := strings.Repeat("ä\x1b[31m", 100_000)
	var many []string
	for i := range 500 {
		many = append(many, fmt.Sprintf("X-Trace: %d", i))
	}
	m := mailWith(t, append(many, "Subject: "+long[:200_000], "To: "+strings.Repeat("a@example.com,", 3000))...)
	for name, v := range map[string]cty.Value{"subject": str("x"), "to": str("x"), "header": obj("X-Trace", str("x"), "Subject", str("x"))} {
		e := Explain(compiled(t, name, v), m, now)
		for _, one := range append(slices.Clone(e.Within), e) {
			size := 0
			for _, s := range one.Saw {
				size += utf8.RuneCountInString(s)
				if !utf8.ValidString(s) {
					t.Errorf("%s: %q is cut within a rune", name, s)
				}
			}
			if size > (maxSaw+1)*(maxSawRunes+1) {
				t.Errorf("%s: %d runes are told", name, size)
			}
		}
	}
}

// Explaining judges as judging does, whatever the test and the message.
func TestExplainJudges(t *testing.T) {
	m := mailWith(t, letter...)
	for _, test := range someTests(t) {
		for _, m := range []*message.Message{m, {}} {
			want, _ := test.Judge(m, now)
			if got := Explain(test, m, now); got.Truth != want {
				t.Errorf("%s: judged %d", told(got), want)
			}
		}
	}
}

func someTests(t *testing.T) []Test {
	return []Test{
		compiled(t, "from", str("ada@example.com")), Not(compiled(t, "from", str("ada@example.com"))),
		All(compiled(t, "seen", cty.True), compiled(t, "attachment", cty.False)), Any(compiled(t, "seen", cty.True), compiled(t, "body", str("x"))),
		compiled(t, "body", tuple(obj("exists", cty.False), str("x"))), All(), Any(), Not(Any()),
	}
}
