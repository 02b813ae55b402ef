package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// tryOut opens every folder in which messages are to be changed, before anything is
// changed anywhere: one that is read-only stops the whole plan, while it is whole.
// Whatever else keeps a folder from being opened stops its own steps, later. Where
// nothing can be changed but in the only folder, its own steps are early enough.
func (r *run) tryOut(ctx context.Context) error {
	names, alone := sourcesOf(r.plan)
	if len(names) == 0 || len(names) == 1 && alone {
		return nil
	}
	var closed []error
	errs, left := r.server.TryOut(ctx, names)
	r.ajar = left != nil
	if Lost(left) {
		return fmt.Errorf("nothing was changed: %w", left)
	}
	for i, err := range errs {
		switch {
		case err != nil && Lost(err):
			return fmt.Errorf("nothing was changed: %w", err)
		case errors.Is(err, ErrReadOnly):
			closed = append(closed, fmt.Errorf("folder %q is read-only: get the right to change it, or leave it out of what rules look into; nothing was changed", names[i]))
		}
	}
	return errors.Join(closed...)
}

// sourcesOf are the folders in which a plan changes messages, and whether it changes
// nothing else.
func sourcesOf(p *plan.Plan) (names []mailbox.Name, alone bool) {
	alone = true
	for _, step := range p.Steps {
		op, ok := step.Op.(plan.File)
		if !ok {
			alone = false
		} else if !slices.Contains(names, op.Was) {
			names = append(names, op.Was)
		}
	}
	return names, alone
}
