package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// seen, old and so on make a message what a test needs.
func with(m imaptest.Message, flags ...string) imaptest.Message {
	m.Flags = flags
	return m
}

func text(subject string, age time.Duration, fields ...string) imaptest.Message {
	return imaptest.Text("Grace <grace@example.com>", "ada@example.com", subject, clock.Add(-age), fields...)
}

const day = 24 * time.Hour

// folders returns what a folder holds, a line a message: subject and flags.
func (m *mailbox) holds(folder string, want ...string) {
	m.Helper()
	state := imaptest.Snapshot(m, m.account)
	f, ok := state.Folders[folder]
	if !ok {
		m.Fatalf("there is no folder %q", folder)
	}
	var got []string
	for _, stored := range f.Messages {
		got = append(got, fmt.Sprint(stored.Hash[:8], " ", strings.Join(stored.Flags, " ")))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		m.Errorf("%q holds %q, want %q", folder, got, want)
	}
}

// line is what holds says of a message with these flags.
func line(msg imaptest.Message, flags ...string) string {
	slices.Sort(flags)
	return fmt.Sprint(imaptest.Hash(msg.Body)[:8], " ", strings.Join(flags, " "))
}

func (m *mailbox) subscribed(want ...string) {
	m.Helper()
	got := imaptest.Snapshot(m, m.account).Subscribed
	for _, name := range want {
		if gone, not := strings.CutPrefix(name, "-"); not == slices.Contains(got, strings.TrimPrefix(name, "-")) {
			m.Errorf("subscribed are %q, want %q (%t)", got, gone, !not)
		}
	}
}

// skipUnless skips where the server cannot do what a test is about.
func (m *mailbox) skipUnless(what string, able func(apply.Can) bool) {
	m.Helper()
	if !able(m.dial(m.load("")).Can()) {
		m.Skipf("the server does not offer %s", what)
	}
}

func canMove(c apply.Can) bool   { return c.Move || c.UIDPlus }
func canDelete(c apply.Can) bool { return c.UIDPlus }

func TestNothing(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		imaptest.Append(m, m.account, "INBOX", text("x", day))
		if made, _ := m.mustPlan(""); !made.Empty() {
			m.Errorf("got %s", describeSteps(made))
		}
	})
}

func TestFolders(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		imaptest.Append(m, m.account, "Quiet", text("x", day))
		m.apply(`
folder "go"      { name = "Lists/Go" }
folder "lists"   { name = "Lists" }
folder "unicode" { name = "Bücher & Zeitschriften/日本" }
folder "quiet" {
  name       = "Quiet"
  subscribed = false
}
folder "hushed" {
  name       = "Hushed"
  subscribed = false
}`)
		for _, name := range []string{"Lists/Go", "Lists", "Bücher & Zeitschriften/日本", "Quiet", "Hushed"} {
			if f, ok := imaptest.Snapshot(m, m.account).Folders[name]; !ok || f.UIDValidity == 0 {
				m.Errorf("%q is not there to hold mail", name)
			}
		}
		m.subscribed("Lists/Go", "Lists", "Bücher & Zeitschriften/日本", "-Quiet", "-Hushed")
	})
}

func TestRename(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		child, parent := with(text("child", day), `\Seen`), text("parent", day)
		imaptest.Append(m, m.account, "News", parent)
		imaptest.Append(m, m.account, "News/Old", child)
		m.apply(`
moved {
  from = "News"
  to   = "Lists/News"
}
folder "news" { name = "Lists/News" }
rule "out" {
  in = ["Lists/News"]
  match { subject = "parent" }
  move_to = "INBOX"
}`)
		m.holds("Lists/News")
		m.holds("Lists/News/Old", line(child, `\Seen`))
		m.holds("INBOX", line(parent))
		m.subscribed("Lists/News", "Lists/News/Old", "-News", "-News/Old")
		for name := range imaptest.Snapshot(m, m.account).Folders {
			if strings.HasPrefix(name, "News") {
				m.Errorf("%q is still there", name)
			}
		}
	})
}

