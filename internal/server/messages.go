package server

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// Can says what the server offers. Only what it announced by name after the login
// counts.
func (s *Session) Can() apply.Can {
	return apply.Can{Move: s.caps.has("MOVE"), UIDPlus: s.caps.has("UIDPLUS"), Labels: s.known.effect.labels}
}

// Store adds or removes flags of messages of the open folder; flags that it does not
// name stay. It returns the flags that messages then have, as far as the server tells
// (RFC 9051 section 6.4.6).
func (s *Session) Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) (map[imap.UID]mailbox.Flags, error) {
	const op = "change flags in"
	if err := s.checkChange(uids); err != nil {
		return nil, fmt.Errorf("%s: %w", describe(op, s.open.name), err)
	}
	if err := checkFlags(flags); err != nil {
		return nil, fmt.Errorf("%s: %w", describe(op, s.open.name), err)
	}
	if add && flags.Has(imap.FlagDeleted) {
		if err := s.checkPurge(); err != nil {
			return nil, fmt.Errorf("%s: %w", describe(op, s.open.name), err)
		}
	}
	sign := "-"
	if add {
		sign = "+"
	}
	reply, err := s.do(ctx, op, s.open.name, "UID STORE "+uids.String()+" "+sign+"FLAGS "+flagList(flags), "FETCH")
	if err != nil {
		return nil, err
	}
	told := map[imap.UID]mailbox.Flags{}
	for _, response := range reply.Untagged {
		// What cannot be read was not told: somebody looks.
		if m, err := readRow(response, nil); err == nil && m.Known.Flags && uids.Contains(m.UID) {
			told[m.UID] = m.Flags
		}
	}
	return told, nil
}

// Expunge sends UID EXPUNGE (RFC 4315), never EXPUNGE, which would remove what others
// have marked as deleted.
func (s *Session) Expunge(ctx context.Context, uids imap.UIDSet) error {
	const op = "delete messages in"
	if !s.caps.has("UIDPLUS") {
		return fmt.Errorf("%s: UIDPLUS (RFC 4315): %w", describe(op, s.open.name), ErrCapability)
	}
	if err := s.checkChange(uids); err != nil {
		return fmt.Errorf("%s: %w", describe(op, s.open.name), err)
	}
	if err := s.checkPurge(); err != nil {
		return fmt.Errorf("%s: %w", describe(op, s.open.name), err)
	}
	s.open.expunged = true
	return s.run(ctx, op, s.open.name, func() error { return s.client.UIDExpunge(uids).Close() })
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
