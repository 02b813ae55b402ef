package cli

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/imapform/imapform/config"
)

// inParallel does something for each of the accounts, for so many at a time, and
// begins in their order. Accounts that are one mailbox, as far as that can be told,
// have their turns one after the other: where a server has no MOVE, two that file
// the same messages at once could double them.
func inParallel(all []*planned, most int, do func(*planned)) {
	lanes := lanesOf(all)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(most, len(lanes)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(lanes); i = next.Add(1) - 1 {
				for _, p := range lanes[i] {
					do(p)
				}
			}
		})
	}
	wg.Wait()
}

// lanesOf are the accounts by mailbox, in the order of the first of each.
func lanesOf(all []*planned) [][]*planned {
	var lanes [][]*planned
	lane := map[mailboxKey]int{}
	for _, p := range all {
		key := keyOf(p.account)
		i, ok := lane[key]
		if !ok {
			i = len(lanes)
			lane[key] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], p)
	}
	return lanes
}

// A mailboxKey is the same for accounts that are the same mailbox. Of letter case
// and ports it knows nothing: to take two for one costs only time.
type mailboxKey struct{ host, user, maildir string }

func keyOf(a *config.Account) mailboxKey {
	user := a.Username
	if a.AuthorizeAs != "" {
		user = a.AuthorizeAs
	}
	return mailboxKey{strings.ToLower(a.Host), strings.ToLower(user), a.Maildir}
}

// guarded does something and returns the bug if it panics.
func guarded(do func()) (found *problem) {
	defer func() {
		if value := recover(); value != nil {
			found = bug(value)
		}
	}()
	do()
	return nil
}

// unplanned are the accounts without a plan.
func unplanned(all []*planned) []*planned {
	return slices.DeleteFunc(slices.Clone(all), func(p *planned) bool { return p.plan != nil })
}

// withChanges are the accounts in which there is something to do.
func withChanges(all []*planned) []*planned {
	return slices.DeleteFunc(slices.Clone(all), func(p *planned) bool { return p.plan == nil || !p.changes() })
}

// addressesOf are the accounts' addresses.
func addressesOf(all []*planned) []string {
	var addresses []string
	for _, p := range all {
		addresses = append(addresses, p.account.Address)
	}
	return addresses
}
