package render

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/plan"
)

func result(t *testing.T, all ...Applied) string {
	t.Helper()
	var b strings.Builder
	if err := Result(&b, all, Options{Width: 90}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// outcomes are those of an apply that did all that the plan holds.
func outcomes(p *plan.Plan) []apply.Outcome {
	all := make([]apply.Outcome, len(p.Steps))
	for i := range all {
		all[i].Status = apply.StatusDone
	}
	return all
}

func TestResultComplete(t *testing.T) {
	p := everything()
	r := &apply.Result{Added: 1, Changed: 2, Destroyed: 1, Messages: apply.Counts{Moved: 40, Flagged: 12}, Steps: outcomes(p)}
	want := "Apply complete! Resources: 1 added, 2 changed, 1 destroyed. Messages: 40 moved, 12 flagged.\n"
	if got := result(t, Applied{Account: p.Account, Plan: p, Result: r}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Steps[9].Skipped = []apply.Skip{{Reason: "gone", Messages: 1, Harmless: true}}
	want += "  (rule.newsletters: move 36 messages from \"INBOX\" to \"Lists/Newsletters\": 1 message left alone: gone)\n"
	if got := result(t, Applied{Account: p.Account, Plan: p, Result: r}); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestResultIncomplete(t *testing.T) {
	p := everything()
	r := &apply.Result{Added: 1, Interrupted: true, Messages: apply.Counts{Moved: 3}, Steps: outcomes(p)}
	r.Steps[0] = apply.Outcome{Status: apply.StatusFailed, Err: errors.New("rename folder: the server refuses: NO \x1b[31m")}
	r.Steps[5] = apply.Outcome{Status: apply.StatusBlocked, Err: errors.New("its folder was not renamed")}
	r.Steps[9] = apply.Outcome{Status: apply.StatusFailed, Done: apply.Counts{Moved: 3}, Err: errors.New("over quota")}
	r.Steps[10] = apply.Outcome{Status: apply.StatusDone, Skipped: []apply.Skip{{Reason: "another message has its UID", Messages: 2}}}
	r.Steps[11] = apply.Outcome{}
	golden(t, "incomplete.txt", result(t,
		Applied{Account: p.Account, Plan: p, Result: r},
		Applied{Account: "account.home", Plan: &plan.Plan{Account: "account.home", Steps: p.Steps[1:2]}, Err: errors.New("connection refused")},
	))
}

// Nothing that is not done may be missing from what is left.
func TestResultNamesEachStepThatIsLeft(t *testing.T) {
	p := everything()
	for i := range p.Steps {
		for _, o := range []apply.Outcome{
			{}, {Status: apply.StatusFailed}, {Status: apply.StatusBlocked},
			{Status: apply.StatusDone, Err: errors.New("some failed")},
			{Status: apply.StatusDone, Skipped: []apply.Skip{{Reason: "why", Messages: 1}}},
		} {
			r := &apply.Result{Steps: outcomes(p)}
			r.Steps[i] = o
			got := result(t, Applied{Account: p.Account, Plan: p, Result: r})
			if !strings.Contains(got, "\nApply incomplete!") || strings.Count(got, "\n  - ") != 1 {
				t.Errorf("step %d with %+v:\n%s", i, o, got)
			}
		}
	}
}

// An error that begins with what was being done says it once.
func TestResultSaysOnceWhatWasDone(t *testing.T) {
	p := &plan.Plan{Account: "account.w", Steps: []plan.Step{{Op: plan.Create{Name: "F"}}}}
	r := &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: errors.New(`create folder "F": over quota`)}}}
	if got := result(t, Applied{Account: p.Account, Plan: p, Result: r}); !strings.Contains(got, "  - create folder \"F\": over quota\n") {
		t.Errorf("got %s", got)
	}
}

// The words of apply and server before the reason are dropped, those of another
// number of messages are not.
func TestResultSaysOnceWhatWasMoved(t *testing.T) {
	p := &plan.Plan{Account: "account.w", Steps: []plan.Step{{
		Op:      plan.File{Folder: "INBOX", To: "L", Away: plan.AwayMove, Messages: messages(3, nil)},
		Because: because("rule.list"),
	}}}
	for text, want := range map[string]string{
		`move 3 messages from folder "INBOX" to "L": move messages to folder "L": over quota`: "over quota",
		`move 2 messages from folder "INBOX" to "L": over quota`:                              `move 2 messages from folder "INBOX" to "L": over quota`,
	} {
		var b strings.Builder
		r := &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: errors.New(text)}}}
		if err := Result(&b, []Applied{{Account: p.Account, Plan: p, Result: r}}, Options{}); err != nil {
			t.Fatal(err)
		}
		if want := `  - rule.list: move 3 messages from "INBOX" to "L": ` + want + "\n"; !strings.Contains(b.String(), want) {
			t.Errorf("no %q:\n%s", want, b.String())
		}
	}
}

