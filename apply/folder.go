package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// errDoneBefore says that a folder operation had nothing to do.
var errDoneBefore = errors.New("done before")

// A sent is a folder operation that was sent; what came of it, a look will show.
type sent struct {
	step int
	err  error // the server's refusal; errDoneBefore: nothing was sent
}

// folderGroup runs folder operations of one kind: one look at the folders before
// them, each sent, one look after, and the verdict on each. send changes the
// listing as the operation should change the folders.
func (r *run) folderGroup(ctx context.Context, first, end int,
	send func(context.Context, listing, plan.Operation) error,
	verify func(ctx context.Context, s sent, later []sent, was, is listing) (notes []string, err error),
) error {
	was, err := r.listClosed(ctx)
	if err != nil {
		return r.failAll(first, end, err)
	}
	r.known = nil
	var all []sent
	for i := first; i < end && !r.stopping(); i++ {
		if !r.begin(i) {
			continue
		}
		err := r.sendAgain(ctx, was, i, send)
		if Lost(err) || isJournal(err) {
			return r.lostAmong(all, i, err)
		}
		var refused *refusal
		if errors.As(err, &refused) {
			if err := r.fail(i, refused.error); err != nil {
				return err
			}
			continue
		}
		if err != nil && err != errDoneBefore {
			r.spoilFolders(i, err) // until a look shows that it is as it should be
		}
		all = append(all, sent{i, err})
	}
	if len(all) == 0 {
		return nil
	}
	var is listing
	err = r.persist(ctx, func() (err error) {
		is, err = r.listAgain(ctx)
		return err
	})
	if err != nil {
		for _, s := range all {
			if e := r.fail(s.step, fmt.Errorf("look whether it was done: %w", err)); e != nil {
				err = e
			}
		}
		if Lost(err) {
			return err
		}
		return nil
	}
	for n, s := range all {
		var notes []string
		lost := false
		err := r.persist(ctx, func() (err error) {
			if lost {
				if is, err = r.settled(ctx); err != nil {
					return err
				}
			}
			notes, err = verify(ctx, s, all[n+1:], was, is)
			lost = Lost(err)
			return err
		})
		if Lost(err) {
			return r.lostAmong(all[n+1:], s.step, err)
		}
		if err != nil {
			r.fail(s.step, err)
			continue
		}
		r.mendFolders(s.step)
		r.made(s.step)
		r.done(s.step, notes...)
	}
	return nil
}

// listClosed lists the folders while none is open.
func (r *run) listClosed(ctx context.Context) (known listing, err error) {
	err = r.persist(ctx, func() (err error) {
		if err := r.leave(ctx); err != nil {
			return err
		}
		known, err = r.list(ctx)
		return err
	})
	return known, err
}

// sendAgain sends a folder operation. If the answer never comes, or is that the server
// wants to be asked later, a look shows whether it was done; if not, it is sent again.
func (r *run) sendAgain(ctx context.Context, known listing, i int, send func(context.Context, listing, plan.Operation) error) error {
	now, unsure := known, false
	once := func() (err error) {
		if unsure {
			if now, err = r.settled(ctx); err != nil {
				return err
			}
		}
		err = send(ctx, now, r.plan.Steps[i].Op)
		if unsure && err == errDoneBefore {
			return nil
		}
		unsure = unsure || Lost(err) || passing(err)
		return err
	}
	err := r.persist(ctx, func() error { return r.patiently(ctx, once) })
	if op, ok := r.plan.Steps[i].Op.(plan.Rename); ok && unsure && err == nil {
		known.rename(op.From, op.To)
	}
	return err
}

// settled lists the folders once nothing changes any more.
func (r *run) settled(ctx context.Context) (listing, error) {
	if err := r.wait(ctx, quietInterval); err != nil {
		return nil, err
	}
	known, err := r.listAgain(ctx)
	if err != nil {
		return nil, err
	}
	known = maps.Clone(known)
	r.known = nil
	return known, nil
}

