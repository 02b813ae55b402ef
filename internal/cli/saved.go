package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// readSaved reads a saved plan.
func (inv *invocation) readSaved(file string) (*plan.Saved, error) {
	cannot := func(err error) error { return &problem{"Cannot read the saved plan", sentence(err.Error())} }
	f, err := os.Open(inv.path(file))
	if err != nil {
		return nil, cannot(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, plan.MaxFileSize+1)) // Decode refuses what is longer
	if err != nil {
		return nil, cannot(err)
	}
	saved, err := plan.Decode(data)
	if err != nil {
		return nil, cannot(fmt.Errorf("%s: %w", file, err))
	}
	return saved, nil
}

// placeOf is the account's mailbox, as its folders show it. An INBOX in which there
// never was a message may be given another UIDVALIDITY at each look, and there is
// nothing in it that could be mixed up: its own is only noted where nothing else tells
// the mailbox from others.
func placeOf(a *config.Account, l plan.Listing) plan.Place {
	inbox := inboxOf(l)
	if inbox.UIDNext == 1 && inbox.Messages == 0 && !a.UsernameSensitive {
		return plan.PlaceOf(a, 0)
	}
	return plan.PlaceOf(a, inbox.UIDValidity)
}

// inboxOf is INBOX as it is listed; the zero value: it is not.
func inboxOf(l plan.Listing) plan.Folder {
	i := slices.IndexFunc(l.Folders, func(f plan.Folder) bool { return f.Name == mailbox.Inbox })
	if i < 0 {
		return plan.Folder{}
	}
	return l.Folders[i]
}

// mayLogIn says whether the account is still the one for which its plan was saved.
func (p *planned) mayLogIn() error {
	if !p.saved {
		return nil
	}
	return plan.PlaceOf(p.account, 0).SameLogin(p.place)
}

// errStale says that a saved plan speaks of nothing that is there.
var errStale = errors.New("the plan is stale: every folder whose mail it is about was numbered or made anew since, so that nothing was done; make a new plan")

// recognise says whether a mailbox is the one for which the plan was saved.
func (p *planned) recognise(l plan.Listing) error {
	switch {
	case !p.saved:
		return nil
	case apply.Renumbered(p.plan, l):
		return errStale
	case p.place.InboxUIDValidity == 0: // it told nothing when the plan was made
		return p.mayLogIn()
	}
	return plan.PlaceOf(p.account, inboxOf(l).UIDValidity).Same(p.place)
}

// allStale says whether every account with changes has a stale plan.
func allStale(all []*planned) bool {
	for _, p := range withChanges(all) {
		if !errors.Is(p.err, errStale) {
			return false
		}
	}
	return len(withChanges(all)) > 0
}
