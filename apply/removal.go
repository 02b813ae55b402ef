package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A removal is messages that are to be removed from the step's folder. That is open, and
// they were just looked at.
type removal struct {
	*filing
	batch *batch
	msgs  []plan.Message

	ours  []plan.Message             // without \Deleted until now
	ready []plan.Message             // that carry it, and may be removed
	told  map[imap.UID]mailbox.Flags // by the server, with STORE
	said  error                      // by the server, to UID EXPUNGE

	gone  []plan.Message
	err   error
	ended bool
}

// removals are several, of the same folder, whose commands are sent together: \Deleted on
// each message, a look, UID EXPUNGE of those that carry it (RFC 4315 section 2.1), a look.
// Each ends by itself: where it cannot go on, \Deleted is taken back from the messages that
// it set it on.
type removals []*removal

func (all removals) run(ctx context.Context) {
	for _, phase := range []func(removals, context.Context){
		removals.mark, removals.seeMarks, removals.sort, removals.expunge, removals.seeGone,
	} {
		left := all.left()
		if len(left) == 0 {
			return
		}
		phase(left, ctx)
		all.loseAll()
	}
}

// left are those that have not ended.
func (all removals) left() removals {
	return slices.DeleteFunc(slices.Clone(all), func(x *removal) bool { return x.ended || len(x.msgs) == 0 })
}

// loseAll ends all if one has lost the connection: what becomes of them is to be found out
// on another.
func (all removals) loseAll() {
	if i := slices.IndexFunc(all, func(x *removal) bool { return Lost(x.err) }); i >= 0 {
		for _, x := range all.left() {
			x.end(all[i].err)
		}
	}
}

// end ends it with an error more; nil: with none.
func (x *removal) end(err error) { x.err, x.ended = errors.Join(x.err, err), true }

// takeBack ends it, and takes \Deleted back from messages that it set it on.
func (x *removal) takeBack(ctx context.Context, err error) {
	x.ledger.batch = x.batch
	x.end(errors.Join(err, x.unmarkMessages(ctx, x.ours)))
}

// send sends commands for some messages of each, and has each take its answers.
func (all removals) send(ctx context.Context, verb journal.Verb, flags mailbox.Flags, of func(*removal) []plan.Message, take func(*removal, []Changed)) {
	var orders []order
	var counts []int
	for _, x := range all {
		commands := x.commandsFor(verb, uidsOf(of(x)), flags)
		orders, counts = append(orders, ordersOf(x.batch, commands)...), append(counts, len(commands))
	}
	if len(orders) == 0 {
		return
	}
	said := all[0].filing.send(ctx, orders)
	for i, x := range all {
		take(x, said[:counts[i]])
		said = said[counts[i]:]
	}
}

// mark sets \Deleted.
func (all removals) mark(ctx context.Context) {
	for _, x := range all {
		for _, m := range x.msgs {
			if !x.rows[m.UID].Flags.Has(imap.FlagDeleted) {
				x.ours = append(x.ours, m)
			}
		}
	}
	var refused []*removal
	all.send(ctx, journal.VerbMark, mailbox.Flags{imap.FlagDeleted}, func(x *removal) []plan.Message { return x.ours }, func(x *removal, said []Changed) {
		x.told = flagsTold(said)
		switch err := errorOf(said); {
		case Lost(err) || isJournal(err):
			x.end(err)
		case err != nil:
			x.err, refused = err, append(refused, x)
		}
	})
	for _, x := range refused {
		x.takeBack(ctx, nil)
	}
}

// seeMarks sees which messages carry \Deleted after STORE: by what the server tells with
// it, else by a look. That one does not carry it is not believed without: what was told
// may be of before the change, and the mark would stay.
func (all removals) seeMarks(ctx context.Context) {
	var untold []imap.UID
	unsure := map[*removal]bool{}
	for _, x := range all {
		for _, m := range x.msgs {
			flags := x.told[m.UID]
			if row := x.rows[m.UID]; row != nil && flags.Has(imap.FlagDeleted) {
				now := *row
				now.Flags = flags
				x.rows[m.UID] = &now
			} else {
				untold, unsure[x] = append(untold, m.UID), true
			}
		}
	}
	if len(untold) == 0 {
		return
	}
	err := all[0].look(ctx, untold)
	if err == nil {
		return
	}
	for _, x := range all {
		err := fmt.Errorf(`%d messages in folder %q are marked \Deleted: %w`, len(x.msgs), x.op.Folder, err)
		switch {
		case !unsure[x]:
		case Lost(err) || len(x.ours) == 0:
			x.end(err)
		default:
			x.takeBack(ctx, err)
		}
	}
}

// sort sorts out the messages that may be removed now: those that carry \Deleted and are
// still the plan's. From others that this run marked it is taken back.
func (all removals) sort(ctx context.Context) {
	for _, x := range all {
		x.ledger.batch = x.batch
		if x.sortOne(ctx); Lost(x.err) || len(x.ready) == 0 {
			x.end(nil)
		}
	}
}

func (x *removal) sortOne(ctx context.Context) {
	var back []plan.Message
	missed := 0
	for _, m := range x.msgs {
		row := x.rows[m.UID]
		switch {
		case row == nil: // somebody else expunged it
			x.gone = append(x.gone, m)
		case !row.Flags.Has(imap.FlagDeleted):
			missed++
		case row.Identity != m.Identity:
			back = append(back, m)
			x.err = fmt.Errorf("message %d in folder %q is not the one of the plan: it is left alone", m.UID, x.op.Folder)
		case x.op.Away == plan.AwayPermanent && guarded(m, row.Flags):
			back = append(back, m)
			x.skip(reasonGuarded, false)
		default:
			x.ready = append(x.ready, m)
		}
	}
	if missed > 0 {
		x.err = errors.Join(x.err, fmt.Errorf(`the server said that it marked messages in folder %q \Deleted, but %d of them are not: they stay`, x.op.Folder, missed))
	}
	back = slices.DeleteFunc(back, func(m plan.Message) bool {
		return !slices.ContainsFunc(x.ours, func(o plan.Message) bool { return o.UID == m.UID })
	})
	if len(back) > 0 {
		x.err = errors.Join(x.err, x.unmarkMessages(ctx, back))
	}
}

// expunge removes what is ready.
func (all removals) expunge(ctx context.Context) {
	all.send(ctx, journal.VerbExpunge, nil, func(x *removal) []plan.Message { return x.ready }, func(x *removal, said []Changed) {
		if x.said = errorOf(said); Lost(x.said) {
			x.end(x.said)
		}
	})
}

// seeGone sees what is gone.
func (all removals) seeGone(ctx context.Context) {
	var uids []imap.UID
	for _, x := range all {
		uids = append(uids, uidsOf(x.ready)...)
	}
	if err := all[0].look(ctx, uids); err != nil {
		for _, x := range all {
			x.end(errors.Join(x.said, fmt.Errorf(`look whether %d messages marked \Deleted were removed from folder %q: %w`, len(x.ready), x.op.Folder, err)))
		}
		return
	}
	for _, x := range all {
		var still []plan.Message
		for _, m := range x.ready {
			if x.rows[m.UID] == nil {
				x.gone = append(x.gone, m)
			} else {
				still = append(still, m)
			}
		}
		if len(still) > 0 {
			x.ledger.batch = x.batch
			x.end(x.stuck(ctx, still, x.said))
		}
	}
}
