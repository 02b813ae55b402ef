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

// errDoneBefore says that a folder operation had nothing to do.
var errDoneBefore = errors.New("done before")

// A sent is a folder operation that was sent; what came of it, a look will show.
type sent struct {
	step int
	err  error // the server's refusal; errDoneBefore: nothing was sent
	// subscribed are the names that were subscribed to behind it, or may have been.
	subscribed []mailbox.Name
}

// A due is a folder operation that is to be sent.
type due struct {
	step   int
	change FolderChange
	behind []FolderChange // what is sent behind it
}

// maxFolders is how many commands about folders are sent together: one of them is short,
// and what came of each a listing shows.
const maxFolders = 200

// A folderOp is how a kind of folder operation is done.
type folderOp struct {
	// change is what is to be sent, as the folders are; it changes the listing as the
	// operation should change them. The error is a refusal or errDoneBefore.
	change func(r *run, known listing, op plan.Operation) (FolderChange, error)
	// behind is what is sent behind it, not waiting for its answer. If that is refused, or
	// the operation failed, verify puts it right. Nil: nothing.
	behind func(known listing, op plan.Operation) []FolderChange
	// verify judges what was sent by what is listed then. later were sent after it.
	verify func(r *run, ctx context.Context, s sent, later []sent, was, is listing) (notes []string, err error)
	// alone says that it is sent only once the one before was answered.
	alone bool
}

// folderOpOf is how an operation is done.
func folderOpOf(op plan.Operation) folderOp {
	switch op.(type) {
	case plan.Rename: // one that fails leaves a name that the next needs
		return folderOp{change: (*run).renaming, behind: following, verify: (*run).renamedTo, alone: true}
	case plan.Create:
		return folderOp{change: (*run).creating, verify: (*run).created}
	default:
		return folderOp{change: (*run).setting, verify: (*run).isSet}
	}
}

// folderGroup runs folder operations: one look at the folders before them, each sent,
// together where they can be, one look after, and the verdict on each.
func (r *run) folderGroup(ctx context.Context, first, end int) error {
	was, err := r.listClosed(ctx)
	if err != nil {
		return r.failAll(first, end, err)
	}
	r.known = nil
	g := &folderGroup{run: r, was: was, expected: maps.Clone(was)}
	for i := first; i < end && !r.stopping(); i++ {
		if !r.begin(i) {
			continue
		}
		if err := g.add(ctx, i); err != nil {
			return err
		}
	}
	if err := g.send(ctx); err != nil {
		return err
	}
	if len(g.all) == 0 {
		return nil
	}
	slices.SortFunc(g.all, func(a, b sent) int { return cmp.Compare(a.step, b.step) })
	return g.judge(ctx)
}

// A folderGroup is folder operations that follow one another.
type folderGroup struct {
	*run
	was      listing // the folders before, renamed as they were since
	expected listing // as they should be once all is done that is to be sent
	all      []sent  // those that were sent, or need not be

	due []due // to be sent together

	seen   listing // once nothing of what was left in doubt changed any more; nil: unknown
	seenOn int     // the connection on which it was seen
}

// add takes a step to be sent, and sends what is due.
func (g *folderGroup) add(ctx context.Context, i int) error {
	op := g.plan.Steps[i].Op
	how := folderOpOf(op)
	change, err := how.change(g.run, g.expected, op)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return g.fail(i, refused.error)
	case err != nil:
		g.all = append(g.all, sent{step: i, err: err})
		return nil
	}
	d := due{step: i, change: change}
	if how.behind != nil {
		d.behind = how.behind(g.expected, op)
	}
	g.due = append(g.due, d)
	if how.alone || len(g.due) == maxFolders {
		return g.send(ctx)
	}
	return nil
}

