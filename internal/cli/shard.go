package cli

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

// A shard is one of so many parts of a fleet. The zero value is all of it.
type shard struct{ index, count int }

// maxShards is how many there may be.
const maxShards = 100_000

// parseShard reads I/N.
func parseShard(s string) (shard, error) {
	first, second, ok := strings.Cut(s, "/")
	index, indexErr := strconv.Atoi(first)
	count, countErr := strconv.Atoi(second)
	switch {
	case !ok || indexErr != nil || countErr != nil:
		return shard{}, fmt.Errorf("write it as -shard=I/N, with two numbers, such as 0/4: %q is none", s)
	case count < 1 || count > maxShards:
		return shard{}, fmt.Errorf("%d is no number of shards: it must be from 1 to %d", count, maxShards)
	case index == count:
		return shard{}, fmt.Errorf("there is no shard %s: they are counted from 0, so that the last one is %d/%d", s, count-1, count)
	case index < 0 || index > count:
		return shard{}, fmt.Errorf("there is no shard %s: they are 0/%d to %d/%d", s, count, count-1, count)
	}
	return shard{index, count}, nil
}

// String is the shard as the flag says it.
func (s shard) String() string { return fmt.Sprintf("%d/%d", s.index, s.count) }

// of are those of the accounts that are in the shard. An account's shard hangs on its
// address and on N alone, so that no other account's coming or going changes it; but
// accounts that are one mailbox, as far as that can be told of all that are configured,
// are in the shard of the one whose address comes first: two machines must not be in
// one mailbox at once.
func (s shard) of(accounts, configured []*config.Account) []*config.Account {
	if s.count == 0 {
		return accounts
	}
	first := map[mailboxKey]string{} // addresses
	for _, a := range configured {
		key := keyOf(a)
		if address, known := first[key]; !known || a.Address < address {
			first[key] = a.Address
		}
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(a *config.Account) bool {
		return shardOf(first[keyOf(a)], s.count) != s.index
	})
}

// shardOf is the shard, of so many, that an address falls into: the first eight
// octets of its SHA-256, as a number, modulo their count.
func shardOf(address string, count int) int {
	sum := sha256.Sum256([]byte(address))
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(count))
}

// planned are those of the plans whose account is in the shard.
func (s shard) planned(all []*planned, configured []*config.Account) []*planned {
	if s.count == 0 {
		return all
	}
	in := map[*config.Account]bool{}
	for _, a := range s.of(configured, configured) {
		in[a] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(p *planned) bool { return !in[p.account] })
}

// emptyShard tells that none of the accounts is in the shard, which is no failure:
// with few accounts and many shards some have none.
func (inv *invocation) emptyShard(s shard) Status {
	_ = render.Notice(inv.Stderr, fmt.Sprintf("No account is in shard %s. There was nothing to do.", s), inv.stderr)
	return StatusOK
}
