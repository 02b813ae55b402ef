package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// Can says what the server offers. Only what it announced by name after the login
// counts.
func (s *Session) Can() apply.Can {
	return apply.Can{
		Move: s.caps.has("MOVE"), UIDPlus: s.caps.has("UIDPLUS"), Labels: s.known.effect.labels, Paced: s.allowance.limitsRate(),
	}
}

// Changes sends changes to messages of the open folder, at once. MOVE is not the library's,
// which without the capability would copy, delete and expunge without waiting for the copy,
// and which confuses what several are told. EXPUNGE is always that of UIDs (RFC 4315): the
// other one would remove what others have marked as deleted.
//
// One that cannot be sent keeps none of the others back. EXPUNGE does not wait for its turn:
// what was seen right before decides what is removed.
func (s *Session) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	said := make([]apply.Changed, len(all))
	var sent []sentChange
	var requests []asked
	for i, c := range all {
		request, target, err := s.change(c)
		if said[i].Err = err; err != nil {
			continue
		}
		sent, requests = append(sent, sentChange{Change: c, of: i, target: target}), append(requests, request)
	}
	owners, apart := ownersOf(sent)
	if !apart {
		return refuseAll(said, fmt.Errorf("change messages of folder %q: %w", s.open.name, errOverlap))
	}
	for _, c := range sent {
		switch {
		case c.target != "":
			s.forgetState(c.To, s.open.name)
		case c.Kind == apply.ChangeExpunge:
			s.open.expunged = true
		}
	}
	send := s.together
	if !slices.ContainsFunc(sent, func(c sentChange) bool { return c.Kind != apply.ChangeExpunge }) {
		send = s.atOnce
	}
	replies, errs := send(ctx, requests)
	transfers, flags := shareOut(sent, owners, replies), flagsTold(sent, replies)
	for j, c := range sent {
		if said[c.of].Err = errs[j]; errs[j] == nil {
			said[c.of].Transfer, said[c.of].Flags = transfers[j], flags[j]
		}
	}
	return said
}

// A sentChange is one that was sent.
type sentChange struct {
	apply.Change
	of     int    // its place among all that were asked for
	target string // what the server calls the folder that messages are brought to; empty: none are
}

// errOverlap is the error of sets of which the server's answer could not be shared out.
var errOverlap = errors.New("a message is in two of the sets that are sent at once")

func refuseAll(said []apply.Changed, err error) []apply.Changed {
	for i := range said {
		said[i] = apply.Changed{Err: err}
	}
	return said
}

// change is the command that makes a change, and with that which brings messages to another
// folder what the server calls it. The error is why it cannot be sent.
func (s *Session) change(c apply.Change) (_ asked, target string, err error) {
	var op, line string
	folder := s.open.name
	switch c.Kind {
	case apply.ChangeMove, apply.ChangeCopy:
		op, line = "move messages to", "UID MOVE "
		if c.Kind == apply.ChangeCopy {
			op, line = "copy messages to", "UID COPY "
		}
		folder = c.To
		target, err = s.checkTransfer(c)
		line += c.UIDs.String() + " " + quote(utf7.Encode(target))
	case apply.ChangeAdd, apply.ChangeTake:
		sign := "+"
		if c.Kind == apply.ChangeTake {
			sign = "-"
		}
		op, line = "change flags in", "UID STORE "+c.UIDs.String()+" "+sign+"FLAGS "+flagList(c.Flags)
		err = s.checkStore(c)
	case apply.ChangeExpunge:
		op, line = "delete messages in", "UID EXPUNGE "+c.UIDs.String()
		err = s.checkExpunge()
	default:
		return asked{}, "", fmt.Errorf("%d is no change to messages", c.Kind)
	}
	if err == nil {
		err = s.checkChange(c.UIDs)
	}
	if err != nil {
		return asked{}, "", fmt.Errorf("%s: %w", describe(op, folder), err)
	}
	request := wire.Request{Line: line}
	if c.Kind == apply.ChangeAdd || c.Kind == apply.ChangeTake {
		request.Wanted = []string{"FETCH"}
	}
	return asked{op, folder, request}, target, nil
}

// checkTransfer says why messages cannot be moved or copied, or what the server calls
// the folder into which they go.
func (s *Session) checkTransfer(c apply.Change) (target string, err error) {
	if c.Kind == apply.ChangeMove && !s.caps.has("MOVE") {
		return "", fmt.Errorf("MOVE (RFC 6851): %w", ErrCapability)
	}
	if target, err = s.wireName(c.To); err != nil {
		return "", err
	}
	if target == s.open.wire {
		return "", errors.New("the messages are in it: they would only get new UIDs")
	}
	return target, nil
}

// checkStore says why flags cannot be changed.
func (s *Session) checkStore(c apply.Change) error {
	if err := checkFlags(c.Flags); err != nil {
		return err
	}
	if c.Kind == apply.ChangeAdd && c.Flags.Has(imap.FlagDeleted) {
		return s.checkPurge()
	}
	return nil
}

// checkExpunge says why messages cannot be removed.
func (s *Session) checkExpunge() error {
	if !s.caps.has("UIDPLUS") {
		return fmt.Errorf("UIDPLUS (RFC 4315): %w", ErrCapability)
	}
	return s.checkPurge()
}

// checkChange says why messages cannot be changed.
func (s *Session) checkChange(uids imap.UIDSet) error {
	switch {
	case s.open.name == "":
		return errNothingOpen
	case !s.open.writing:
		return fmt.Errorf("folder %q is open only for reading", s.open.name)
	case s.open.highest == 0:
		return fmt.Errorf("the server does not say which UIDs folder %q has given out (UIDNEXT): nothing can be changed in it safely", s.open.name)
	}
	return checkUIDs(uids, s.open.highest)
}

// flagsTold are the flags that the messages of each change have after it. Servers tell them
// in any of the answers. What cannot be read was not told: somebody looks.
func flagsTold(sent []sentChange, replies []wire.Reply) []map[imap.UID]mailbox.Flags {
	flags := make([]map[imap.UID]mailbox.Flags, len(sent))
	now := map[imap.UID]mailbox.Flags{}
	for _, reply := range replies {
		for _, response := range reply.Untagged {
			if m, err := readRow(response, nil); err == nil && m.Known.Flags {
				now[m.UID] = m.Flags
			}
		}
	}
	for i, c := range sent {
		if c.Kind != apply.ChangeAdd && c.Kind != apply.ChangeTake {
			continue
		}
		flags[i] = map[imap.UID]mailbox.Flags{}
		uids, _ := c.UIDs.Nums() // which are numbers: they were checked
		for _, uid := range uids {
			if is, told := now[uid]; told {
				flags[i][uid] = is
			}
		}
	}
	return flags
}