// send sends what was taken. If an answer never comes, or is that the server wants to be
// asked later, a look shows whether it was done; if not, it is sent again. The error
// ends the run.
func (g *folderGroup) send(ctx context.Context) error {
	all, on := g.due, g.connection
	g.due, g.seen = nil, nil
	if len(all) == 0 {
		return nil
	}
	errs, behind, err := g.sendDue(ctx, all)
	if err != nil {
		for _, d := range all[1:] {
			g.fail(d.step, err)
		}
		return g.lostAmong(g.all, all[0].step, err)
	}
	unsure := false
	for n, d := range all {
		i, err := d.step, errs[n]
		unsure = unsure || Lost(err) || passing(err)
		if err != nil && unsure && !g.stopping() { // what was refused may hang on what was not done
			if err = g.sendAgain(ctx, i, on, err); Lost(err) || isJournal(err) {
				for more, later := range all[n+1:] {
					g.all = append(g.all, sent{step: later.step, err: errs[n+1+more]})
				}
				return g.lostAmong(g.all, i, err)
			}
		}
		if refused, ok := errors.AsType[*refusal](err); ok {
			err = refused.error
			if len(d.behind) == 0 {
				if err := g.fail(i, err); err != nil {
					return err
				}
				continue
			}
		}
		if err != nil && err != errDoneBefore {
			g.spoilFolders(i, err) // until a look shows that it is as it should be
		}
		if op, ok := g.plan.Steps[i].Op.(plan.Rename); ok && err == nil {
			g.was.rename(op.From, op.To)
			g.expected.rename(op.From, op.To)
		}
		s := sent{step: i, err: err}
		for m, c := range d.behind {
			if err := behind[n][m]; err == nil || Lost(err) || passing(err) {
				s.subscribed = append(s.subscribed, c.Name)
			}
		}
		g.all = append(g.all, s)
		if err := g.outlast(ctx, on, behind[n]); Lost(err) {
			return g.lostAmong(g.all[:len(g.all)-1], i, err)
		}
	}
	return nil
}

// outlast waits until the server may be asked again, or does nothing any more, where what
// was sent behind an operation needs that. What it cannot wait for, verify is told once more.
func (g *folderGroup) outlast(ctx context.Context, on int, behind []error) error {
	n := slices.IndexFunc(behind, func(err error) bool { return passing(err) || Lost(err) && on == g.connection })
	if n < 0 {
		return nil
	}
	failed := behind[n]
	once := func() error {
		if err := failed; err != nil {
			failed = nil
			return err
		}
		if on == g.connection {
			return nil
		}
		_, err := g.settled(ctx)
		return err
	}
	return g.persist(ctx, func() error { return g.patiently(ctx, once) })
}

// sendDue notes operations, and what is to be sent behind them, and sends them together.
// The third error is why none was sent.
func (g *folderGroup) sendDue(ctx context.Context, all []due) (errs []error, behind [][]error, err error) {
	var orders []folderOrder
	for _, d := range all {
		orders = append(orders, g.ordering(d.step, d.change))
		for _, c := range d.behind {
			orders = append(orders, ordered(c))
		}
	}
	got, err := g.sendFolders(ctx, orders)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range all {
		end := 1 + len(d.behind)
		errs, behind, got = append(errs, got[0]), append(behind, got[1:end]), got[end:]
	}
	return errs, behind, nil
}

// A folderOrder is a change to a folder, as what it is noted, and what it does in words.
type folderOrder struct {
	FolderChange
	record journal.Folder
	doing  string
}

// ordered is a change that is noted as what it is.
func ordered(c FolderChange) folderOrder { return folderOrder{c, *c.record(), c.String()} }

// ordering is ordered for what a step does. Some servers forget the subscriptions of what
// is renamed, so that these are noted.
func (r *run) ordering(i int, c FolderChange) folderOrder {
	o := ordered(c)
	if op, ok := r.plan.Steps[i].Op.(plan.Rename); ok {
		o.record.Subscriptions = op.Subscribed
	}
	return o
}

// sendChanges is sendFolders for changes that are noted as what they are.
func (r *run) sendChanges(ctx context.Context, changes []FolderChange) ([]error, error) {
	orders := make([]folderOrder, len(changes))
	for n, c := range changes {
		orders[n] = ordered(c)
	}
	return r.sendFolders(ctx, orders)
}

// sendFolders notes changes to folders and sends them together. The second error is why
// none was sent.
func (r *run) sendFolders(ctx context.Context, orders []folderOrder) ([]error, error) {
	changes := make([]FolderChange, len(orders))
	for n := range orders {
		changes[n] = orders[n].FolderChange
		rec := journal.Record{Folder: &orders[n].record}
		if n < len(orders)-1 {
			r.ledger.note(rec)
		} else if err := r.ledger.intend(rec); err != nil {
			return nil, err
		}
	}
	errs := r.server.Folders(ctx, changes)
	for n := range orders {
		errs[n] = changing(errs[n], "%s", orders[n].doing)
	}
	return errs, nil
}

