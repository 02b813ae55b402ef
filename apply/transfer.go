package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// copyTo copies messages and returns those of which there is a copy then.
func (f *filing) copyTo(ctx context.Context, msgs []plan.Message, to mailbox.Name) ([]plan.Message, error) {
	held, err := f.copiedBefore(ctx, to)
	if err != nil {
		return nil, err
	}
	var there, todo []plan.Message
	for _, m := range msgs {
		if f.copied[to][m.UID] { // by this step, before the connection was lost
			there = append(there, m)
		} else if held(m.Identity) {
			f.skip(reasonCopied, true)
			there = append(there, m)
		} else {
			todo = append(todo, m)
		}
	}
	if len(todo) == 0 {
		return there, nil
	}
	copies, err := f.copyProven(ctx, todo, to)
	made := copies
	if unseen, ok := errors.AsType[*unseenCopies](err); ok {
		made = unseen.copies
	}
	f.out.Done.Copied += len(made)
	f.into(journal.VerbCopy, to, made)
	if Lost(err) || f.op.FlagsFirst || f.server.Can().Labels { // where a copy is the message itself, and gets its flags last
		return append(there, unplaced(copies)...), err
	}
	good, flagErr := f.flag(ctx, to, copies)
	return append(there, good...), errors.Join(err, flagErr)
}

// copiedBefore says what the destination holds that it did not when the plan was
// made and that this run did not put there: a run that was cut short may have. What
// is marked \Deleted does not count, since it is gone at anybody's next EXPUNGE; of a
// message that is then deleted for good only the very same one does.
func (f *filing) copiedBefore(ctx context.Context, to mailbox.Name) (held func(plan.Identity) bool, err error) {
	none := func(plan.Identity) bool { return false }
	floor, ok := f.before[f.nameBefore(to)]
	now := f.floors[to]
	if !ok || floor.UIDNext == 0 || floor.UIDValidity != now.UIDValidity {
		floor.UIDNext = 1
	}
	for floor.UIDNext < now.UIDNext && f.used[to][floor.UIDNext] {
		floor.UIDNext++
	}
	if floor.UIDNext >= now.UIDNext {
		return none, nil
	}
	if err := f.enter(ctx, to); err != nil {
		return nil, err
	}
	rows, err := f.fetchRange(ctx, floor.UIDNext, now.UIDNext-1)
	if err != nil {
		return nil, err
	}
	keys, same := map[plan.CopyKey]bool{}, map[plan.Identity]bool{}
	for uid, row := range rows {
		if !f.used[to][uid] && !row.Flags.Has(imap.FlagDeleted) {
			id := row.Identity
			keys[id.CopyKey()], same[id] = true, true
		}
	}
	if f.op.Away == plan.AwayPermanent {
		return func(id plan.Identity) bool { return same[id] }, nil
	}
	return func(id plan.Identity) bool { return keys[id.CopyKey()] }, nil
}

// nameBefore is the name that a folder had before the plan's renames.
func (r *run) nameBefore(n mailbox.Name) mailbox.Name {
	for i := len(r.plan.Steps) - 1; i >= 0; i-- {
		if op, ok := r.plan.Steps[i].Op.(plan.Rename); ok {
			n = n.Rebase(op.To, op.From)
		}
	}
	return n
}

// copyProven sends COPY and returns the copies that were proven: by COPYUID, else
// by a look into the destination. None of them carries \Deleted.
func (f *filing) copyProven(ctx context.Context, msgs []plan.Message, to mailbox.Name) ([]placed, error) {
	msgs, err := f.ready(ctx, msgs)
	if err != nil || len(msgs) == 0 {
		return nil, err
	}
	t, err := f.bring(ctx, journal.Command{Verb: journal.VerbCopy, Folder: f.op.Folder, To: to, UIDs: uidsOf(msgs)})
	if err != nil {
		return nil, err
	}
	return f.prove(ctx, msgs, t, to)
}

