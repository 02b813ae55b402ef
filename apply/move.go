package apply

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// move moves messages and returns those that were, where they now lie.
func (f *filing) move(ctx context.Context, msgs []plan.Message) ([]placed, error) {
	way := f.moveByCopy
	switch {
	case f.op.Finish:
		way = f.finishMove
	case f.server.Can().Move:
		way = f.moveAtOnce
	}
	moved, err := way(ctx, msgs)
	f.wereMoved(moved)
	return moved, err
}

// wereMoved counts and notes messages that are in the destination, and no more in
// their folder.
func (f *filing) wereMoved(moved []placed) {
	if f.op.Trash {
		f.out.Done.Trashed += len(moved)
	} else {
		f.out.Done.Moved += len(moved)
	}
	f.into(journal.VerbMove, f.op.To, moved)
}

// moveAtOnce moves by UID MOVE (RFC 6851), which moves each message wholly or not
// at all; a server that answers NO may have moved some.
func (f *filing) moveAtOnce(ctx context.Context, msgs []plan.Message) ([]placed, error) {
	msgs, err := f.ready(ctx, msgs)
	if err != nil || len(msgs) == 0 {
		return nil, err
	}
	t, said := f.bring(ctx, journal.Command{Verb: journal.VerbMove, Folder: f.op.Folder, To: f.op.To, UIDs: uidsOf(msgs)})
	return f.movedAtOnce(ctx, msgs, t, said)
}

// movedAtOnce sees which messages UID MOVE has moved, after the server has said so.
func (f *filing) movedAtOnce(ctx context.Context, msgs []plan.Message, t Transfer, said error) ([]placed, error) {
	if Lost(said) || isJournal(said) {
		return nil, said
	}
	// It tells what it moves, and has told nothing: it moved nothing.
	silent := f.tells && said == nil && len(t.Pairs) == 0 && !t.Unclear && !f.server.Can().Labels
	f.tells = f.tells || len(t.Pairs) > 0
	moved, rest := f.paired(msgs, t, f.op.To)
	if said == nil && len(rest) == 0 {
		f.forget(msgs)
		return moved, nil
	}
	told := len(moved) > 0
	if err := f.again(ctx, msgs); err != nil {
		return moved, errors.Join(said, err)
	}
	stay := 0
	var away []plan.Message
	for _, m := range rest {
		if f.rows[m.UID] != nil {
			stay++
			continue
		}
		away = append(away, m)
	}
	if told = told || silent; silent {
		for range away {
			f.skip(reasonGone, true)
		}
		away = nil
	}
	found, lost, err := f.find(ctx, away, f.op.To)
	if err != nil {
		return moved, errors.Join(said, err)
	}
	moved = append(moved, found...)
	found, lost, err = f.merged(ctx, lost, t, f.op.To)
	if err != nil {
		return moved, errors.Join(said, err)
	}
	moved = append(moved, found...)
	for range lost {
		if told { // the server names what it moves, and did not name these: somebody else took them
			f.skip(reasonGone, true)
		}
	}
	switch {
	case said != nil:
		err = said
	case stay > 0:
		err = fmt.Errorf("the server said that it moved messages from folder %q to %q, but %d of them are still there", f.op.Folder, f.op.To, stay)
	}
	if len(lost) > 0 && !told {
		err = errors.Join(err, fmt.Errorf("%d messages are gone from folder %q and could not be found in %q for sure: whether they were moved there is unknown", len(lost), f.op.Folder, f.op.To))
	}
	return moved, err
}

// forget notes that messages are not in the step's folder any more, as long as it is open.
func (f *filing) forget(msgs []plan.Message) {
	if f.open != f.op.Folder {
		return
	}
	for _, m := range msgs {
		f.rows[m.UID] = nil
	}
}

// moveByCopy moves where there is no MOVE: copies, proves the copies, and only then
// removes those very messages here.
func (f *filing) moveByCopy(ctx context.Context, msgs []plan.Message) ([]placed, error) {
	copies, copyErr := f.copyProven(ctx, msgs, f.op.To)
	if Lost(copyErr) || isJournal(copyErr) || len(copies) == 0 {
		return nil, copyErr
	}
	return f.moveCopied(ctx, copies, copyErr)
}

// finishMove finishes moves that a run has begun which was cut short, and which nobody
// remembers: of messages of which there is the very same one in the destination, that
// stays there, the one here is removed.
func (f *filing) finishMove(ctx context.Context, msgs []plan.Message) ([]placed, error) {
	msgs, err := f.ready(ctx, msgs)
	if err != nil || len(msgs) == 0 {
		return nil, err
	}
	copies, without, err := f.twins(ctx, msgs)
	if err != nil {
		return nil, err
	}
	for range without {
		f.skip(reasonTwin, false)
	}
	copies, err = f.identical(ctx, copies)
	if err != nil || len(copies) == 0 {
		return nil, err
	}
	return f.moveCopied(ctx, copies, nil)
}

// identical compares messages with those in the destination, octet for octet, and
// returns those that are the same: nobody saw the one being copied from the other.
func (f *filing) identical(ctx context.Context, msgs []placed) ([]placed, error) {
	there, err := f.hashes(ctx, f.op.To, msgs, func(p placed) imap.UID { return p.at })
	if err != nil {
		return nil, err
	}
	here, err := f.hashes(ctx, f.op.Folder, msgs, func(p placed) imap.UID { return p.UID })
	if err != nil {
		return nil, err
	}
	var same []placed
	for _, m := range msgs {
		if here[m.UID] != there[m.at] {
			f.skip(reasonOther, false)
			continue
		}
		same = append(same, m)
	}
	return same, nil
}

