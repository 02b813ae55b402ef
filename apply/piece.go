package apply

import (
	"context"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/plan"
)

// A piece is messages of a step that are dealt with wholly before others are, but for
// pieces that are sent together.
type piece struct {
	*filing
	msgs    []plan.Message
	skipped []Skip // of the step, before it
	on      int    // the connection on which it was begun
}

// surely does a batch.
func (f *filing) surely(ctx context.Context, msgs []plan.Message) error {
	p := piece{filing: f, msgs: msgs, skipped: slices.Clone(f.out.Skipped), on: f.connection}
	f.beginBatch(msgs)
	return p.through(ctx, f.doBatch(ctx, msgs))
}

// through ends a batch whose commands have ended so. Where the connection is lost it is
// found out on a new one what was done, and the batch goes on with what was not; so it
// is, after a while, where the server wants to be asked later.
func (p *piece) through(ctx context.Context, err error) error {
	f, msgs := p.filing, p.msgs
	begun := map[imap.UID]bool{} // to be flagged
	for lost, refused := 0, 0; Lost(err) || passing(err); {
		if Lost(err) {
			if lost++; lost > maxLost {
				return err
			}
			if again := p.reconnect(ctx, err); again != nil {
				return again
			}
		} else {
			refused++
			if given := f.await(ctx, refused, err); given != nil {
				err = given
				break
			}
		}
		f.out.Skipped = slices.Clone(p.skipped) // they are judged once more
		b := f.ledger.batch
		rest, unsettled := f.settle(ctx, b)
		if Lost(unsettled) || passing(unsettled) {
			err = unsettled
			continue
		}
		f.ledger.settle(words(unsettled))
		if unsettled != nil {
			return unsettled
		}
		if msgs = among(msgs, rest); len(msgs) == 0 {
			return nil
		}
		if f.stopping() {
			return ErrStopped
		}
		maps.Copy(begun, b.sentTo(b.Folder, journal.VerbAdd, journal.VerbTake))
		f.beginBatch(msgs)
		err = f.anew(ctx, msgs, begun)
	}
	if !Lost(err) {
		f.ledger.settle("")
	}
	return err
}

// reconnect makes a new connection, unless there is one since the piece was begun.
func (p *piece) reconnect(ctx context.Context, lost error) error {
	if p.on == p.connection {
		if err := p.filing.reconnect(ctx, lost); err != nil {
			return err
		}
	}
	p.on = p.connection
	return nil
}

// beginBatch notes what is to be done. What was brought anywhere until now is none of
// it, and stands for none of its messages.
func (f *filing) beginBatch(msgs []plan.Message) { f.ledger.begin(f.batchOf(msgs)) }

// anew does a batch with messages that must be judged again. Of those that it has begun
// to flag, flags that are as they shall be are no change by somebody else.
func (f *filing) anew(ctx context.Context, msgs []plan.Message, begun map[imap.UID]bool) error {
	if err := f.again(ctx, msgs); err != nil {
		return err
	}
	for i, m := range msgs {
		if row := f.rows[m.UID]; row != nil && begun[m.UID] {
			msgs[i].Flags = m.Flags.With(m.Add.Common(row.Flags)).Without(m.Remove.Without(row.Flags))
		}
	}
	msgs, err := f.judgeAll(msgs)
	if err != nil || len(msgs) == 0 {
		return err
	}
	return f.doBatch(ctx, msgs)
}

// among are those of the messages that have one of the UIDs.
func among(msgs []plan.Message, uids []imap.UID) []plan.Message {
	is := map[imap.UID]bool{}
	for _, uid := range uids {
		is[uid] = true
	}
	return slices.DeleteFunc(slices.Clone(msgs), func(m plan.Message) bool { return !is[m.UID] })
}

// words are those of an error; none of nil.
func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
