package apply

import (
	"fmt"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// blocked says why a step must not be begun: something that it counts on failed.
func (r *run) blocked(i int) error {
	switch op := r.plan.Steps[i].Op.(type) {
	case plan.Rename:
		// A folder below that could not be renamed would be carried along.
		return firstError(r.brokenNear(op.From), r.brokenNear(op.To))
	case plan.Create:
		return r.brokenAbove(op.Name)
	case plan.Set:
		return r.brokenAbove(op.Name)
	case plan.File:
		all := []error{r.spoiled[op.Folder], r.brokenAbove(op.Folder), r.noRoom(op)}
		for _, to := range op.Copies {
			all = append(all, r.brokenAbove(to))
		}
		if op.Away == plan.AwayMove {
			all = append(all, r.brokenAbove(op.To))
		}
		return firstError(all...)
	case plan.Remove:
		return firstError(r.brokenNear(op.Name), r.unfiled(op.Name, i))
	}
	return nil
}

// noRoom says whether the step copies messages, and there is no room for copies.
func (r *run) noRoom(op plan.File) error {
	copies := len(op.Copies) > 0 || op.Away == plan.AwayMove && !r.can.Move
	if r.full == nil || !copies {
		return nil
	}
	return fmt.Errorf("nothing more is copied in this account, and so nothing is deleted that was to be copied first: %w", severed{r.full})
}

// brokenAbove says what is wrong with the folder or one that it lies in.
func (r *run) brokenAbove(n mailbox.Name) error {
	for name, ok := n, true; ok; name, ok = name.Parent() {
		if err := r.broken[name]; err != nil {
			return err
		}
	}
	return nil
}

// brokenNear says what is wrong with the folder, one that it lies in, or one in it.
func (r *run) brokenNear(n mailbox.Name) error {
	if err := r.brokenAbove(n); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.broken)) {
		if name.Below(n) {
			return r.broken[name]
		}
	}
	return nil
}

// unfiled says whether mail that should have left the folder before may not have.
func (r *run) unfiled(n mailbox.Name, before int) error {
	for i, step := range r.plan.Steps[:before] {
		op, ok := step.Op.(plan.File)
		if ok && op.Folder == n && r.result.Steps[i].Err != nil {
			return fmt.Errorf("folder %q stays, because its mail could not be dealt with: %w", n, severed{r.result.Steps[i].Err})
		}
	}
	return nil
}

// spoilFolders remembers which folders later steps cannot count on.
func (r *run) spoilFolders(i int, why error) {
	because := func(n mailbox.Name, doing string) {
		if r.broken[n] == nil {
			r.broken[n] = fmt.Errorf("folder %q could not be %s: %w", n, doing, severed{why})
		}
	}
	switch op := r.plan.Steps[i].Op.(type) {
	case plan.Rename:
		if !r.result.Steps[i].folder {
			because(op.From, "renamed")
			because(op.To, "made by renaming")
		}
	case plan.Create:
		because(op.Name, "created")
	case plan.Remove:
		because(op.Name, "removed")
	}
}

// mendFolders forgets what spoilFolders remembered of a step that turned out well.
func (r *run) mendFolders(i int) {
	switch op := r.plan.Steps[i].Op.(type) {
	case plan.Rename:
		delete(r.broken, op.From)
		delete(r.broken, op.To)
	case plan.Create:
		delete(r.broken, op.Name)
	}
}

// severed is an error that is mentioned by another step's: neither its kind nor
// its loss of the connection is that step's.
type severed struct{ error }

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
