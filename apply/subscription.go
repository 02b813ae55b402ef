package apply

import (
	"context"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// moveSubscriptions gives the new names the subscriptions that the old ones had;
// no server does all of that itself. Where the folder was renamed before, only
// what is left of that is done.
func (r *run) moveSubscriptions(ctx context.Context, op plan.Rename, is listing, ours bool) error {
	for _, old := range op.Subscribed {
		stale := is[old].Subscribed && !is.exists(old)
		name := old.Rebase(op.From, op.To)
		if (ours || stale) && is.exists(name) && !is[name].Subscribed {
			if err := r.subscribe(ctx, name, true); err != nil {
				return err
			}
		}
		if stale {
			if err := r.subscribe(ctx, old, false); err != nil {
				return err
			}
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

// subscribe changes a subscription; the folders are listed anew after it.
func (r *run) subscribe(ctx context.Context, n mailbox.Name, subscribed bool) error {
	looked := false
	verb := "unsubscribe from"
	if subscribed {
		verb = "subscribe to"
	}
	defer func() { r.known = nil }()
	return r.patiently(ctx, func() error {
		if looked { // some servers refuse what is so already
			known, err := r.listAgain(ctx)
			if err != nil || known[n].Subscribed == subscribed {
				return err
			}
		}
		looked = true
		return r.folderCommand(journal.Folder{Verb: subscribing(subscribed), Name: n}, func() error {
			return r.server.Subscribe(ctx, n, subscribed)
		}, "%s folder %q", verb, n)
	})
}

func subscribing(on bool) journal.Verb {
	if on {
		return journal.VerbSubscribe
	}
	return journal.VerbUnsubscribe
}
