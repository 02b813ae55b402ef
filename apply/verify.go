package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// Why messages are left alone.
const (
	reasonGone    = "gone from the folder since the plan"
	reasonFolder  = "their folder is gone since the plan"
	reasonDeleted = `marked \Deleted since the plan`
	reasonMarked  = `copied, and marked \Deleted by somebody else where they were`
	reasonDone    = "done already"
	reasonChanged = "flags that a rule reads changed since the plan; a new plan judges them again"
	reasonGuarded = "flagged or made a draft since the plan, and so not deleted"
	reasonCopied  = "copied already"
	reasonOther   = "what seemed to be their copy in the destination differs"
	reasonTwin    = "the copy that the plan found in the destination is gone"
)

// looked are the parts that a message is looked at for before it is changed.
func looked() message.Parts {
	parts := plan.IdentityParts()
	parts.Flags = true
	return parts
}

// verify opens the step's folder and returns those of its messages that are still
// what the plan says.
func (f *filing) verify(ctx context.Context, ahead func() []imap.UID) ([]plan.Message, error) {
	if err := f.expectUIDs(); err != nil {
		return nil, err
	}
	if f.open != f.op.Folder {
		seen, err := f.visit(ctx, f.op.Folder, ahead())
		if err != nil {
			return nil, f.unlessGone(ctx, f.voided(err))
		}
		if seen != nil {
			return nil, seen
		}
	}
	return f.keep(ctx)
}

// unlessGone is the error of opening the step's folder, unless the folder is gone, and
// all of its messages with it.
func (f *filing) unlessGone(ctx context.Context, err error) error {
	if Lost(err) || f.open == f.op.Folder {
		return err
	}
	known, look := f.listAgain(ctx)
	if look != nil {
		return errors.Join(err, look)
	}
	if known.exists(f.op.Folder) {
		return err
	}
	for range f.op.Messages {
		f.skip(reasonFolder, true)
	}
	return nil
}

// keep judges the step's messages by what was fetched of them, which it fetches if
// it was not yet.
func (f *filing) keep(ctx context.Context) ([]plan.Message, error) {
	var uids []imap.UID
	for _, m := range f.op.Messages {
		if _, known := f.rows[m.UID]; !known {
			uids = append(uids, m.UID)
		}
	}
	if err := f.look(ctx, uids); err != nil {
		return nil, err
	}
	return f.judgeAll(f.op.Messages)
}

// judgeAll returns those of the messages that may be changed. A single one that is
// not the plan's voids the folder: its UIDs mean something else by now.
func (f *filing) judgeAll(msgs []plan.Message) ([]plan.Message, error) {
	for _, m := range msgs {
		if row := f.rows[m.UID]; row != nil && !m.Is(row.Identity) {
			err := fmt.Errorf("message %d in folder %q is not the one of the plan (its size, date, Message-ID, From or Subject differ): nothing more is done in this folder; make a new plan", m.UID, f.op.Folder)
			f.spoiled[f.op.Folder] = fmt.Errorf("nothing is done in folder %q: %w", f.op.Folder, severed{err})
			return nil, err
		}
	}
	var keep []plan.Message
	for _, m := range msgs {
		if reason, harmless := f.judge(m, f.rows[m.UID]); reason != "" {
			f.skip(reason, harmless)
			continue
		}
		m.Identity = f.rows[m.UID].Identity // a saved plan holds its digest only
		keep = append(keep, m)
	}
	return keep, nil
}

