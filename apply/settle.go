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

// settle finds out, on a new connection, what became of a batch whose last command was
// never answered, and finishes what is half done: of each message it is seen whether it
// is in its folder, and whether it is in the destination.
//
//   - only in its folder: nothing was done with it; its UID is returned, to be dealt with.
//   - only in the destination: it was moved. Its flags are set there.
//   - in both: it is never copied again. If the batch copies and then deletes, the
//     deleting is finished; else its UID is returned.
//   - in neither, or in doubt which of several it is: an error says so.
//
// Copies that are found are not made again either. \Deleted is taken back from what
// the batch has marked and may not remove yet.
func (f *filing) settle(ctx context.Context, b *batch) (rest []imap.UID, err error) {
	f.unuse(b)
	if len(b.sent) == 0 || len(b.Messages) == 0 { // the latter appends messages, and says itself which are there
		return b.uids(), nil
	}
	if err := f.quiet(ctx, b.folders()); err != nil {
		return nil, err
	}
	present, gone, err := f.whatIsHere(ctx, b)
	if n := len(b.marked()); err != nil && n > 0 {
		err = fmt.Errorf(`%d messages in folder %q may still be marked \Deleted: %w`, n, b.Folder, err)
	}
	if err != nil {
		return nil, err
	}
	if err := f.settleFlags(ctx, b, b.Folder, here(present)); err != nil {
		return nil, err
	}
	var all error
	doubtful := map[imap.UID]bool{}
	for _, into := range b.Copies {
		unknown, err := f.settleCopies(ctx, b, into, slices.Concat(present, gone))
		if all = errors.Join(all, err); Lost(err) {
			return nil, all
		}
		for _, m := range unknown {
			doubtful[m.UID] = true
		}
	}
	left := slices.Concat(present, gone)
	switch b.Away {
	case journal.VerbMove:
		left, err = f.settleMove(ctx, b, present, gone)
	case journal.VerbExpunge:
		left, err = f.settleExpunge(ctx, b, present, gone)
	}
	for _, m := range left {
		if !doubtful[m.UID] {
			rest = append(rest, m.UID)
		}
	}
	return rest, errors.Join(all, err)
}

// whatIsHere looks which of the batch's messages are in its folder. What has another
// identity was never theirs.
func (f *filing) whatIsHere(ctx context.Context, b *batch) (here, gone []plan.Message, err error) {
	f.validity[b.Folder] = b.UIDValidity
	if err := f.enter(ctx, b.Folder); err != nil {
		return nil, nil, doubt(err, "what became of %d messages of folder %q is unknown", len(b.Messages), b.Folder)
	}
	if err := f.look(ctx, b.uids()); err != nil {
		return nil, nil, err
	}
	for _, m := range b.Messages {
		msg := plan.Message{UID: m.UID, Digest: m.Digest, Add: m.Add, Remove: m.Remove}
		row := f.rows[m.UID]
		switch {
		case row == nil:
			gone = append(gone, msg)
		case row.Identity.Digest() != m.Digest:
			return nil, nil, fmt.Errorf("message %d in folder %q is not the one that it was: what became of %d messages is unknown", m.UID, b.Folder, len(b.Messages))
		default:
			msg.Identity, msg.Flags = row.Identity, row.Flags
			here = append(here, msg)
		}
	}
	return here, gone, nil
}

// settleCopies finds the copies that the batch has made in one folder, and sets their
// flags where those are still to be set. It returns the messages of which it is unknown
// whether there is one.
func (f *filing) settleCopies(ctx context.Context, b *batch, to journal.Into, msgs []plan.Message) (doubtful []plan.Message, err error) {
	if !b.was(journal.VerbCopy, to.Name) {
		return nil, nil
	}
	copies, doubtful, err := f.searchIn(ctx, b, journal.VerbCopy, to, msgs)
	if err != nil {
		return nil, err
	}
	f.noteCopied(to.Name, copies)
	counted := b.counted(journal.VerbCopy, to.Name)
	for _, c := range copies {
		if !counted[c.UID] {
			f.out.Done.Copied++
		}
	}
	f.into(journal.VerbCopy, to.Name, slices.DeleteFunc(slices.Clone(copies), func(c placed) bool { return counted[c.UID] }))
	if len(doubtful) > 0 {
		err = fmt.Errorf("whether %d messages of folder %q were copied to %q is unknown: nothing more is done with them", len(doubtful), b.Folder, to.Name)
	}
	if b.FlagsFirst || f.server.Can().Labels {
		return doubtful, err
	}
	return doubtful, errors.Join(err, f.finishFlags(ctx, b, to.Name, copies))
}

// noteCopied remembers of which messages there is a copy, so that none is made again.
func (f *filing) noteCopied(to mailbox.Name, copies []placed) {
	if f.copied[to] == nil {
		f.copied[to] = map[imap.UID]bool{}
	}
	for _, c := range copies {
		f.copied[to][c.UID] = true
	}
}

