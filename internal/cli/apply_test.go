package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestApplyAsks(t *testing.T) {
	for _, test := range []struct {
		name, stdin string
		want        Status
	}{
		{"yes", "yes\n", StatusOK},
		{"spaces around yes", "  yes \n", StatusOK},
		{"no", "no\n", StatusError},
		{"y", "y\n", StatusError},
		{"nothing", "\n", StatusError},
		{"the end", "", StatusError},
		{"another case", "YES\n", StatusError},
	} {
		t.Run(test.name, func(t *testing.T) {
			account := newFake()
			run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, stdin: strings.NewReader(test.stdin), terminal: true}
			if got := run.run(t, "apply"); got != test.want {
				t.Fatalf("status %d, want %d\n%s", got, test.want, run.stderr.String())
			}
			if done := account.has("A"); done != (test.want == StatusOK) {
				t.Errorf("applied: %v", done)
			}
			want := "Apply complete! Resources: 2 added"
			if test.want != StatusOK {
				want = "Apply cancelled"
			}
			if !strings.Contains(run.stderr.String(), want) || !strings.Contains(run.stdout.String(), "Plan: 2 to add") {
				t.Errorf("no %q:\n%s\n%s", want, run.stdout.String(), run.stderr.String())
			}
		})
	}
}

func TestApplyThatMayNotAskDoesNotEvenConnect(t *testing.T) {
	for _, test := range []struct {
		terminal bool
		args     []string
	}{
		{false, []string{"apply"}},
		{true, []string{"apply", "-input=false"}},
	} {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, stdin: strings.NewReader("yes\n"), terminal: test.terminal}
		if got := run.run(t, test.args...); got != StatusError || !strings.Contains(run.stderr.String(), "-auto-approve") {
			t.Errorf("%q: status %d\n%s", test.args, got, run.stderr.String())
		}
		if account.dialed != 0 {
			t.Errorf("%q: connected", test.args)
		}
	}
}

func TestAccountFlag(t *testing.T) {
	work, home := newFake(), newFake()
	run := fakeRun{accounts: map[string]*fakeAccount{"work": work, "home": home}}
	if got := run.run(t, "apply", "-auto-approve", "-account=account.home"); got != StatusOK || !home.has("A") || work.dialed > 0 {
		t.Errorf("status %d, work dialed %d times\n%s", got, work.dialed, run.stderr.String())
	}
	if got := run.run(t, "plan", "-account=wrok"); got != StatusError || !strings.Contains(run.stderr.String(), `Did you mean "work"?`) {
		t.Errorf("status %d\n%s", got, run.stderr.String())
	}
	if got := run.run(t, "plan", "-account=zzz"); got != StatusError || !strings.Contains(run.stderr.String(), "account.home") {
		t.Errorf("status %d\n%s", got, run.stderr.String())
	}
}

func TestPlanChangesNothing(t *testing.T) {
	account := newFake()
	run := fakeRun{accounts: map[string]*fakeAccount{"work": account}}
	if got := run.run(t, "plan"); got != StatusOK || account.has("A") {
		t.Errorf("status %d\n%s", got, run.stderr.String())
	}
	if run.stderr.String() != "" {
		t.Errorf("on standard error: %s", run.stderr.String())
	}
	if got := run.run(t, "plan", "-detailed-exitcode"); got != StatusChanges {
		t.Errorf("status %d", got)
	}
	if got := run.run(t, "apply", "-auto-approve"); got != StatusOK {
		t.Errorf("status %d\n%s", got, run.stderr.String())
	}
	if got := run.run(t, "plan", "-detailed-exitcode"); got != StatusOK || run.stdout.String() != "No changes. Your mailboxes match the configuration.\n" {
		t.Errorf("status %d\n%s", got, run.stdout.String())
	}
	if got := run.run(t, "apply", "-auto-approve"); got != StatusOK || run.stderr.String() != "" {
		t.Errorf("status %d\n%s", got, run.stderr.String())
	}
}

// Steps that fail are told with their reason, and the status says so.
func TestApplyThatFails(t *testing.T) {
	account, other := newFake(), newFake()
	account.creating = func(context.Context) error { return errors.New("no permission\x1b[2J") }
	run := fakeRun{accounts: map[string]*fakeAccount{"work": account, "other": other}}
	if got := run.run(t, "apply", "-auto-approve"); got != StatusIncomplete {
		t.Errorf("status %d", got)
	}
	got := run.stderr.String()
	for _, want := range []string{"Apply incomplete! Resources: 2 added", `account.work: create folder "A": `, `no permission\x1b[2J`, "A new plan shows"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q:\n%s", want, got)
		}
	}
	if !other.has("B") {
		t.Error("the other account was not applied")
	}
}

