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

// A removal is messages that are to be removed from the step's folder, which is open.
type removal struct {
	*filing
	batch *batch
	msgs  []plan.Message
	there map[imap.UID]imap.UID // where each lies in the destination; nil: they are to be gone
	at    int                   // run.waits when all that was seen last

	ours    []plan.Message             // without \Deleted until now
	refused map[imap.UID]bool          // by the server, to be marked
	told    map[imap.UID]mailbox.Flags // by the server, with STORE; nil: they were looked at since
	ready   []plan.Message             // that carry \Deleted, and may be removed
	back    []plan.Message             // from which it is to be taken again, if it is ours
	said    error                      // by the server, to UID EXPUNGE
	tried   bool                       // UID EXPUNGE, and some were still there

	gone  []plan.Message
	err   error
	ended bool
}

// unseen stands for run.waits where messages are to be looked at in any case.
const unseen = -1

// removals are several, of the same folder, whose commands are sent together: \Deleted on
// each message, a look, UID EXPUNGE of those that carry it (RFC 4315 section 2.1), a look.
// Whenever time has passed since the last look, because the server wanted to be asked later,
// there is another one before UID EXPUNGE, and at the copies as well. Each ends by itself:
// where it cannot go on, \Deleted is taken back from the messages that it set it on.
//
// What is still there though the server said that it was removed is looked at, and removed,
// once more: Courier leaves a message of which another client changes flags just then.
type removals []*removal

func (all removals) run(ctx context.Context) {
	phases := []func(removals, context.Context){
		removals.renew, removals.mark, removals.renew, removals.seeMarks, removals.sort, removals.expunge, removals.seeGone,
	}
	for _, phase := range slices.Concat(phases, phases) {
		left := all.left()
		if len(left) == 0 {
			break
		}
		phase(left, ctx)
		all.loseAll()
	}
	for _, x := range all {
		x.restore(ctx, all.lost())
	}
}

// lost is the error by which one has lost the connection; nil: none has.
func (all removals) lost() error {
	for _, x := range all {
		if Lost(x.err) {
			return x.err
		}
	}
	return nil
}

// left are those that have not ended.
func (all removals) left() removals {
	return slices.DeleteFunc(slices.Clone(all), func(x *removal) bool { return x.ended || len(x.msgs) == 0 })
}

// loseAll ends all if one has lost the connection: what becomes of them is to be found out
// on another.
func (all removals) loseAll() {
	if lost := all.lost(); lost != nil {
		for _, x := range all.left() {
			x.end(lost)
		}
	}
}

// end ends it with an error more; nil: with none.
func (x *removal) end(err error) { x.err, x.ended = errors.Join(x.err, err), true }

// giveUp ends it, with its messages as they were.
func (x *removal) giveUp(err error) {
	x.back = append(x.back, x.msgs...)
	x.end(err)
}

// restore takes \Deleted back from messages that stay, unless the connection is lost: then
// that is done on another. Not before all else: it may take its time, and the others were
// just seen.
func (x *removal) restore(ctx context.Context, lost error) {
	ours := map[imap.UID]bool{}
	for _, m := range x.ours {
		ours[m.UID] = true
	}
	back := slices.DeleteFunc(slices.Clone(x.back), func(m plan.Message) bool { return !ours[m.UID] })
	if len(back) == 0 || Lost(x.err) || isJournal(x.err) {
		return
	}
	x.ledger.batch = x.batch
	err := lost
	if err == nil {
		err = x.enterSource(ctx)
	}
	if err == nil {
		err = x.unmarkMessages(ctx, back)
	}
	x.err = errors.Join(x.err, err)
}

// renew looks again at the copies and the messages, unless they were just seen. A run waits
// for so long and no longer, so that this has an end.
func (all removals) renew(ctx context.Context) {
	for {
		left := all.left()
		if !slices.ContainsFunc(left, func(x *removal) bool { return x.at != x.waits }) {
			return
		}
		before := left[0].waits
		for _, x := range left {
			if x.seeCopies(ctx); Lost(x.err) {
				return
			}
		}
		if left = left.left(); len(left) == 0 {
			return
		}
		var msgs []plan.Message
		for _, x := range left {
			msgs = append(msgs, x.msgs...)
		}
		err := left[0].again(ctx, msgs)
		for _, x := range left {
			if err != nil {
				x.giveUp(fmt.Errorf("%d messages stay in folder %q: %w", len(x.msgs), x.op.Folder, err))
			}
			x.at, x.told = before, nil // not as of now, if it was waited for meanwhile
		}
	}
}

// seeCopies keeps the messages of which the copy is still in the destination.
func (x *removal) seeCopies(ctx context.Context) {
	if x.there == nil {
		return
	}
	var uids []imap.UID
	for _, m := range x.msgs {
		uids = append(uids, x.there[m.UID])
	}
	rows, err := x.flagsOf(ctx, x.op.To, uids)
	if err != nil {
		x.giveUp(fmt.Errorf("look once more whether the copies of %d messages are in folder %q: %w", len(x.msgs), x.op.To, err))
		return
	}
	var keep []plan.Message
	for _, m := range x.msgs {
		if row := rows[x.there[m.UID]]; row != nil && !row.Flags.Has(imap.FlagDeleted) {
			keep = append(keep, m)
		} else {
			x.back = append(x.back, m)
		}
	}
	if bad := len(x.msgs) - len(keep); bad > 0 {
		x.err = errors.Join(x.err, copiesGone(bad, x.op.To, x.op.Folder))
	}
	x.msgs = keep
}

