package apply

import (
	"context"
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// floorsOf learns how folders are before anything is brought there: what comes into them
// from now on has a UID at or above UIDNext. It takes them from the last listing of this
// run where that holds, and looks at the others. Into those that are refused nothing may
// be brought.
func (r *run) floorsOf(ctx context.Context, names []mailbox.Name) (floors map[mailbox.Name]plan.State, refused map[mailbox.Name]error, err error) {
	floors, refused = map[mailbox.Name]plan.State{}, map[mailbox.Name]error{}
	var ask []mailbox.Name
	for _, n := range names {
		if state, known := r.listed(n); known {
			floors[n] = state
		} else if !slices.Contains(ask, n) {
			ask = append(ask, n)
		}
	}
	if len(ask) > 0 && (r.ajar || slices.Contains(ask, r.open)) { // STATUS of the open folder may be stale (RFC 9051 section 6.3.11)
		if err := r.leave(ctx); err != nil {
			return nil, nil, err
		}
	}
	if len(ask) > 0 {
		states, errs := r.server.Statuses(ctx, ask)
		for i, n := range ask {
			switch err := errs[i]; {
			case Lost(err):
				return nil, nil, err
			case err != nil:
				refused[n] = fmt.Errorf("look at folder %q: %w", n, err)
			default:
				floors[n] = states[i]
			}
		}
	}
	for n, state := range floors {
		if err := r.sameUIDs(n, state); err != nil {
			refused[n] = err
		}
	}
	return floors, refused, nil
}

// listed is a folder as it was listed last in this run: what came into it since has no
// lower UID than UIDNext. It is not known of one that may have got another UIDVALIDITY
// since, as Courier gives them to folders that never held a message; nor where folders are
// labels: of a message that another step has brought there it could not be told that it
// had the label before.
func (r *run) listed(n mailbox.Name) (plan.State, bool) {
	f := r.known[n]
	s := plan.State{UIDValidity: f.UIDValidity, UIDNext: f.UIDNext, Messages: f.Messages}
	was, seen := r.validity[n]
	switch {
	case !f.Selectable, s.UIDValidity == 0, s.UIDNext == 0, seen && was != s.UIDValidity, unused(s) && !r.can.Move:
		return plan.State{}, false
	}
	return s, !r.can.Labels
}
