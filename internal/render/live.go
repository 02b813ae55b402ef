package render

import (
	"io"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A Live account is shown with its folders as the server lists them now.
type Live struct {
	Account string // its address
	Listing plan.Listing
	// Declared says of folders which block speaks of each, be they there or not.
	Declared map[mailbox.Name]plan.Cause
	Missing  []mailbox.Name // of folder blocks: they do not exist
}

// folders and messages are how many the server has. What is only subscribed, or only
// has a place in the hierarchy, is no folder that counts.
func (l Live) folders() (folders int, messages int64) {
	for _, f := range l.Listing.Folders {
		if f.Exists && (f.Selectable || f.Closed) {
			folders++
			messages += int64(f.Messages)
		}
	}
	return folders, messages
}

// LiveFolders writes a table of each account's folders, and totals.
func LiveFolders(w io.Writer, all []Live, o Options) error {
	p := newPage(o)
	folders, messages := 0, int64(0)
	for i, l := range all {
		if i > 0 {
			p.line()
		}
		p.live(l)
		f, m := l.folders()
		folders, messages = folders+f, messages+m
	}
	if len(all) > 1 {
		p.line()
		p.line(p.bold(count(len(all), "account") + ": " + count(folders, "folder") + ", " + count(messages, "message")))
	}
	return p.writeTo(w)
}

func (p *page) live(l Live) {
	folders, messages := l.folders()
	p.line(p.bold(clean(l.Account)), " (", clean(l.Listing.Server), "): ", count(folders, "folder"), ", ", count(messages, "message"))
	p.line()
	rows := [][]safe{{"Folder", "Messages", "Special use", "Subscribed", "Declared by"}}
	for _, f := range l.Listing.Folders {
		rows = append(rows, l.row(f, p.o.Width))
	}
	p.table(rows)
	if len(l.Missing) > 0 {
		var names []safe
		for _, name := range l.Missing {
			names = append(names, quote(string(name))+" ("+causeName(l.Declared[name])+")")
		}
		p.line()
		p.line("  ", count(len(names), "declared folder"), pick(len(names) == 1, " does", " do"), " not exist yet: ", someOf(names))
	}
}

func (l Live) row(f plan.Folder, width int) []safe {
	name := quote(string(f.Name))
	if width > 0 { // half of the line at most
		name = quoteWithin(string(f.Name), max(20, width/2))
	}
	messages := safe("-")
	if f.Selectable {
		messages = number(f.Messages)
	}
	var uses []safe
	for _, use := range f.Uses {
		uses = append(uses, safe(use))
	}
	declared := safe("")
	if cause, ok := l.Declared[f.Name]; ok {
		declared = causeName(cause)
	}
	if note := stateOf(f); note != "" {
		declared += pick(declared == "", "", " ") + "# " + note
	}
	return []safe{name, messages, join(uses, ", "), pick(f.Subscribed, "yes", "no"), declared}
}

// stateOf is why a folder is not like others; empty: it is.
func stateOf(f plan.Folder) safe {
	switch {
	case !f.Exists:
		return "does not exist, is only subscribed"
	case f.Closed:
		return "the server does not let it be opened"
	case !f.Selectable:
		return "holds no mail itself"
	default:
		return ""
	}
}

// table writes rows in columns, the first of them the headings. The column of numbers
// is the second.
func (p *page) table(rows [][]safe) {
	const numbers = 1
	widest := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widest[i] = max(widest[i], columns(cell))
		}
	}
	for i, row := range rows {
		var line safe
		for j, cell := range row {
			switch {
			case j == numbers:
				cell = pad("", widest[j]-columns(cell)) + cell
			case j < len(row)-1:
				cell = pad(cell, widest[j])
			}
			line += pick(j == 0, "  ", "   ") + cell
		}
		line = safe(strings.TrimRight(string(line), " "))
		if i == 0 {
			line = p.dim(line)
		}
		p.line(line)
	}
}

// StartLists says that the folders of so many accounts are about to be listed.
func (p *Progress) StartLists(accounts int) { p.start("Listing", accounts) }
