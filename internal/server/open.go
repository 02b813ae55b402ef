package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
	"github.com/imapform/imapform/plan"
)

// openFolder is what the server has selected. The zero value: nothing.
type openFolder struct {
	name    mailbox.Name
	wire    string
	writing bool     // by SELECT
	highest imap.UID // that the folder can have given out; 0: not known

	expunged bool // messages of it were since the last look
}

// Open selects a folder for writing, anew even if it is open, so that what it shows
// is of now. A folder that cannot be changed is an error that wraps ErrReadOnly.
func (s *Session) Open(ctx context.Context, name mailbox.Name) (apply.Opened, error) {
	if err := s.locate(ctx); err != nil {
		return apply.Opened{}, err
	}
	s.forgetState(name)
	opened, reply, err := s.selectFolder(ctx, "SELECT", name)
	if err != nil {
		return apply.Opened{}, err
	}
	if err := changeable(name, opened, reply); err != nil {
		return apply.Opened{}, err
	}
	s.open.writing = true
	return opened, nil
}

// openedForWriting reads the answer to SELECT. A folder in which nothing can be changed is
// an error that wraps ErrReadOnly.
func openedForWriting(name mailbox.Name, reply wire.Reply) (apply.Opened, error) {
	opened, err := readOpened(name, reply)
	if err != nil {
		return apply.Opened{}, err
	}
	return opened, changeable(name, opened, reply)
}

// changeable refuses a folder in which nothing can be changed, with an error that wraps
// ErrReadOnly.
func changeable(name mailbox.Name, opened apply.Opened, reply wire.Reply) error {
	if _, told := told(reply, "PERMANENTFLAGS"); reply.Code == "READ-ONLY" || told && len(opened.Permanent) == 0 && !opened.NewKeyword {
		return fmt.Errorf("open folder %q: %w: nothing in it can be changed", name, ErrReadOnly)
	}
	return nil
}

// examine opens a folder for reading (RFC 9051 section 6.3.3).
func (s *Session) examine(ctx context.Context, name mailbox.Name) (plan.State, error) {
	opened, _, err := s.selectFolder(ctx, "EXAMINE", name)
	return opened.State, err
}

// selectFolder sends SELECT or EXAMINE, after STATUS where the server tells UIDNEXT
// only there.
func (s *Session) selectFolder(ctx context.Context, command string, name mailbox.Name) (apply.Opened, wire.Reply, error) {
	var next imap.UID
	if s.statusFirst {
		state, err := s.statusBefore(ctx, name)
		if err != nil {
			return apply.Opened{}, wire.Reply{}, err
		}
		next = state.UIDNext
	}
	opened, reply, err := s.selectOnce(ctx, command, name)
	switch {
	case err != nil || opened.UIDNext != 0:
	case !s.statusFirst:
		s.statusFirst = true
		return s.selectFolder(ctx, command, name)
	default:
		opened.UIDNext = next
	}
	if err == nil && opened.UIDNext > 0 {
		s.open.highest = opened.UIDNext - 1
	}
	return opened, reply, err
}

// statusBefore is Status of a folder that will be opened, whatever is open now.
func (s *Session) statusBefore(ctx context.Context, name mailbox.Name) (plan.State, error) {
	if err := s.Close(ctx); err != nil {
		return plan.State{}, err
	}
	return s.Status(ctx, name)
}

// opening is the command that opens a folder, SELECT or EXAMINE.
func opening(command string, name mailbox.Name, known string) asked {
	return asked{"open", name, wire.Request{Line: command + " " + quote(utf7.Encode(known)), Wanted: []string{"EXISTS"}}}
}