// judge says why a message is left alone; "": it is not.
func (f *filing) judge(m plan.Message, row *row) (reason string, harmless bool) {
	if row == nil {
		return reasonGone, true
	}
	now := row.Flags
	switch {
	case now.Has(imap.FlagDeleted):
		return reasonDeleted, true
	case f.op.Away == plan.AwayNot && len(f.op.Copies) == 0 && len(m.Add.Without(now)) == 0 && len(m.Remove.Common(now)) == 0:
		return reasonDone, true
	case !f.plan.Watched.Common(now).Equal(f.plan.Watched.Common(m.Flags)):
		return reasonChanged, true
	case (f.op.Trash || f.op.Away == plan.AwayPermanent) && guarded(m, now):
		// No rule reads these, so that a new plan will want to delete the message again:
		// somebody should look.
		return reasonGuarded, false
	}
	return "", true
}

// guarded says whether somebody has shown since the plan that the message matters.
func guarded(m plan.Message, now mailbox.Flags) bool {
	for _, flag := range []imap.Flag{imap.FlagFlagged, imap.FlagDraft} {
		if now.Has(flag) && !m.Flags.Has(flag) && !m.Add.Has(flag) {
			return true
		}
	}
	return false
}

// expectUIDs takes the folder's UIDVALIDITY from the plan. A folder that was
// renamed may be numbered anew (Courier does so): there the messages' identities
// decide alone.
func (f *filing) expectUIDs() error {
	if _, known := f.validity[f.op.Folder]; known {
		return nil
	}
	before, ok := f.before[f.op.Was]
	switch {
	case !ok:
		return fmt.Errorf("the plan does not say how it found folder %q: nothing is done there", f.op.Was)
	case before.UIDValidity == 0:
		return fmt.Errorf("folder %q has no UIDVALIDITY: its messages cannot be told apart safely", f.op.Was)
	}
	for to := range f.renamed {
		if f.op.Folder == to || f.op.Folder.Below(to) {
			return nil
		}
	}
	f.validity[f.op.Folder] = before.UIDValidity
	return nil
}

// enterSource opens the step's folder; if it is not the plan's any more, nothing
// more is done in it.
func (f *filing) enterSource(ctx context.Context) error {
	return f.voided(f.enter(ctx, f.op.Folder))
}

// voided remembers that the step's folder, which was opened, is not the plan's.
func (f *filing) voided(err error) error {
	if err != nil && f.open == f.op.Folder {
		f.spoiled[f.op.Folder] = fmt.Errorf("nothing is done in folder %q: %w", f.op.Folder, severed{err})
	}
	return err
}

// look fetches messages of the open folder anew.
func (r *run) look(ctx context.Context, uids []imap.UID) error {
	got, err := r.fetch(ctx, uids, looked())
	if err != nil {
		return err
	}
	for _, uid := range uids {
		r.rows[uid] = got[uid]
	}
	return nil
}

// ready opens the step's folder for messages that were judged. If it was left in
// between, they are judged again: only what was seen since a folder was opened is
// safe to act on (GNU imap4d takes a UID past the end for the last message).
func (f *filing) ready(ctx context.Context, msgs []plan.Message) ([]plan.Message, error) {
	if f.open != f.op.Folder {
		if err := f.again(ctx, msgs); err != nil {
			return nil, err
		}
		return f.judgeAll(msgs)
	}
	var unknown []imap.UID
	for _, m := range msgs {
		if _, known := f.rows[m.UID]; !known {
			unknown = append(unknown, m.UID)
		}
	}
	if len(unknown) == 0 {
		return msgs, nil
	}
	if err := f.look(ctx, unknown); err != nil {
		return nil, err
	}
	return f.judgeAll(msgs)
}

// again opens the step's folder and looks at messages once more.
func (f *filing) again(ctx context.Context, msgs []plan.Message) error {
	if f.open == f.op.Folder {
		return f.look(ctx, uidsOf(msgs))
	}
	seen, err := f.visit(ctx, f.op.Folder, uidsOf(msgs))
	if err != nil {
		return f.voided(err)
	}
	return seen
}

func uidsOf(msgs []plan.Message) []imap.UID {
	uids := make([]imap.UID, len(msgs))
	for i, m := range msgs {
		uids[i] = m.UID
	}
	return uids
}
