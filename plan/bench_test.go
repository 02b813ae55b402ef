package plan

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// usualRules are n of a person's rules, for INBOX, of the kinds that most have.
func usualRules(t testing.TB, n int) []*rules.Rule {
	text := func(format string, i int) cty.Value { return cty.StringVal(fmt.Sprintf(format, i)) }
	from := func(i int) rules.Test { return criterion(t, "from", text("person%d@example.com", i)) }
	list := func(i int) rules.Test { return criterion(t, "list_id", text("list%d.lists.example.org", i)) }
	shop := func(i int) rules.Test { return criterion(t, "from", text("@shop%d.example", i)) }
	ticket := func(i int) rules.Test { return criterion(t, "subject", text("[ticket-%d]", i)) }
	kinds := []func(i int) rules.Test{
		list, from, shop, list, ticket, list, shop, list, from, ticket, list, shop, from, list, list, from, ticket, list,
		func(i int) rules.Test {
			return rules.All(criterion(t, "to", text("alias%d@example.org", i)), criterion(t, "older_than", cty.StringVal("1y")), criterion(t, "seen", cty.True))
		},
		func(i int) rules.Test {
			return rules.All(criterion(t, "header", cty.MapVal(map[string]cty.Value{"Precedence": text("bulk%d", i)})), criterion(t, "larger_than", cty.StringVal("1MB")),
				rules.Not(criterion(t, "flags", cty.TupleVal([]cty.Value{cty.StringVal("flagged"), cty.StringVal("$Label1")}))))
		},
	}
	all := make([]*rules.Rule, n)
	for i := range all {
		all[i] = rule(fmt.Sprint("r", i), kinds[i%len(kinds)](i), func(r *rules.Rule) {
			switch i % 10 {
			case 9:
				r.AddFlags = mailbox.NewFlags(imap.FlagFlagged, "$Alert")
			case 6:
				r.Delete = rules.DeleteTrash
			default:
				r.MoveTo = ref(fmt.Sprintf("Folder %d", i%25))
			}
		})
	}
	return all
}

// post is mail that comes again and again, each time with another UID.
type post struct {
	blocks [][]byte // header fields as FETCH tells them
	flags  []mailbox.Flags
	dates  []time.Time
	read   message.Message // the last
}

// newPost makes mail that the rules do not take, but for each every-th message.
func newPost(n, every, rules int, fields message.Parts) *post {
	p := &post{}
	for i, m := range imaptest.Mail(7, n, clock) {
		header, _, _ := bytes.Cut(m.Body, []byte("\r\n\r\n"))
		lines := strings.Split(string(header), "\r\n")
		if i%every == 0 {
			rule := i / every % rules
			lines = append(pick(lines, message.Fields("to", "date", "message-id", "cc", "precedence")),
				fmt.Sprintf("List-Id: List %d\r\n <list%d.lists.example.org>", rule, rule),
				fmt.Sprintf("From: Person %d <person%d@example.com>, news@mail.shop%d.example", rule, rule, rule),
				fmt.Sprintf("Subject: Re: [ticket-%d] It is broken", rule))
		}
		block := strings.Join(pick(lines, fields), "\r\n") + "\r\n\r\n"
		var flags []imap.Flag
		for _, f := range m.Flags {
			flags = append(flags, imap.Flag(f))
		}
		p.blocks, p.flags, p.dates = append(p.blocks, []byte(block)), append(p.flags, mailbox.NewFlags(flags...)), append(p.dates, m.Date)
	}
	return p
}

// pick takes the fields out of a header's lines.
func pick(lines []string, fields message.Parts) []string {
	var picked []string
	keep := false
	for _, line := range lines {
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := strings.Cut(line, ":")
			keep = fields.HasFields([]string{strings.ToLower(name)})
		}
		if keep {
			picked = append(picked, line)
		}
	}
	return picked
}

