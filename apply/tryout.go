package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// tryOut opens every folder in which messages are to be changed, before anything is
// changed anywhere: one that is read-only stops the whole plan, while it is whole.
// Whatever else keeps a folder from being opened stops its own steps, later.
func (r *run) tryOut(ctx context.Context) error {
	var closed []error
	tried := map[mailbox.Name]bool{}
	for _, step := range r.plan.Steps {
		op, ok := step.Op.(plan.File)
		if !ok || tried[op.Was] {
			continue
		}
		tried[op.Was] = true
		_, err := r.server.Open(ctx, op.Was)
		r.ajar = err == nil || errors.Is(err, ErrReadOnly) // a SELECT that fails leaves nothing open
		switch {
		case err != nil && Lost(err):
			return fmt.Errorf("nothing was changed: %w", err)
		case errors.Is(err, ErrReadOnly):
			closed = append(closed, fmt.Errorf("folder %q is read-only: get the right to change it, or leave it out of what rules look into; nothing was changed", op.Was))
		}
	}
	return errors.Join(closed...)
}
