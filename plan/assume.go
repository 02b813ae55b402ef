package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// Assume is a listing to follow a message with where no server is asked: INBOX, the
// folder in which the message lies, every folder that the configuration names, and
// one for each special use, by its usual name where nothing declares it. What moved
// and removed blocks take away is gone, unless the message lies in it.
func Assume(a *config.Account, lies mailbox.Name) Listing {
	s := &assumption{account: a, lies: lies, folders: map[mailbox.Name]*Folder{}, uses: map[mailbox.Use]mailbox.Name{}}
	s.add(mailbox.Inbox)
	s.add(lies)
	for _, f := range a.Folders {
		s.add(f.Name)
		if f.Use != "" {
			s.uses[f.Use] = f.Name
		}
	}
	for _, m := range a.Moved {
		s.add(m.To)
	}
	refs := s.named()
	for _, ref := range refs {
		if ref.Use == "" {
			s.add(ref.Name)
		}
	}
	s.findUses(refs)
	for _, ref := range refs {
		if name, ok := ref.Resolve(s.uses); ok {
			s.add(name)
		}
	}
	l := Listing{SaveDate: true, CreateUse: true, Delimiter: "/", Server: "that is assumed"}
	for _, name := range slices.Sorted(maps.Keys(s.folders)) {
		l.Folders = append(l.Folders, *s.folders[name])
	}
	return l
}

// An assumption is a listing in the making.
type assumption struct {
	account *config.Account
	lies    mailbox.Name
	folders map[mailbox.Name]*Folder
	uses    map[mailbox.Use]mailbox.Name
}

func (s *assumption) add(name mailbox.Name) {
	if name == "" || s.goes(name) || s.folders[name] != nil {
		return
	}
	s.folders[name] = &Folder{Name: name, Selectable: true, Exists: true, Subscribed: true, UIDValidity: 1, UIDNext: 1}
}

// goes says whether a folder is to be gone, or comes to be by the rename of the one
// that the message lies in.
func (s *assumption) goes(name mailbox.Name) bool {
	in := func(top mailbox.Name) bool { return name == top || name.Below(top) }
	holds := func(top mailbox.Name) bool { return s.lies == top || s.lies.Below(top) }
	if holds(name) {
		return false
	}
	return slices.ContainsFunc(s.account.Moved, func(m *config.Moved) bool {
		return in(m.From) || in(m.To) && holds(m.From)
	}) || slices.ContainsFunc(s.account.Removed, func(r *config.Removed) bool {
		return name == r.Folder || r.Children && name.Below(r.Folder)
	})
}

// named are the folders that blocks and rules name.
func (s *assumption) named() []mailbox.Ref {
	var refs []mailbox.Ref
	patterns := slices.Concat(s.account.Protected, s.account.Exclusive)
	for _, r := range s.account.Removed {
		refs = append(refs, r.MoveTo)
	}
	for _, r := range s.account.Rules {
		refs = append(append(refs, r.MoveTo), r.CopyTo...)
		if r.Delete == rules.DeleteTrash {
			refs = append(refs, mailbox.Ref{Use: mailbox.UseTrash})
		}
		for _, in := range r.In {
			if ref, literal := in.Ref(); literal {
				refs = append(refs, ref)
			}
		}
		patterns = slices.Concat(patterns, r.In, r.NotIn)
		for _, t := range (&bound{Rule: r}).templates() {
			patterns = append(patterns, t.Patterns()...)
		}
	}
	for _, pattern := range patterns {
		refs = append(refs, mailbox.Ref{Use: pattern.Use()})
	}
	return refs
}

// usual are the names of folders of a use where nothing says another.
var usual = map[mailbox.Use]mailbox.Name{
	mailbox.UseAll: "All Mail", mailbox.UseArchive: "Archive", mailbox.UseDrafts: "Drafts", mailbox.UseFlagged: "Flagged",
	mailbox.UseImportant: "Important", mailbox.UseJunk: "Junk", mailbox.UseSent: "Sent", mailbox.UseTrash: "Trash",
}

// findUses gives the uses that every mailbox has a folder for, and those that are
// named, one: the folder that is declared for it, else one whose name says so, else
// one more.
func (s *assumption) findUses(named []mailbox.Ref) {
	wanted := []mailbox.Use{mailbox.UseArchive, mailbox.UseDrafts, mailbox.UseJunk, mailbox.UseSent, mailbox.UseTrash}
	for _, ref := range named {
		if ref.Use != "" && !slices.Contains(wanted, ref.Use) {
			wanted = append(wanted, ref.Use)
		}
	}
	for _, use := range wanted {
		name := cmp.Or(s.uses[use], s.suggested(use), usual[use])
		s.uses[use] = name
		if s.add(name); s.folders[name] != nil {
			s.folders[name].Uses = append(s.folders[name].Uses, use)
		}
	}
}

// suggested is a folder whose name suggests the use; empty: there is none.
func (s *assumption) suggested(use mailbox.Use) mailbox.Name {
	for _, name := range slices.Sorted(maps.Keys(s.folders)) {
		if mailbox.WellKnown(name) == use || name.Fold() == usual[use].Fold() {
			return name
		}
	}
	return ""
}