// hashes reads whole messages of a folder.
func (f *filing) hashes(ctx context.Context, folder mailbox.Name, msgs []placed, uid func(placed) imap.UID) (map[imap.UID][sha256.Size]byte, error) {
	if len(msgs) == 0 {
		return nil, nil
	}
	if err := f.enter(ctx, folder); err != nil {
		return nil, err
	}
	all := map[imap.UID][sha256.Size]byte{}
	for _, m := range msgs {
		h := sha256.New()
		if err := f.server.Read(ctx, uid(m), h); err != nil {
			return nil, fmt.Errorf("compare messages in the folders %q and %q: %w", f.op.Folder, f.op.To, err)
		}
		all[uid(m)] = [sha256.Size]byte(h.Sum(nil))
	}
	return all, nil
}

// twins finds for each message the very same one in the destination, which stays there:
// neither this run has brought it there for another, nor the plan takes it away again.
func (f *filing) twins(ctx context.Context, msgs []plan.Message) (found []placed, without []plan.Message, err error) {
	if err := f.enter(ctx, f.op.To); err != nil {
		return nil, nil, err
	}
	rows, err := f.fetchRange(ctx, 1, f.opened.UIDNext-1)
	f.proven = f.waits
	if err != nil {
		return nil, nil, err
	}
	leaving := f.leaving(f.op.To)
	there := map[uint64][]imap.UID{}
	for _, uid := range slices.Sorted(maps.Keys(rows)) {
		if !rows[uid].Flags.Has(imap.FlagDeleted) && !f.used[f.op.To][uid] && !leaving[uid] {
			digest := rows[uid].Identity.Digest()
			there[digest] = append(there[digest], uid)
		}
	}
	for _, m := range msgs {
		uids := there[m.Fingerprint()]
		if len(uids) == 0 {
			without = append(without, m)
			continue
		}
		m.Identity = rows[uids[0]].Identity
		found = append(found, placed{m, uids[0]})
		f.use(f.op.To, uids[0])
		there[m.Fingerprint()] = uids[1:]
	}
	return found, without, nil
}

// leaving are the messages of a folder that the plan takes out of it.
func (r *run) leaving(folder mailbox.Name) map[imap.UID]bool {
	all := map[imap.UID]bool{}
	for _, step := range r.plan.Steps {
		if op, ok := step.Op.(plan.File); ok && op.Folder == folder && op.Away != plan.AwayNot {
			for _, m := range op.Messages {
				all[m.UID] = true
			}
		}
	}
	return all
}

// moveCopied removes messages of which there are proven copies from their folder; see
// takeAway. copyErr is what else is wrong with the copying.
func (f *filing) moveCopied(ctx context.Context, copies []placed, copyErr error) ([]placed, error) {
	c := f.newCopied(copies, copyErr)
	f.takeAway(ctx, []*copied{c})
	return c.moved, c.err
}

// A copied is messages that were copied, and are still to be removed from their folder.
type copied struct {
	*filing
	batch  *batch
	copies []placed
	at     int      // run.waits when these were seen
	moved  []placed // that are not there any more
	err    error
}

func (f *filing) newCopied(copies []placed, err error) *copied {
	return &copied{filing: f, batch: f.ledger.batch, copies: copies, at: f.proven, err: err}
}

// takeAway removes messages from the folder of their steps, which is the same, after a last
// look.
func (r *run) takeAway(ctx context.Context, all []*copied) {
	var msgs []plan.Message
	for _, c := range all {
		msgs = append(msgs, unplaced(c.copies)...)
	}
	if err := all[0].again(ctx, msgs); err != nil {
		for _, c := range all {
			c.err = errors.Join(c.err, c.stillThere(err))
		}
		return
	}
	var away removals
	for _, c := range all {
		away = append(away, c.removal())
	}
	away.run(ctx)
	for i, c := range all {
		c.removed(away[i])
	}
}

// stillThere is the error of messages that were copied and not removed.
func (c *copied) stillThere(why error) error {
	return fmt.Errorf("%d messages were copied to %q and are still in folder %q: %w", len(c.copies), c.op.To, c.op.Folder, why)
}

// removal is what is to be removed. Of what somebody else has removed the copy is there.
func (c *copied) removal() *removal {
	x := &removal{filing: c.filing, batch: c.batch, at: c.at, there: map[imap.UID]imap.UID{}}
	for _, p := range c.copies {
		switch row := c.rows[p.UID]; {
		case row == nil:
			c.moved = append(c.moved, p)
		case row.Identity == p.Identity:
			x.msgs = append(x.msgs, p.Message)
			x.there[p.UID] = p.at
		}
	}
	return x
}

// removed takes what came of the removal.
func (c *copied) removed(x *removal) {
	gone := map[imap.UID]bool{}
	for _, m := range x.gone {
		gone[m.UID] = true
	}
	for _, p := range c.copies {
		if gone[p.UID] {
			c.moved = append(c.moved, p)
		}
	}
	if x.err != nil {
		c.err = errors.Join(c.err, fmt.Errorf("messages were copied to %q and could not all be removed from folder %q: %w", c.op.To, c.op.Folder, x.err))
	}
}