// A session that was idle while somebody thought is tried, and replaced if it is
// lost.
func TestApplyAfterALongThought(t *testing.T) {
	for _, dead := range []bool{false, true} {
		account := newFake()
		at := time.Now()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, now: func() time.Time {
			account.mu.Lock()
			defer account.mu.Unlock()
			if account.dialed == 1 && dead {
				account.dead = true // from the first look at the clock on
			}
			at = at.Add(time.Minute)
			return at
		}}
		want := 1
		if dead {
			want = 2
		}
		if got := run.run(t, "apply", "-auto-approve"); got != StatusOK || account.dialed != want {
			t.Errorf("dead %v: status %d, dialed %d times\n%s", dead, got, account.dialed, run.stderr.String())
		}
	}
}

func TestInterruptedPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, signals: make(chan os.Signal, 2)}
		account.listing = func(ctx context.Context) error {
			run.signals <- os.Interrupt
			<-ctx.Done()
			return ctx.Err()
		}
		if got := run.run(t, "apply", "-auto-approve"); got != StatusError || account.has("A") {
			t.Errorf("status %d", got)
		}
		if !strings.Contains(run.stderr.String(), "Nothing was changed.") {
			t.Errorf("got %s", run.stderr.String())
		}
	})
}

// The first interrupt lets the commands in flight end.
func TestInterruptedApply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, signals: make(chan os.Signal, 2)}
		run.rule = "folder \"many\" {\n  for_each = toset([for n in range(100, 400) : \"C${n}\"])\n  name     = each.value\n}\n" // more than are sent together
		begun := false
		account.creating = func(ctx context.Context) error {
			if !begun {
				begun = true
				run.signals <- os.Interrupt
				synctest.Wait() // until the run knows
			}
			return ctx.Err()
		}
		if got := run.run(t, "apply", "-auto-approve"); got != StatusIncomplete {
			t.Errorf("status %d", got)
		}
		if !account.has("A") || !account.has("C297") || account.has("C298") {
			t.Error("not exactly the commands in flight were finished")
		}
		if got := run.stderr.String(); !strings.Contains(got, "Apply incomplete!") || !strings.Contains(got, "command in flight is being finished") {
			t.Errorf("got %s", got)
		}
	})
}

// The second interrupt waits for nothing.
func TestInterruptedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, signals: make(chan os.Signal, 2)}
		never := make(chan struct{})
		begun := false
		account.creating = func(context.Context) error {
			if begun {
				return errLost
			}
			begun = true
			run.signals <- os.Interrupt
			time.Sleep(time.Second)
			run.signals <- os.Interrupt
			<-never
			return errLost
		}
		if got := run.run(t, "apply", "-auto-approve"); got != StatusIncomplete {
			t.Errorf("status %d", got)
		}
		if !strings.Contains(run.stderr.String(), "Stopped at once") {
			t.Errorf("got %s", run.stderr.String())
		}
		close(never)
		synctest.Wait()
	})
}

// TestInterruptedTwiceAtOnce: timeout(1) signals the process and its group.
func TestInterruptedTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, signals: make(chan os.Signal, 2)}
		begun := false
		account.creating = func(context.Context) error {
			if !begun {
				begun = true
				run.signals <- os.Interrupt
				run.signals <- os.Interrupt
				time.Sleep(time.Second)
			}
			return nil
		}
		run.run(t, "apply", "-auto-approve")
		if got := run.stderr.String(); strings.Contains(got, "Stopped at once") || !strings.Contains(got, "Interrupted") {
			t.Errorf("got %s", got)
		}
	})
}

func TestInterruptAtThePrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newFake()
		signals := make(chan os.Signal, 2)
		stdin := &interrupting{signals: signals, end: make(chan struct{})}
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, terminal: true, signals: signals, stdin: stdin}
		if got := run.run(t, "apply"); got != StatusError || account.has("A") {
			t.Errorf("status %d", got)
		}
		got := run.stderr.String()
		if !strings.Contains(got, "Apply cancelled") || !strings.Contains(got, "Nothing was changed.") || strings.Contains(got, "in flight") {
			t.Errorf("got %s", got)
		}
		close(stdin.end)
		synctest.Wait()
	})
}

// interrupting is an input at which somebody interrupts instead of answering.
type interrupting struct {
	signals chan os.Signal
	end     chan struct{}
}

func (i *interrupting) Read([]byte) (int, error) {
	i.signals <- os.Interrupt
	<-i.end
	return 0, io.EOF
}
