package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// removes runs steps that remove folders: those of which none lies in another together, and
// then one by one what is left of them.
func (r *run) removes(ctx context.Context, first, end int) error {
	if err := r.persist(ctx, func() error { return r.leave(ctx) }); err != nil {
		return r.failAll(first, end, err)
	}
	r.known = nil
	for first < end && !r.stopping() {
		last := r.apart(first, end)
		if err := r.removeAll(ctx, first, last); err != nil {
			return err
		}
		first = last
	}
	return nil
}

// apart is where the steps end, from the first on, that remove folders of which none lies
// in another.
func (r *run) apart(first, end int) int {
	var names []mailbox.Name
	for i := first; i < end; i++ {
		n := r.removed(i)
		if slices.ContainsFunc(names, func(other mailbox.Name) bool { return n.Below(other) || other.Below(n) }) {
			return i
		}
		names = append(names, n)
	}
	return end
}

func (r *run) removed(i int) mailbox.Name { return r.plan.Steps[i].Op.(plan.Remove).Name }

// removeAll removes folders of which none lies in another.
func (r *run) removeAll(ctx context.Context, first, end int) error {
	var steps []int
	for i := first; i < end; i++ {
		if r.begin(i) {
			steps = append(steps, i)
		}
	}
	done, lost := r.removeTogether(ctx, steps)
	for _, i := range steps {
		if done[i] {
			r.made(i)
			r.done(i)
		}
	}
	steps = slices.DeleteFunc(steps, func(i int) bool { return done[i] })
	var fatal error
	for _, i := range steps {
		var notes []string
		var err error
		switch {
		case fatal != nil:
			err = r.mayBeAside(i, fatal)
		case !r.setAside[r.removed(i)] && r.stopping():
			err = ErrStopped
		default:
			r.at = i
			err = r.persist(ctx, func() error {
				if err := lost; err != nil {
					lost = nil
					return err
				}
				return r.patiently(ctx, func() (err error) {
					notes, err = r.remove(ctx, i, r.plan.Steps[i].Op.(plan.Remove))
					return err
				})
			})
			if Lost(err) {
				err = r.mayBeAside(i, err)
			}
		}
		if full, ok := err.(*notEmpty); ok && onlyIfEmpty(r.plan.Steps[i]) { // not one joined with another error
			notes, err = []string{full.Error()}, nil
		}
		if err != nil {
			fatal = cmp.Or(fatal, r.fail(i, err))
			continue
		}
		r.made(i)
		r.done(i, notes...)
	}
	return fatal
}

// mayBeAside is the error of a step of which it is not known what its folder is called, if
// that may be.
func (r *run) mayBeAside(i int, why error) error {
	name := r.removed(i)
	if !r.setAside[name] {
		return why
	}
	return fmt.Errorf("folder %q may be called %q now: %w", name, name.SetAside(r.plan.Made), why)
}

// A notEmpty is why a folder was left as it is: something is in it.
type notEmpty struct{ error }

// onlyIfEmpty says whether nobody wants the folder gone once it holds something: not
// because others may not be there, nor because a run that is turned around has made it.
func onlyIfEmpty(step plan.Step) bool {
	return len(step.Because) == 1 && (step.Because[0].Block == "exclusive" || step.Because[0].Block == "undo")
}

// remove deletes a folder that is empty. Every server deletes a folder with the
// mail that was just delivered into it, and IMAP has no way to ask for less: so it
// is renamed first to a name that nobody delivers to, looked at there, and renamed
// back if it is not empty after all.
func (r *run) remove(ctx context.Context, i int, op plan.Remove) (notes []string, err error) {
	aside := op.Name.SetAside(r.plan.Made)
	begun := r.setAside[op.Name] // before the connection was lost, or together with others
	if begun && r.quietOn != r.connection {
		if err := r.wait(ctx, quietInterval); err != nil {
			return nil, err
		}
		r.quietOn, r.known = r.connection, nil
	}
	known, err := r.list(ctx)
	if err != nil {
		if !Lost(err) { // else that is said in the end
			err = r.mayBeAside(i, err)
		}
		return nil, err
	}
	switch {
	case begun && known.exists(aside) && !known.exists(op.Name): // the RENAME was carried out
	case begun && !known.exists(op.Name): // and so was DELETE
		r.result.Steps[i].folder = true
		return nil, r.unsubscribe(ctx, known, op.Name, aside)
	case !known.exists(op.Name):
		return []string{fmt.Sprintf("folder %q was gone already", op.Name)}, r.unsubscribe(ctx, known, op.Name)
	case known.exists(aside):
		return nil, fmt.Errorf("folder %q cannot be removed: %q is left of an earlier run; look what it holds and delete it", op.Name, aside)
	default:
		if known, err = r.moveAside(ctx, known, op.Name, aside); err != nil {
			return nil, err
		}
	}
	if err := r.mustBeEmpty(ctx, known, aside); err != nil {
		return nil, r.putBack(ctx, known, op.Name, aside, err)
	}
	deleted := r.sendFolder(ctx, deleting(op.Name, aside))
	if Lost(deleted) {
		return nil, deleted
	}
	known, err = r.listAgain(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("look whether folder %q, called %q before, was deleted: %w", aside, op.Name, err)
	case known[aside].Exists && (known[aside].Selectable || deleted != nil):
		return nil, r.putBack(ctx, known, op.Name, aside, saidOrSeen(deleted, fmt.Errorf("delete folder %q: the server said that it was done, but still lists it", op.Name)))
	}
	r.result.Steps[i].folder = true
	return nil, r.unsubscribe(ctx, known, op.Name, aside)
}

