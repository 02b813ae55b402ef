package rehearse

import (
	"slices"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/rules"
)

// usual are the names of folders of a use where nothing declares one, in the order
// of mailbox.Uses.
var usual = map[mailbox.Use]mailbox.Name{
	mailbox.UseAll: "All Mail", mailbox.UseArchive: "Archive", mailbox.UseDrafts: "Drafts", mailbox.UseFlagged: "Flagged",
	mailbox.UseImportant: "Important", mailbox.UseJunk: "Junk", mailbox.UseSent: "Sent", mailbox.UseTrash: "Trash",
}

// common are the uses for which every mailbox has a folder; for others there is one
// where somebody speaks of it.
var common = []mailbox.Use{mailbox.UseArchive, mailbox.UseDrafts, mailbox.UseJunk, mailbox.UseSent, mailbox.UseTrash}

// furnish makes the folders of a test: those that the configuration declares or
// names, those of special uses, and those in which the test has messages. What is
// to be gone (moved.from, removed.folder) is there only if there is a message of
// the test in it.
func furnish(a *model.Account, account *config.Account, t *config.Test) *furniture {
	f := &furniture{account: account, uses: map[mailbox.Use]mailbox.Name{}, wanted: slices.Clone(common), byFold: map[string]mailbox.Name{}}
	f.add(mailbox.Inbox)
	for _, m := range t.Messages {
		if m.Folder.Use == "" {
			f.mail = append(f.mail, m.Folder.Name)
		}
	}
	f.declared()
	f.named()
	f.configured = slices.Clone(f.names)
	for _, m := range t.Messages {
		f.speak(m.Folder)
	}
	for _, e := range t.Expects {
		if e.Folder != nil && e.Folder.Use != "" {
			f.speak(mailbox.Ref{Use: e.Folder.Use})
		}
		for _, to := range e.Copies {
			if to.Use != "" {
				f.speak(mailbox.Ref{Use: to.Use})
			}
		}
	}
	f.findUses()
	for _, n := range f.names {
		a.MakeFolder(n, f.usesOf(n)...)
		a.SetSubscribed(n, true)
	}
	return f
}

// A furniture is the folders of a mailbox.
type furniture struct {
	account *config.Account
	mail    []mailbox.Name // folders with messages of the test
	names   []mailbox.Name
	byFold  map[string]mailbox.Name

	configured []mailbox.Name // those of which the configuration speaks
	below      []mailbox.Ref  // names below a folder of some use
	uses       map[mailbox.Use]mailbox.Name
	wanted     []mailbox.Use
}

// speak notes a folder that somebody speaks of.
func (f *furniture) speak(ref mailbox.Ref) {
	switch {
	case ref.Use == "" && ref.Name == "":
	case ref.Use == "":
		f.add(ref.Name)
	default:
		if !slices.Contains(f.wanted, ref.Use) {
			f.wanted = append(f.wanted, ref.Use)
		}
		if ref.Name != "" {
			f.below = append(f.below, ref)
		}
	}
}

// add adds a folder, unless one is there whose name differs in letter case only.
func (f *furniture) add(n mailbox.Name) {
	fold := n.Fold()
	if _, ok := f.byFold[fold]; !ok && (!f.gone(n) || f.holds(n)) {
		f.names, f.byFold[fold] = append(f.names, n), n
	}
}

// resolve is the folder that a test has mail in; false if there is none.
func (f *furniture) resolve(ref mailbox.Ref) (mailbox.Name, bool) {
	name, ok := ref.Resolve(f.uses)
	if !ok {
		return "", false
	}
	name, ok = f.byFold[name.Fold()]
	return name, ok
}

// meant is the folder that somebody most likely meant by one of which the
// configuration does not speak and in which no rule looks; empty: nothing suggests
// that another one was meant.
func (f *furniture) meant(n mailbox.Name) string {
	if slices.Contains(f.configured, n) || f.gone(n) {
		return ""
	}
	world := mailbox.World{ByUse: f.uses}
	for _, rule := range f.account.Rules {
		if slices.ContainsFunc(rule.In, func(p mailbox.Pattern) bool { return p.Match(n, world) }) {
			return ""
		}
	}
	return config.Nearest(string(n), texts(f.configured))
}