// prove is copyProven after the server's OK.
func (f *filing) prove(ctx context.Context, msgs []plan.Message, t Transfer, to mailbox.Name) ([]placed, error) {
	proven, rest := f.paired(msgs, t, to)
	marks := marks{}
	if len(rest) > 0 {
		var err error
		if marks, err = f.marks(ctx, msgs, to); err != nil {
			return nil, err
		}
	}
	var search []plan.Message
	for _, m := range rest {
		if f.rows[m.UID] == nil { // the UID of a message that is gone is no error for COPY (RFC 9051 section 6.4.7)
			f.skip(reasonGone, true)
			continue
		}
		search = append(search, m)
	}
	found, lost, err := f.find(ctx, search, to)
	if err != nil {
		return proven, err
	}
	proven = append(proven, found...)
	found, lost, err = f.merged(ctx, lost, t, to)
	if err != nil {
		return proven, err
	}
	proven = append(proven, found...)
	if len(lost) > 0 {
		err = fmt.Errorf("the server said that it copied messages from folder %q to %q, but %d of them could not be found there for sure: they stay where they are, and there may be copies of them in %q", f.op.Folder, to, len(lost), to)
	}
	good, unsettled := f.settleMarks(ctx, proven, marks, to)
	if errors.Is(unsettled, ErrReadOnly) {
		unsettled = &unseenCopies{to, proven, unsettled}
	}
	return good, errors.Join(err, unsettled)
}

// An unseenCopies is the error of copies that were proven, in a folder into which nobody
// may look to change anything: whether they carry \Deleted is not known.
type unseenCopies struct {
	to     mailbox.Name
	copies []placed
	why    error
}

func (e *unseenCopies) Error() string {
	return fmt.Sprintf("%d messages were copied to folder %q; whether somebody has marked them there could not be seen: %v", len(e.copies), e.to, e.why)
}

// Unwrap returns why they could not be seen.
func (e *unseenCopies) Unwrap() error { return e.why }

// marks says which messages of the step's folder carry \Deleted. Those that are not in it
// were not looked at.
type marks map[imap.UID]bool

// marks looks at messages that were copied.
func (f *filing) marks(ctx context.Context, msgs []plan.Message, to mailbox.Name) (marks, error) {
	if err := f.again(ctx, msgs); err != nil {
		return nil, fmt.Errorf("messages were copied from folder %q to %q, but: %w", f.op.Folder, to, err)
	}
	marked := marks{}
	for _, m := range msgs {
		row := f.rows[m.UID]
		marked[m.UID] = row != nil && row.Flags.Has(imap.FlagDeleted)
	}
	return marked, nil
}

// settleMarks looks whether copies carry \Deleted, and returns those that are good.
// COPY hands it on from a message that somebody has marked just before: there it is
// taken back. A copy that carries it and whose message does not is no proof of
// anything, since it is gone at anybody's next EXPUNGE: the message stays.
func (f *filing) settleMarks(ctx context.Context, copies []placed, marked marks, to mailbox.Name) ([]placed, error) {
	if len(copies) == 0 {
		return nil, nil
	}
	uids := make([]imap.UID, len(copies))
	for i, c := range copies {
		uids[i] = c.at
	}
	rows, err := f.flagsOf(ctx, to, uids)
	f.proven = f.waits
	if err != nil {
		return nil, err
	}
	var good, carrying []placed
	for _, c := range copies {
		switch row := rows[c.at]; {
		case row == nil:
		case row.Flags.Has(imap.FlagDeleted):
			carrying = append(carrying, c)
		default:
			good = append(good, c)
		}
	}
	inherited, err := f.inherited(ctx, carrying, marked, to)
	if err != nil {
		return good, err
	}
	good = append(good, inherited...)
	if bad := len(copies) - len(good); bad > 0 {
		err = copiesGone(bad, to, f.op.Folder)
	}
	if len(inherited) == 0 {
		return good, err
	}
	back := make([]imap.UID, len(inherited))
	for i, c := range inherited {
		back[i] = c.at
	}
	if err := f.enter(ctx, to); err != nil {
		return nil, err
	}
	return good, errors.Join(err, f.unmark(ctx, back))
}

