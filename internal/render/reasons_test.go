package render

import (
	"errors"
	"fmt"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/plan"
)

// Errors that are joined stay apart on their one line.
func TestReasonsOfJoinedErrors(t *testing.T) {
	o := apply.Outcome{Status: apply.StatusFailed, Err: errors.Join(errors.New("the answer never came"), errors.New("connect again: refused"))}
	if got := fmt.Sprint(reasons(plan.Step{Op: plan.File{Folder: "INBOX"}}, o)); got != "[the answer never came; connect again: refused]" {
		t.Errorf("got %s", got)
	}
}

// What a run left is told, and that it left nothing only where that is so.
func TestResumed(t *testing.T) {
	doubt := errors.New("doubt")
	for want, c := range map[string]struct {
		r    apply.Resumed
		left error
	}{
		"Nothing was half done.": {},
		"What was half done is finished, or was found to be done: 2 moved.\nA.": {r: apply.Resumed{Done: apply.Counts{Moved: 2}, Notes: []string{"A"}}},
		"A.":                                {r: apply.Resumed{Notes: []string{"A"}}},
		"Not all could be found out: doubt": {left: doubt},
	} {
		if got := Resumed("account.a", "r", &c.r, c.left).Detail; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
