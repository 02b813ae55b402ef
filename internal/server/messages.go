package server

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// Can says what the server offers. Only what it announced by name after the login
// counts.
func (s *Session) Can() apply.Can {
	return apply.Can{Move: s.caps.has("MOVE"), UIDPlus: s.caps.has("UIDPLUS"), Labels: s.known.effect.labels}
}

// Move sends UID MOVE (RFC 6851). It is not the library's, which without the
// capability would copy, delete and expunge without waiting for the copy.
func (s *Session) Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	if !s.caps.has("MOVE") {
		return apply.Transfer{}, fmt.Errorf("move messages of folder %q: MOVE (RFC 6851): %w", s.open.name, ErrCapability)
	}
	return s.transfer(ctx, "MOVE", uids, to)
}

// Copy sends UID COPY.
func (s *Session) Copy(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	return s.transfer(ctx, "COPY", uids, to)
}

// transfer sends UID MOVE or UID COPY and pairs what went where.
func (s *Session) transfer(ctx context.Context, command string, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	op := map[string]string{"MOVE": "move messages to", "COPY": "copy messages to"}[command]
	if err := s.checkChange(uids); err != nil {
		return apply.Transfer{}, fmt.Errorf("%s: %w", describe(op, to), err)
	}
	target, err := s.wireName(to)
	if err != nil {
		return apply.Transfer{}, err
	}
	if target == s.open.wire {
		return apply.Transfer{}, fmt.Errorf("%s: the messages are in it: they would only get new UIDs", describe(op, to))
	}
	reply, err := s.do(ctx, op, to, "UID "+command+" "+uids.String()+" "+quote(utf7.Encode(target)))
	if err != nil {
		return apply.Transfer{}, err
	}
	// COPYUID stands in the tagged response, or ahead of it (RFC 6851 section 4.3).
	var told []*wire.Copied
	for _, n := range s.heard.since(wire.StatusResponse) {
		if n.Copied != nil && n.Tag == "" {
			told = append(told, n.Copied)
		}
	}
	if reply.Copied != nil {
		told = append(told, reply.Copied)
	}
	return newTransfer(uids, told), nil
}

// newTransfer pairs what COPYUID tells. What cannot be true counts as nothing told:
// then somebody looks.
func newTransfer(asked imap.UIDSet, told []*wire.Copied) apply.Transfer {
	var t apply.Transfer
	from, to := map[imap.UID]bool{}, map[imap.UID]bool{}
	for _, c := range told {
		if t.UIDValidity != 0 && t.UIDValidity != c.UIDValidity {
			return apply.Transfer{}
		}
		t.UIDValidity = c.UIDValidity
		for i, uid := range c.Source {
			if !asked.Contains(uid) || from[uid] || to[c.Dest[i]] {
				return apply.Transfer{}
			}
			from[uid], to[c.Dest[i]] = true, true
			t.Pairs = append(t.Pairs, apply.Pair{From: uid, To: c.Dest[i]})
		}
	}
	return t
}

// Store adds or removes flags of messages of the open folder; flags that it does not
// name stay.
func (s *Session) Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) error {
	const op = "change flags in"
	if err := s.checkChange(uids); err != nil {
		return fmt.Errorf("%s: %w", describe(op, s.open.name), err)
	}
	if err := checkFlags(flags); err != nil {
		return fmt.Errorf("%s: %w", describe(op, s.open.name), err)
	}
	if add && flags.Has(imap.FlagDeleted) {
		if err := s.checkPurge(); err != nil {
			return fmt.Errorf("%s: %w", describe(op, s.open.name), err)
		}
	}
	change := imap.StoreFlags{Op: imap.StoreFlagsDel, Silent: true, Flags: flags}
	if add {
		change.Op = imap.StoreFlagsAdd
	}
	return s.run(ctx, op, s.open.name, func() error { return s.client.Store(uids, &change, nil).Close() })
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