// copiesGone is the error of copies that are no proof of anything any more.
func copiesGone(n int, to, from mailbox.Name) error {
	return fmt.Errorf(`somebody has removed the copies of %d messages in folder %q, or marked them \Deleted: the messages stay in folder %q`, n, to, from)
}

// send sends commands for some messages of each, and has each take its answers.
func (all removals) send(ctx context.Context, verb journal.Verb, flags mailbox.Flags, of func(*removal) []plan.Message, take func(*removal, []order, []Changed)) {
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
		take(x, orders[:counts[i]], said[:counts[i]])
		orders, said = orders[counts[i]:], said[counts[i]:]
	}
}

// mark sets \Deleted.
func (all removals) mark(ctx context.Context) {
	unmarked := map[*removal][]plan.Message{}
	for _, x := range all {
		for _, m := range x.msgs {
			if row := x.rows[m.UID]; row != nil && !row.Flags.Has(imap.FlagDeleted) {
				unmarked[x] = append(unmarked[x], m)
			}
		}
		x.ours = append(x.ours, unmarked[x]...)
	}
	all.send(ctx, journal.VerbMark, mailbox.Flags{imap.FlagDeleted}, func(x *removal) []plan.Message { return unmarked[x] }, func(x *removal, orders []order, said []Changed) {
		x.told, x.refused = flagsTold(said), map[imap.UID]bool{}
		for i, c := range said {
			if c.Err != nil {
				for _, uid := range orders[i].UIDs {
					x.refused[uid] = true
				}
			}
		}
		x.err = errors.Join(x.err, errorOf(said))
		if x.can.Paced { // which took its time
			x.at = unseen
		}
		if Lost(x.err) || isJournal(x.err) {
			x.end(nil)
		}
	})
}

// seeMarks sees which messages carry \Deleted after STORE: by what the server tells with
// it, else by a look. That one does not carry it is not believed without: what was told
// may be of before the change, and the mark would stay.
func (all removals) seeMarks(ctx context.Context) {
	var untold []imap.UID
	for _, x := range all {
		for _, m := range x.msgs {
			flags := x.told[m.UID]
			if row := x.rows[m.UID]; row != nil && flags.Has(imap.FlagDeleted) {
				now := *row
				now.Flags = flags
				x.rows[m.UID] = &now
			} else if x.told != nil {
				untold = append(untold, m.UID)
			}
		}
	}
	if len(untold) == 0 {
		return
	}
	if err := all[0].look(ctx, untold); err != nil {
		for _, x := range all {
			x.giveUp(fmt.Errorf(`%d messages in folder %q are marked \Deleted: %w`, len(x.msgs), x.op.Folder, err))
		}
	}
	all.renew(ctx)
}

// sort sorts out the messages that may be removed now: those that carry \Deleted and are
// still the plan's.
func (all removals) sort(context.Context) {
	for _, x := range all {
		if x.sortOne(); len(x.ready) == 0 {
			x.end(nil)
		}
	}
}

func (x *removal) sortOne() {
	missed := 0
	for _, m := range x.msgs {
		row := x.rows[m.UID]
		switch {
		case row == nil: // somebody else expunged it
			x.gone = append(x.gone, m)
		case x.refused[m.UID]: // which is said already
			x.back = append(x.back, m)
		case !row.Flags.Has(imap.FlagDeleted):
			missed++
		case row.Identity != m.Identity:
			x.back = append(x.back, m)
			x.err = errors.Join(x.err, fmt.Errorf("message %d in folder %q is not the one of the plan: it is left alone", m.UID, x.op.Folder))
		case x.keeps(m, row):
			x.back = append(x.back, m)
		default:
			x.ready = append(x.ready, m)
		}
	}
	if missed > 0 {
		x.err = errors.Join(x.err, fmt.Errorf(`the server said that it marked messages in folder %q \Deleted, but %d of them are not: they stay`, x.op.Folder, missed))
	}
}

// keeps says whether a message that is to be deleted for good is left alone after all, by how
// it was seen since it was judged, and counts it then. That it is marked is the run's doing.
func (x *removal) keeps(m plan.Message, row *row) bool {
	if x.op.Away != plan.AwayPermanent {
		return false
	}
	now := *row
	now.Flags = now.Flags.Without(mailbox.Flags{imap.FlagDeleted})
	reason, harmless := x.judge(m, &now)
	if reason != "" {
		x.skip(reason, harmless)
	}
	return reason != ""
}

// expunge removes what is ready.
func (all removals) expunge(ctx context.Context) {
	all.send(ctx, journal.VerbExpunge, nil, func(x *removal) []plan.Message { return x.ready }, func(x *removal, _ []order, said []Changed) {
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
		switch {
		case len(still) == 0:
			x.end(nil)
		case x.said == nil && !x.tried:
			x.tried, x.msgs, x.ready, x.told, x.refused, x.at = true, still, nil, nil, nil, unseen
		default:
			x.end(x.stuck(still))
		}
	}
}

// stuck says that messages are still there after UID EXPUNGE. Those to delete for good lose
// \Deleted again, so that a new plan finds them; those of which there is a proven copy keep
// it, lest a new plan copy them once more.
func (x *removal) stuck(still []plan.Message) error {
	err := saidOrSeen(x.said, fmt.Errorf("the server said that it removed messages from folder %q, but %d of them are still there", x.op.Folder, len(still)))
	if x.op.Away != plan.AwayPermanent {
		return fmt.Errorf(`%w; %d messages are left there, marked \Deleted, and their copies are in %q`, err, len(still), x.op.To)
	}
	x.back = append(x.back, still...)
	return err
}
