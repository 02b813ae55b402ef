package apply_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A territory is a pattern, and in other words what it covers of the folders that the
// dice know.
type territory struct {
	pattern string
	covers  func(mailbox.Name) bool
}

func below(parent mailbox.Name) func(mailbox.Name) bool {
	return func(n mailbox.Name) bool { return n.Below(parent) }
}

func itself(name mailbox.Name) func(mailbox.Name) bool {
	return func(n mailbox.Name) bool { return n == name }
}

func outsideTrash(n mailbox.Name) bool { return n != "Trash" && !n.Below("Trash") }

var territories = []territory{
	{"**", outsideTrash},
	{"*", func(n mailbox.Name) bool { return outsideTrash(n) && n.Depth() == 1 }},
	{"INBOX", itself(mailbox.Inbox)},
	{"A", itself("A")},
	{"A/**", below("A")},
	{"Lists/*", below("Lists")},
	{"Old", itself("Old")},
	{"Old/2020", itself("Old/2020")},
	{"New/**", below("New")},
	{"Trash/**", below("Trash")},
}

// reserve makes some folders protected and others exclusive.
func (d *dice) reserve(account *config.Account) {
	some := func(percent int) (all []territory, patterns []mailbox.Pattern) {
		for d.chance(percent) {
			all = append(all, pick(d, territories))
		}
		var words []string
		for _, t := range all {
			words = append(words, t.pattern)
		}
		return all, d.patterns(words)
	}
	d.protected, account.Protected = some(25)
	d.exclusive, account.Exclusive = some(40)
	for i, t := range d.protected {
		if d.chance(30) && t.pattern != "INBOX" {
			account.Protected[i] = d.patterns([]string{strings.ToUpper(t.pattern)})[0]
		}
	}
	account.ProtectedRange, account.ExclusiveRange = d.at(), d.at()
	account.WarnUnmanaged = d.chance(50)
	d.declared = []mailbox.Name{mailbox.Inbox, "Trash", "Archive"}
	for _, f := range account.Folders {
		d.declared = append(d.declared, f.Name)
	}
	fmt.Fprintf(&d.said, "\nprotected %v exclusive %v", account.Protected, account.Exclusive)
}

func covered(all []territory, n mailbox.Name) bool {
	return slices.ContainsFunc(all, func(t territory) bool { return t.covers(n) })
}

// guarded proves of an apply that no message that lay in a protected folder has gone
// to the trash or away, that no protected folder is gone, and that nothing else is
// than the plan's own removals, which exclusive wants only where it may.
func (d *dice) guarded(p *plan.Plan, census, after map[int][]model.Place, was, is plan.Listing) {
	d.t.Helper()
	for mail, places := range census {
		at := places[0].Folder
		if !covered(d.protected, at) || !outsideTrash(at) {
			continue
		}
		if !slices.ContainsFunc(after[mail], func(now model.Place) bool {
			return outsideTrash(now.Folder) && !now.Folder.Below("Copies")
		}) {
			d.t.Errorf("mail %d lay in %q, which is protected, and is at %v", mail, at, after[mail])
		}
	}
	exists := func(n mailbox.Name) bool {
		return slices.ContainsFunc(is.Folders, func(f plan.Folder) bool { return f.Exists && f.Name == n })
	}
	for _, f := range was.Folders {
		now := renamedTo(p, f.Name)
		swept := slices.ContainsFunc(p.Steps, func(s plan.Step) bool {
			op, ok := s.Op.(plan.Remove)
			return ok && op.Name == now && s.Because[0].Block == "exclusive"
		})
		switch gone := f.Exists && !exists(now); {
		case gone && (covered(d.protected, f.Name) || covered(d.protected, now)):
			d.t.Errorf("folder %q, which is protected, is gone", f.Name)
		case swept && (!covered(d.exclusive, now) || slices.Contains(d.declared, now)):
			d.t.Errorf("folder %q was removed as exclusive: %v", now, d.declared)
		}
	}
}
