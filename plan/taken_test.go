package plan

import (
	"encoding/binary"
	"hash/fnv"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// Messages of one step may have come different ways to it: each is held against what
// is protected on its own.
func TestWaysOfOneStep(t *testing.T) {
	b := newBox("INBOX", "Lists", "Lists/a", "Lists/b", "Bin trash")
	for _, subject := range []string{"b", "a", "a", "b", "a"} {
		b.put("INBOX", subject)
	}
	lists, err := mailbox.ParsePattern("Lists/a")
	if err != nil {
		t.Fatal(err)
	}
	p, diags := b.plan(t, &config.Account{
		Protected: []mailbox.Pattern{lists},
		Rules:     []*rules.Rule{rule("file", subject(""), moveBy("Lists/")), rule("empty", subject(""), deleteTo(rules.DeleteTrash), "Lists/*")},
	}, config.DefaultPolicy())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got, want := describe(p), "file INBOX 1 2 3 4 5 trash=Bin <rule.file> <rule.empty>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := p.Steps[0].Op.(File).Via; !slices.Equal(got, []mailbox.Name{"Lists/b", "Lists/a"}) {
		t.Errorf("by way of %q", got)
	}
	if len(p.Broken) != 1 || !strings.Contains(p.Broken[0].Detail, `3 messages of the protected folder "Lists/a"`) {
		t.Errorf("broken: %+v", p.Broken)
	}
}

// Ways are one only where they are the same in all that is kept of them.
func TestOnceWays(t *testing.T) {
	one, other := &cause{rule: &bound{index: 1}}, &cause{rule: &bound{index: 2}}
	block := &cause{block: "removed", declared: hcl.Range{Filename: "a.imap.hcl", Start: hcl.Pos{Line: 3, Column: 1, Byte: 9}}}
	again := *block
	moved := &cause{block: "moved", declared: block.declared}
	elsewhere := &cause{block: "removed", declared: hcl.Range{Filename: "a.imap.hcl", Start: hcl.Pos{Line: 4, Column: 1, Byte: 19}}}
	flags, more := mailbox.NewFlags(`\Seen`), mailbox.NewFlags(`\Seen`, "$a")
	o := newOnce()
	var seen []*way
	for _, w := range []way{
		{}, {ending: endDeleted}, {trash: true}, {folder: "A"}, {flags: flags}, {flags: more}, {set: flags}, {flags: flags, set: flags},
		{mover: one}, {mover: other}, {mover: block}, {mover: moved}, {mover: elsewhere},
		{causes: []*cause{one}}, {causes: []*cause{other}}, {causes: []*cause{one, other}}, {causes: []*cause{other, one}}, {causes: []*cause{block}},
		{copies: []copyTo{{"A", one}}}, {copies: []copyTo{{"A", other}}}, {copies: []copyTo{{"B", one}}}, {copies: []copyTo{{"A", one}, {"B", one}}},
		{protected: []mailbox.Name{"A"}}, {via: []mailbox.Name{"A"}}, {via: []mailbox.Name{"A", "B"}}, {via: []mailbox.Name{"AB"}},
		{folder: "A", via: []mailbox.Name{"B"}}, {folder: "AB", via: []mailbox.Name{""}},
	} {
		kept := o.way(&w)
		if slices.Contains(seen, kept) {
			t.Errorf("%+v is taken for another", w)
		}
		seen = append(seen, kept)
		if o.way(&w) != kept {
			t.Errorf("%+v is kept twice", w)
		}
	}
	if o.way(&way{mover: &again}) != o.way(&way{mover: block}) {
		t.Error("two causes that are equal make two ways")
	}
	w := way{causes: []*cause{one}, via: []mailbox.Name{"A"}}
	kept := o.way(&w)
	w.causes[0], w.via[0] = other, "B"
	if kept.causes[0] != one || kept.via[0] != "A" {
		t.Error("a way that is kept changes with the next message's")
	}
}

// What was saved by one version is recognised by the next: the hash is FNV-1a of the
// fields, each behind its length.
func TestIdentityHash(t *testing.T) {
	long := strings.Repeat("x", 200)
	for header, fields := range map[string][]string{
		"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nFrom: ada@example.com\r\nSubject: ü\r\n  b " + long: {"Sat, 21 Nov 2026 10:00:00 +0000", "ada@example.com", "ü b " + long},
		"From:": {"\x00", "", "\x00"},
	} {
		h := fnv.New64a()
		for _, field := range fields {
			h.Write(append(binary.AppendUvarint(nil, uint64(len(field))), field...))
		}
		if got := IdentityOf(letterFrom(t, header, message.Parts{})).Hash; got != h.Sum64() {
			t.Errorf("%q: got %d, want %d", header, got, h.Sum64())
		}
	}
}

// What no rule takes is forgotten: a planner that is told of 100,000 such messages holds
// next to nothing of them.
func TestForgets(t *testing.T) {
	const messages, most = 100_000, 16 // octets a message
	p, q := ready(t, messages)
	mail := newPost(5000, 5001, 40, q.Fetch)
	tell(t, p, q, mail, 0, 20_000) // what comes with the first messages is no matter
	mail.blocks[0] = mail.blocks[1]
	before := live()
	tell(t, p, q, mail, 20_000, messages)
	after := live()
	runtime.KeepAlive(p)
	if each := (int64(after) - int64(before)) / (messages - 20_000); each >= most {
		t.Errorf("a message that no rule takes holds %d octets", each)
	}
	if n := len(p.visits["INBOX"].taken); n > 10 {
		t.Errorf("%d messages are taken", n)
	}
}