// sendFolder is sendFolders for one.
func (r *run) sendFolder(ctx context.Context, o folderOrder) error {
	errs, err := r.sendFolders(ctx, []folderOrder{o})
	if err != nil {
		return err
	}
	return errs[0]
}

// record is what the journal says of a change.
func (c FolderChange) record() *journal.Folder {
	verb := map[FolderChangeKind]journal.Verb{
		ChangeCreate: journal.VerbCreate, ChangeRename: journal.VerbRename,
		ChangeSubscribe: journal.VerbSubscribe, ChangeUnsubscribe: journal.VerbUnsubscribe,
	}[c.Kind]
	return &journal.Folder{Verb: verb, Name: c.Name, To: c.To, Use: c.Use}
}

// String says what the change does.
func (c FolderChange) String() string {
	switch c.Kind {
	case ChangeCreate:
		return fmt.Sprintf("create folder %q", c.Name)
	case ChangeRename:
		return fmt.Sprintf("rename folder %q to %q", c.Name, c.To)
	case ChangeSubscribe:
		return fmt.Sprintf("subscribe to folder %q", c.Name)
	case ChangeUnsubscribe:
		return fmt.Sprintf("unsubscribe from folder %q", c.Name)
	}
	return fmt.Sprintf("do %d to folder %q", c.Kind, c.Name)
}

// sendAgain sends once more what failed, if a look shows that it was not done all the
// same.
func (g *folderGroup) sendAgain(ctx context.Context, i, on int, failed error) error {
	op, doubtful := g.plan.Steps[i].Op, Lost(failed)
	once := func() error {
		err := failed
		failed = nil
		if passing(err) || Lost(err) && on == g.connection { // else there is another connection since
			return err
		}
		change, err := g.changeAgain(ctx, op, doubtful)
		if err != nil {
			if err == errDoneBefore {
				return nil
			}
			return err
		}
		err = g.sendFolder(ctx, g.ordering(i, change))
		if Lost(err) || passing(err) {
			g.seen = nil
		}
		return err
	}
	return g.persist(ctx, func() error { return g.patiently(ctx, once) })
}

// maxUnsettled is how many more looks a folder gets that seems to be half renamed.
const maxUnsettled = 5

// changeAgain is what is still to be sent of an operation, by a look. What is refused by
// that is looked at for longer if an earlier attempt is in doubt: to rename a folder with
// those below it may take a slow server its time, and then both names are there.
func (g *folderGroup) changeAgain(ctx context.Context, op plan.Operation, doubtful bool) (FolderChange, error) {
	for look := 0; ; look++ {
		now, err := g.lookAgain(ctx)
		if err != nil {
			return FolderChange{}, err
		}
		change, err := folderOpOf(op).change(g.run, now, op)
		if _, refused := errors.AsType[*refusal](err); !refused || !doubtful || look == maxUnsettled {
			return change, err
		}
		g.seen = nil
	}
}

// lookAgain lists the folders once nothing changes any more: once for all that one burst
// has left in doubt. If the server goes on with the burst even so, what is sent again is
// refused, and the last look shows it.
func (g *folderGroup) lookAgain(ctx context.Context) (listing, error) {
	if g.seen != nil && g.seenOn == g.connection {
		return g.seen, nil
	}
	now, err := g.settled(ctx)
	g.seen, g.seenOn = now, g.connection
	return now, err
}

