package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// An account that cannot be listed is told, and does not stop the others. Only LIST
// is asked for: the fake session knows no other way to look.
func TestShowAccountsThatFail(t *testing.T) {
	first, last := newFake(), newFake()
	refused := &fakeAccount{refuse: errors.New("no route\nto host")}
	broken := newFake()
	broken.listing = func(context.Context) error { panic("hunter2") }
	run := fakeRun{accounts: map[string]*fakeAccount{"a": first, "broken": broken, "c": last, "refused": refused}}
	for _, args := range [][]string{{"show"}, {"show", "-parallelism=1"}, {"show", "-hcl"}, {"show", "-json"}} {
		if status := run.run(t, args...); status != StatusError {
			t.Errorf("%q: status %d", args, status)
		}
		run.wants(t, &run.stdout, "account.a", "account.c")
		run.wants(t, &run.stderr, "Cannot connect to account.refused", "Cannot list account.broken", "2 of 4 accounts could not be listed")
		if run.open != 0 {
			t.Errorf("%q: %d sessions are left open", args, run.open)
		}
	}
	run.wants(t, &run.stdout, `"account": "account.refused"`, `"reason": "no route\nto host"`, `"accounts": 2`)
	if status := run.run(t, "show", "-account=refused"); status != StatusError || run.stdout.String() != "" || strings.Contains(run.stderr.String(), "1 of 1") {
		t.Errorf("alone: status %d\n%s%s", status, run.stdout.String(), run.stderr.String())
	}
	if status := run.run(t, "show", "-account=a", "-account=c"); status != StatusOK || run.stderr.String() != "" {
		t.Errorf("the others: status %d\n%s", status, run.stderr.String())
	}
	run.wants(t, &run.stdout, "2 accounts: 2 folders, 0 messages")
	if first.has("A") || last.has("A") {
		t.Error("something was changed")
	}
}

// An interrupt ends it; what was listed by then is shown.
func TestShowInterrupted(t *testing.T) {
	signals := make(chan os.Signal, 1)
	slow := newFake()
	slow.listing = func(ctx context.Context) error {
		signals <- os.Interrupt
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Second):
			return errors.New("the interrupt is not heard of")
		}
	}
	run := fakeRun{accounts: map[string]*fakeAccount{"a": newFake(), "b": slow}, signals: signals}
	if status := run.run(t, "show", "-parallelism=1"); status != StatusError {
		t.Errorf("status %d", status)
	}
	run.wants(t, &run.stdout, "account.a")
	run.wants(t, &run.stderr, "1 of 2 accounts are not shown. Nothing was changed.")
	if strings.Contains(run.stderr.String(), "could not be listed") {
		t.Errorf("told twice:\n%s", run.stderr.String())
	}
}
