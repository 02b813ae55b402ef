package plan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// A planner is lent the messages that it is told of: their memory is another's afterwards.
// It comes to the same plan and verdicts as of messages that last.
func TestRandomLent(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 77))
		l := lender{headers: oddHeaders(rng)}
		account := &config.Account{Address: "account.test"}
		for i := range 3 + rng.IntN(8) {
			account.Rules = append(account.Rules, oddRule(t, rng, fmt.Sprint("r", i)))
		}
		if lent, lasting := l.plan(t, account, true), l.plan(t, account, false); lent != lasting {
			t.Fatalf("seed %d: lent\n%s\nlasting\n%s", seed, lent, lasting)
		}
	}
}

// A lender tells a planner of messages with these headers.
type lender struct{ headers [][]byte }

// plan is the plan of an account's rules, and its verdicts, in words.
func (l lender) plan(t *testing.T, account *config.Account, lent bool) string {
	t.Helper()
	next, n := imap.UID(len(l.headers)+1), uint32(len(l.headers))
	p, diags := New(account, config.Policy{}, Listing{Folders: []Folder{
		{Name: "INBOX", Exists: true, Selectable: true, Messages: n, UIDValidity: 1, HighestModSeq: 3, UIDNext: next},
		{Name: "B", Exists: true, Selectable: true, UIDValidity: 2, UIDNext: 1},
	}}, clock)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var room message.Message
	for round := p.Ask(); len(round) > 0; round = p.Ask() {
		for _, q := range round {
			for uid := imap.UID(1); uid < next; uid++ {
				if len(q.UIDs) > 0 && !q.UIDs.Contains(uid) {
					continue
				}
				m := &room
				if !lent {
					m = new(message.Message)
				}
				m.Reset()
				l.tell(m, uid, q.Fetch)
				p.Tell(q, m)
				if lent {
					m.Reset()
					_ = m.Header.Parse(otherMail)
				}
			}
			p.Told(q, State{UIDValidity: 1, UIDNext: next, Messages: n, HighestModSeq: 3})
		}
	}
	made, diags := p.Plan()
	if diags.HasErrors() {
		return diags.Error()
	}
	var b strings.Builder
	for _, s := range made.Steps {
		fmt.Fprintf(&b, "%+v\n", s.Op)
	}
	verdicts, _ := p.Verdicts()
	return b.String() + string(verdicts)
}

// otherMail is longer than what others leave room for, so that it lies where they did.
var otherMail = []byte("From: wrong@bad.example\r\nSubject: wrong\r\n" + strings.Repeat("List-Id: <l1.example.org>\r\nTo: a1@example.com\r\n", 60))

// tell fills in what is asked for of a message.
func (l lender) tell(m *message.Message, uid imap.UID, parts message.Parts) {
	m.UID, m.Known, m.Size, m.Received = uid, parts, int64(1000+uid), clock.Add(time.Duration(uid)*time.Hour)
	if parts.Flags {
		m.Flags = mailbox.NewFlags()
	}
	if len(parts.Fields) > 0 {
		_ = m.Header.Parse(l.headers[uid-1]) // a broken one is told as such
	}
	for _, text := range parts.Texts {
		if m.Texts == nil {
			m.Texts = map[*message.TextTest]message.Verdict{}
		}
		m.Texts[text] = message.Fails
		if uid%3 == 0 {
			m.Texts[text] = message.Passes
		}
	}
}

// oddHeaders are headers of which some fields are empty, folded, encoded, huge, of no
// charset, there twice, or none, and some values those of others.
func oddHeaders(rng *rand.Rand) [][]byte {
	value := func() string {
		n := rng.IntN(3)
		switch rng.IntN(12) {
		case 0:
			return ""
		case 1:
			return fmt.Sprintf("=?utf-8?q?Gr=C3=BC=C3=9Fe_a%d?=", n)
		case 2:
			return fmt.Sprintf("\"Nam\xc3\xa9 %d\" <a%d@example.com>", n, rng.IntN(3))
		case 3:
			return strings.Repeat(fmt.Sprintf("a%d@shop.example, ", n), 1+rng.IntN(60)) + "x@y.z"
		case 4:
			return fmt.Sprintf("one\r\n\ttwo %d\r\n  three", n)
		case 5:
			return strings.Repeat("huge ", 1+rng.IntN(3000))
		case 6:
			return fmt.Sprintf("List <l%d.example.org>", n)
		case 7:
			return "\xff\xfe a1"
		}
		return fmt.Sprintf("a%d@example.com", n)
	}
	all := make([][]byte, 40+rng.IntN(60))
	for i := range all {
		if i > 0 && rng.IntN(3) == 0 {
			all[i] = all[rng.IntN(i)]
			continue
		}
		var b bytes.Buffer
		for range rng.IntN(8) {
			b.WriteString(choose(rng, "From", "To", "Subject", "List-Id", "Date", "Message-ID", "fRom", "Cc", "X-List-Id"))
			b.WriteString(choose(rng, ":", ": ", " :") + value() + choose(rng, "\r\n", "\n"))
		}
		switch rng.IntN(25) {
		case 0:
			b.WriteString("no field at all\r\nSubject: a1@example.com\r\n")
		case 1:
			b.WriteString(strings.Repeat("X: y\r\n", 10_050)) // more than are read
		case 2:
			b.WriteString("Subject: a2@example.com")
		}
		all[i] = b.Bytes()
	}
	return all
}

// oddRule is a rule that takes some of these.
func oddRule(t *testing.T, rng *rand.Rand, name string) *rules.Rule {
	one := func() rules.Test {
		address := cty.StringVal(fmt.Sprintf("a%d@example.com", rng.IntN(4)))
		switch rng.IntN(7) {
		case 0:
			return criterion(t, "list_id", cty.StringVal(fmt.Sprintf("l%d.example.org", rng.IntN(3))))
		case 1:
			return criterion(t, "subject", cty.StringVal(choose(rng, "a1", "Grüße", "two", "huge", "é")))
		case 2:
			return criterion(t, "to", address)
		case 3:
			return criterion(t, "from", cty.StringVal(choose(rng, "@shop.example", "@example.com", "a2@example.com")))
		case 4:
			return criterion(t, "header", cty.MapVal(map[string]cty.Value{choose(rng, "Cc", "Subject", "From"): cty.StringVal(choose(rng, "a1", "name", "Namé"))}))
		case 5:
			return criterion(t, "body", cty.StringVal("word"))
		}
		return rules.Not(criterion(t, "from", address))
	}
	match := one()
	switch rng.IntN(3) {
	case 0:
		match = rules.All(match, one())
	case 1:
		match = rules.Any(match, one())
	}
	change := moveTo(choose(rng, "A", "B", "C"))
	switch rng.IntN(4) {
	case 0:
		change = func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }
	case 1:
		change = copyInto("B")
	}
	return rule(name, match, change)
}