// judge looks at the folders and says of each operation what came of it.
func (g *folderGroup) judge(ctx context.Context) error {
	var is listing
	err := g.persist(ctx, func() (err error) {
		is, err = g.listAgain(ctx)
		return err
	})
	if err != nil {
		for _, s := range g.all {
			if e := g.fail(s.step, fmt.Errorf("look whether it was done: %w", err)); e != nil {
				err = e
			}
		}
		if Lost(err) {
			return err
		}
		return nil
	}
	for n, s := range g.all {
		if why := g.unmade(ctx, s.step, is); why != nil {
			if Lost(why) {
				return g.lostAmong(g.all[n+1:], s.step, why)
			}
			g.block(s.step, why)
			continue
		}
		var notes []string
		lost := false
		err := g.persist(ctx, func() (err error) {
			if lost {
				if is, err = g.settled(ctx); err != nil {
					return err
				}
			}
			notes, err = folderOpOf(g.plan.Steps[s.step].Op).verify(g.run, ctx, s, g.all[n+1:], g.was, is)
			lost = Lost(err)
			return err
		})
		if Lost(err) {
			return g.lostAmong(g.all[n+1:], s.step, err)
		}
		if err != nil {
			g.fail(s.step, err)
			continue
		}
		g.mendFolders(s.step)
		g.made(s.step)
		g.done(s.step, notes...)
	}
	return nil
}

// unmade says why the folder was not made that a step was to subscribe to, and takes
// back a subscription that the server has made all the same.
func (g *folderGroup) unmade(ctx context.Context, i int, is listing) error {
	op, ok := g.plan.Steps[i].Op.(plan.Set)
	if !ok || !op.Subscribed || is.exists(op.Name) {
		return nil
	}
	why := g.blocked(i)
	if why == nil || !is[op.Name].Subscribed {
		return why
	}
	return errors.Join(why, g.subscribe(ctx, op.Name, false))
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

func (r *run) renaming(known listing, o plan.Operation) (FolderChange, error) {
	op := o.(plan.Rename)
	from, to := known.exists(op.From), known.exists(op.To)
	switch {
	case from && to:
		return FolderChange{}, refuse("folder %q cannot be renamed: there is a folder %q by now", op.From, op.To)
	case to:
		return FolderChange{}, errDoneBefore
	case !from:
		return FolderChange{}, refuse("folder %q cannot be renamed: it is gone", op.From)
	}
	return FolderChange{Kind: ChangeRename, Name: op.From, To: op.To}, nil
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
		return nil, r.unfollowed(ctx, s, was, is, fmt.Errorf("rename folder %q to %q: the server said that it was done, but lists no such folder", op.From, op.To))
	case is.exists(op.From) && (s.err != nil || !was.exists(op.From)):
		return nil, r.unfollowed(ctx, s, was, is, fmt.Errorf("rename folder %q to %q: the server said that it was done, but still lists the old name", op.From, op.To))
	}
	r.madeAlong(op.To, was, is)
	r.renamed[op.To] = true
	r.result.Steps[s.step].folder = s.err == nil
	_, err := r.moveSubscriptions(ctx, op, is, s.err == nil)
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

func (r *run) creating(known listing, o plan.Operation) (FolderChange, error) {
	op := o.(plan.Create)
	f := known[op.Name]
	if f.Exists && f.Selectable {
		return FolderChange{}, errDoneBefore
	}
	f.Name, f.Exists, f.Selectable = op.Name, true, true
	known[op.Name] = f
	return FolderChange{Kind: ChangeCreate, Name: op.Name, Use: op.Use}, nil
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

func (r *run) setting(known listing, o plan.Operation) (FolderChange, error) {
	op := o.(plan.Set)
	f := known[op.Name]
	switch {
	case f.Subscribed == op.Subscribed:
		return FolderChange{}, errDoneBefore // subscribing twice is refused by some servers
	case !op.Subscribed:
		return FolderChange{Kind: ChangeUnsubscribe, Name: op.Name}, nil
	case !f.Exists:
		return FolderChange{}, refuse("subscribe to folder %q: there is no such folder", op.Name)
	}
	return FolderChange{Kind: ChangeSubscribe, Name: op.Name}, nil
}

func (r *run) isSet(_ context.Context, s sent, _ []sent, _, is listing) ([]string, error) {
	op := r.plan.Steps[s.step].Op.(plan.Set)
	if is[op.Name].Subscribed != op.Subscribed {
		return nil, saidOrSeen(s.err, fmt.Errorf("set the subscription of folder %q: the server said that it was done, but lists it as before", op.Name))
	}
	r.result.Steps[s.step].folder = s.err == nil
	return doneBefore(s.err, "the subscription of folder %q was so already", op.Name), nil
}
