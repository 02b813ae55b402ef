package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imapform/imapform/config"
)

func TestOrderIsStable(t *testing.T) {
	var first string
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			run := fakeRun{accounts: map[string]*fakeAccount{}}
			for i := range 20 {
				a := newFake()
				nap := func(context.Context) error {
					time.Sleep(time.Duration(rand.IntN(5000)) * time.Millisecond)
					return nil
				}
				a.listing, a.creating = nap, nap
				if i%5 == 0 {
					a.creating = func(context.Context) error { return errors.New("over quota") }
				}
				run.accounts[fmt.Sprintf("a%02d", i)] = a
			}
			if got := run.run(t, "apply", "-auto-approve", "-parallelism=7"); got != StatusIncomplete {
				t.Errorf("status %d", got)
			}
			var lines []string
			for line := range strings.Lines(run.stdout.String() + run.stderr.String()) {
				if !strings.Contains(line, "active (") { // progress
					lines = append(lines, line)
				}
			}
			got := strings.Join(lines, "")
			if first == "" {
				first = got
			}
			if got != first {
				t.Errorf("differs from the first run:\n%s", got)
			}
		})
	}
}

func TestParallelism(t *testing.T) {
	for _, test := range []struct{ accounts, allowed, dialed int }{
		{30, 3, 2}, {30, 1, 2}, {3, 3, 1}, {2, 9, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			run := fakeRun{accounts: map[string]*fakeAccount{}}
			var applying, most atomic.Int64
			for i := range test.accounts {
				a := newFake()
				a.listing = func(context.Context) error { time.Sleep(time.Second); return nil }
				a.creating = func(context.Context) error {
					if n := applying.Add(1); n > most.Load() {
						most.Store(n)
					}
					time.Sleep(time.Second)
					applying.Add(-1)
					return nil
				}
				run.accounts[fmt.Sprintf("a%02d", i)] = a
			}
			if got := run.run(t, "apply", "-auto-approve", fmt.Sprintf("-parallelism=%d", test.allowed)); got != StatusOK {
				t.Fatalf("status %d\n%s", got, run.stderr.String())
			}
			want := min(test.allowed, test.accounts)
			if run.most != want || int(most.Load()) != want || run.open != 0 {
				t.Errorf("%+v: %d sessions at once, %d applies, %d left", test, run.most, most.Load(), run.open)
			}
			for label, a := range run.accounts {
				if a.dialed != test.dialed || !a.has("B") {
					t.Errorf("%+v: %s was dialed %d times", test, label, a.dialed)
				}
			}
		})
	}
}

func TestParallelismIsANumber(t *testing.T) {
	for _, n := range []string{"0", "-1", "x", "", "1.5"} {
		run := fakeRun{accounts: map[string]*fakeAccount{"work": newFake()}}
		if got := run.run(t, "plan", "-parallelism="+n); got != StatusError || !strings.Contains(run.stderr.String(), "at least 1") {
			t.Errorf("%q: status %d\n%s", n, got, run.stderr.String())
		}
	}
}

func TestInterruptedPlans(t *testing.T) {
	for _, command := range [][]string{{"plan"}, {"apply", "-auto-approve"}} {
		synctest.Test(t, func(t *testing.T) {
			run := fakeRun{accounts: map[string]*fakeAccount{}, signals: make(chan os.Signal, 2)}
			for i := range 10 {
				run.accounts[fmt.Sprintf("a%d", i)] = newFake()
			}
			run.accounts["a2"].listing = func(ctx context.Context) error {
				run.signals <- os.Interrupt
				<-ctx.Done()
				return ctx.Err()
			}
			if got := run.run(t, append(command, "-parallelism=1")...); got != StatusError {
				t.Errorf("status %d", got)
			}
			run.wants(t, &run.stderr, "8 of 10 accounts were not planned. Nothing was changed.")
			if strings.Contains(run.stderr.String(), "account.a") {
				t.Errorf("each account is told:\n%s", run.stderr.String())
			}
			for label, a := range run.accounts {
				if a.has("A") || a.dialed > 0 && label > "a2" {
					t.Errorf("%s: dialed %d times, applied %v", label, a.dialed, a.has("A"))
				}
			}
		})
	}
}

func TestInterruptedApplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := fakeRun{accounts: map[string]*fakeAccount{}, signals: make(chan os.Signal, 2)}
		var active sync.WaitGroup
		active.Add(3)
		for i := range 8 {
			a := newFake()
			a.creating = func(ctx context.Context) error {
				active.Done()
				active.Wait() // until all three are in flight
				if i == 0 {
					run.signals <- os.Interrupt
				}
				time.Sleep(time.Second) // until the run knows
				return ctx.Err()
			}
			run.accounts[fmt.Sprintf("a%d", i)] = a
		}
		if got := run.run(t, "apply", "-auto-approve", "-parallelism=3"); got != StatusIncomplete {
			t.Errorf("status %d", got)
		}
		for label, a := range run.accounts {
			if a.has("A") != (label < "a3") || a.has("B") {
				t.Errorf("%s: A %v, B %v", label, a.has("A"), a.has("B"))
			}
		}
		run.wants(t, &run.stderr, "8 of 8 accounts are not done:", "account.a3, account.a4, account.a5 and 2 more: not begun, because the apply was interrupted")
	})
}

func TestOneMailboxHasOneTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []*planned
		for i := range 12 {
			user := []string{"ada", "ADA", "bob", "cy"}[i%4]
			all = append(all, &planned{account: &config.Account{Host: "imap.example.com", Username: user}})
		}
		all = append(all, &planned{account: &config.Account{Host: "imap.example.com", Username: "admin", AuthorizeAs: "bob"}})
		var mu sync.Mutex
		busy := map[string]int{}
		most, turns := 0, 0
		inParallel(all, 10, func(p *planned) {
			key := keyOf(p.account).user
			mu.Lock()
			busy[key]++
			turns++
			most = max(most, len(busy))
			if busy[key] > 1 {
				t.Errorf("%s twice at once", key)
			}
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			delete(busy, key)
			mu.Unlock()
		})
		if most != 3 || turns != len(all) {
			t.Errorf("%d at once, %d turns", most, turns)
		}
	})
}
