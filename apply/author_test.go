package apply_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// author writes random configurations, in the language, and the mail for them.
type author struct {
	*dice
	text  strings.Builder
	named map[string]bool // folders that a block names, without letter case
	folds bool            // the server takes names that differ in letter case for one
	there []string        // folders that are there, to stay
}

// free picks a folder that no block names yet, nor one above or below it.
func (w *author) free(from ...string) string {
	for range 20 {
		name := pick(w.dice, from)
		taken := false
		for other := range w.named {
			folded := strings.ToLower(name)
			taken = taken || folded == other || strings.HasPrefix(folded, other+"/") || strings.HasPrefix(other, folded+"/")
		}
		if !taken || w.chance(3) {
			w.named[strings.ToLower(name)] = true
			return name
		}
	}
	return fmt.Sprintf("Free/%d", len(w.named))
}

func (w *author) line(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

// settings are folders in a mailbox, and what rules and blocks may name.
var settings = []string{
	"INBOX", "A", "A/B", "A/B/C", "Lists", "Lists/x", "Lists/GO", "lists/two", "Old", "Old/2020", "Trash", "Trash/deep",
	"Junk", "Archive", "Archives", "Archive/2020", "Sent", "lists/GO", "Copies", "Copies/one", "New", "New/plain",
}

var literals = []string{
	`"A"`, `"A/B"`, `"Lists/x"`, `"Archive/2024"`, `"New/Deep"`, `"Lists/z"`, `"Trash/deep"`, `"INBOX"`, `"End"`,
	`"Old/new"`, `special.trash`, `special.archive`, `"${special.archive}/2024"`, `folder.fixed`, `folder.each["q"].name`,
}

var destinations = []string{
	`"Lists/${message.list_name}"`, `"Lists/${message.subject}"`, `"lists/${lower(message.subject)}"`, `"Archive/${message.received.year}"`,
	`"Archive/${message.received.year}/${message.received.month}"`, `"New/${message.received.year}${message.received.month}"`,
	`"${special.archive}/${message.received.year}"`, `"${special.trash}/${message.from.local}"`, `"New/${message.from.domain}"`,
	`"New/a${message.sent.year}${message.subject}"`, `"New/${message.header["x-foo"]}"`, `"Lists/${regex("\\[([^]]+)\\]", message.subject)[0]}"`,
	`lookup(local.places, message.list_name, "New/Other")`, `"Lists/${local.places[message.list_name]}"`,
	`"New/${contains(message.flags, "flagged") ? "star" : "plain"}"`, `"New/${message.size > 2000 ? "big" : "small"}"`,
	`"A/${message.attachments[0].name}"`, `"A/x${message.subject}-${message.from.local}"`, `"INBOX/${message.subject}"`,
	`"Old/${join("/", message.references)}"`, `"Lists/GO/${message.from.name}"`, `"Trash/${message.list_id}"`,
}

var copyPlaces = []string{
	`"Copies/one"`, `"Copies/two"`, `"Copies"`, `"Copies/three"`, `"Copies/${message.subject}"`, `"copies/${message.list_name}"`,
	`"Copies/${message.received.year}"`, `"Copies/${join("-", message.flags)}"`, `lookup(local.copied, message.list_name)`,
	`"Copies/deep/${message.attachments[0].name}"`,
}

var criteria = []string{
	`subject = "one"`, `subject = { is = ["one two", "two one"] }`, `subject = { glob = "t*", case = true }`, `subject = { regex = "(?i)^one" }`,
	`header = { "X-Foo" = { exists = false } }`, `header = { "X-Foo" = "bar", "Subject" = "two" }`, `header = { "X-Score" = { above = 3 } }`,
	`from = "one@example.com"`, `from = "@example.com"`, `to = { name = "Ada" }`, `recipient = ["ada@example.com", "@example.org"]`, `list_id = "go.example.com"`,
	`list_id = { contains = "example" }`, `seen = true`, `seen = false`, `flagged = true`, `flagged = false`, `flags = ["$Work", "$Later"]`, `answered = true`,
	`older_than = "30d"`, `newer_than = "50d"`, `received_before = "2026-03-01"`, `sent_since = "2026-02-01"`, `in_folder_for = "20d"`, `in_folder_for = "1h"`,
	`larger_than = "2KB"`, `everything = true`, `everything = true`, `message_id = { exists = false }`, `matches = match.bulk`, `matches = match.per["a"]`,
	`body = "invoice"`, `body = { regex = "n.te" }`, `text = "invoice"`, `text = "one"`, `attachment = true`, `attachment = false`,
	`attachment = { name = { suffix = ".pdf" } }`, `part = { type = "text/html" }`, `part = { type = { prefix = "image/" }, name = { exists = true } }`,
	`where = message.size > 1500`, `where = message.folder == "INBOX"`, `where = message.uid > 2`, `where = contains(message.flags, "seen")`,
	`where = message.from.domain == "example.com"`, `where = startswith(message.subject, "one")`, `where = length(message.recipients) > 1`,
	`where = message.received.year == "2026"`, `where = message.sent.year == "2026"`, `where = length(message.attachments) > 0`,
	`where = can(regex("one", message.subject))`, `where = message.header["x-foo"] == "bar"`, `where = try(message.list_name, "") == "go"`,
}

func (w *author) match(depth int) string {
	switch {
	case depth > 0 && w.chance(30):
		return pick(w.dice, []string{"all", "any", "not"}) + " {\n" + w.match(depth-1) + "\n}"
	case depth > 0 && w.chance(25):
		return "any {\nall {\n" + w.match(depth-1) + "\n}\nnot {\n" + w.match(0) + "\n}\n}"
	case depth > 0 && w.chance(20):
		return w.match(0) + "\nany {\n" + w.match(0) + "\n}"
	}
	return pick(w.dice, criteria)
}

// write writes the whole configuration: a directory's files by name.
func (w *author) write() map[string]string {
	w.named = map[string]bool{}
	w.line("account %q {\nmaildir = %q", "t", "m")
	for _, argument := range []string{"protected", "exclusive"} {
		if w.chance(20) {
			w.line("%s = [%q]", argument, pick(w.dice, []string{"A/**", "Lists/*", "Old", "New/*", "a", "Archive/**", "**"}))
		}
	}
	w.line("}\npolicy {\nmove_then_delete = true\nmax_removed_folders = 100\n}")
	w.line("locals {\nplaces = { go = \"golang/dev\", two = \"GO\", \"x\" = \"Archive\" }\ncopied = { go = \"Copies/go\", two = \"copies/GO\" }\n}")
	w.line("match \"bulk\" {\nany {\nsubject = \"two\"\nheader = { \"List-Id\" = { exists = true } }\n}\n}\nmatch \"per\" {\nfor_each = { a = \"one\", b = \"two\" }\nsubject = each.value\n}")
	w.line("folder \"fixed\" {\nname = %q\n}\nfolder \"each\" {\nfor_each = toset([\"q\", \"two\"])\nname = \"Lists/${each.key}\"\n}", w.free("Fixed", "New", "Archive", "A/B"))
	w.blocks()
	for i := range 1 + w.rng.IntN(6) {
		w.rule(i)
	}
	files := map[string]string{}
	if w.chance(25) {
		outer := w.text.String()
		w.text.Reset()
		w.line("variable \"word\" {}\nlocals {\nplaces = { go = var.word }\ncopied = { go = \"Copies/${var.word}\" }\n}")
		w.line("folder \"fixed\" { name = \"Modules\" }\nfolder \"each\" {\nfor_each = toset([\"q\"])\nname = \"Modules/${each.key}\"\n}")
		w.line("match \"bulk\" { subject = var.word }\nmatch \"per\" {\nfor_each = { a = var.word }\nsubject = each.value\n}")
		w.rule(0)
		files["inner/main.imap.hcl"] = w.text.String()
		w.text.Reset()
		w.text.WriteString(outer)
		w.line("module \"inner\" {\nsource = \"./inner\"\nword = \"one\"\n}")
		w.rule(90)
	}
	files["main.imap.hcl"] = w.text.String()
	return files
}

// blocks are moved, removed and folder blocks.
func (w *author) blocks() {
	if w.chance(35) {
		w.line("moved {\nfrom = %q\nto = %q\n}", w.free(settings[1:]...), w.free("End", "End/Deep", "New/Deep", "Lists/z", "Old", "Lists/y", "Archive/old", "Trash/x"))
	}
	if w.chance(30) {
		messages := pick(w.dice, []string{"refuse", "move", "delete"})
		w.line("removed {\nfolder = %q\nmessages = %q\nchildren = %t", w.free(append(settings[1:len(settings):len(settings)], "Lists/go", "lists/X", "new/PLAIN")...), messages, w.chance(70))
		if messages == "move" {
			w.line("move_to = %s", pick(w.dice, literals))
		}
		w.line("}")
	}
	for i := range w.rng.IntN(3) {
		w.line("folder \"f%d\" {\nname = %q", i, w.free(settings...))
		if w.chance(60) {
			w.line("subscribed = %s", pick(w.dice, []string{"true", "false", "null"}))
		}
		if w.chance(40) {
			w.line("special_use = %q", pick(w.dice, []string{"archive", "trash", "junk", "drafts", "sent"}))
		}
		w.line("}")
	}
}

func (w *author) rule(i int) {
	w.line("rule \"r%d\" {", i)
	if w.chance(10) {
		w.line("for_each = toset([\"a\", \"b\"])")
	}
	var in []string
	for range 1 + w.rng.IntN(2) {
		in = append(in, pick(w.dice, []string{
			`"INBOX"`, `"INBOX"`, `"INBOX"`, `"**"`, `"**"`, `"A/**"`, `"*/*"`, `"Lists/*"`, `"*"`, `"New/*"`, `"Trash/**"`, special(w.dice),
			`"${special.archive}/*"`, `"INBOX/**"`, `"Old*"`, `"Archive/**"`, `folder.fixed.name`, `"lists/**"`, strconv.Quote(w.place()),
		}))
	}
	w.line("in = [%s]", strings.Join(in, ", "))
	var not []string
	if w.chance(90) {
		not = append(not, `"Copies"`, `"Copies/**"`, `"copies/**"`)
	}
	if w.chance(25) {
		not = append(not, pick(w.dice, []string{`"A/**"`, `"Old"`, special(w.dice), `"Lists/*"`, `"New/a*"`, `"INBOX"`}))
	}
	if len(not) > 0 {
		w.line("not_in = [%s]", strings.Join(not, ", "))
	}
	w.line("match {\n%s\n}", w.match(2))
	to := func() string { return pick(w.dice, slices.Concat(literals, destinations, destinations)) }
	acts := true
	switch w.rng.IntN(12) {
	case 0, 1, 2, 3, 4:
		w.line("move_to = %s", to())
	case 5:
		w.line(`delete = "trash"`)
	case 6:
		w.line("delete = \"permanent\"\nby_arrival = true")
	case 7, 8:
		w.line("copy_to = [%s, %s]", pick(w.dice, copyPlaces), pick(w.dice, copyPlaces))
		if w.chance(40) {
			w.line("move_to = %s", to())
		} else if w.chance(20) {
			w.line("delete = \"permanent\"\nby_arrival = true")
		}
	case 9:
		w.line("stop = true")
	default:
		acts = false
	}
	if !acts || w.chance(35) {
		add := pick(w.dice, []string{"seen", "flagged", "answered", "$Work", "$Later"})
		w.line("add_flags = [%q]", add)
		if remove := pick(w.dice, []string{"seen", "flagged", "$Work"}); remove != add && w.chance(40) {
			w.line("remove_flags = [%q]", remove)
		}
	}
	w.line("}")
}

// place is a folder that is there and that no block takes away.
func (w *author) place() string {
	for range 20 {
		name := pick(w.dice, w.there)
		above := ""
		gone := w.chance(97)
		for _, level := range strings.Split(strings.ToLower(name), "/") {
			above = strings.TrimPrefix(above+"/"+level, "/")
			gone = gone && w.named[above]
		}
		if !gone {
			return name
		}
	}
	return "INBOX"
}

func special(d *dice) string {
	return pick(d, []string{"special.trash", "special.archive", "special.junk"})
}

// server is a mailbox with random folders and mail on one of the servers.
func (w *author) server(v model.Variant) *peculiar {
	w.folds = w.chance(15)
	return &peculiar{
		Account: w.mailbox(v), folds: w.folds, inInbox: w.chance(10), dull: w.chance(10),
		delimiter: pick(w.dice, []string{"/", ".", "\\"}),
	}
}

func (w *author) mailbox(v model.Variant) *model.Account {
	a := model.New(v)
	a.Now = made
	if w.chance(85) {
		a.MakeFolder("Trash", mailbox.UseTrash)
	}
	if w.chance(40) {
		a.MakeFolder("Junk", mailbox.UseJunk)
	}
	if w.chance(30) {
		a.MakeFolder("Archive", mailbox.UseArchive)
	}
	for _, name := range settings {
		if n := mailbox.Name(name); w.chance(50) && !hasFolder(a, n) && !(w.folds && strings.HasPrefix(name, "lists")) {
			a.MakeFolder(n)
			a.SetSubscribed(n, w.chance(50))
		}
	}
	for _, f := range a.Listing().Folders {
		if f.Selectable {
			w.there = append(w.there, string(f.Name))
		}
	}
	for _, n := range []mailbox.Name{"Ghost", "Old/Ghost", "New/star", "Lists/go"} {
		if w.chance(10) {
			a.SetSubscribed(n, true)
		}
	}
	for _, f := range a.Listing().Folders {
		for range w.rng.IntN(6) {
			if f.Selectable {
				a.Deliver(f.Name, w.letter())
			}
		}
	}
	return a
}

func hasFolder(a *model.Account, n mailbox.Name) bool {
	return slices.ContainsFunc(a.Listing().Folders, func(f plan.Folder) bool { return f.Name == n && f.Exists })
}

var titles = []string{
	"one", "two", "One Two", "[Go] three", "[GO] four", "GO", "go", "..", ".", "a/b", "~root", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "=?utf-8?q?gru=CC=88=C3=9Fe?=", "=?x-none?q?odd?=",
	"Trash", "INBOX", "x", "X", "*", "%", "  ", "\xff\xfe", "one\r\n two", "2024", "[x/y.z] w", "\u202eevil", "star", strings.Repeat("long ", 60), "Übung", "übung",
}

// letter is a message with a header as people and programs write them.
func (w *author) letter() model.Mail {
	m := model.Mail{Received: made.Add(-time.Duration(w.rng.IntN(900)) * 24 * time.Hour), Size: int64(w.rng.IntN(4)+1) * 1000}
	field := func(percent int, name string, values ...string) {
		if w.chance(percent) {
			m.Header = append(m.Header, name+": "+pick(w.dice, values))
		}
	}
	field(95, "Subject", titles...)
	field(95, "From", "one@example.com", "Two <two+tag@sub.example.com>", "\"O, ne\" <one@example.com>", "=?utf-8?q?J=C3=B6rg?= <j@example.org>", "nobody", "<>", "a@b, c@d")
	field(80, "To", "Ada <ada@example.com>", "ada@example.com, bob@example.org", "undisclosed-recipients:;")
	field(75, "Message-ID", fmt.Sprintf("<%d@example.com>", w.rng.IntN(25)))
	field(80, "Date", "Mon, 2 Mar 2026 10:00:00 +0100", "1 Jan 26 00:30 EST", "yesterday", "Wed, 31 Dec 2025 23:59:59 -0800")
	field(50, "List-Id", "The list <go.example.com>", "<two.example.com>", "<GO.example.com>", "x", "<a/b.example.com>", "<>")
	field(30, "X-Foo", "bar", "Trash", "..", "b*r", "BAR", "")
	field(20, "X-Score", "4.5 of 5", "none", "-3")
	field(20, "References", "<a@b> <c/d@e>", "<x@y>")
	for _, f := range marks {
		if w.chance(25) {
			m.Flags = m.Flags.With(mailbox.Flags{f})
		}
	}
	if w.chance(4) {
		m.Flags = m.Flags.With(mailbox.Flags{imap.FlagDeleted})
	}
	m.Saved = m.Received.Add(time.Hour)
	w.body(&m)
	return m
}

func (w *author) body(m *model.Mail) {
	plain := pick(w.dice, []string{"the invoice\r\n", "a note of one\r\n", "nothing\r\n", ""})
	switch w.rng.IntN(6) {
	case 0:
		m.Header = append(m.Header, "Content-Type: text/html; charset=utf-8")
		m.Body = "<p>in<b>voice</b> &amp; note</p>"
	case 1, 2:
		name := pick(w.dice, []string{"a.pdf", "b/c.txt", "=?utf-8?q?=C3=A4.PDF?=", "go", ".hidden"})
		m.Header = append(m.Header, "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`)
		m.Body = "--b\r\nContent-Type: text/plain\r\n\r\n" + plain + "--b\r\nContent-Type: " + pick(w.dice, []string{"image/png", "application/pdf", "text/plain"}) +
			"; name=\"" + name + "\"\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\naW52b2ljZQ==\r\n--b--\r\n"
	case 3:
		m.Header = append(m.Header, `Content-Type: multipart/mixed; boundary="never"`)
		m.Body = "--other\r\n" + plain
	default:
		m.Body = plain
	}
}