func TestFile(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		list := text("list", day, "List-Id: Go <golang-nuts.googlegroups.com>")
		encoded := with(text("=?UTF-8?Q?Caf=C3=A9?= =?UTF-8?Q?_au_lait?=", day), `\Seen`, `\Flagged`)
		folded := text("a subject that goes\r\n on", day)
		deleted := with(text("list", 2*day, "List-Id: <golang-nuts.googlegroups.com>"), `\Deleted`)
		other := text("other", day)
		imaptest.Append(m, m.account, "INBOX", list, encoded, folded, deleted, other)
		r := m.apply(`
rule "list" {
  match { list_id = "golang-nuts.googlegroups.com" }
  add_flags = ["seen", "$Filed"]
  move_to   = "Lists/Go"
}
rule "cafe" {
  match { subject = { is = "café au lait" } }
  remove_flags = ["flagged"]
  move_to      = "Cafés"
}
rule "folded" {
  match { subject = "goes on" }
  move_to = "Folded"
}
rule "unseen" {
  in = ["**"]
  match {
    seen = false
    from = "@example.com"
    not { subject = "goes on" }
  }
  add_flags = ["flagged"]
}`)
		m.holds("INBOX", line(deleted, `\Deleted`), line(other, `\Flagged`))
		m.holds("Lists/Go", line(list, `\Seen`, "$Filed"))
		m.holds("Cafés", line(encoded, `\Seen`))
		m.holds("Folded", line(folded))
		if want := (apply.Counts{Moved: 3, Flagged: 3}); r.Messages != want {
			m.Errorf("done: %+v, want %+v", r.Messages, want)
		}
	})
}

func TestChain(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		a, b := text("a", 400*day), with(text("b", 400*day), `\Flagged`)
		imaptest.Append(m, m.account, "INBOX", a, b)
		imaptest.Append(m, m.account, "Lists", text("z", day))
		m.apply(`
rule "list" {
  match { from = "grace@example.com" }
  move_to = "Lists"
}
rule "old" {
  in = ["INBOX", "Lists"]
  match {
    older_than = "1y"
    flagged    = false
  }
  move_to = "Archive/2025"
}`)
		m.holds("Archive/2025", line(a))
		m.holds("Lists", line(b, `\Flagged`), line(text("z", day)))
		m.holds("INBOX")
	})
}

func TestCopy(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		a, b := text("invoice a", day), text("invoice b", day)
		imaptest.Append(m, m.account, "INBOX", a, b)
		imaptest.Append(m, m.account, "Taxes", b)
		m.apply(`
rule "taxes" {
  match { subject = "invoice" }
  copy_to   = "Taxes"
  add_flags = ["flagged"]
}
rule "file" {
  match { subject = "invoice a" }
  move_to = "Shop"
}`)
		m.holds("Taxes", line(a, `\Flagged`), line(b))
		m.holds("INBOX", line(b, `\Flagged`))
		m.holds("Shop", line(a, `\Flagged`))
	})
}

func TestTrash(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		old, kept := with(text("old", 400*day), `\Seen`), with(text("old", 400*day, "X-Keep: yes"), `\Seen`, `\Flagged`)
		imaptest.Append(m, m.account, "INBOX", old, kept)
		r := m.apply(`
folder "trash" {
  name        = "Bin"
  special_use = "trash"
}
rule "old" {
  in = ["**"]
  match {
    older_than = "1y"
    seen       = true
    flagged    = false
  }
  delete = "trash"
}`)
		m.holds("INBOX", line(kept, `\Seen`, `\Flagged`))
		m.holds("Bin", line(old, `\Seen`))
		if r.Messages.Trashed != 1 || r.Added != 1 {
			m.Errorf("done: %+v", r)
		}
	})
}

