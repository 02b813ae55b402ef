package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// letter is a message of which all is known that its header tells.
func letter(t testing.TB, header string) *message.Message {
	t.Helper()
	h, err := message.ParseHeader([]byte(strings.ReplaceAll(header, "\n", "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"subject", "from", "to", "cc", "bcc", "delivered-to", "x-original-to", "reply-to", "date", "message-id", "in-reply-to", "references", "list-id", "x-list-id", "x-spam-score", "x-none", "received"}
	known := message.Fields(names...)
	known.Flags, known.Received, known.Size = true, true, true
	return &message.Message{
		Folder: "INBOX", UID: 7, Known: known, Flags: mailbox.NewFlags(`\Seen`, "$Invoice"),
		Received: time.Date(2024, 5, 7, 23, 30, 9, 0, time.FixedZone("", -3600)), Size: 1234, Header: h,
	}
}

const ordinary = `From: "Ada L." <ada+lists@Example.com>
To: a@example.org, =?utf-8?q?B=C3=B6b?= <b@xn--bcher-kva.example>
Subject: [DOVECOT-17] =?utf-8?q?h=C3=A4llo?=
Date: Tue, 7 May 2024 01:02:03 +0900
List-Id: Go Nuts <Golang-Nuts.googlegroups.com>
References: <1@x> <2@x>
X-Spam-Score: 7.5
Received: one
Received: two`

func ruleWith(t testing.TB, body string) *rules.Rule {
	t.Helper()
	cfg, text := loadText(t, Source{}, `
account "work" {
  host     = "h"
  username = "u"
  password = "p"
}
locals {
  where = { "ada@example.com" = "People/Ada", "@" = "x" }
  list  = ["Small/one", "Big"]
}
rule "r" {
`+body+"\n}\n")
	if cfg == nil {
		t.Fatalf("%s\n%s", body, text)
	}
	return cfg.Accounts[0].Rules[0]
}

func TestTemplate(t *testing.T) {
	for _, c := range []struct{ template, header, want string }{
		{`"Archive/${message.received.year}"`, ordinary, "Archive/2024"},
		{`"Archive/${message.received.date} ${message.received.time}"`, ordinary, "Archive/2024-05-08 00:30:09"},
		{`"Archive/${message.sent.year}/${message.sent.month}/${message.sent.day}"`, ordinary, "Archive/2024/05/07"},
		{`"Archive/${message.sent.year}"`, "Subject: x", "none"},
		{`"Tickets/${regex("[\\[(]([A-Z]+)-[0-9]+[\\])]", message.subject)[0]}"`, ordinary, "Tickets/DOVECOT"},
		{`"Tickets/${regex("^([A-Z]+)", message.subject)[0]}"`, ordinary, "none"},
		{`"Tickets/${try(regex("^([A-Z]+)", message.subject)[0], "other")}"`, ordinary, "Tickets/other"},
		{`"Lists/${message.list_name}"`, ordinary, "Lists/golang-nuts"},
		{`"Lists/${message.list_id}"`, ordinary, "Lists/golang-nuts.googlegroups.com"},
		{`"Lists/${message.list_name}"`, "Subject: x", "none"},
		{`"From/${message.from.user}/${message.from.detail}"`, ordinary, "From/ada/lists"},
		{`"From/${message.from.detail}"`, "From: ada@example.com", "none"},
		{`"From/${message.from.name}@${message.from.domain}"`, ordinary, "From/Ada L.@example.com"},
		{`"To/${message.to[1].domain}"`, ordinary, "To/bücher.example"},
		{`"To/${message.to[2].domain}"`, ordinary, "none"},
		{`"To/${message.to[1].name}"`, ordinary, "To/Böb"},
		{`"To/${join(" ", message.to[*].local)}"`, ordinary, "To/a b"},
		{`"H/${message.header["x-spam-score"]}"`, ordinary, "H/7.5"},
		{`"H/${message.header["X-Spam-Score"]}"`, ordinary, "H/7.5"},
		{`"H/${message.header[lower("X-SPAM-SCORE")]}"`, ordinary, "H/7.5"},
		{`"H/${message.header["x-spam-score"]}"`, "Subject: x", "none"},
		{`"H/${message.headers.received[1]}"`, ordinary, "H/two"},
		{`"H/${length(message.references)}"`, ordinary, "H/2"},
		{`"S/${message.subject}"`, "Subject: a/b.c*d%e\x01f", "S/a_b.c_d_e_f"},
		{`"S/${message.subject}"`, "Subject: ../../etc", "S/_._.._etc"},
		{`"S/${message.subject}"`, "Subject: #news", "S/_news"},
		{`"S/${message.subject}"`, "Subject: ~root", "S/_root"},
		{`"S/${message.subject}"`, "Subject: ..", "none"},
		{`"S/${message.subject}"`, "Subject: .", "none"},
		{`"S/${message.subject}"`, "Subject:   ", "none"},
		{`"S/${message.subject}"`, "Subject: " + strings.Repeat("x", 201), "none"},
		{`"S/${message.subject}"`, "Subject: " + strings.Repeat("\u0344", 100), "none"}, // three times as long in NFC
		{`"S/${message.subject}"`, "Subject: " + strings.Repeat("äa", 66), "none"},      // and as it is sent
		{`"S/${message.subject}${message.from.local}"`, "Subject: " + strings.Repeat("x", 190) + "\nFrom: " + strings.Repeat("y", 66) + "@example.com", "none"},
		{`"S/${message.sent.year}${message.sent.month}"`, ordinary, "S/202405"},
		{`"S/x${message.sent.year}${message.sent.month}/${message.sent.day}"`, ordinary, "S/x202405/07"},
		{`"S/${message.subject}"`, "Subject: a\u202eb", "S/a_b"},
		{`"S/x${message.subject}y"`, "Subject: INBOX", "S/xINBOXy"},
		{`"${special.archive}/${message.received.year}"`, ordinary, "${special.archive}/2024"},
		{`local.where[message.from.address]`, "From: ada@example.com", "People/Ada"},
		{`local.where[message.from.address]`, "From: bob@example.com", "none"},
		{`lookup(local.where, message.from.address, "People/Other")`, "From: bob@example.com", "People/Other"},
		{`"${local.list[message.size > 1000 ? 0 : 1]}/${message.size}"`, ordinary, "Small/one/1234"},
		{`"F/${join("-", message.flags)}"`, ordinary, "F/$Invoice-seen"},
		{`"D/%{ if message.size > 1 }big/%{ else }small%{ endif }"`, ordinary, "D/big_"},
	} {
		r := ruleWith(t, "match { everything = true }\nmove_to = "+c.template)
		filled := r.MoveBy.Fill(letter(t, c.header), "/")
		got := map[rules.Truth]string{rules.True: filled.To.String(), rules.NoValue: "none", rules.Unknown: "unknown"}[filled.Truth]
		if got != c.want {
			t.Errorf("%s of %q: got %q, want %q", c.template, c.header, got, c.want)
		}
		if filled.Truth != rules.True || filled.To.Use != "" {
			continue
		}
		covered := false
		for _, p := range r.MoveBy.Patterns() {
			covered = covered || p.Match(filled.To.Name, mailbox.World{})
		}
		if !covered {
			t.Errorf("%s: %q is covered by none of %v", c.template, filled.To.Name, r.MoveBy.Patterns())
		}
		for _, p := range r.MoveBy.Patterns() {
			if strings.Contains(p.String(), "**") {
				t.Errorf("%s: %v covers more than one level for what a message gives", c.template, p)
			}
		}
	}
}

// TestTemplateDelimiter: what separates levels on the server separates none that a
// stranger writes.
func TestTemplateDelimiter(t *testing.T) {
	r := ruleWith(t, "match { everything = true }\nmove_to = \"S.x/${message.subject}\"")
	for delimiter, want := range map[string]string{".": "S.x/a_b^c", "^": "S.x/a.b_c", "": "S.x/a.b^c"} {
		if got := r.MoveBy.Fill(letter(t, "Subject: a.b^c"), delimiter); got.To.String() != want {
			t.Errorf("delimiter %q: got %q, want %q", delimiter, got.To, want)
		}
	}
}

// TestTemplateUnknown: what is not known is asked for, and what cannot be told is no
// value that could be acted on.
func TestTemplateUnknown(t *testing.T) {
	r := ruleWith(t, "match { everything = true }\nmove_to = \"S/${message.subject}/${message.size}\"")
	got := r.MoveBy.Fill(&message.Message{}, "/")
	if got.Truth != rules.Unknown || fmt.Sprint(got.Missing) != fmt.Sprint(r.MoveBy.Needs()) || got.Missing.Empty() {
		t.Errorf("got %+v", got)
	}
	broken, err := message.ParseHeader([]byte(strings.Repeat("A: b\r\n", 20_000)))
	if err == nil {
		t.Fatal("the header is not broken")
	}
	m := letter(t, "Subject: x")
	m.Header = broken
	if got := r.MoveBy.Fill(m, "/"); got.Truth != rules.Unknown || !got.Missing.Empty() {
		t.Errorf("of a broken header: %+v", got)
	}
}

func TestWhere(t *testing.T) {
	for expr, want := range map[string]rules.Truth{
		`message.size > 1000`:                                      rules.True,
		`message.size > 10000`:                                     rules.False,
		`message.subject == "[DOVECOT-17] hällo"`:                  rules.True,
		`message.folder == "INBOX" && message.uid == 7`:            rules.True,
		`contains(message.flags, "seen")`:                          rules.True,
		`contains(message.flags, "flagged")`:                       rules.False,
		`message.header["x-none"] == null`:                         rules.True,
		`message.header["x-none"] == "x"`:                          rules.False,
		`message.header["x-none"] > 5`:                             rules.NoValue,
		`tonumber(message.header["x-spam-score"]) > 5`:             rules.True,
		`tonumber(message.subject) > 5`:                            rules.NoValue,
		`can(tonumber(message.subject))`:                           rules.False,
		`message.from.detail == "lists"`:                           rules.True,
		`message.sent.year == message.received.year`:               rules.True,
		`length([for a in message.to : a if a.local == "a"]) == 1`: rules.True,
	} {
		r := ruleWith(t, "match { where = "+expr+" }\nadd_flags = [\"flagged\"]")
		if got, _ := r.Match.Judge(letter(t, ordinary), time.Now()); got != want {
			t.Errorf("%s: got %d, want %d", expr, got, want)
		}
		r = ruleWith(t, "match {\nnot { where = "+expr+" }\n}\nadd_flags = [\"flagged\"]")
		if got, _ := r.Match.Judge(letter(t, ordinary), time.Now()); got != want.Not() || want == rules.NoValue && got != rules.NoValue {
			t.Errorf("not %s: got %d, want %d", expr, got, want.Not())
		}
	}
	r := ruleWith(t, "match { where = message.uid > 1 }\nadd_flags = [\"flagged\"]")
	m := letter(t, ordinary)
	m.UID = 0
	if got, _ := r.Match.Judge(m, time.Now()); got != rules.Unknown {
		t.Errorf("a UID that is not known yet: got %d", got)
	}
	if !ruleWith(t, "match { where = contains(message.flags, \"x\") }\nstop = true").Match.Reads().Has("$any") {
		t.Error("an expression over the flags hangs on none")
	}
}

func BenchmarkTemplate(b *testing.B) {
	r := ruleWith(b, "match { everything = true }\nmove_to = \"Archive/${message.received.year}/${message.list_name}\"")
	m := letter(b, ordinary)
	for b.Loop() {
		r.MoveBy.Fill(m, ".")
	}
}
