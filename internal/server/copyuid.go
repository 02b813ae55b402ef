package server

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/server/wire"
)

// An owner is a range of UIDs and which change it belongs to.
type owner struct {
	imap.UIDRange
	change int
}

// ownersOf returns by which change each UID leaves the folder, or is copied, in ascending
// order; false: one does by two.
func ownersOf(all []sentChange) ([]owner, bool) {
	var owners []owner
	for i, c := range all {
		if c.target == "" && c.Kind != apply.ChangeExpunge {
			continue
		}
		for _, r := range c.UIDs {
			owners = append(owners, owner{r, i})
		}
	}
	slices.SortFunc(owners, func(a, b owner) int { return cmp.Compare(a.Start, b.Start) })
	var furthest owner // of those before
	for _, o := range owners {
		if o.Start <= furthest.Stop && o.change != furthest.change {
			return nil, false
		}
		if o.Stop > furthest.Stop {
			furthest = o
		}
	}
	return owners, true
}

// ownerOf returns which change a UID belongs to; false: to none.
func ownerOf(owners []owner, uid imap.UID) (int, bool) {
	i, found := slices.BinarySearchFunc(owners, uid, func(o owner, uid imap.UID) int { return cmp.Compare(o.Start, uid) })
	if !found {
		i--
	}
	if i < 0 || owners[i].Stop < uid {
		return 0, false
	}
	return owners[i].change, true
}

// shareOut pairs what went where, by the COPYUIDs that are about a change's messages. These
// stand in tagged responses, or ahead of them (RFC 6851 section 4.3), where commands that
// run at the same time may be told of in any order. A change that one of them leaves in
// doubt is told nothing: of messages of two, or of none, or of a copy that two were told
// of. Unclear are those, and those of which one may be that cannot be read.
func shareOut(all []sentChange, owners []owner, replies []wire.Reply) []apply.Transfer {
	told, unclear := make([][]*wire.Copied, len(all)), make([]bool, len(all))
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
	transfers := make([]apply.Transfer, len(all))
	for i := range all {
		if doubt[i] {
			told[i], unclear[i] = nil, true
		}
		if all[i].target != "" {
			transfers[i] = newTransfer(all[i].UIDs, told[i])
			transfers[i].Unclear = transfers[i].Unclear || unclear[i]
		}
	}
	return transfers
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