func TestPermanent(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("UIDPLUS", canDelete)
		old, fresh, marked := text("log", 40*day), text("log", day), with(text("log", 50*day), `\Deleted`)
		imaptest.Append(m, m.account, "Logs", old, fresh, marked)
		r := m.apply(`
rule "logs" {
  in = ["Logs"]
  match {
    subject    = { is = "log" }
    older_than = "30d"
  }
  delete     = "permanent"
  by_arrival = true
}`)
		m.holds("Logs", line(fresh), line(marked, `\Deleted`))
		if r.Messages.Deleted != 1 || r.Destroyed != 1 {
			m.Errorf("done: %+v", r)
		}
	})
}

// Where commands have to wait for their turn, a look stands right before UID EXPUNGE: also
// where the server has told with STORE that the messages are marked.
func TestPermanentAtRate(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("UIDPLUS", canDelete)
		if m.account.Host == "" {
			m.Skip("nothing limits the rate of a maildir")
		}
		m.arguments = "max_rate = 100"
		imaptest.Append(m, m.account, "Logs", text("log", 40*day), text("log", 50*day), text("other", day))
		m.apply(`
rule "logs" {
  in = ["Logs"]
  match { subject = { is = "log" } }
  delete = "permanent"
}`)
		m.holds("Logs", line(text("other", day)))
		sent := m.recorder.Commands()
		for i, c := range sent {
			if c.Name == "UID EXPUNGE" && sent[i-1].Name != "UID FETCH" {
				m.Errorf("%s was sent between the last look and UID EXPUNGE", sent[i-1].Name)
			}
		}
	})
}

func TestPermanentIsRefused(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		if m.dial(m.load("")).Can().UIDPlus {
			m.Skip("the server offers UIDPLUS")
		}
		old := text("log", 40*day)
		imaptest.Append(m, m.account, "Logs", old)
		made, s := m.mustPlan(`
rule "logs" {
  in = ["Logs"]
  match { subject = "log" }
  delete = "permanent"
}`)
		before := imaptest.Snapshot(m, m.account)
		_, err := apply.Run(m.Context(), made, s, apply.Options{})
		if err == nil || !strings.Contains(err.Error(), "UIDPLUS") {
			m.Errorf("got %v, want an error that names UIDPLUS", err)
		}
		if !slices.Equal(before.Folders["Logs"].Messages[0].Flags, imaptest.Snapshot(m, m.account).Folders["Logs"].Messages[0].Flags) {
			m.Error("something was changed")
		}
	})
}

func TestInFolderFor(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("UIDPLUS", canDelete)
		imaptest.Append(m, m.account, "Bin", text("x", 400*day))
		const text = `
folder "trash" {
  name        = "Bin"
  special_use = "trash"
}
rule "empty" {
  in = [special.trash]
  match { in_folder_for = "30d" }
  delete = "permanent"
}`
		m.now = time.Now() // as the server knows it
		made, _, err := m.plan(text)
		if err != nil {
			if !strings.Contains(err.Error(), "in_folder_for cannot be told here") {
				m.Fatal(err)
			}
			m.Skip("the server does not offer SAVEDATE, and the plan said so")
		}
		if !made.Empty() {
			m.Errorf("mail that has just come is to be deleted: %s", describeSteps(made))
		}
		m.now = m.now.Add(31 * day)
		m.apply(text)
		m.holds("Bin")
	})
}

