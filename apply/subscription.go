package apply

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// following are the subscriptions that the new names are to have as soon as a folder is
// renamed; no server sees to all of that itself.
func following(known listing, o plan.Operation) (changes []FolderChange) {
	op := o.(plan.Rename)
	for _, old := range op.Subscribed {
		if name := old.Rebase(op.From, op.To); known.exists(old) && !known[name].Subscribed {
			changes = append(changes, FolderChange{Kind: ChangeSubscribe, Name: name})
		}
	}
	return changes
}

// moveSubscriptions gives the new names the subscriptions that the old ones had, where
// they have not followed, and then ends those of the old names: not before, or they could
// be lost. Where the folder was renamed before, only what is left of that is done. It
// returns whether anything was to be done.
func (r *run) moveSubscriptions(ctx context.Context, op plan.Rename, is listing, ours bool) (bool, error) {
	var begin, end []FolderChange
	for _, old := range op.Subscribed {
		stale := is[old].Subscribed && !is.exists(old)
		name := old.Rebase(op.From, op.To)
		if (ours || stale) && is.exists(name) && !is[name].Subscribed {
			begin = append(begin, FolderChange{Kind: ChangeSubscribe, Name: name})
		}
		if stale {
			end = append(end, FolderChange{Kind: ChangeUnsubscribe, Name: old})
		}
	}
	for _, changes := range [][]FolderChange{begin, end} {
		if err := r.subscribeAll(ctx, changes); err != nil {
			return true, err
		}
	}
	return len(begin)+len(end) > 0, nil
}

// unfollowed is why a rename was not done, as the server said it, else as it was seen. It
// ends the subscriptions that were begun for it: of what is not there, or is another's.
func (r *run) unfollowed(ctx context.Context, s sent, was, is listing, seen error) error {
	why := saidOrSeen(s.err, seen)
	from := r.plan.Steps[s.step].Op.(plan.Rename).From
	for _, n := range s.subscribed {
		if is[n].Subscribed && !was[n].Subscribed && (is.exists(from) || !is.exists(n)) {
			why = errors.Join(why, r.subscribe(ctx, n, false))
		}
	}
	return why
}

// subscribeAll changes subscriptions, together; those that the server refuses for now it
// changes one by one.
func (r *run) subscribeAll(ctx context.Context, all []FolderChange) error {
	for some := range slices.Chunk(all, maxFolders) {
		known := maps.Clone(r.known)
		r.known = nil
		errs, err := r.sendChanges(ctx, some)
		if err = cmp.Or(err, firstLost(errs)); err != nil {
			return err
		}
		for i, c := range some {
			if passing(errs[i]) {
				if errs[i] = r.await(ctx, 1, errs[i]); errs[i] == nil {
					errs[i] = r.subscribeUnless(ctx, c.Name, c.Kind == ChangeSubscribe, true)
				}
			}
			if errs[i] != nil {
				return errs[i]
			}
			known.subscribe(c.Name, c.Kind == ChangeSubscribe)
		}
		if r.known == nil {
			r.known = known
		}
	}
	return nil
}

// unsubscribeNew ends a subscription that the server has made by itself with a
// folder's new name (mox does), unless the plan is to make it.
func (r *run) unsubscribeNew(ctx context.Context, n mailbox.Name, was, is listing) error {
	if !is[n].Subscribed || was[n].Subscribed {
		return nil
	}
	for _, step := range r.plan.Steps {
		if set, ok := step.Op.(plan.Set); ok && set.Name == n && set.Subscribed {
			return nil
		}
	}
	return r.subscribe(ctx, n, false)
}

// subscribe changes a subscription.
func (r *run) subscribe(ctx context.Context, n mailbox.Name, subscribed bool) error {
	return r.subscribeUnless(ctx, n, subscribed, false)
}

// subscribeUnless is subscribe for what may be so already, if looked.
func (r *run) subscribeUnless(ctx context.Context, n mailbox.Name, subscribed, looked bool) error {
	change := FolderChange{Kind: ChangeUnsubscribe, Name: n}
	if subscribed {
		change.Kind = ChangeSubscribe
	}
	known := r.known
	r.known = nil
	err := r.patiently(ctx, func() error {
		if looked { // some servers refuse what is so already
			known, err := r.listAgain(ctx)
			if err != nil || known[n].Subscribed == subscribed {
				return err
			}
		}
		looked = true
		errs, err := r.sendChanges(ctx, []FolderChange{change})
		if err != nil {
			return err
		}
		return errs[0]
	})
	if err == nil && r.known == nil {
		r.known = maps.Clone(known)
		r.known.subscribe(n, subscribed)
	}
	return err
}

func subscribing(on bool) journal.Verb {
	if on {
		return journal.VerbSubscribe
	}
	return journal.VerbUnsubscribe
}
