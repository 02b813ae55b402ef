package server

import (
	"cmp"
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

// Moves sends UID MOVE (RFC 6851) for sets of the open folder that have no message in
// common, at once. There is a Transfer and an error for each. It is not the library's,
// which without the capability would copy, delete and expunge without waiting for the
// copy, and which confuses what several are told.
func (s *Session) Moves(ctx context.Context, all []apply.Moving) ([]apply.Transfer, []error) {
	if !s.caps.has("MOVE") {
		return make([]apply.Transfer, len(all)), everyOne(len(all),
			fmt.Errorf("move messages of folder %q: MOVE (RFC 6851): %w", s.open.name, ErrCapability))
	}
	return s.transfers(ctx, "MOVE", all)
}

// Move is Moves of one set.
func (s *Session) Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	moved, errs := s.Moves(ctx, []apply.Moving{{UIDs: uids, To: to}})
	return moved[0], errs[0]
}

// Copy sends UID COPY.
func (s *Session) Copy(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	copied, errs := s.transfers(ctx, "COPY", []apply.Moving{{UIDs: uids, To: to}})
	return copied[0], errs[0]
}

// errOverlap is the error of sets of which the server's answer could not be shared out.
var errOverlap = errors.New("a message is in two of the sets that are sent at once")

// transfers sends UID MOVE or UID COPY and pairs what went where. One that cannot be
// sent keeps none of the others back.
func (s *Session) transfers(ctx context.Context, command string, all []apply.Moving) ([]apply.Transfer, []error) {
	op := map[string]string{"MOVE": "move messages to", "COPY": "copy messages to"}[command]
	transfers, errs := make([]apply.Transfer, len(all)), make([]error, len(all))
	var sent []transfer
	var requests []asked
	var of []int
	for i, m := range all {
		var target string
		if target, errs[i] = s.checkTransfer(op, m); errs[i] != nil {
			continue
		}
		s.forgetState(m.To, s.open.name)
		sent, of = append(sent, transfer{uids: m.UIDs, target: target}), append(of, i)
		requests = append(requests, asked{op, m.To, wire.Request{
			Line: "UID " + command + " " + m.UIDs.String() + " " + quote(utf7.Encode(target)),
		}})
	}
	owners, apart := ownersOf(sent)
	if !apart {
		return transfers, everyOne(len(all), fmt.Errorf("%s: %w", describe(op, ""), errOverlap))
	}
	replies, failed := s.together(ctx, requests)
	told, unclear := shareOut(sent, owners, replies)
	for j := range told {
		i := of[j]
		if errs[i] = failed[j]; errs[i] == nil {
			transfers[i] = newTransfer(sent[j].uids, told[j])
			transfers[i].Unclear = transfers[i].Unclear || unclear[j]
		}
	}
	return transfers, errs
}

// checkTransfer says why messages cannot be moved or copied, or what the server calls
// the folder into which they go.
func (s *Session) checkTransfer(op string, m apply.Moving) (target string, err error) {
	if err := s.checkChange(m.UIDs); err != nil {
		return "", fmt.Errorf("%s: %w", describe(op, m.To), err)
	}
	if target, err = s.wireName(m.To); err != nil {
		return "", err
	}
	if target == s.open.wire {
		return "", fmt.Errorf("%s: the messages are in it: they would only get new UIDs", describe(op, m.To))
	}
	return target, nil
}

func everyOne(n int, err error) []error { return slices.Repeat([]error{err}, n) }

// A transfer is a set of messages and what the server calls the folder they go into.
type transfer struct {
	uids   imap.UIDSet
	target string
}

// An owner is a range of UIDs and which transfer it belongs to.
type owner struct {
	imap.UIDRange
	transfer int
}

// ownersOf returns whose each UID is, in ascending order; false: one is of two.
func ownersOf(all []transfer) ([]owner, bool) {
	var owners []owner
	for i, t := range all {
		for _, r := range t.uids {
			owners = append(owners, owner{r, i})
		}
	}
	slices.SortFunc(owners, func(a, b owner) int { return cmp.Compare(a.Start, b.Start) })
	var furthest owner // of those before
	for _, o := range owners {
		if o.Start <= furthest.Stop && o.transfer != furthest.transfer {
			return nil, false
		}
		if o.Stop > furthest.Stop {
			furthest = o
		}
	}
	return owners, true
}

// ownerOf returns which transfer a UID belongs to; false: to none.
func ownerOf(owners []owner, uid imap.UID) (int, bool) {
	i, found := slices.BinarySearchFunc(owners, uid, func(o owner, uid imap.UID) int { return cmp.Compare(o.Start, uid) })
	if !found {
		i--
	}
	if i < 0 || owners[i].Stop < uid {
		return 0, false
	}
	return owners[i].transfer, true
}

// shareOut gives each transfer the COPYUIDs that are about its messages. These stand in
// tagged responses, or ahead of them (RFC 6851 section 4.3), where commands that run at
// the same time may be told of in any order. A transfer that one of them leaves in doubt
// is told nothing: of messages of two, or of none, or of a copy that two were told of.
// Unclear are those, and those of which one may be that cannot be read.
func shareOut(all []transfer, owners []owner, replies []wire.Reply) (told [][]*wire.Copied, unclear []bool) {
	told, unclear = make([][]*wire.Copied, len(all)), make([]bool, len(all))
	doubt := make([]bool, len(all))
	type place struct {
		target string
		uid    imap.UID
	}
	taken := map[place]int{}
	share := func(c *wire.Copied, tagged int) {
		whose := map[int]bool{}
		if tagged >= 0 {
			whose[tagged] = true
		}
		foreign := false
		for _, uid := range c.Source {
			i, found := ownerOf(owners, uid)
			if foreign = foreign || !found; found {
				whose[i] = true
			}
		}
		for i := range all {
			switch {
			case len(whose) == 0 || whose[i] && (foreign || len(whose) > 1):
				doubt[i] = true
			case whose[i]:
				told[i] = append(told[i], c)
				for _, uid := range c.Dest {
					if another, found := taken[place{all[i].target, uid}]; found && another != i {
						doubt[i], doubt[another] = true, true
					}
					taken[place{all[i].target, uid}] = i
				}
			}
		}
	}
	for i, reply := range replies {
		for _, n := range reply.Told {
			switch {
			case n.Copied != nil:
				share(n.Copied, -1)
			case n.Code == "COPYUID":
				unclear = slices.Repeat([]bool{true}, len(all))
			}
		}
		switch {
		case reply.Copied != nil:
			share(reply.Copied, i)
		case reply.Code == "COPYUID":
			unclear[i] = true
		}
	}
	for i := range told {
		if doubt[i] {
			told[i], unclear[i] = nil, true
		}
	}
	return told, unclear
}

// newTransfer pairs what COPYUID tells. What cannot be true does not count: then somebody
// looks.
func newTransfer(asked imap.UIDSet, told []*wire.Copied) apply.Transfer {
	var t apply.Transfer
	from, to := map[imap.UID]bool{}, map[imap.UID]bool{}
	for _, c := range told {
		if t.UIDValidity != 0 && t.UIDValidity != c.UIDValidity {
			return apply.Transfer{Unclear: true}
		}
		t.UIDValidity = c.UIDValidity
		for i, uid := range c.Source {
			if !asked.Contains(uid) || from[uid] || to[c.Dest[i]] {
				return apply.Transfer{Unclear: true}
			}
			from[uid], to[c.Dest[i]] = true, true
			t.Pairs = append(t.Pairs, apply.Pair{From: uid, To: c.Dest[i]})
		}
	}
	return t
}