// A refusal is why an operation was not sent.
type refusal struct{ error }

func refuse(format string, args ...any) error { return &refusal{fmt.Errorf(format, args...)} }

// failAll fails steps of which none was begun.
func (r *run) failAll(first, end int, err error) error {
	for i := first; i < end; i++ {
		if !r.begin(i) {
			continue
		}
		if err := r.fail(i, err); err != nil {
			return err
		}
	}
	return nil
}

// lostAmong ends the run within a group: the step that lost the connection fails,
// and so do those that were sent and not looked at.
func (r *run) lostAmong(all []sent, i int, err error) error {
	for _, s := range all {
		r.fail(s.step, fmt.Errorf("the connection was lost before it could be seen whether this was done: %w", err))
	}
	return r.fail(i, err)
}

func (r *run) rename(ctx context.Context, known listing, o plan.Operation) error {
	op := o.(plan.Rename)
	from, to := known.exists(op.From), known.exists(op.To)
	switch {
	case from && to:
		return refuse("folder %q cannot be renamed: there is a folder %q by now", op.From, op.To)
	case to:
		return errDoneBefore
	case !from:
		return refuse("folder %q cannot be renamed: it is gone", op.From)
	}
	err := r.folderCommand(journal.Folder{Verb: journal.VerbRename, Name: op.From, To: op.To}, func() error {
		return r.server.Rename(ctx, op.From, op.To)
	}, "rename folder %q to %q", op.From, op.To)
	if err == nil {
		known.rename(op.From, op.To)
	}
	return err
}

// folderCommand notes a command about a folder, and sends it.
func (r *run) folderCommand(f journal.Folder, send func() error, doing string, args ...any) error {
	if err := r.ledger.intend(journal.Record{Folder: &f}); err != nil {
		return err
	}
	return changing(send(), doing, args...)
}

// made notes that a step about a folder was seen to be done by this run.
func (r *run) made(i int) {
	if !r.result.Steps[i].folder {
		return
	}
	step := r.plan.Steps[i]
	f := journal.Folder{Because: addresses(step.Because)}
	switch op := step.Op.(type) {
	case plan.Rename:
		f.Verb, f.Name, f.To = journal.VerbRename, op.From, op.To
	case plan.Create:
		f.Verb, f.Name, f.Use = journal.VerbCreate, op.Name, op.Use
	case plan.Set:
		f.Verb, f.Name = subscribing(op.Subscribed), op.Name
	case plan.Remove:
		f.Verb, f.Name, f.Subscribed = journal.VerbRemove, op.Name, op.Subscribed
	}
	r.ledger.note(journal.Record{Made: &f})
}

// renamedTo judges a rename by what is listed: some servers answer OK to the
// RENAME of a folder that is not there.
func (r *run) renamedTo(ctx context.Context, s sent, later []sent, was, is listing) ([]string, error) {
	op := r.plan.Steps[s.step].Op.(plan.Rename)
	now := op.To // once later renames are done
	for _, l := range later {
		if next := r.plan.Steps[l.step].Op.(plan.Rename); l.err == nil {
			now = now.Rebase(next.From, next.To)
		}
	}
	switch {
	case !is.exists(now):
		return nil, saidOrSeen(s.err, fmt.Errorf("rename folder %q to %q: the server said that it was done, but lists no such folder", op.From, op.To))
	case is.exists(op.From) && (s.err != nil || !was.exists(op.From)):
		return nil, saidOrSeen(s.err, fmt.Errorf("rename folder %q to %q: the server said that it was done, but still lists the old name", op.From, op.To))
	}
	r.madeAlong(op.To, was, is)
	r.renamed[op.To] = true
	r.result.Steps[s.step].folder = s.err == nil
	err := r.moveSubscriptions(ctx, op, is, s.err == nil)
	for _, name := range slices.Sorted(maps.Keys(is)) {
		here := name == op.To || name.Below(op.To)
		if err == nil && s.err == nil && here && !slices.Contains(op.Subscribed, name.Rebase(op.To, op.From)) {
			err = r.unsubscribeNew(ctx, name, was, is)
		}
	}
	return doneBefore(s.err, "folder %q was renamed before", op.To), err
}