// What went wrong is not lost among what was not begun, and the summary comes after
// it, by account at the very end.
func TestResultCountsWhatWasNotBegun(t *testing.T) {
	p := everything()
	r := &apply.Result{Interrupted: true, Steps: outcomes(p)}
	clear(r.Steps[1:])
	r.Steps[0] = apply.Outcome{Status: apply.StatusFailed, Err: apply.ErrStopped}
	none := &apply.Result{Interrupted: true}
	want := `What is left:
  - account.work: rename folder "Lists/News" to "Lists/Newsletters": stopped on request; a
    new plan shows what is left
  - account.work: 16 steps were not begun, because the apply was interrupted

A new plan shows what there is still to do: run imapform plan.

Apply incomplete! Resources: 0 added, 0 changed, 0 destroyed.

2 of 2 accounts are not done:
  - account.work: 17 of 17 steps are left, because the apply was interrupted
  - account.home: not begun, because the apply was interrupted
`
	got := result(t, Applied{Account: p.Account, Plan: p, Result: r},
		Applied{Account: "account.home", Plan: &plan.Plan{Account: "account.home", Steps: p.Steps[1:2]}, Result: none})
	if got != want {
		t.Errorf("got %s", got)
	}
}

// Of many accounts each that is not done has its line at the end; those that an
// interrupt left alone share one.
func TestResultOfManyAccounts(t *testing.T) {
	steps := everything().Steps[1:3]
	account := func(name string, r *apply.Result, err error) Applied {
		return Applied{Account: name, Plan: &plan.Plan{Account: name, Steps: steps}, Result: r, Err: err}
	}
	doubtful := account("account.crashed", nil, errors.New("This is a bug."))
	doubtful.InDoubt = true
	all := []Applied{
		{Account: "account.down", Err: errors.New("not planned:\nno\x1b route")},
		account("account.good", &apply.Result{Added: 2, Steps: []apply.Outcome{{Status: apply.StatusDone}, {Status: apply.StatusDone}}}, nil),
		{Account: "account.quiet", Plan: &plan.Plan{}, Result: &apply.Result{}},
		account("account.lost", nil, errors.New("connection refused")),
		doubtful,
		account("account.part", &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: errors.New("over quota")}, {Status: apply.StatusBlocked, Err: errors.New("blocked")}}}, nil),
	}
	for i := range 5 {
		all = append(all, account(fmt.Sprintf("account.i%d", i), &apply.Result{Interrupted: true}, nil))
	}
	golden(t, "fleet.txt", result(t, all...))
	if got := result(t, all[1:3]...); got != "Apply complete! Resources: 2 added, 0 changed, 0 destroyed.\n" {
		t.Errorf("got %s", got)
	}
	if got := result(t, all[3]); strings.Contains(got, "not done") || !strings.Contains(got, "What is left:\n  - connection refused\n  - 2 steps were not begun\n") {
		t.Errorf("of one account: got %s", got)
	}
}

// A note is a warning, with the account where there are several.
func TestResultWarnsOfNotes(t *testing.T) {
	p := &plan.Plan{Account: "account.w", Steps: []plan.Step{{Op: plan.Create{Name: "F"}}}}
	r := &apply.Result{Added: 1, Steps: []apply.Outcome{{Status: apply.StatusDone, Notes: []string{"the server does\x1b not show it"}}}}
	one, other := Applied{Account: p.Account, Plan: p, Result: r}, Applied{Account: "account.o", Plan: &plan.Plan{Account: "account.o"}, Result: &apply.Result{}}
	const box = "╷\n│ Warning: Not quite as planned: %screate folder \"F\"\n│\n│ the server does\\x1b not show it\n╵\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"
	if got, want := result(t, one), fmt.Sprintf(box, ""); got != want {
		t.Errorf("got %s", got)
	}
	if got, want := result(t, one, other), fmt.Sprintf(box, "account.w: "); got != want {
		t.Errorf("of two accounts: got %s", got)
	}

	r.Steps[0].Notes = append(r.Steps[0].Notes, "it was there already")
	want := "╷\n│ Warning: Some steps went not quite as planned\n│\n" +
		"│ - create folder \"F\": the server does\\x1b not show it\n│ - create folder \"F\": it was there already\n╵\n" +
		"Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"
	if got := result(t, one); got != want {
		t.Errorf("of two notes: got %s", got)
	}
}
