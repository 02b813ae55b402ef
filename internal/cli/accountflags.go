package cli

import (
	"flag"
	"fmt"
	"strconv"

	"github.com/imapform/imapform/config"
)

// accountFlags are -account, -shard and -parallelism: which accounts are meant, and
// how many are dealt with at a time.
type accountFlags struct {
	accounts    []string
	shard       shard
	parallelism int
}

// defaultParallelism is Terraform's.
const defaultParallelism = 10

func newAccountFlags() accountFlags { return accountFlags{parallelism: defaultParallelism} }

func (f *accountFlags) flags(fs *flag.FlagSet) {
	fs.Func("account", "Only this account, by `NAME` or address: work, account.work; of accounts with for_each all instances, staff, or one, 'staff[\"ada\"]'. May be given several times.", func(s string) error {
		f.accounts = append(f.accounts, s)
		return nil
	})
	fs.Func("shard", "Of the accounts only those of shard `I/N`: each account is in one of N shards, which are counted from 0. For several machines that share a fleet.", func(s string) (err error) {
		f.shard, err = parseShard(s)
		return err
	})
	fs.Func("parallelism", fmt.Sprintf("Deal with `N` accounts at a time, %d unless told here, and keep no more connections than that. "+
		"A server may take many logins at once for an attack: use fewer where one is host to many of the accounts.", defaultParallelism), func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of accounts: it must be at least 1", s)
		}
		f.parallelism = n
		return nil
	})
}

// meant are the accounts that -account and -shard leave of all. None: the shard is
// empty.
func (f *accountFlags) meant(all []*config.Account) ([]*config.Account, error) {
	named, err := chosen(all, f.accounts)
	if err != nil {
		return nil, err
	}
	return f.shard.of(named, all), nil
}
