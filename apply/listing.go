package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A listing is the account's folders by name.
type listing map[mailbox.Name]plan.Folder

func newListing(folders []plan.Folder) listing {
	l := make(listing, len(folders))
	for _, f := range folders {
		l[f.Name] = f
	}
	return l
}

// exists says whether the folder is there, be it only as a place in the hierarchy.
func (l listing) exists(n mailbox.Name) bool { return l[n].Exists }

// stale says whether the folder is subscribed to, and nobody can look into it.
func (l listing) stale(n mailbox.Name) bool {
	f := l[n]
	return f.Subscribed && !(f.Exists && f.Selectable)
}

// child returns a folder below the given one.
func (l listing) child(n mailbox.Name) (mailbox.Name, bool) {
	for _, name := range slices.Sorted(maps.Keys(l)) {
		if name.Below(n) && l.exists(name) {
			return name, true
		}
	}
	return "", false
}

// rename does to the listing what RENAME does to folders; subscriptions stay.
func (l listing) rename(from, to mailbox.Name) {
	moved := listing{}
	for name, f := range l {
		if name == from || name.Below(from) {
			delete(l, name) // a subscription that stays behind is nobody's business here
			if f.Exists {
				f.Name = name.Rebase(from, to)
				f.Subscribed = l[f.Name].Subscribed
				moved[f.Name] = f
			}
		}
	}
	maps.Copy(l, moved)
}

// subscribe does to the listing what SUBSCRIBE or UNSUBSCRIBE does; nothing to none.
func (l listing) subscribe(n mailbox.Name, on bool) {
	if l != nil {
		f := l[n]
		f.Name, f.Subscribed = n, on
		l[n] = f
	}
}

// list returns the folders as they were listed last, or lists them. What the run
// itself has done since, and nothing else, may have changed them.
func (r *run) list(ctx context.Context) (listing, error) {
	if r.known != nil {
		return r.known, nil
	}
	got, err := r.server.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the folders: %w", err)
	}
	if len(got.Folders) == 0 {
		return nil, errors.New("list the folders: the server lists none, not even INBOX, which cannot be")
	}
	r.known = newListing(got.Folders)
	return r.known, nil
}

// listAgain lists the folders, whatever is known.
func (r *run) listAgain(ctx context.Context) (listing, error) {
	r.known = nil
	return r.list(ctx)
}