// message is the i-th message, read anew. It lasts until the next one is read, as those that
// a server tells of do.
func (p *post) message(t testing.TB, i int, known message.Parts) *message.Message {
	k, m := i%len(p.blocks), &p.read
	m.Reset()
	m.UID, m.Known, m.Flags, m.Received, m.Size = imap.UID(i+1), known, p.flags[k], p.dates[k], int64(1000+i)
	if err := m.Header.Parse(p.blocks[k]); err != nil {
		t.Fatal(err)
	}
	return m
}

// ready is a planner for 40 rules, and its first question.
func ready(t testing.TB, messages int) (*Planner, Question) {
	t.Helper()
	account := &config.Account{Address: "account.test", Rules: usualRules(t, 40)}
	folders := []Folder{
		{Name: "INBOX", Exists: true, Selectable: true, Messages: uint32(messages), UIDValidity: 1},
		{Name: "Trash", Exists: true, Selectable: true, UIDValidity: 2, Uses: []mailbox.Use{mailbox.UseTrash}},
	}
	p, diags := New(account, config.Policy{}, Listing{Folders: folders}, clock)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	round := p.Ask()
	if len(round) != 1 {
		t.Fatalf("got questions %v, want 1", round)
	}
	return p, round[0]
}

// BenchmarkTell tells a planner of messages as a server tells of them, of which rules
// take each fifth.
func BenchmarkTell(b *testing.B) {
	const messages = 20_000
	_, q := ready(b, messages)
	mail := newPost(messages, 5, 40, q.Fetch)
	each := func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b.Cleanup(func() {
			runtime.ReadMemStats(&after)
			n := float64(b.N) * messages
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/message")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/n, "B/message")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/message")
		})
	}
	b.Run("read", func(b *testing.B) {
		each(b)
		for b.Loop() {
			for i := range messages {
				mail.message(b, i, q.Fetch)
			}
		}
	})
	b.Run("judge", func(b *testing.B) {
		each(b)
		for b.Loop() {
			p, q := ready(b, messages)
			for i := range messages {
				p.Tell(q, mail.message(b, i, q.Fetch))
			}
			p.Told(q, State{UIDValidity: 1, UIDNext: messages + 1, Messages: messages})
		}
	})
	b.Run("plan", func(b *testing.B) {
		each(b)
		for b.Loop() {
			finish(b, mail, messages)
		}
	})
}

// finish plans on mail to the end.
func finish(t testing.TB, mail *post, messages int) *Plan {
	p, _ := ready(t, messages)
	for round := p.Ask(); len(round) > 0; round = p.Ask() {
		for _, q := range round {
			if len(q.UIDs) == 0 {
				for i := range messages {
					p.Tell(q, mail.message(t, i, q.Fetch))
				}
			} else {
				uids, _ := q.UIDs.Nums()
				for _, uid := range uids {
					p.Tell(q, mail.message(t, int(uid)-1, q.Fetch))
				}
			}
			p.Told(q, State{UIDValidity: 1, UIDNext: imap.UID(messages + 1), Messages: uint32(messages)})
		}
	}
	made, diags := p.Plan()
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return made
}

// tell tells of messages up to a number.
func tell(t testing.TB, p *Planner, q Question, mail *post, from, to int) {
	for i := from; i < to; i++ {
		p.Tell(q, mail.message(t, i, q.Fetch))
	}
}

// live is how many octets are in use.
func live() uint64 {
	var now runtime.MemStats
	runtime.GC()
	runtime.GC() // what had to be finalized first
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}

// BenchmarkMillion tells a planner of a million messages, of which rules take each
// hundredth, and reports what it holds then.
func BenchmarkMillion(b *testing.B) {
	const messages = 1_000_000
	for b.Loop() {
		p, q := ready(b, messages)
		mail := newPost(10_000, 100, 40, q.Fetch)
		before := live()
		tell(b, p, q, mail, 0, messages)
		p.Told(q, State{UIDValidity: 1, UIDNext: messages + 1, Messages: messages})
		b.ReportMetric(float64(live()-before)/1e6, "MB-live")
		b.ReportMetric(float64(len(p.visits["INBOX"].taken)), "taken")
		runtime.KeepAlive(mail)
	}
}