// settleMove finishes a move, and returns the messages that are still to be moved.
func (f *filing) settleMove(ctx context.Context, b *batch, here, gone []plan.Message) ([]plan.Message, error) {
	if !b.was(journal.VerbMove, b.To.Name) && !b.was(journal.VerbCopy, b.To.Name) {
		return f.settleFinish(ctx, b, here, gone)
	}
	verb, sought := journal.VerbMove, gone
	if b.ByCopy {
		verb, sought = journal.VerbCopy, slices.Concat(here, gone)
	}
	found, doubtful, err := f.searchIn(ctx, b, verb, *b.To, sought)
	if Lost(err) {
		return nil, err
	}
	if err != nil { // the copies may be gone with their folder
		return nil, errors.Join(err, f.unmarkOurs(ctx, b, here))
	}
	there := map[imap.UID]bool{}
	for _, p := range found {
		there[p.UID] = true
	}
	for _, m := range doubtful {
		there[m.UID] = true // and stays where it is
	}
	rest := slices.DeleteFunc(slices.Clone(here), func(m plan.Message) bool { return there[m.UID] })
	moved := found
	var deleting error
	if b.ByCopy {
		moved, deleting = f.finishDeleting(ctx, b, found, rest, doubtful)
		if Lost(deleting) {
			return nil, deleting
		}
	}
	lost := slices.DeleteFunc(slices.Clone(gone), func(m plan.Message) bool { return there[m.UID] })
	f.countMoved(b, moved)
	if len(lost)+len(doubtful) > 0 {
		err = fmt.Errorf("%d messages of folder %q could not be found in %q for sure: whether they were moved is unknown", len(lost)+len(doubtful), b.Folder, b.To.Name)
	}
	if !b.FlagsFirst {
		err = errors.Join(err, f.finishFlags(ctx, b, b.To.Name, moved))
	}
	return rest, errors.Join(deleting, err)
}

// settleFinish is settleMove for a batch that has copied nothing: \Deleted is taken back
// from what is still there, and what was removed lies where finishMove found the very
// same message. It returns those that are still to be moved.
func (f *filing) settleFinish(ctx context.Context, b *batch, here, gone []plan.Message) ([]plan.Message, error) {
	if err := f.unmarkOurs(ctx, b, here); err != nil {
		return nil, err
	}
	removed := b.sentTo(b.Folder, journal.VerbExpunge)
	var away []plan.Message
	rest := slices.Clone(here)
	for _, m := range gone {
		if removed[m.UID] {
			away = append(away, m)
		} else {
			rest = append(rest, m)
		}
	}
	if len(away) == 0 {
		return rest, nil
	}
	moved, lost, err := f.twins(ctx, away)
	if err != nil {
		return nil, doubt(err, "what is in folder %q is unknown", b.To.Name)
	}
	f.countMoved(b, moved)
	if len(lost) > 0 {
		err = fmt.Errorf("%d messages were removed from folder %q, and what was the same in %q is gone since: whether somebody has moved it on is unknown", len(lost), b.Folder, b.To.Name)
	}
	if !b.FlagsFirst {
		err = errors.Join(err, f.finishFlags(ctx, b, b.To.Name, moved))
	}
	return rest, err
}

// finishDeleting removes messages from their folder of which a copy is in the
// destination, and takes \Deleted back from the others. It returns those that are in
// the destination alone.
func (f *filing) finishDeleting(ctx context.Context, b *batch, found []placed, rest, doubtful []plan.Message) ([]placed, error) {
	if err := f.unmarkOurs(ctx, b, slices.Concat(rest, doubtful)); err != nil {
		return nil, err
	}
	if err := f.again(ctx, unplaced(found)); err != nil {
		return nil, err
	}
	ours := b.marked()
	c := f.newCopied(slices.DeleteFunc(slices.Clone(found), func(p placed) bool {
		row := f.rows[p.UID]
		others := row != nil && row.Flags.Has(imap.FlagDeleted) && !ours[p.UID]
		if others {
			f.skip(reasonMarked, false)
		}
		return others
	}), nil)
	x := c.removal()
	removals{x}.run(ctx)
	c.removed(x)
	return c.moved, x.err
}

// countMoved counts and notes what was found to be moved, and was not counted before.
func (f *filing) countMoved(b *batch, moved []placed) {
	counted := b.counted(journal.VerbMove, b.To.Name)
	fresh := slices.DeleteFunc(slices.Clone(moved), func(p placed) bool { return counted[p.UID] })
	f.wereMoved(fresh)
}

// settleExpunge counts what was deleted for good, and takes \Deleted back from what was
// not, so that it is judged anew.
func (f *filing) settleExpunge(ctx context.Context, b *batch, here, gone []plan.Message) ([]plan.Message, error) {
	if err := f.unmarkOurs(ctx, b, here); err != nil {
		return nil, err
	}
	if !b.was(journal.VerbExpunge, "") {
		return slices.Concat(here, gone), nil
	}
	counted := b.counted(journal.VerbExpunge, "")
	f.wereDeleted(slices.DeleteFunc(gone, func(m plan.Message) bool { return counted[m.UID] }))
	return here, nil
}

