package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// flag changes the step's flags on messages that lie in the folder and returns
// those on which they then are as they should be.
func (f *filing) flag(ctx context.Context, folder mailbox.Name, msgs []placed) ([]plan.Message, error) {
	if !f.op.ChangesFlags() || len(msgs) == 0 {
		return unplaced(msgs), nil
	}
	if folder == f.op.Folder {
		left, err := f.ready(ctx, unplaced(msgs))
		if err != nil {
			return nil, err
		}
		msgs = here(left)
	}
	was, err := f.flagsIn(ctx, folder, msgs)
	if err != nil {
		return nil, err
	}
	commands := f.storing(msgs, was)
	told, refused := f.change(ctx, commands)
	return f.stored(ctx, folder, msgs, was, commands, told, refused)
}

// stored sees what became of flags after STORE, by what the server told with it, else by a
// look, and returns the messages on which they are as they should be.
func (f *filing) stored(ctx context.Context, folder mailbox.Name, msgs []placed, was map[imap.UID]mailbox.Flags, commands []journal.Command, told map[imap.UID]mailbox.Flags, refused error) ([]plan.Message, error) {
	if Lost(refused) || isJournal(refused) {
		return nil, refused
	}
	var stored []imap.UID
	for _, c := range commands {
		stored = append(stored, c.UIDs...)
	}
	slices.Sort(stored)
	stored = slices.Compact(stored)
	is := maps.Clone(was)
	for _, uid := range stored {
		delete(is, uid)
	}
	maps.Copy(is, told)
	asWanted := map[imap.UID]bool{} // else what was told may be of before the change
	for _, m := range msgs {
		now, there := told[m.at]
		asWanted[m.at] = there && len(wrong(m.Message, now)) == 0
	}
	untold := slices.DeleteFunc(stored, func(uid imap.UID) bool { return asWanted[uid] })
	if len(untold) > 0 {
		rows, err := f.flagsOf(ctx, folder, untold)
		if err != nil {
			return nil, errors.Join(refused, fmt.Errorf("look whether flags were changed: %w", err))
		}
		for _, uid := range untold {
			delete(is, uid)
		}
		for uid, row := range rows {
			is[uid] = row.Flags
		}
	}
	return f.flagged(folder, msgs, was, is, refused)
}

// flagsIn opens the folder and returns the flags of the messages as they are there.
func (f *filing) flagsIn(ctx context.Context, folder mailbox.Name, msgs []placed) (map[imap.UID]mailbox.Flags, error) {
	if folder == f.op.Folder {
		return f.flagsHere(msgs), nil
	}
	flags := make(map[imap.UID]mailbox.Flags, len(msgs))
	uids := make([]imap.UID, len(msgs))
	for i, m := range msgs {
		uids[i] = m.at
	}
	rows, err := f.flagsOf(ctx, folder, uids)
	for uid, row := range rows {
		flags[uid] = row.Flags
	}
	return flags, err
}

// flagsHere are the flags of messages of the step's folder, which were just seen.
func (f *filing) flagsHere(msgs []placed) map[imap.UID]mailbox.Flags {
	flags := make(map[imap.UID]mailbox.Flags, len(msgs))
	for _, m := range msgs {
		flags[m.at] = f.rows[m.at].Flags
	}
	return flags
}

// storing are the commands for each set of flags that messages of the open folder lack, or
// have and should not have.
func (f *filing) storing(msgs []placed, was map[imap.UID]mailbox.Flags) []journal.Command {
	type change struct {
		verb  journal.Verb
		flags string
	}
	sets := map[change][]imap.UID{}
	flags := map[change]mailbox.Flags{}
	var order []change
	want := func(verb journal.Verb, fs mailbox.Flags, at imap.UID) {
		if len(fs) == 0 {
			return
		}
		c := change{verb, fs.String()}
		if sets[c] == nil {
			order = append(order, c)
		}
		sets[c], flags[c] = append(sets[c], at), fs
	}
	for _, m := range msgs {
		if flags, there := was[m.at]; there {
			add := m.Add.Without(flags)
			want(journal.VerbAdd, add.Without(f.unsettable(add)), m.at)
			want(journal.VerbTake, m.Remove.Common(flags), m.at)
		}
	}
	var commands []journal.Command
	for _, c := range order {
		commands = append(commands, f.commandsFor(c.verb, sets[c], flags[c])...)
	}
	return commands
}