func texts(names []mailbox.Name) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = string(n)
	}
	return all
}

// holds says whether there is mail of the test in a folder, or below it.
func (f *furniture) holds(n mailbox.Name) bool {
	return slices.ContainsFunc(f.mail, func(at mailbox.Name) bool { return at == n || at.Below(n) })
}

// gone says whether a folder is to be gone, or will come to be by a rename of one
// that holds mail.
func (f *furniture) gone(n mailbox.Name) bool {
	return slices.ContainsFunc(f.account.Moved, func(m *config.Moved) bool {
		return n == m.From || n.Below(m.From) || (n == m.To || n.Below(m.To)) && f.moves(m)
	}) || slices.ContainsFunc(f.account.Removed, func(r *config.Removed) bool {
		return n == r.Folder || r.Children && n.Below(r.Folder)
	})
}

// moves says whether a moved block has something to do: there is mail in the folder,
// or another one that has mail becomes it.
func (f *furniture) moves(m *config.Moved) bool {
	for range f.account.Moved {
		if f.holds(m.From) {
			return true
		}
		i := slices.IndexFunc(f.account.Moved, func(before *config.Moved) bool { return before.To == m.From })
		if i < 0 {
			return false
		}
		m = f.account.Moved[i]
	}
	return false
}

// declared adds what blocks declare.
func (f *furniture) declared() {
	for _, folder := range f.account.Folders {
		f.add(folder.Name)
		if folder.Use != "" {
			f.uses[folder.Use] = folder.Name
		}
	}
	for _, m := range f.account.Moved {
		f.add(m.To)
		if f.holds(m.From) {
			f.add(m.From)
		}
	}
	for _, r := range f.account.Removed {
		if f.holds(r.Folder) {
			f.add(r.Folder)
		}
		f.speak(r.MoveTo)
	}
}

// named adds what rules name.
func (f *furniture) named() {
	f.usesIn(f.account.Protected)
	f.usesIn(f.account.Exclusive)
	for _, rule := range f.account.Rules {
		for _, in := range rule.In {
			if ref, ok := in.Ref(); ok {
				f.speak(ref)
			}
		}
		f.speak(rule.MoveTo)
		for _, to := range rule.CopyTo {
			f.speak(to)
		}
		for _, by := range templates(rule) {
			f.usesIn(by.Patterns())
		}
		f.usesIn(rule.In)
		f.usesIn(rule.NotIn)
	}
}

// usesIn notes the uses that patterns begin with.
func (f *furniture) usesIn(patterns []mailbox.Pattern) {
	for _, p := range patterns {
		if p.Use() != "" {
			f.speak(mailbox.Ref{Use: p.Use()})
		}
	}
}

func templates(r *rules.Rule) []rules.Template {
	all := slices.Clone(r.CopyBy)
	if r.MoveBy != nil {
		all = append(all, r.MoveBy)
	}
	return all
}

// findUses gives each wanted use a folder: the one that is declared for it, else one
// that is there and called so, else a new one.
func (f *furniture) findUses() {
	for _, use := range f.wanted {
		if f.uses[use] == "" {
			f.uses[use] = f.likely(use)
		}
		f.add(f.uses[use])
	}
	for _, ref := range f.below {
		if name, ok := ref.Resolve(f.uses); ok {
			f.add(name)
		}
	}
}

// likely is the folder that people would take for that of a use.
func (f *furniture) likely(use mailbox.Use) mailbox.Name {
	if n, ok := f.byFold[usual[use].Fold()]; ok {
		return n
	}
	for _, n := range f.names {
		if mailbox.WellKnown(n) == use {
			return n
		}
	}
	return usual[use]
}

func (f *furniture) usesOf(n mailbox.Name) []mailbox.Use {
	var uses []mailbox.Use
	for _, use := range mailbox.Uses() {
		if f.uses[use] == n {
			uses = append(uses, use)
		}
	}
	return uses
}
