package cli

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// folderBlocks are blocks for the live folders of accounts that nothing of the
// configuration speaks of. A plan finds nothing to do for them.
func folderBlocks(cfg *config.Config, all []*listed) []render.FolderBlocks {
	labels := labels{}
	for _, a := range cfg.Accounts {
		for _, f := range a.Folders {
			labels[f.Label] = true
		}
	}
	var made []render.FolderBlocks
	for _, l := range all {
		if l.listing == nil {
			continue
		}
		d := newDeclaring(l.account, *l.listing)
		prefix := ""
		if len(cfg.Accounts) > 1 {
			d.of, prefix = l.account.Address, strings.TrimPrefix(l.account.Address, accountPrefix)+" "
		}
		for _, f := range l.listing.Folders {
			d.add(f, prefix, labels)
		}
		made = append(made, d.FolderBlocks)
	}
	return made
}

// A declaring account has blocks made for its folders.
type declaring struct {
	render.FolderBlocks
	account *config.Account
	of      string // the account argument; empty: none
	spelt   func(mailbox.Name) mailbox.Name
	named   map[mailbox.Name]bool   // by a folder, moved or removed block
	gone    []mailbox.Name          // below which nothing can be declared
	folds   map[string]mailbox.Name // how a name is written, by what is the same but for letter case
	uses    map[mailbox.Use]int     // folders of each special use, declared ones included
}

func newDeclaring(a *config.Account, listing plan.Listing) *declaring {
	d := &declaring{
		FolderBlocks: render.FolderBlocks{Account: a.Address}, account: a, spelt: speltAs(listing),
		named: map[mailbox.Name]bool{}, folds: map[string]mailbox.Name{}, uses: map[mailbox.Use]int{},
	}
	for _, f := range a.Folders {
		d.name(f.Name)
		d.named[d.spelt(f.Name)] = true
		if f.Use != "" {
			d.uses[f.Use]++
		}
	}
	for _, m := range a.Moved {
		d.name(m.To)
		d.named[d.spelt(m.From)] = true
		d.gone = append(d.gone, d.spelt(m.From))
	}
	for _, r := range a.Removed {
		d.nameRef(r.MoveTo)
		d.named[d.spelt(r.Folder)] = true
		d.gone = append(d.gone, d.spelt(r.Folder))
	}
	for _, r := range a.Rules {
		for _, ref := range append([]mailbox.Ref{r.MoveTo}, r.CopyTo...) {
			d.nameRef(ref)
		}
	}
	for _, f := range listing.Folders {
		for _, use := range f.Uses {
			d.uses[use]++
		}
	}
	return d
}

// name notes a name that the configuration gives, which has to be written the same
// way everywhere.
func (d *declaring) name(name mailbox.Name) {
	for name, ok := d.spelt(name), name != ""; ok; name, ok = name.Parent() {
		d.folds[name.Fold()] = name
	}
}

func (d *declaring) nameRef(ref mailbox.Ref) {
	if ref.Use == "" {
		d.name(ref.Name)
	}
}

// add makes the block of a folder. What needs none, or can have none, has none:
// INBOX, which always exists; names that hold no mail themselves, which come with the
// folders below them; and what no configuration can name.
func (d *declaring) add(f plan.Folder, prefix string, taken labels) {
	switch {
	case f.Name == mailbox.Inbox, !f.Exists, !f.Selectable && !f.Closed:
		return
	case d.named[f.Name]:
		d.Declared++
		return
	}
	if why := d.cannot(f); why != "" {
		d.LeftOut = append(d.LeftOut, fmt.Sprintf("%q is left out: %s.", f.Name, why))
		return
	}
	d.name(f.Name)
	block := render.FolderBlock{Label: taken.label(prefix + string(f.Name)), Account: d.of, Name: f.Name, Subscribed: f.Subscribed}
	var others []string
	for _, use := range f.Uses {
		if d.uses[use] == 1 && block.Use == "" {
			block.Use = use
		} else {
			others = append(others, string(use))
		}
	}
	if len(others) > 0 {
		block.Note = "The server lists this folder as " + strings.Join(others, ", ") + ", too, which is not said here: a folder has one special use, and a special use one folder."
	}
	d.Blocks = append(d.Blocks, block)
}

// cannot says why a folder cannot be declared; empty: it can.
func (d *declaring) cannot(f plan.Folder) string {
	if f.Closed {
		return "the server does not let it be opened"
	}
	switch name, err := mailbox.ParseName(string(f.Name)); {
	case err != nil:
		return err.Error()
	case name != f.Name:
		return fmt.Sprintf("it would be read as %q", name)
	case d.account.Maildir != "" && strings.Contains(string(name), "."):
		return `in a Maildir, "." separates levels`
	}
	for _, gone := range d.gone {
		if f.Name.Below(gone) {
			return fmt.Sprintf("it lies below %q, which the configuration moves or removes", gone)
		}
	}
	for name, ok := f.Name, true; ok; name, ok = name.Parent() {
		if other, known := d.folds[name.Fold()]; known && other != name {
			return fmt.Sprintf("it differs from %q only in letter case, or in how letters are encoded", other)
		}
	}
	return ""
}

// labels are the labels of folder blocks that are taken.
type labels map[string]bool

// label is a label for a folder of that name, which is taken by it: its letters and
// digits, with "_" between words.
func (l labels) label(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	label := strings.Trim(strings.Join(words, "_"), "-")
	if !hclsyntax.ValidIdentifier(label) {
		label = "folder_" + label
	}
	if !hclsyntax.ValidIdentifier(label) || len(label) > maxLabel {
		label = "folder"
	}
	free := label
	for n := 2; l[free]; n++ {
		free = fmt.Sprintf("%s_%d", label, n)
	}
	l[free] = true
	return free
}

// maxLabel is the length of a label, in octets, behind which no name makes one.
const maxLabel = 80
