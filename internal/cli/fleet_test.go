package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// failures are the ways in which an account has no plan, and the reason that is

// given in one line.

var failures = []struct {
	name   string
	broken func() *fakeAccount
	rule   string
	reason string
}{
	{"at login", func() *fakeAccount { return &fakeAccount{refuse: errors.New("the login\nwas refused")} }, "", "the login was refused"},
	{"at listing", func() *fakeAccount {
		a := newFake()
		a.listing = func(context.Context) error { return errLost }
		return a
	}, "", "connection lost"},
	{"by a bug", func() *fakeAccount {
		a := newFake()
		a.listing = func(context.Context) error { panic("hunter2") }
		return a
	}, "", "This is a bug in imapform"},
	{"by a bug at logout, too", func() *fakeAccount {
		a := newFake()
		a.listing = func(context.Context) error { panic("hunter2") }
		a.farewell = func() { panic("hunter2") }
		return a
	}, "", "This is a bug in imapform"},
	{
		"in the planner", newFake,
		"rule \"nowhere\" {\n  account = account.broken\n  in = [\"Nowhere\"]\n  match { everything = true }\n  add_flags = [\"seen\"]\n}\n",
		"Folder does not exist (main.imap.hcl:",
	},
	{
		"while reading", func() *fakeAccount {
			a := newFake()
			a.answer = func() error { return errLost }
			return a
		},
		"rule \"seen\" {\n  account = account.broken\n  match { everything = true }\n  add_flags = [\"seen\"]\n}\n",
		"connection lost",
	},
}

// An account that cannot be planned stops neither the plan nor the apply of the

// others.

func TestAccountThatFails(t *testing.T) {
	for _, failure := range failures {
		t.Run(failure.name, func(t *testing.T) {
			first, last := newFake(), newFake()
			run := fakeRun{rule: failure.rule, accounts: map[string]*fakeAccount{"a": first, "broken": failure.broken(), "c": last}}
			list := func(head, middle string) string {
				return "1 of 3 accounts " + head + ":\n  - account.broken: " + middle + failure.reason
			}
			if got := run.run(t, "plan", "-detailed-exitcode"); got != StatusError {
				t.Errorf("plan: status %d", got)
			}
			run.wants(t, &run.stdout, "in account.a:", "in account.c:", "Plan: 4 to add", "1 of 3 accounts could not be planned and will be left alone: account.broken.")
			run.wants(t, &run.stderr, list("could not be planned", ""))

			if got := run.run(t, "apply", "-auto-approve"); got != StatusIncomplete {
				t.Errorf("apply: status %d", got)
			}
			run.wants(t, &run.stdout, "Plan: 4 to add")
			run.wants(t, &run.stderr, "Apply incomplete! Resources: 4 added", list("is not done", "not planned: "))
			if !first.has("B") || !last.has("B") {
				t.Error("the others were not applied")
			}

			// The status is the same where the others need nothing more.
			if got := run.run(t, "apply", "-auto-approve"); got != StatusIncomplete {
				t.Errorf("second apply: status %d", got)
			}
			run.wants(t, &run.stdout, "No changes in account.a", "No changes in account.c", "1 of 3 accounts could not be planned")
			run.wants(t, &run.stderr, list("could not be planned", ""))

			if got := run.run(t, "apply", "-auto-approve", "-account=broken"); got != StatusError {
				t.Errorf("alone: status %d", got)
			}
			if strings.Contains(run.stderr.String(), "1 of 1") || run.stdout.String() != "" {
				t.Errorf("alone it is told twice:\n%s\n%s", run.stdout.String(), run.stderr.String())
			}
			if run.open != 0 {
				t.Errorf("%d sessions are left open", run.open)
			}
		})
	}
}

func (f *fakeRun) wants(t *testing.T, stream *transcript, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(stream.String(), want) {
			t.Errorf("no %q:\n%s", want, stream.String())
		}
	}
	if strings.Contains(stream.String(), "hunter2") {
		t.Errorf("what panicked is shown:\n%s", stream.String())
	}
}

// Where nobody could be planned, nothing was done.

func TestAllAccountsFail(t *testing.T) {
	run := fakeRun{accounts: map[string]*fakeAccount{}}
	for _, label := range []string{"a", "b", "c", "d", "e", "f"} {
		run.accounts[label] = &fakeAccount{refuse: errors.New("no route to host")}
	}
	for _, command := range []string{"plan", "apply"} {
		args := []string{command}
		if command == "apply" {
			args = append(args, "-auto-approve")
		}
		if got := run.run(t, args...); got != StatusError || run.stdout.String() != "" {
			t.Errorf("%s: status %d\n%s", command, got, run.stdout.String())
		}
		run.wants(t, &run.stderr, "6 of 6 accounts could not be planned:", "\n  - account.f: no route to host\n")
	}
}

