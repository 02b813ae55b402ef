package apply

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// removeTogether removes empty folders of which none lies in another as remove does one:
// all are set aside, then looked into, then deleted, by commands that are sent together. It
// returns the steps that are done, and why the connection was lost if it was. With what is
// left, be it that something is not as it should be or that the server refuses it, remove
// goes on where this has stopped; it is that which says what is wrong.
func (r *run) removeTogether(ctx context.Context, steps []int) (done map[int]bool, lost error) {
	done = map[int]bool{}
	for some := range slices.Chunk(steps, maxFolders/2) {
		if len(some) < 2 || r.stopping() {
			return done, nil
		}
		g := &removeGroup{run: r}
		for _, next := range []func(context.Context) error{
			func(ctx context.Context) error { return g.setAside(ctx, some) }, g.look, g.delete,
		} {
			if err := next(ctx); err != nil {
				return done, lostOnly(err)
			}
		}
		for _, f := range g.all {
			r.result.Steps[f.step].folder = true
			done[f.step] = true
		}
	}
	return done, nil
}

// lostOnly is the error if the connection is lost by it.
func lostOnly(err error) error {
	if Lost(err) {
		return err
	}
	return nil
}

// A removeGroup is folders that are removed together.
type removeGroup struct {
	*run
	all []removing // with which it goes on
}

type removing struct {
	step        int
	name, aside mailbox.Name
}

// setAside renames the folders, of those that seem empty.
func (g *removeGroup) setAside(ctx context.Context, steps []int) error {
	known, err := g.list(ctx)
	if err != nil {
		return err
	}
	for _, i := range steps {
		name := g.removed(i)
		f := removing{i, name, name.SetAside(g.plan.Made)}
		if known.exists(name) && !known.exists(f.aside) && seemsEmpty(known, name) == nil {
			g.all = append(g.all, f)
		}
	}
	known, errs, err := g.send(ctx, settingAside)
	for i, f := range g.all {
		// One that the server has refused may have been carried out all the same: that is
		// seen, or not.
		if errs != nil && (errs[i] == nil || Lost(errs[i]) || err != nil || known.exists(f.aside)) {
			g.run.setAside[f.name] = true
		}
	}
	if err != nil {
		return err
	}
	g.keep(func(_ int, f removing) bool { return known.exists(f.aside) && seemsEmpty(known, f.aside) == nil })
	return nil
}

// look looks once more whether they are empty, as what was on its way when they got their
// names may have come in since they were listed.
func (g *removeGroup) look(ctx context.Context) error {
	var names []mailbox.Name
	for _, f := range g.all {
		if g.known[f.aside].Selectable {
			names = append(names, f.aside)
		}
	}
	if len(names) == 0 {
		return nil
	}
	before := g.waits
	states, errs := g.server.Statuses(ctx, names)
	empty := map[mailbox.Name]bool{}
	for i, n := range names {
		empty[n] = errs[i] == nil && states[i].Messages == 0 && g.waits == before // else what was told first is old
	}
	g.keep(func(_ int, f removing) bool { return empty[f.aside] || !g.known[f.aside].Selectable })
	return firstLost(errs)
}

// delete deletes the folders, and then ends the subscriptions that servers keep.
func (g *removeGroup) delete(ctx context.Context) error {
	known, errs, err := g.send(ctx, deleting)
	if err != nil {
		return err
	}
	g.keep(func(i int, f removing) bool {
		return !known.exists(f.aside) || !known[f.aside].Selectable && errs[i] == nil
	})
	known = maps.Clone(known) // which holds for these subscriptions, whatever comes of each
	var changes []FolderChange
	for _, f := range g.all {
		for _, n := range []mailbox.Name{f.name, f.aside} {
			if known.stale(n) {
				changes = append(changes, FolderChange{Kind: ChangeUnsubscribe, Name: n})
			}
		}
	}
	return g.subscribeAll(ctx, changes)
}

// send sends a command for each of the folders, and lists the folders then. What was
// refused the listing shows. There are errors unless nothing was sent.
func (g *removeGroup) send(ctx context.Context, order func(n, aside mailbox.Name) folderOrder) (listing, []error, error) {
	if len(g.all) == 0 {
		return g.known, nil, nil
	}
	var orders []folderOrder
	for _, f := range g.all {
		orders = append(orders, order(f.name, f.aside))
	}
	g.known = nil
	errs, err := g.sendFolders(ctx, orders)
	if err = cmp.Or(err, firstLost(errs)); err != nil {
		return nil, errs, err
	}
	known, err := g.listAgain(ctx)
	return known, errs, err
}

func firstLost(errs []error) error {
	if i := slices.IndexFunc(errs, Lost); i >= 0 {
		return errs[i]
	}
	return nil
}

func (g *removeGroup) keep(good func(int, removing) bool) {
	var all []removing
	for i, f := range g.all {
		if good(i, f) {
			all = append(all, f)
		}
	}
	g.all = all
}
