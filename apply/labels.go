package apply

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// merged looks, on a server with labels, for messages that are not among what came
// into the destination: they had that label already. The server said that it moved or
// copied them; one that is the same in the destination is taken for each, by what
// COPYUID says, else if as many as are looked for are the same.
func (f *filing) merged(ctx context.Context, msgs []plan.Message, t Transfer, to mailbox.Name) (found []placed, lost []plan.Message, err error) {
	if !f.server.Can().Labels || len(msgs) == 0 {
		return nil, msgs, nil
	}
	if err := f.enter(ctx, to); err != nil {
		return nil, msgs, err
	}
	found, lost, err = f.toldMerged(ctx, msgs, t, to)
	if err != nil || len(lost) == 0 {
		return found, lost, err
	}
	rows, err := f.fetchRange(ctx, 1, f.opened.UIDNext-1)
	if err != nil {
		return found, lost, err
	}
	for _, p := range found {
		delete(rows, p.at)
	}
	more, lost := pair(lost, rows)
	return append(found, more...), lost, nil
}

// toldMerged takes what COPYUID says of messages as far as the destination holds them
// there.
func (f *filing) toldMerged(ctx context.Context, msgs []plan.Message, t Transfer, to mailbox.Name) (found []placed, rest []plan.Message, err error) {
	at, times := map[imap.UID]imap.UID{}, map[imap.UID]int{}
	if t.UIDValidity == f.floors[to].UIDValidity {
		for _, p := range t.Pairs {
			at[p.From] = p.To
			times[p.To]++
		}
	}
	var uids []imap.UID
	for _, m := range msgs {
		if uid := at[m.UID]; uid != 0 && uid < f.opened.UIDNext && times[uid] == 1 {
			uids = append(uids, uid)
		}
	}
	if len(uids) == 0 {
		return nil, msgs, nil
	}
	rows, err := f.fetch(ctx, uids, looked())
	if err != nil {
		return nil, msgs, err
	}
	for _, m := range msgs {
		if row := rows[at[m.UID]]; row != nil && row.Identity == m.Identity {
			found = append(found, placed{m, at[m.UID]})
		} else {
			rest = append(rest, m)
		}
	}
	return found, rest, nil
}