// A bug in one account's apply is told, with what is not known, and the others go on.

// A rail that breaks in one account stops all of them.

func TestRailStopsEveryAccount(t *testing.T) {
	for _, test := range []struct {
		name        string
		third       *fakeAccount
		plan, apply Status
	}{
		{"all are planned", newFake(), StatusRail, StatusRail},
		{"one is not", &fakeAccount{refuse: errLost}, StatusError, StatusRail},
	} {
		t.Run(test.name, func(t *testing.T) {
			strict, other := newFake(), newFake()
			strict.folders["X"], strict.folders["Y"] = false, false
			run := fakeRun{
				accounts: map[string]*fakeAccount{"other": other, "strict": strict, "third": test.third},
				rule:     "policy {\n  max_removed_folders = 1\n}\nremoved {\n  account = account.strict\n  folder  = \"X\"\n}\nremoved {\n  account = account.strict\n  folder  = \"Y\"\n}\n",
			}
			if got := run.run(t, "plan"); got != test.plan {
				t.Errorf("plan: status %d", got)
			}
			if got := run.run(t, "apply", "-auto-approve"); got != test.apply || other.has("A") {
				t.Errorf("apply: status %d, applied %v", got, other.has("A"))
			}
			run.wants(t, &run.stderr, "It breaks a rail in account.strict", "-account")
			if got := run.run(t, "apply", "-auto-approve", "-account=other"); got != StatusOK || !other.has("A") {
				t.Errorf("the other one alone: status %d", got)
			}
		})
	}
}

// However long each account takes, and whatever happens to it, the order is that of

// the configuration.

// No more sessions are open at once than are allowed, and as many as that.

// An account that cannot be connected to again is not done, and stops no other.

// An interrupt while accounts are planned lets none be begun, and nothing be applied.

// The first interrupt lets the commands in flight of all accounts end, and begins

// no further account.

// Two accounts that are one mailbox never have their turn at once.

// A hundred accounts, real ones of this machine, one of which has no mailbox.

func TestHundredMaildirs(t *testing.T) {
	dir := t.TempDir()
	var source strings.Builder
	for i := range 100 {
		fmt.Fprintf(&source, "account \"m%02d\" {\n  maildir = \"m%02[1]d\"\n}\nfolder \"lists%02[1]d\" {\n  account = account.m%02[1]d\n  name = \"Lists\"\n}\n", i)
		fmt.Fprintf(&source, "rule \"file%02d\" {\n  account = account.m%02[1]d\n  match { from = \"digest@example.com\" }\n  move_to = \"Lists\"\n}\n", i)
		if i == 50 {
			continue
		}
		for _, below := range []string{"cur", "new", "tmp"} {
			if err := os.MkdirAll(filepath.Join(dir, fmt.Sprintf("m%02d", i), below), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		mail := []byte("From: digest@example.com\nSubject: x\nMessage-ID: <1@example.com>\n\nHello.\n")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("m%02d", i), "cur", "1758000001.M1P1.host:2,"), mail, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(source.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		want   Status
		args   []string
		output []string
	}{
		{StatusError, []string{"plan", "-detailed-exitcode"}, []string{"Plan: 99 to add, 99 to change, 0 to destroy. Messages: 99 to move.", "1 of 100 accounts could not be planned", "in account.m99:"}},
		{StatusIncomplete, []string{"apply", "-auto-approve"}, []string{"Resources: 99 added, 99 changed, 0 destroyed. Messages: 99 moved.", "1 of 100 accounts is not done:\n  - account.m50: not planned: "}},
		{StatusIncomplete, []string{"apply", "-auto-approve"}, []string{"99 accounts: no changes.\n"}},
	}
	for _, step := range steps {
		status, got := runIn(t, dir, "", []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")}, step.args...)
		if Status(status) != step.want {
			t.Errorf("%q: status %d", step.args, status)
		}
		for _, want := range step.output {
			if !strings.Contains(got, want) {
				t.Errorf("%q: no %q:\n%.2000s", step.args, want, got)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "m99", ".Lists")); err != nil {
		t.Error(err)
	}
}