// moveAside renames an empty folder that is to be deleted, and lists the folders then.
func (r *run) moveAside(ctx context.Context, known listing, n, aside mailbox.Name) (listing, error) {
	if err := seemsEmpty(known, n); err != nil {
		return nil, err
	}
	r.setAside[n] = true
	renamed := r.sendFolder(ctx, settingAside(n, aside))
	if Lost(renamed) || isJournal(renamed) {
		return nil, renamed
	}
	known, err := r.listAgain(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("folder %q may be called %q now: %w", n, aside, err)
	case !known.exists(aside):
		return nil, saidOrSeen(renamed, fmt.Errorf("rename folder %q to %q before it is deleted: the server said that it was done, but lists no such folder", n, aside))
	}
	return known, nil
}

// settingAside is the renaming of a folder that is to be deleted.
func settingAside(n, aside mailbox.Name) folderOrder {
	return folderOrder{
		FolderChange{Kind: ChangeRename, Name: n, To: aside}, journal.Folder{Verb: journal.VerbRemove, Name: n, To: aside},
		fmt.Sprintf("rename folder %q to %q before it is deleted", n, aside),
	}
}

// deleting is the deletion of a folder that was set aside.
func deleting(n, aside mailbox.Name) folderOrder {
	return folderOrder{
		FolderChange{Kind: ChangeDelete, Name: aside}, journal.Folder{Verb: journal.VerbRemove, Name: n, To: aside},
		fmt.Sprintf("delete folder %q (%q until now)", aside, n),
	}
}

// seemsEmpty is mustBeEmpty by the listing alone: before anything is done, so that a
// folder that holds something keeps its name.
func seemsEmpty(known listing, n mailbox.Name) error {
	if child, ok := known.child(n); ok {
		return &notEmpty{fmt.Errorf("folder %q is not removed: folder %q lies below it", n, child)}
	}
	if known[n].HasChildren {
		return &notEmpty{fmt.Errorf("folder %q is not removed: the server says that folders lie below it, but lists none that can be named", n)}
	}
	if known[n].Messages > 0 {
		return &notEmpty{fmt.Errorf("folder %q is not removed: it holds messages (%d)", n, known[n].Messages)}
	}
	return nil
}

// mustBeEmpty fails if a folder that is not open holds anything: messages, also
// those marked \Deleted, or folders. It looks once more, as what was on its way when
// the folder got its name may have come in since it was listed.
func (r *run) mustBeEmpty(ctx context.Context, known listing, n mailbox.Name) error {
	if err := seemsEmpty(known, n); err != nil || !known[n].Selectable {
		return err
	}
	state, err := r.server.Status(ctx, n)
	if err != nil {
		return fmt.Errorf("look whether folder %q is empty: %w", n, err)
	}
	if state.Messages > 0 {
		return &notEmpty{fmt.Errorf("folder %q is not removed: it holds messages (%d)", n, state.Messages)}
	}
	return nil
}

// putBack gives a folder that cannot be removed its name again, and returns why it
// cannot.
func (r *run) putBack(ctx context.Context, known listing, n, aside mailbox.Name, why error) error {
	if Lost(why) {
		return fmt.Errorf("folder %q is called %q now: %w", n, aside, why)
	}
	if known.exists(n) {
		return fmt.Errorf("%w; it is called %q now and stays so, since there is a new folder %q", why, aside, n)
	}
	err := r.patiently(ctx, func() error { // nobody else has a folder of that name: done twice, it is refused
		back := FolderChange{Kind: ChangeRename, Name: aside, To: n}
		return r.sendFolder(ctx, folderOrder{back, *back.record(), fmt.Sprintf("give folder %q its name %q again", aside, n)})
	})
	if Lost(err) {
		return errors.Join(why, err)
	}
	known, look := r.listAgain(ctx)
	switch {
	case look != nil:
		return errors.Join(why, fmt.Errorf("folder %q may still be called %q: %w", n, aside, look))
	case !known.exists(n) || known.exists(aside):
		return errors.Join(why, saidOrSeen(err, fmt.Errorf("folder %q is still called %q", n, aside)))
	}
	stale := []mailbox.Name{aside} // some servers subscribe to what a folder is renamed to
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if name.Below(aside) {
			stale = append(stale, name)
		}
	}
	if err := r.unsubscribe(ctx, known, stale...); err != nil {
		return errors.Join(why, err)
	}
	return why
}

// unsubscribe removes the subscriptions of names that are gone: servers keep them.
func (r *run) unsubscribe(ctx context.Context, known listing, names ...mailbox.Name) error {
	for _, n := range names {
		if !known.stale(n) {
			continue
		}
		if err := r.subscribe(ctx, n, false); err != nil {
			return err
		}
	}
	return nil
}