// flagged judges by what the server shows. What did not stick is said once.
func (f *filing) flagged(folder mailbox.Name, msgs []placed, was, is map[imap.UID]mailbox.Flags, refused error) ([]plan.Message, error) {
	var good []plan.Message
	var lost mailbox.Flags
	for _, m := range msgs {
		now, there := is[m.at]
		if !there {
			f.skip(reasonGone, true)
			continue
		}
		before := was[m.at]
		if row := f.rows[m.at]; folder == f.open && folder == f.op.Folder && row != nil {
			row.Flags = now
		}
		if wrong := wrong(m.Message, now); len(wrong) > 0 {
			lost = lost.With(wrong)
			continue
		}
		if len(m.Add.Without(before))+len(m.Remove.Common(before)) > 0 && f.final(folder) {
			if f.op.Away != plan.AwayPermanent {
				f.out.Done.Flagged++
			}
		}
		good = append(good, m.Message)
	}
	f.noteFlags(folder, msgs, was, is)
	switch {
	case len(lost) == 0:
		return good, nil
	case refused != nil:
		return good, refused
	}
	return good, fmt.Errorf("folder %q does not keep %s: the server does not allow it there, or dropped it silently", folder, lost)
}

// wrong are the flags that a message lacks, or has and should not have.
func wrong(m plan.Message, now mailbox.Flags) mailbox.Flags {
	return m.Add.Without(now).With(m.Remove.Common(now))
}

// noteFlags notes the flags that are seen to be changed on the messages.
func (f *filing) noteFlags(folder mailbox.Name, msgs []placed, was, is map[imap.UID]mailbox.Flags) {
	for _, verb := range []journal.Verb{journal.VerbAdd, journal.VerbTake} {
		by := map[string]*journal.Done{}
		for _, m := range msgs {
			changed := m.Remove.Common(was[m.at]).Without(is[m.at])
			if verb == journal.VerbAdd {
				changed = m.Add.Common(is[m.at]).Without(was[m.at])
			}
			if _, there := is[m.at]; len(changed) == 0 || !there {
				continue
			}
			d := by[changed.String()]
			if d == nil {
				d = &journal.Done{Verb: verb, Folder: folder, UIDValidity: f.validity[folder], Flags: changed}
				by[changed.String()] = d
			}
			d.UIDs, d.Digests = append(d.UIDs, m.at), append(d.Digests, m.Fingerprint())
		}
		for _, flags := range slices.Sorted(maps.Keys(by)) {
			f.ledger.finish(*by[flags])
		}
	}
}

// final says whether the folder is where the step leaves the messages themselves.
func (f *filing) final(folder mailbox.Name) bool {
	return folder == f.op.Folder || f.op.Away == plan.AwayMove && folder == f.op.To
}

// unsettable are those of the flags that the open folder does not keep.
func (r *run) unsettable(flags mailbox.Flags) mailbox.Flags {
	if r.opened.Permanent == nil {
		return nil
	}
	lack := flags.Without(r.opened.Permanent)
	if r.opened.NewKeyword {
		lack = lack.Without(keywords(lack))
	}
	return lack
}

// keywords are those of the flags that are no system flags.
func keywords(flags mailbox.Flags) mailbox.Flags {
	var all mailbox.Flags
	for _, flag := range flags {
		if !strings.HasPrefix(string(flag), `\`) {
			all = append(all, flag)
		}
	}
	return all
}

func unplaced(all []placed) []plan.Message {
	msgs := make([]plan.Message, len(all))
	for i, m := range all {
		msgs[i] = m.Message
	}
	return msgs
}