// inherited are those copies that carry \Deleted because their messages do.
func (f *filing) inherited(ctx context.Context, copies []placed, marked marks, to mailbox.Name) ([]placed, error) {
	var unseen []plan.Message
	for _, c := range copies {
		if _, seen := marked[c.UID]; !seen {
			unseen = append(unseen, c.Message)
		}
	}
	if len(unseen) > 0 {
		now, err := f.marks(ctx, unseen, to)
		if err != nil {
			return nil, err
		}
		maps.Copy(marked, now)
	}
	return slices.DeleteFunc(copies, func(c placed) bool { return !marked[c.UID] }), nil
}

// paired takes what COPYUID says of the messages, as far as it can be right.
func (f *filing) paired(msgs []plan.Message, t Transfer, to mailbox.Name) (proven []placed, rest []plan.Message) {
	floor := f.floors[to]
	times := map[imap.UID]int{}
	at := map[imap.UID]imap.UID{}
	if t.UIDValidity == floor.UIDValidity { // else it speaks of another folder, as some servers do
		for _, p := range t.Pairs {
			at[p.From] = p.To
			times[p.To]++
		}
	}
	for _, m := range msgs {
		uid := at[m.UID]
		if uid == 0 || uid < floor.UIDNext || times[uid] > 1 || f.used[to][uid] {
			rest = append(rest, m)
			continue
		}
		proven = append(proven, placed{m, uid})
		f.use(to, uid)
	}
	return proven, rest
}

// find looks for messages among those that came into the destination during the
// step. Only as many as are looked for may be found: of more or fewer that are the
// same it cannot be told which are theirs.
func (f *filing) find(ctx context.Context, msgs []plan.Message, to mailbox.Name) (found []placed, lost []plan.Message, err error) {
	floor := f.floors[to].UIDNext
	if len(msgs) == 0 || floor == 0 {
		return nil, msgs, nil
	}
	if err := f.enter(ctx, to); err != nil {
		return nil, msgs, err
	}
	rows, err := f.fetchRange(ctx, floor, f.opened.UIDNext-1)
	if err != nil {
		return nil, msgs, err
	}
	maps.DeleteFunc(rows, func(uid imap.UID, _ *row) bool { return f.used[to][uid] })
	found, lost = pair(msgs, rows)
	for _, m := range found {
		f.use(to, m.at)
	}
	return found, lost, nil
}

// pair finds messages among others by what never changes about them, where exactly as
// many are the same as are looked for.
func pair(msgs []plan.Message, rows map[imap.UID]*row) (found []placed, lost []plan.Message) {
	there := map[plan.Identity][]imap.UID{}
	for uid, row := range rows {
		id := row.Identity
		there[id] = append(there[id], uid)
	}
	wanted := map[plan.Identity]int{}
	for _, m := range msgs {
		wanted[m.Identity]++
	}
	for _, m := range msgs {
		uids := there[m.Identity]
		if wanted[m.Identity] == 0 || len(uids) != wanted[m.Identity] {
			lost = append(lost, m)
			continue
		}
		found = append(found, placed{m, uids[0]})
		there[m.Identity] = uids[1:]
		wanted[m.Identity]--
	}
	return found, lost
}

// use remembers that this run put the message there.
func (r *run) use(folder mailbox.Name, uid imap.UID) {
	if r.used[folder] == nil {
		r.used[folder] = map[imap.UID]bool{}
	}
	r.used[folder][uid] = true
	if b := r.ledger.batch; b != nil {
		b.fresh = append(b.fresh, spot{folder, uid})
	}
}

// A spot is a message's place.
type spot struct {
	folder mailbox.Name
	uid    imap.UID
}

// unuse forgets what a batch is thought to have put where: it is to be found again.
func (r *run) unuse(b *batch) {
	for _, s := range b.fresh {
		delete(r.used[s.folder], s.uid)
	}
	b.fresh = nil
}

// fetchRange asks the open folder for the identities and flags of a range of
// messages.
func (r *run) fetchRange(ctx context.Context, first, last imap.UID) (map[imap.UID]*row, error) {
	if last < first {
		return nil, nil
	}
	f := newFinding(imap.UIDSet{imap.UIDRange{Start: first, Stop: last}}, looked())
	if err := r.server.fetch(ctx, f); err != nil {
		return nil, fmt.Errorf("look at messages in folder %q: %w", r.open, err)
	}
	return f.got, nil
}
