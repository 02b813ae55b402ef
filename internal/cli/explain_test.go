package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What goes wrong with a server is told, and nothing is explained.
func TestExplainFails(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*fakeAccount)
		args   []string
		want   string
	}{
		"it cannot be reached": {func(f *fakeAccount) { f.refuse = errors.New("connection refused") }, []string{"-uid=1"}, "Cannot connect to account.work"},
		"it cannot list":       {func(f *fakeAccount) { f.listing = func(context.Context) error { return errLost } }, []string{"-uid=1"}, "Cannot read account.work"},
		"it cannot answer":     {func(f *fakeAccount) { f.answer = func() error { return errLost } }, []string{"-uid=1"}, "Cannot read account.work"},
		"nor find":             {func(f *fakeAccount) { f.answer = func() error { return errLost } }, []string{"-message-id=x"}, "Cannot read account.work"},
		"there is no message":  {func(*fakeAccount) {}, []string{"-uid=1"}, `There is no message with UID 1 in "INBOX"`},
		"nor such a one":       {func(*fakeAccount) {}, []string{"-message-id=x"}, `There is no message with that Message-ID in "INBOX"`},
		"there is no folder":   {func(*fakeAccount) {}, []string{"-folder=Nowhere", "-uid=1"}, `There is no folder "Nowhere" in account.work`},
	} {
		account := newFake()
		c.change(account)
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}}
		status := run.run(t, append([]string{"explain"}, c.args...)...)
		if status != StatusError || !strings.Contains(run.stderr.String(), c.want) || run.stdout.String() != "" {
			t.Errorf("%s: status %d, %s%s", name, status, run.stderr.String(), run.stdout.String())
		}
		if run.open != 0 {
			t.Errorf("%s: %d sessions stay open", name, run.open)
		}
	}
}

// An interrupt ends it.
func TestExplainInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}, signals: make(chan os.Signal, 1)}
		account.listing = func(ctx context.Context) error {
			run.signals <- os.Interrupt
			<-ctx.Done()
			return ctx.Err()
		}
		if got := run.run(t, "explain", "-uid=1"); got != StatusError || !strings.Contains(run.stderr.String(), "Nothing was changed.") {
			t.Errorf("status %d, %s", got, run.stderr.String())
		}
		time.Sleep(time.Second)
		if run.open != 0 {
			t.Errorf("%d sessions stay open", run.open)
		}
	})
}
