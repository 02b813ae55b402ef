package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/rules"
)

var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// box is a mailbox to plan on: folders as listed, and their messages.
type box struct {
	folders     []Folder
	messages    map[mailbox.Name][]*message.Message
	saveDate    bool
	inInbox     bool
	noCreateUse bool
	labels      bool
	byCopy      bool         // the server has no MOVE
	between     func()       // what others do between two questions; nil: nothing
	twice       func() bool  // whether a message is told a second time; nil: never
	copyMoves   bool         // with labels
	additive    mailbox.Name // likewise
	asked       []Question
	withhold    message.Parts // never told, as if the server could not
	state       func(*State)  // changes what a visit shows; nil: it is as listed
	listed      func()        // what others do between the listing and the first visit; nil: nothing
	// changed has each message's mod-sequence (RFC 7162); without one it has not changed.
	changed map[mailbox.Name]map[imap.UID]uint64
	whole   func() bool // whether all is told though less was asked for; nil: never
	told    int         // messages
}

func newBox(folders ...string) *box {
	b := &box{messages: map[mailbox.Name][]*message.Message{}}
	for i, spec := range folders {
		name, marks, _ := strings.Cut(spec, " ")
		if aside, rest, ok := strings.Cut(spec, ")"); ok { // the one name with spaces
			name, marks = aside+")", rest
		}
		f := Folder{Name: mailbox.Name(name), Exists: true, Selectable: true, Subscribed: true, UIDValidity: uint32(100 + i), UIDNext: 1}
		for _, mark := range strings.Fields(marks) {
			switch mark {
			case "ghost":
				f.Exists, f.Selectable = false, false
			case "closed":
				f.Selectable, f.Closed = false, true
			case "noselect":
				f.Selectable = false
			case "unsubscribed":
				f.Subscribed = false
			case "haschildren":
				f.HasChildren = true
			case "noinferiors":
				f.NoInferiors = true
			case "fleeting":
				f.UIDValidity = 0
			default:
				f.Uses = append(f.Uses, mailbox.Use(mark))
			}
		}
		b.folders = append(b.folders, f)
	}
	return b
}

// put adds a message with a subject, which is its Message-ID as well, and flags.
func (b *box) put(folder, subject string, flags ...imap.Flag) *message.Message {
	i := slices.IndexFunc(b.folders, func(f Folder) bool { return f.Name == mailbox.Name(folder) })
	f := &b.folders[i]
	h, err := message.ParseHeader([]byte(fmt.Sprintf("Subject: %s\r\nMessage-ID: <%s@x>\r\nFrom: ada@example.com\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n", subject, subject)))
	if err != nil {
		panic(err)
	}
	m := &message.Message{UID: f.UIDNext, Flags: mailbox.NewFlags(flags...), Received: clock.Add(-time.Hour), Size: 100, Header: h}
	f.UIDNext++
	f.Messages++
	b.messages[f.Name] = append(b.messages[f.Name], m)
	return m
}

