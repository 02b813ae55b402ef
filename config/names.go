package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// A naming is a place where a configuration names a folder.
type naming struct {
	name mailbox.Name
	at   hcl.Range
	by   string // what names it, for people
	// claims says that it is a folder block that does.
	claims bool
}

// checkNames reports where the folders of an account are named in ways that do not
// go together.
func (l *loader) checkNames(a *Account) {
	gone := l.checkClaims(a)
	lasting := l.checkTargets(a)
	lasting = slices.Concat(lasting, destinations(a), l.filed[a])
	l.checkFold(l.checkGone(lasting, gone))
	l.checkMaildir(a, lasting)
	l.checkUses(a)
	l.checkRounds(a)
}

// checkClaims reports a folder that two of folder, moved.from and removed.folder
// name. It returns those that shall be gone.
func (l *loader) checkClaims(a *Account) []naming {
	var claims, gone []naming
	for _, f := range a.Folders {
		claims = append(claims, naming{f.Name, f.NameRange, f.Address, true})
	}
	for _, m := range a.Moved {
		gone = append(gone, naming{m.From, m.FromRange, "a moved block", false})
	}
	for _, r := range a.Removed {
		gone = append(gone, naming{r.Folder, r.FolderRange, "a removed block", false})
	}
	l.checkUnique(append(claims, gone...))
	return gone
}

// checkUnique reports names that are there twice, at the later place.
func (l *loader) checkUnique(namings []naming) {
	first := map[mailbox.Name]naming{}
	for _, n := range namings {
		other, ok := first[n.name]
		if !ok {
			first[n.name] = n
			continue
		}
		if later(other.at, n.at) {
			other, n = n, other
			first[n.name] = other
		}
		l.report.errorAt(n.at, "Folder named twice",
			fmt.Sprintf("%s names the folder %q, which %s names at %s already.", capital(n.by), n.name, other.by, place(other.at)))
	}
}

func capital(s string) string {
	if s == "a moved block" || s == "a removed block" {
		return "A" + s[1:]
	}
	return s
}

func later(a, b hcl.Range) bool {
	if a.Filename != b.Filename {
		return a.Filename > b.Filename
	}
	return a.Start.Byte > b.Start.Byte
}

// checkTargets reports folders to which two others shall be renamed. It returns
// the names that are declared to exist.
func (l *loader) checkTargets(a *Account) []naming {
	var targets, lasting []naming
	for _, f := range a.Folders {
		lasting = append(lasting, naming{f.Name, f.NameRange, f.Address, true})
	}
	from := map[mailbox.Name]bool{}
	for _, m := range a.Moved {
		from[m.From] = true
	}
	for _, m := range a.Moved {
		target := naming{m.To, m.ToRange, "a moved block", false}
		targets = append(targets, target)
		if !from[m.To] { // else one link of a chain
			lasting = append(lasting, target)
		}
	}
	l.checkUnique(targets)
	return lasting
}

// destinations are the folders that the mail of removed ones goes to.
func destinations(a *Account) []naming {
	var found []naming
	for _, r := range a.Removed {
		if r.MoveTo.Use == "" && r.MoveTo.Name != "" {
			found = append(found, naming{r.MoveTo.Name, r.MoveToRange, "move_to", false})
		}
	}
	return found
}

// file notes the folders that a rule files mail in by name.
func (l *loader) file(a *Account, b *block, r *rules.Rule) {
	note := func(to mailbox.Ref, at hcl.Range) {
		if to.Use == "" && to.Name != "" {
			l.filed[a] = append(l.filed[a], naming{to.Name, at, r.Address, false})
		}
	}
	note(r.MoveTo, b.rangeOf("move_to"))
	for i, to := range r.CopyTo {
		note(to, rangeAt(b.args["copy_to"].Expr, cty.IndexIntPath(i)))
	}
}

// checkGone reports what needs a folder, or one below it, that is to be gone. It
// returns the others.
func (l *loader) checkGone(lasting, gone []naming) []naming {
	byName := map[mailbox.Name]naming{}
	for _, g := range gone {
		byName[g.name] = g
	}
	var fine []naming
	for _, n := range lasting {
		found := false
		for name, more := n.name, true; more; name, more = name.Parent() {
			g, ok := byName[name]
			if !ok || g.name == n.name && n.claims {
				continue // two claims of one name: checkUnique says it
			}
			l.report.errorAt(n.at, "Folder that shall not exist",
				fmt.Sprintf("%q cannot be used: %s at %s says that the folder %q shall not exist any more.", n.name, g.by, place(g.at), g.name))
			found = true
			break
		}
		if !found {
			fine = append(fine, n)
		}
	}
	return fine
}

// checkMaildir reports names that a Maildir++ tree cannot have: its directories are
// named after folders with "." between the levels.
func (l *loader) checkMaildir(a *Account, lasting []naming) {
	for _, n := range lasting {
		if a.Maildir != "" && strings.Contains(string(n.name), ".") {
			l.report.errorAt(n.at, "Folder that a Maildir cannot have",
				fmt.Sprintf("The name %q has a \".\", which separates levels in the directories of a Maildir++ tree. Write \"/\" between levels, and another character where a dot is meant.", n.name))
		}
	}
}

// checkFold reports names, with those above them, that differ only in letter case
// or normalisation.
func (l *loader) checkFold(lasting []naming) {
	first := map[string]naming{}
	for _, n := range lasting {
		for name, more := n.name, true; more; name, more = name.Parent() {
			key := name.Fold()
			other, ok := first[key]
			if !ok {
				first[key] = naming{name: name, at: n.at, by: n.by}
				continue
			}
			if other.name != name {
				l.report.errorAt(n.at, "Folder names that hardly differ",
					fmt.Sprintf("%q and %q (%s at %s) differ only in letter case or in how letters are encoded: some servers take them for one folder. Write both the same way.", name, other.name, other.by, place(other.at)))
			}
			break // what lies above it is known already
		}
	}
}

// checkUses reports a special use that two folders are declared for.
func (l *loader) checkUses(a *Account) {
	first := map[mailbox.Use]*Folder{}
	for _, f := range a.Folders {
		if f.Use == "" {
			continue
		}
		if other, ok := first[f.Use]; ok {
			l.report.errorAt(f.Declared, "Special use declared twice",
				fmt.Sprintf("%s and %s (at %s) are both declared as special_use = %q: special.%s would have no meaning.", f.Address, other.Address, place(other.Declared), f.Use, f.Use))
			continue
		}
		first[f.Use] = f
	}
}

// checkRounds reports moved blocks that lead back to where they begin.
func (l *loader) checkRounds(a *Account) {
	next := map[mailbox.Name]*Moved{}
	for _, m := range a.Moved {
		next[m.From] = m
	}
	reported := map[*Moved]bool{}
	for _, start := range a.Moved {
		way := []*Moved{start}
		for m := next[start.To]; m != nil && !slices.Contains(way, m); m = next[m.To] {
			way = append(way, m)
		}
		if last := way[len(way)-1]; last.To != start.From || reported[start] {
			continue
		}
		round := fmt.Sprintf("%q", start.From)
		for _, m := range way {
			reported[m] = true
			round += fmt.Sprintf(" → %q", m.To)
		}
		l.report.errorAt(start.ToRange, "Folders moved in a circle", "Moved blocks must lead to a name in the end: "+round+".")
	}
}
