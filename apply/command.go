package apply

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
)

// maxTogether is how many commands are sent together that change messages: what is unknown
// if no answer comes.
const maxTogether = 32

// An order is a command, and the batch that it belongs to.
type order struct {
	journal.Command
	batch *batch
}

// send notes commands that change messages of the open folder, and sends them together, as
// many as may be. There is an answer to each: of those that were not sent, since the
// connection was lost before or the journal cannot be written, it is that error.
func (r *run) send(ctx context.Context, all []order) []Changed {
	var said []Changed
	for some := range slices.Chunk(all, maxTogether) {
		err := r.ledger.send(some)
		if err == nil {
			said = append(said, r.exchange(ctx, some)...)
			err = lostBy(said)
		}
		if err != nil {
			return append(said, slices.Repeat([]Changed{{Err: err}}, len(all)-len(said))...)
		}
	}
	return said
}

// exchange sends commands, which were noted, at once.
func (r *run) exchange(ctx context.Context, all []order) []Changed {
	changes := make([]Change, len(all))
	for i, o := range all {
		changes[i] = changeOf(o.Command)
	}
	said := r.server.Changes(ctx, changes)
	for i := range said {
		said[i].Err = changing(said[i].Err, "%s", doing(all[i].Command))
	}
	return said
}

// lostBy is the first error by which the connection was lost; nil: it was not.
func lostBy(said []Changed) error {
	for _, c := range said {
		if Lost(c.Err) {
			return c.Err
		}
	}
	return nil
}

// errorOf is what is wrong with any of the answers, each refusal once.
func errorOf(said []Changed) error {
	var all []error
	told := map[string]bool{}
	for _, c := range said {
		switch {
		case c.Err == nil:
		case Lost(c.Err) || isJournal(c.Err):
			return errors.Join(append(all, c.Err)...)
		case !told[c.Err.Error()]:
			told[c.Err.Error()] = true
			all = append(all, c.Err)
		}
	}
	return errors.Join(all...)
}

// flagsTold are the flags that the server told with its answers.
func flagsTold(said []Changed) map[imap.UID]mailbox.Flags {
	all := map[imap.UID]mailbox.Flags{}
	for _, c := range said {
		maps.Copy(all, c.Flags)
	}
	return all
}

// bring sends the one command that copies or moves messages of the batch.
func (r *run) bring(ctx context.Context, c journal.Command) (Transfer, error) {
	said := r.send(ctx, []order{{c, r.ledger.batch}})[0]
	return said.Transfer, said.Err
}

// change sends commands of the batch that change flags of messages, and returns those that
// the server tells of them then. The error is that of any.
func (r *run) change(ctx context.Context, all []journal.Command) (told map[imap.UID]mailbox.Flags, err error) {
	said := r.send(ctx, ordersOf(r.ledger.batch, all))
	return flagsTold(said), errorOf(said)
}

func ordersOf(b *batch, all []journal.Command) []order {
	orders := make([]order, len(all))
	for i, c := range all {
		orders[i] = order{c, b}
	}
	return orders
}

// commandsFor do something to messages of the open folder.
func (r *run) commandsFor(verb journal.Verb, uids []imap.UID, flags mailbox.Flags) []journal.Command {
	var all []journal.Command
	for _, set := range batches(uids, r.most) {
		all = append(all, journal.Command{Verb: verb, Folder: r.open, Flags: flags, UIDs: set})
	}
	return all
}
