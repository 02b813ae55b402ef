package apply

import (
	"cmp"
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/plan"
)

// deleteRound deletes for good, for several steps, as many messages as may be sent commands
// for together: right after one more look at them, by which they are judged again.
func (b *burst) deleteRound(ctx context.Context) error {
	all := b.nextToDelete()
	if err := b.persist(ctx, func() error { return b.seeOnceMore(ctx, all) }); err != nil {
		return b.failAll(err)
	}
	if all = b.judge(all); len(all) == 0 {
		return nil
	}
	together := make(removals, len(all))
	for i, s := range all {
		s.begin()
		s.skipped = slices.Clone(s.out.Skipped)
		together[i] = &removal{filing: s.filing, batch: s.batch, msgs: s.msgs, at: b.waits}
	}
	together.run(ctx)
	return b.deleted(ctx, all, together)
}

// nextToDelete cuts what is left of the steps into one piece of each. Where each command has
// to wait, there is one: what is removed was then seen right before.
func (b *burst) nextToDelete() []*salvo {
	var all []*salvo
	commands := maxTogether
	if b.can.Paced {
		commands = 1
	}
	for _, step := range b.begun() {
		var uids []imap.UID
		for left := uidsOf(step.left); len(left) > 0 && commands > 0; commands-- {
			var set []imap.UID
			set, left = cut(left, b.most)
			uids = append(uids, set...)
		}
		if len(uids) > 0 {
			all = append(all, newSalvo(step, len(uids)))
		}
	}
	return all
}

// seeOnceMore looks at all messages of the pieces.
func (b *burst) seeOnceMore(ctx context.Context, all []*salvo) error {
	var msgs []plan.Message
	for _, s := range all {
		msgs = append(msgs, s.msgs...)
	}
	err := all[0].again(ctx, msgs)
	for _, s := range all {
		s.on, s.unseen = b.connection, true
	}
	return err
}

// deleted deals with what came of removing the pieces' messages: first where all went well,
// since the others may be waited for.
func (b *burst) deleted(ctx context.Context, all []*salvo, together removals) (fatal error) {
	of := map[*salvo]*removal{}
	for i, s := range all {
		of[s] = together[i]
	}
	slices.SortStableFunc(all, func(x, y *salvo) int { return cmp.Compare(rank(of[x].err), rank(of[y].err)) })
	for _, s := range all {
		b.ledger.batch, b.at = s.batch, s.step.step
		s.wereDeleted(of[s].gone)
		if fatal != nil { // the journal knows that it is in doubt
			_ = b.failed(s.step, cmp.Or(of[s].err, fatal))
			continue
		}
		if err := b.over(ctx, s, of[s].err); err != nil {
			fatal = b.failed(s.step, err)
		}
	}
	if fatal != nil {
		_ = b.failAll(fatal)
	}
	return fatal
}

// rank puts what went well before what did not.
func rank(err error) int {
	if err == nil {
		return 0
	}
	return 1
}