func TestRemove(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		x, y := text("x", day), text("y", day)
		imaptest.Append(m, m.account, "Old", x, y)
		imaptest.Append(m, m.account, "Old/Deep", text("z", day))
		if _, _, err := m.plan(`removed { folder = "Old" }`); err == nil || !strings.Contains(err.Error(), "has children") {
			m.Errorf("got %v", err)
		}
		if _, _, err := m.plan("removed {\n  folder   = \"Old\"\n  children = true\n}"); err == nil || !strings.Contains(err.Error(), "still holds messages") {
			m.Errorf("got %v", err)
		}
		m.apply(`
removed {
  folder   = "Old"
  children = true
  messages = "move"
  move_to  = "Archive"
}
rule "x" {
  in = ["Old"]
  match { subject = "x" }
  move_to = "INBOX"
}`)
		m.holds("Archive", line(y), line(text("z", day)))
		m.holds("INBOX", line(x))
		m.subscribed("-Old", "-Old/Deep")
		for name := range imaptest.Snapshot(m, m.account).Folders {
			if strings.HasPrefix(name, "Old") {
				m.Errorf("%q is still there", name)
			}
		}
	})
}

func TestRemoveWithMail(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("UIDPLUS", canDelete)
		imaptest.Append(m, m.account, "Old", text("x", day), text("y", day))
		r := m.apply("removed {\n  folder   = \"Old\"\n  messages = \"delete\"\n}")
		if r.Messages.Deleted != 2 || r.Destroyed != 1 {
			m.Errorf("done: %+v", r)
		}
	})
}

// Many messages go in batches; isolated UIDs make sets that are long.
func TestMany(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		var all []imaptest.Message
		for i := range 1200 {
			all = append(all, text(fmt.Sprintf("%s %d", []string{"odd", "even"}[i%2], i), day))
		}
		imaptest.Append(m, m.account, "INBOX", all...)
		r := m.apply(`
rule "even" {
  match { subject = { prefix = "even" } }
  move_to   = "Even"
  add_flags = ["seen"]
}`)
		if want := (apply.Counts{Moved: 600, Flagged: 600}); r.Messages != want {
			m.Errorf("done: %+v, want %+v", r.Messages, want)
		}
	})
}

// What changed between plan and apply is left alone, and said.
func TestMeanwhile(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		stays, read, gone := text("x stays", day), text("x is read", day), text("x goes", day)
		imaptest.Append(m, m.account, "INBOX", stays, read, gone)
		made, s := m.mustPlan(`
rule "x" {
  match {
    subject = "x"
    seen    = false
  }
  move_to = "X"
}`)
		fresh := text("x came later", day)
		imaptest.Append(m, m.account, "INBOX", fresh)
		imaptest.Do(m, m.account, "SELECT INBOX", `UID STORE 2 +FLAGS (\Seen)`, `UID STORE 3 +FLAGS (\Deleted)`, "EXPUNGE")
		r, err := apply.Run(m.Context(), made, s, apply.Options{})
		if err != nil {
			m.Fatal(err)
		}
		m.holds("X", line(stays))
		m.holds("INBOX", line(read, `\Seen`), line(fresh))
		if r.Messages.Moved != 1 {
			m.Errorf("done: %+v", r)
		}
		skipped := 0
		for _, outcome := range r.Steps {
			for _, skip := range outcome.Skipped {
				skipped += skip.Messages
			}
		}
		if skipped != 2 {
			m.Errorf("%d messages skipped, want 2: %s", skipped, describe(made, r))
		}
	})
}

// Where the server keeps all folders below INBOX, both spellings of a name mean one
// folder; elsewhere they mean two.
func TestSpelling(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		x := text("x", day)
		imaptest.Append(m, m.account, "INBOX", x)
		imaptest.Append(m, m.account, "A", text("y", day))
		listing, err := m.dial(m.load("")).List(m.Context())
		if err != nil {
			m.Fatal(err)
		}
		if !listing.InInbox {
			m.Skip("the server keeps folders beside INBOX")
		}
		m.apply(`
folder "a" { name = "INBOX/A" }
rule "x" {
  match { subject = "x" }
  move_to = "INBOX/A"
}
rule "y" {
  in = ["INBOX/*"]
  match { subject = "y" }
  move_to = "INBOX/B/C"
}`)
		m.holds("A", line(x))
		m.holds("B/C", line(text("y", day)))
	})
}