// unmarkOurs takes \Deleted back from those of the messages that the batch has marked.
func (f *filing) unmarkOurs(ctx context.Context, b *batch, msgs []plan.Message) error {
	ours := b.marked()
	var uids []imap.UID
	for _, m := range msgs {
		if ours[m.UID] {
			uids = append(uids, m.UID)
		}
	}
	if len(uids) == 0 {
		return nil
	}
	if err := f.enter(ctx, b.Folder); err != nil {
		return err
	}
	if err := f.unmark(ctx, uids); err != nil {
		return err
	}
	return f.look(ctx, uids)
}

// finishFlags changes the flags of messages where they were brought to, as far as that
// was not done.
func (f *filing) finishFlags(ctx context.Context, b *batch, folder mailbox.Name, msgs []placed) error {
	if err := f.settleFlags(ctx, b, folder, msgs); err != nil {
		return err
	}
	_, err := f.flag(ctx, folder, msgs)
	return err
}

// settleFlags counts and notes flags that a STORE without an answer has changed on
// messages that lie in the folder.
func (f *filing) settleFlags(ctx context.Context, b *batch, folder mailbox.Name, msgs []placed) error {
	sent := b.stored(folder)
	msgs = slices.DeleteFunc(slices.Clone(msgs), func(m placed) bool { return !sent[m.at] })
	if len(msgs) == 0 {
		return nil
	}
	is, err := f.flagsIn(ctx, folder, msgs)
	if err != nil {
		return err
	}
	was := map[imap.UID]mailbox.Flags{}
	for _, m := range msgs {
		was[m.at] = is[m.at].Without(m.Add).With(m.Remove)
		if now, there := is[m.at]; there && f.final(folder) && len(m.Add.Without(now)) == 0 && len(m.Remove.Common(now)) == 0 {
			f.out.Done.Flagged++
		}
	}
	f.noteFlags(folder, msgs, was, is)
	return nil
}

// searchIn looks for messages among those that came into a destination since the batch
// was begun: first where they were seen, then by their digests, as pair does. Those of
// which there are more or fewer than are sought are doubtful; those of which there is
// none are in neither list.
func (f *filing) searchIn(ctx context.Context, b *batch, verb journal.Verb, to journal.Into, msgs []plan.Message) (found []placed, doubtful []plan.Message, err error) {
	if to.UIDValidity != 0 {
		if _, known := f.validity[to.Name]; !known && to.UIDNext > 1 {
			f.validity[to.Name] = to.UIDValidity
		}
	}
	if err := f.enter(ctx, to.Name); err != nil {
		return nil, nil, doubt(err, "what was brought to folder %q is unknown", to.Name)
	}
	first := to.UIDNext
	if f.server.Can().Labels || first == 0 {
		first = 1 // a message may have had that label before
	}
	rows, err := f.fetchRange(ctx, first, f.opened.UIDNext-1)
	f.proven = f.waits
	if err != nil {
		return nil, nil, err
	}
	there := map[uint64][]imap.UID{}
	for uid, row := range rows {
		if !f.used[to.Name][uid] {
			digest := row.Identity.Digest()
			there[digest] = append(there[digest], uid)
		}
	}
	take := func(m plan.Message, uid imap.UID) {
		m.Identity = rows[uid].Identity
		found = append(found, placed{m, uid})
		f.use(to.Name, uid)
		digest := m.Fingerprint()
		there[digest] = slices.DeleteFunc(there[digest], func(u imap.UID) bool { return u == uid })
	}
	seen, sent := b.at(verb, to.Name), b.brought(verb, to.Name)
	var sought []plan.Message
	wanted := map[uint64]int{}
	for _, m := range msgs {
		if !sent[m.UID] { // it was left alone
			continue
		}
		if uid := seen[m.UID]; uid != 0 && slices.Contains(there[m.Fingerprint()], uid) {
			take(m, uid)
			continue
		}
		sought = append(sought, m)
		wanted[m.Fingerprint()]++
	}
	exact := map[uint64]bool{}
	for digest, n := range wanted {
		exact[digest] = len(there[digest]) == n
	}
	for _, m := range sought {
		digest := m.Fingerprint()
		switch {
		case exact[digest] && good(rows[there[digest][0]], m.Flags):
			take(m, there[digest][0])
		case exact[digest] || len(there[digest]) > 0:
			doubtful = append(doubtful, m)
		}
	}
	return found, doubtful, nil
}

// good says whether a message in a destination may stand for the one in its folder: one
// that is marked \Deleted is gone at anybody's next EXPUNGE.
func good(there *row, here mailbox.Flags) bool {
	return !there.Flags.Has(imap.FlagDeleted) || here.Has(imap.FlagDeleted)
}

// doubt is an error that leaves something unknown.
func doubt(err error, format string, args ...any) error {
	if Lost(err) {
		return err
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