// selectOnce sends the command. The library's own cannot tell an answer without
// EXISTS from an empty folder.
func (s *Session) selectOnce(ctx context.Context, command string, name mailbox.Name) (apply.Opened, wire.Reply, error) {
	if err := s.locate(ctx); err != nil {
		return apply.Opened{}, wire.Reply{}, err
	}
	s.open = openFolder{} // if it fails nothing is selected (RFC 9051 section 6.3.2)
	known, err := s.wireName(name)
	if err != nil {
		return apply.Opened{}, wire.Reply{}, err
	}
	replies, errs := s.together(ctx, []asked{opening(command, name, known)})
	reply := replies[0]
	if errs[0] != nil {
		return apply.Opened{}, reply, errs[0]
	}
	opened, err := readOpened(name, reply)
	if err != nil {
		return apply.Opened{}, reply, err
	}
	s.open = openFolder{name: name, wire: known}
	return opened, reply, nil
}

// readOpened gathers what the answer to SELECT tells (RFC 9051 section 6.3.2).
func readOpened(name mailbox.Name, reply wire.Reply) (apply.Opened, error) {
	var opened apply.Opened
	if len(reply.Untagged) == 0 {
		return opened, fmt.Errorf("open folder %q: the server does not say how many messages are in it", name)
	}
	opened.Messages = reply.Untagged[len(reply.Untagged)-1].Number
	// A code that cannot be read counts as missing.
	if n, ok := told(reply, "UIDVALIDITY"); ok {
		opened.UIDValidity = number(n.Arguments)
	}
	if n, ok := told(reply, "UIDNEXT"); ok {
		opened.UIDNext = imap.UID(number(n.Arguments))
	}
	opened.HighestModSeq = modSeqOf(reply)
	if n, ok := told(reply, "UIDNOTSTICKY"); ok && n.Type == "NO" {
		opened.UIDValidity = 0 // its UIDs do not last (RFC 4315 section 2)
	}
	if n, ok := told(reply, "PERMANENTFLAGS"); ok {
		flags := parseFlagList(n.Arguments)
		opened.NewKeyword = slices.Contains(flags, imap.FlagWildcard)
		flags = slices.DeleteFunc(flags, func(f imap.Flag) bool { return f == imap.FlagWildcard })
		opened.Permanent = mailbox.NewFlags(flags...)
	} else {
		opened.NewKeyword = true // all flags can be changed
	}
	return opened, nil
}

// modSeqOf is the HIGHESTMODSEQ that the answer to SELECT tells; 0: the folder has none, or
// NOMODSEQ (RFC 7162 section 3.1.2). Of several the first counts: what is read later is of
// that or newer.
func modSeqOf(reply wire.Reply) uint64 {
	for _, n := range reply.Told {
		if n.Code == "HIGHESTMODSEQ" {
			modSeq, err := strconv.ParseUint(n.Arguments, 10, 63)
			if err != nil {
				return 0
			}
			return modSeq
		}
	}
	return 0
}

// told returns the last response code of that name among those that came with an answer.
func told(reply wire.Reply, code string) (wire.Notice, bool) {
	for _, n := range slices.Backward(reply.Told) {
		if n.Code == code {
			return n, true
		}
	}
	return wire.Notice{}, false
}

func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// Close leaves the open folder, by UNSELECT or, where that is missing, by looking
// into INBOX: a folder that is open in any way can be neither renamed nor deleted on
// some servers. It never sends CLOSE, which would remove what anybody has marked as
// deleted.
func (s *Session) Close(ctx context.Context) error {
	open := s.open
	if open.name == "" {
		return nil
	}
	s.open = openFolder{}
	if s.caps.has("UNSELECT") {
		err := s.run(ctx, "leave", open.name, func() error { return s.client.Unselect().Wait() })
		if _, refused := errors.AsType[*ResponseError](err); refused {
			s.open = open
		}
		return err
	}
	_, err := s.do(ctx, "leave", open.name, "EXAMINE "+quote(string(mailbox.Inbox)))
	return err
}

// leaveReading leaves a folder that was opened for reading: some commands must not
// be sent about the folder that is open.
func (s *Session) leaveReading(ctx context.Context) error {
	if s.open.writing {
		return nil
	}
	return s.Close(ctx)
}

// quote writes a string for a command of our own. It must hold no line break and
// nothing but ASCII, as modified UTF-7 does.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