// saidOrSeen is what the server said, else what was seen.
func saidOrSeen(said, seen error) error {
	if said != nil && said != errDoneBefore {
		return said
	}
	return seen
}

func doneBefore(err error, format string, args ...any) []string {
	if err == nil {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

func (r *run) create(ctx context.Context, known listing, o plan.Operation) error {
	op := o.(plan.Create)
	if f := known[op.Name]; f.Exists && f.Selectable {
		return errDoneBefore
	}
	return r.folderCommand(journal.Folder{Verb: journal.VerbCreate, Name: op.Name, Use: op.Use}, func() error {
		return r.server.Create(ctx, op.Name, op.Use)
	}, "create folder %q", op.Name)
}

func (r *run) created(ctx context.Context, s sent, _ []sent, was, is listing) ([]string, error) {
	op := r.plan.Steps[s.step].Op.(plan.Create)
	f := is[op.Name]
	switch {
	case !f.Exists:
		return nil, saidOrSeen(s.err, fmt.Errorf("create folder %q: the server said that it was done, but lists no such folder", op.Name))
	case !f.Selectable:
		return nil, saidOrSeen(s.err, fmt.Errorf("create folder %q: the server lists it as one that cannot hold messages", op.Name))
	}
	r.madeAlong(op.Name, was, is)
	if s.err != nil && r.along[op.Name] {
		s.err = nil
	}
	r.result.Steps[s.step].folder = s.err == nil
	notes := doneBefore(s.err, "folder %q was there already", op.Name)
	if op.Use != "" && !slices.Contains(f.Uses, op.Use) {
		notes = append(notes, fmt.Sprintf("the server does not show folder %q as the one for %s", op.Name, op.Use))
	}
	return notes, r.unsubscribeNew(ctx, op.Name, was, is)
}

// madeAlong remembers the folders that the server made because one below them was
// made: some make real ones, which a later step then finds done.
func (r *run) madeAlong(n mailbox.Name, was, is listing) {
	for parent, ok := n.Parent(); ok; parent, ok = parent.Parent() {
		if is.exists(parent) && !was.exists(parent) {
			r.along[parent] = true
			if !r.creates(parent) {
				r.ledger.note(journal.Record{Made: &journal.Folder{Verb: journal.VerbCreate, Name: parent}})
			}
		}
	}
}

// creates says whether the plan has a step that makes the folder.
func (r *run) creates(n mailbox.Name) bool {
	return slices.ContainsFunc(r.plan.Steps, func(s plan.Step) bool {
		op, ok := s.Op.(plan.Create)
		return ok && op.Name == n
	})
}

func (r *run) set(ctx context.Context, known listing, o plan.Operation) error {
	op := o.(plan.Set)
	switch f := known[op.Name]; {
	case f.Subscribed == op.Subscribed:
		return errDoneBefore // subscribing twice is refused by some servers
	case op.Subscribed && !f.Exists:
		return refuse("subscribe to folder %q: there is no such folder", op.Name)
	}
	return r.subscribe(ctx, op.Name, op.Subscribed)
}

func (r *run) isSet(_ context.Context, s sent, _ []sent, _, is listing) ([]string, error) {
	op := r.plan.Steps[s.step].Op.(plan.Set)
	if is[op.Name].Subscribed != op.Subscribed {
		return nil, saidOrSeen(s.err, fmt.Errorf("set the subscription of folder %q: the server said that it was done, but lists it as before", op.Name))
	}
	r.result.Steps[s.step].folder = s.err == nil
	return doneBefore(s.err, "the subscription of folder %q was so already", op.Name), nil
}