// plan asks and tells until the planner knows enough.
func (b *box) plan(t *testing.T, a *config.Account, policy config.Policy) (*Plan, hcl.Diagnostics) {
	t.Helper()
	if a.Address == "" {
		a.Address = "account.test"
	}
	p, diags := New(a, policy, b.listing(), clock)
	seen := map[string]message.Parts{}
	for round := 0; ; round++ {
		if round > 5 {
			t.Fatal("the planner does not stop asking")
		}
		questions := p.Ask()
		if len(questions) == 0 {
			break
		}
		for _, q := range questions {
			b.asked = append(b.asked, q)
			b.answer(t, p, q, seen)
		}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return p.Plan()
}

func (b *box) listing() Listing {
	return Listing{Folders: slices.Clone(b.folders), SaveDate: b.saveDate, CreateUse: !b.noCreateUse, InInbox: b.inInbox, Server: "test", MovesByCopy: b.byCopy,
		Labels: b.labels, CopyMoves: b.copyMoves, Additive: b.additive}
}

func (b *box) answer(t *testing.T, p *Planner, q Question, seen map[string]message.Parts) {
	t.Helper()
	since := q.Since
	if since != nil && b.whole != nil && b.whole() {
		since = nil
	}
	var there imap.UIDSet
	for _, m := range b.messages[q.Folder] {
		if len(q.UIDs) > 0 && !q.UIDs.Contains(m.UID) {
			continue
		}
		there = uidset.Add(there, m.UID)
		if since != nil && since.Known.Contains(m.UID) && !since.Again.Contains(m.UID) && b.changed[q.Folder][m.UID] <= since.State.HighestModSeq {
			continue
		}
		b.told++
		key := fmt.Sprint(q.Folder, m.UID)
		if again := q.Fetch.Minus(q.Fetch.Minus(seen[key])); !again.Empty() && !b.byCopy && !b.labels {
			t.Errorf("%s: %+v is asked twice", key, again)
		}
		seen[key] = seen[key].Union(q.Fetch)
		told := m.Clone()
		told.Known = q.Fetch.Minus(b.withhold)
		p.Tell(q, told)
		if b.twice != nil && b.twice() {
			p.Tell(q, told)
		}
		told.Reset() // it holds no longer
		if err := told.Header.Parse([]byte("From: nobody@example.org\r\nSubject: other\r\nMessage-ID: <other>\r\nDate: x\r\nTo: y\r\nCc: z\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	i := slices.IndexFunc(b.folders, func(f Folder) bool { return f.Name == q.Folder })
	f := b.folders[i]
	shown := f.state()
	if b.state != nil {
		b.state(&shown)
	}
	p.Answered(q, Answer{State: shown, Since: since != nil, There: there})
}

// subject matches messages by what their subject contains; an empty word matches
// all.
type subject string

func (s subject) Judge(m *message.Message, _ time.Time) (rules.Truth, message.Parts) {
	if missing := s.Needs().Minus(m.Known); !missing.Empty() {
		return rules.Unknown, missing
	}
	text, _ := m.Header.Text("subject")
	if strings.Contains(text, string(s)) {
		return rules.True, message.Parts{}
	}
	return rules.False, message.Parts{}
}
func (s subject) Needs() message.Parts                      { return message.Fields("subject") }
func (s subject) Reads() mailbox.Flags                      { return nil }
func (s subject) Mentions(c string) bool                    { return c == "subject" || s == "" && c == "everything" }
func (subject) Until(*message.Message, time.Time) time.Time { return time.Time{} }
func (subject) Timed() bool                                 { return false }

// lacks matches messages without a flag.
type lacks imap.Flag

func (l lacks) Judge(m *message.Message, _ time.Time) (rules.Truth, message.Parts) {
	if missing := l.Needs().Minus(m.Known); !missing.Empty() {
		return rules.Unknown, missing
	}
	if m.Flags.Has(imap.Flag(l)) {
		return rules.False, message.Parts{}
	}
	return rules.True, message.Parts{}
}
func (l lacks) Needs() message.Parts                      { return message.Parts{Flags: true} }
func (l lacks) Reads() mailbox.Flags                      { return mailbox.NewFlags(imap.Flag(l)) }
func (l lacks) Mentions(string) bool                      { return false }
func (lacks) Until(*message.Message, time.Time) time.Time { return time.Time{} }
func (lacks) Timed() bool                                 { return false }

// saved matches messages that have lain in their folder for a day.
type saved struct{}

func (saved) Judge(m *message.Message, now time.Time) (rules.Truth, message.Parts) {
	if !m.Known.Saved {
		return rules.Unknown, message.Parts{Saved: true}
	}
	if now.Sub(m.Saved) >= 24*time.Hour {
		return rules.True, message.Parts{}
	}
	return rules.False, message.Parts{}
}
func (saved) Needs() message.Parts   { return message.Parts{Saved: true} }
func (saved) Reads() mailbox.Flags   { return nil }
func (saved) Mentions(c string) bool { return c == "in_folder_for" }
func (saved) Timed() bool            { return true }
func (saved) Until(m *message.Message, now time.Time) time.Time {
	if due := m.Saved.Add(24 * time.Hour); m.Known.Saved && now.Before(due) {
		return due
	}
	return time.Time{}
}

// rule makes a rule that looks into folders for subjects.
func rule(name string, match rules.Test, change func(*rules.Rule), in ...string) *rules.Rule {
	r := &rules.Rule{Address: "rule." + name, Label: name, Match: match}
	r.Declared.Filename, r.Declared.Start.Line = "main.imap.hcl", 1
	if len(in) == 0 {
		in = []string{"INBOX"}
	}
	for _, s := range in {
		pattern, err := mailbox.ParsePattern(s)
		if err != nil {
			panic(err)
		}
		r.In = append(r.In, pattern)
	}
	change(r)
	return r
}

func ref(s string) mailbox.Ref {
	r, err := mailbox.ParseRef(s)
	if err != nil {
		panic(err)
	}
	return r
}

func moveTo(s string) func(*rules.Rule) { return func(r *rules.Rule) { r.MoveTo = ref(s) } }

// describe says what steps do, a line each.
func describe(p *Plan) string {
	var lines []string
	for _, step := range p.Steps {
		var line string
		switch op := step.Op.(type) {
		case Rename:
			line = fmt.Sprintf("rename %s -> %s children=%d subscribed=%v", op.From, op.To, op.Children, op.Subscribed)
		case Create:
			line = strings.TrimSpace(fmt.Sprintf("create %s %s", op.Name, op.Use))
		case Set:
			line = fmt.Sprintf("set %s subscribed=%t", op.Name, op.Subscribed)
		case Remove:
			line = fmt.Sprintf("remove %s", op.Name)
		case File:
			line = fmt.Sprintf("file %s", op.Folder)
			for _, m := range op.Messages {
				line += fmt.Sprintf(" %d", m.UID)
			}
			if len(op.Copies) > 0 {
				line += fmt.Sprintf(" copy=%v", op.Copies)
			}
			switch {
			case op.Away == AwayPermanent:
				line += " delete"
			case op.Trash:
				line += " trash=" + string(op.To)
			case op.Away == AwayMove:
				line += " move=" + string(op.To)
			}
			if len(op.Add) > 0 {
				line += " +" + op.Add.String()
			}
			if len(op.Remove) > 0 {
				line += " -" + op.Remove.String()
			}
			if op.FlagsFirst && len(op.Add)+len(op.Remove) > 0 {
				line += " flags-first"
			}
		}
		for _, c := range step.Because {
			line += " <" + c.Address + ">"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
