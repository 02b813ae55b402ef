package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
)

func TestParseShard(t *testing.T) {
	for _, test := range []struct{ text, problem string }{
		{"", "I/N"},
		{"1", "I/N"},
		{"/", "I/N"},
		{"a/4", "I/N"},
		{"1/b", "I/N"},
		{"1/2/3", "I/N"},
		{" 1/2", "I/N"},
		{"0/0", "from 1 to 100000"},
		{"0/-1", "from 1 to 100000"},
		{"0/100001", "from 1 to 100000"},
		{"4/4", "counted from 0"},
		{"5/4", "they are 0/4 to 3/4"},
		{"-1/4", "they are 0/4 to 3/4"},
		{"99999999999999999999/4", "I/N"},
	} {
		if got, err := parseShard(test.text); err == nil || !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%q: %v, %v", test.text, got, err)
		}
	}
	for text, want := range map[string]shard{"0/1": {0, 1}, "3/4": {3, 4}, "007/8": {7, 8}} {
		if got, err := parseShard(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// fleetOf are so many accounts of one server.
func fleetOf(n int) []*config.Account {
	var all []*config.Account
	for i := range n {
		all = append(all, &config.Account{Address: fmt.Sprintf("account.staff[\"u%03d\"]", i), Host: "imap.example.com", Username: fmt.Sprintf("u%03d", i)})
	}
	return all
}

// Each account is in exactly one shard, and the shards are of about the same size.
func TestShardsDivideTheFleet(t *testing.T) {
	all := fleetOf(1000)
	in := map[*config.Account]int{}
	for i := range 8 {
		part := shard{i, 8}.of(all, all)
		if len(part) < 80 || len(part) > 170 {
			t.Errorf("shard %d of 8 has %d of 1000 accounts", i, len(part))
		}
		if !slices.IsSortedFunc(part, func(a, b *config.Account) int { return strings.Compare(a.Address, b.Address) }) {
			t.Errorf("shard %d is in another order", i)
		}
		for _, a := range part {
			in[a]++
		}
	}
	for _, a := range all {
		if in[a] != 1 {
			t.Errorf("%s is in %d shards", a.Address, in[a])
		}
	}
	if got := (shard{}).of(all, all); len(got) != 1000 {
		t.Errorf("without -shard there are %d", len(got))
	}
}

// No account changes its shard because others come or go, nor because only some are
// meant. What falls where is a promise to those who have divided their fleets.
func TestShardsLast(t *testing.T) {
	all := fleetOf(100)
	for i := range 5 {
		s := shard{i, 5}
		few := s.of(all[:10], all[:10])
		for _, configured := range [][]*config.Account{all, slices.Concat(all[:10], all[50:])} {
			if got := s.of(all[:10], configured); !slices.Equal(got, few) {
				t.Errorf("shard %v of the first ten is another one among %d", s, len(configured))
			}
		}
	}
	for address, want := range map[string]int{`account.work`: 2, `account.staff["ada"]`: 1, `account.staff["grace"]`: 13} {
		if got := shardOf(address, 16); got != want {
			t.Errorf("%s is in shard %d of 16, no longer in %d", address, got, want)
		}
	}
}

// Accounts that are one mailbox are in one shard, be they meant or not.
func TestShardOfOneMailbox(t *testing.T) {
	all := fleetOf(40)
	for i, a := range all {
		a.Host, a.Username = []string{"imap.example.com", "IMAP.example.com"}[i%2], "same"
	}
	other := &config.Account{Address: "account.other", Maildir: "/m"}
	configured := append(slices.Clone(all), other)
	homes := 0
	for i := range 7 {
		s := shard{i, 7}
		part := s.of(all, configured)
		if len(part) == 0 {
			continue
		}
		homes++
		if len(part) != 40 || i != shardOf(all[0].Address, 7) {
			t.Errorf("shard %v has %d of one mailbox", s, len(part))
		}
		if alone := s.of(all[39:], configured); len(alone) != 1 {
			t.Error("one of them alone is elsewhere")
		}
	}
	if homes != 1 {
		t.Errorf("one mailbox is in %d shards", homes)
	}
}

// What each machine does with its shard comes to what one would do with all.
func TestShardCommands(t *testing.T) {
	newRun := func() *fakeRun {
		f := &fakeRun{accounts: map[string]*fakeAccount{}}
		for i := range 6 {
			f.accounts[fmt.Sprintf("u%d", i)] = newFake()
		}
		return f
	}
	f := newRun()
	file := filepath.Join(t.TempDir(), "fleet.plan")
	if status := f.run(t, "plan", "-out="+file); status != StatusOK {
		t.Fatalf("status %d: %s", status, f.stderr.String())
	}
	for name, args := range map[string][]string{"apply": {"apply", "-auto-approve"}, "saved": {"apply"}} {
		t.Run(name, func(t *testing.T) {
			f := newRun()
			empty := 0
			for i := range 16 {
				args := append(slices.Clone(args), fmt.Sprintf("-shard=%d/16", i))
				if name == "saved" {
					args = append(args, file)
				}
				if status := f.run(t, args...); status != StatusOK {
					t.Errorf("shard %d: status %d: %s", i, status, f.stderr.String())
				}
				if strings.Contains(f.stderr.String(), fmt.Sprintf("No account is in shard %d/16.", i)) {
					empty++
				}
			}
			if empty < 10 || empty > 15 {
				t.Errorf("%d of 16 shards are empty", empty)
			}
			for label, a := range f.accounts {
				if !a.has("B") || name == "apply" && a.dialed != 1 {
					t.Errorf("%s: applied %v, connected to %d times", label, a.has("B"), a.dialed)
				}
			}
		})
	}
	for i := range 16 {
		if status := f.run(t, "plan", "-detailed-exitcode", fmt.Sprintf("-shard=%d/16", i), "-account=u0"); status != StatusOK && status != StatusChanges {
			t.Errorf("status %d", status)
		} else if mine := i == shardOf("account.u0", 16); mine != (status == StatusChanges) {
			t.Errorf("shard %d: status %d", i, status)
		}
	}
	if status := f.run(t, "plan", "-shard=4/4"); status != StatusError || !strings.Contains(f.stderr.String(), "counted from 0") {
		t.Errorf("status %d: %s", status, f.stderr.String())
	}
}
