package cli

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/plan"
)

func TestPromptNamesAccountsThatAreLeftAlone(t *testing.T) {
	account := newFake()
	run := fakeRun{
		accounts: map[string]*fakeAccount{"good": account, "broken": {refuse: errLost}},
		stdin:    strings.NewReader("no\n"), terminal: true,
	}
	if got := run.run(t, "apply"); got != StatusError || account.has("A") {
		t.Errorf("status %d", got)
	}
	run.wants(t, &run.stderr, "1 of 2 accounts could not be planned and will be left alone: account.broken.\n  Only 'yes'")
}

func TestPanicInOneApply(t *testing.T) {
	broken, good := newFake(), newFake()
	broken.creating = func(context.Context) error { panic("hunter2") }
	run := fakeRun{accounts: map[string]*fakeAccount{"broken": broken, "good": good}}
	if got := run.run(t, "apply", "-auto-approve", "-parallelism=1"); got != StatusIncomplete || !good.has("B") {
		t.Errorf("status %d", got)
	}
	run.wants(t, &run.stderr, "1 of 2 accounts is not done:\n  - account.broken: This is a bug in imapform", "What was done before is not known.")
	if strings.Contains(run.stderr.String(), "not begun") {
		t.Errorf("what is not known is told:\n%s", run.stderr.String())
	}
}

func TestAccountThatIsLostBeforeItsTurn(t *testing.T) {
	lost, good := newFake(), newFake()
	lists := 0
	lost.listing = func(context.Context) error {
		if lists++; lists > 1 {
			return errLost
		}
		return nil
	}
	run := fakeRun{accounts: map[string]*fakeAccount{"a": lost, "b": good}}
	if got := run.run(t, "apply", "-auto-approve", "-parallelism=1"); got != StatusIncomplete || lost.has("A") || !good.has("B") {
		t.Errorf("status %d", got)
	}
	run.wants(t, &run.stderr, "Apply incomplete! Resources: 2 added", "1 of 2 accounts is not done:\n  - account.a: connection lost\n")
	if run.open != 0 {
		t.Errorf("%d sessions are left open", run.open)
	}
}

func TestAppliedStatus(t *testing.T) {
	account := &config.Account{Address: "account.a"}
	steps := &plan.Plan{Steps: []plan.Step{{Op: plan.Create{Name: "A"}}}}
	done := &planned{account: account, plan: steps, result: &apply.Result{Added: 1, Steps: []apply.Outcome{{Status: apply.StatusDone}}}}
	quiet := &planned{account: account, plan: &plan.Plan{}}
	missing := &planned{account: account, why: "down"}
	refused := &planned{account: account, plan: steps, err: errLost}
	failed := &planned{account: account, plan: steps, result: &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: errLost}}}}
	unknown := &planned{account: account, plan: steps, result: &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: &apply.UnknownError{}}}}}
	part := &planned{account: account, plan: steps, result: &apply.Result{Messages: apply.Counts{Moved: 1}, Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: errLost}}}}
	interrupted := &planned{account: account, plan: steps, result: &apply.Result{Interrupted: true}}
	crashed := &planned{account: account, plan: steps, err: errLost, begun: true}
	for i, test := range []struct {
		all  []*planned
		want Status
	}{
		{[]*planned{done}, StatusOK},
		{[]*planned{quiet, quiet}, StatusOK},
		{[]*planned{done, quiet}, StatusOK},
		{[]*planned{missing}, StatusError},
		{[]*planned{refused}, StatusError},
		{[]*planned{failed}, StatusError},
		{[]*planned{missing, refused, failed}, StatusError},
		{[]*planned{unknown}, StatusIncomplete},
		{[]*planned{part}, StatusIncomplete},
		{[]*planned{interrupted}, StatusIncomplete},
		{[]*planned{crashed}, StatusIncomplete},
		{[]*planned{missing, done}, StatusIncomplete},
		{[]*planned{missing, quiet}, StatusIncomplete},
		{[]*planned{refused, quiet}, StatusIncomplete},
		{[]*planned{failed, done}, StatusIncomplete},
		{[]*planned{missing, part}, StatusIncomplete},
	} {
		if got := appliedStatus(test.all); got != test.want {
			t.Errorf("%d: status %d, want %d", i, got, test.want)
		}
		slices.Reverse(test.all)
		if got := appliedStatus(test.all); got != test.want {
			t.Errorf("%d reversed: status %d, want %d", i, got, test.want)
		}
	}
}
