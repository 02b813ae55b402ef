package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/plan"
)

// ticking is a clock that moves on by a quarter of a second at each look.
func ticking() func() time.Time {
	now := made
	return func() time.Time {
		now = now.Add(250 * time.Millisecond)
		return now
	}
}

// streams are those of runs of all kinds.
func streams(t *testing.T) map[string]string {
	t.Helper()
	loop, files := inLoop(t)
	return map[string]string{
		"plan.jsonl": streamed(func(s *Stream) {
			warning := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Beware\n\x1b[2J", Detail: "Of\nthis."}
			s.Diagnostics("", hcl.Diagnostics{loop, warning}, files)
			s.Plans([]*plan.Plan{savable(), home()}, plan.Hidden{Targets: []string{"rule.*"}, Steps: 2, Messages: 17}, files)
			s.Error("The plan cannot be applied", "It breaks a rail.")
			s.End(4, document.OutcomeRail)
		}),
		"apply.jsonl":      streamed(applied),
		"incomplete.jsonl": streamed(incomplete),
		"nothing.jsonl": streamed(func(s *Stream) {
			s.Plans([]*plan.Plan{{Account: "account.work"}}, plan.Hidden{}, nil)
			s.Applied([]Applied{{Account: "account.work", Plan: &plan.Plan{Account: "account.work"}, Result: &apply.Result{}}})
			s.End(0, document.OutcomeSuccess)
		}),
	}
}

func streamed(do func(*Stream)) string {
	var b strings.Builder
	s := NewStream(&b, "0.1.0", ticking())
	do(s)
	return b.String()
}

// applied tells an apply that does all of a plan.
func applied(s *Stream) {
	p := savable()
	r := &apply.Result{Added: 3, Changed: 7, Destroyed: 3, Messages: apply.Counts{Copied: 6, Moved: 41}, Steps: outcomes(p)}
	r.Steps[9].Done = apply.Counts{Moved: 35, Flagged: 12}
	r.Steps[9].Skipped = []apply.Skip{{Reason: "gone", Messages: 1, Harmless: true}}
	r.Steps[1].Notes = []string{"It was there already."}
	for i := range p.Steps {
		s.Applying(p, apply.Event{Kind: apply.StepBegun, Step: i})
		if i == 9 {
			s.Applying(p, apply.Event{Kind: apply.StepProgress, Step: i, Messages: 20})
		}
		s.Applying(p, apply.Event{Kind: apply.StepEnded, Step: i, Outcome: &r.Steps[i]})
	}
	s.Applied([]Applied{{Account: p.Account, Plan: p, Result: r}})
	s.Costs([]document.ProtocolCost{{
		Account: p.Account, Phase: document.PhaseApply, Connections: 1, Commands: 2, RoundTrips: 1,
		OctetsSent: 30, OctetsReceived: 40, Seconds: 0.25, ConnectingSeconds: 0.125, WaitingSeconds: 0.2,
	}})
	s.End(0, document.OutcomeSuccess)
}

// incomplete tells an apply in which things go wrong.
func incomplete(s *Stream) {
	p := savable()
	r := &apply.Result{Interrupted: true, Messages: apply.Counts{Moved: 3}, Steps: make([]apply.Outcome, len(p.Steps))}
	r.Steps[0] = apply.Outcome{Status: apply.StatusFailed, Err: errors.New("the server refuses: NO \x1b[31m")}
	r.Steps[5] = apply.Outcome{Status: apply.StatusBlocked, Err: errors.New("its folder was not renamed")}
	r.Steps[9] = apply.Outcome{Status: apply.StatusFailed, Done: apply.Counts{Moved: 3}, Err: errors.New("over quota"), Skipped: []apply.Skip{{Reason: "another message has its UID", Messages: 2}}}
	for _, i := range []int{0, 5, 9} {
		s.Applying(p, apply.Event{Kind: apply.StepBegun, Step: i})
		s.Applying(p, apply.Event{Kind: apply.StepEnded, Step: i, Outcome: &r.Steps[i]})
	}
	s.Applied([]Applied{
		{Account: p.Account, Plan: p, Result: r, Err: r.Steps[9].Err},
		{Account: "account.home", Plan: home(), Err: errors.New("connection refused")},
		{Account: "account.down", Err: errors.New("not planned")},
	})
	s.End(6, document.OutcomeIncomplete)
}

func TestPlanStream(t *testing.T) {
	validator := definition(t, "Line")
	for name, text := range streams(t) {
		golden(t, name, text)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i, line := range lines {
			if err := validator.Validate(parsed(t, line)); err != nil {
				t.Errorf("%s:%d: %v", name, i+1, err)
			}
			var l document.Line
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			if (l.Type == document.LineVersion) != (i == 0) || (l.Type == document.LineOutcome) != (i == len(lines)-1) {
				t.Errorf("%s:%d is %s", name, i+1, l.Type)
			}
		}
	}
}

// The schema refuses what is not a line.
func TestStreamSchemaRefuses(t *testing.T) {
	validator := definition(t, "Line")
	first, _, _ := strings.Cut(streams(t)["nothing.jsonl"], "\n")
	for _, c := range []struct{ old, new string }{
		{`"type":"version"`, `"type":"versions"`},
		{`"type":"version"`, `"type":"outcome"`},
		{`"ui":"1.0"`, `"ui":"1.1"`},
		{`"ui":"1.0"`, `"ui":"1.0","more":1`},
		{`"ui":"1.0"`, `"ui":"1.0","outcome":{"exit_status":0,"status":"success"}`},
		{`"@level":"info"`, `"@level":"trace"`},
		{`,"ui":"1.0"`, ``},
	} {
		line := strings.Replace(first, c.old, c.new, 1)
		if line == first {
			t.Fatalf("%s is not in %s", c.old, first)
		}
		if validator.Validate(parsed(t, line)) == nil {
			t.Errorf("it takes %s", line)
		}
	}
}

// What a stream counts is what the text counts.
func TestStreamCountsAsTheTextDoes(t *testing.T) {
	text := written(t, Options{}, savable(), home())
	if line := `"@message":"Plan: `; !strings.Contains(streams(t)["plan.jsonl"], line) {
		t.Fatalf("no %s", line)
	}
	for line := range strings.Lines(streams(t)["plan.jsonl"]) {
		var l document.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Type == document.LineChangeSummary && !strings.Contains(text, l.Message+"\n") {
			t.Errorf("the text has no %q", l.Message)
		}
		if l.Type == document.LineChangeSummary && !strings.HasPrefix(l.Message, fmt.Sprintf("Plan: %d to add, %d to change, %d to destroy.", l.Changes.Add, l.Changes.Change, l.Changes.Remove)) {
			t.Errorf("%q is not %+v", l.Message, l.Changes)
		}
	}
}

// A line that cannot be written is an error, and no half of a stream comes after it.
func TestStreamTellsOfAFailingWriter(t *testing.T) {
	s := NewStream(failingWriter{}, "0.1.0", ticking())
	s.Error("x", "")
	if !errors.Is(s.Err(), errFull) {
		t.Errorf("got %v", s.Err())
	}
	var none *Stream
	none.Error("x", "")
	none.Plans(nil, plan.Hidden{}, nil)
	none.Applying(home(), apply.Event{})
	none.Applied(nil)
	none.End(0, document.OutcomeSuccess)
	if none.Err() != nil {
		t.Error("no stream has an error")
	}
}

// Nothing follows the last line, whoever still has something to say.
func TestStreamEndsOnce(t *testing.T) {
	text := streamed(func(s *Stream) {
		s.End(1, document.OutcomeError)
		s.Error("too late", "")
		s.End(0, document.OutcomeSuccess)
	})
	if n := strings.Count(text, "\n"); n != 2 || strings.Contains(text, "success") {
		t.Errorf("%d lines:\n%s", n, text)
	}
}

// Accounts are applied at once: lines stay whole.
func TestStreamOfSeveralGoroutines(t *testing.T) {
	var b strings.Builder
	s := NewStream(&b, "0.1.0", func() time.Time { return made })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p := home()
			for i := range p.Steps {
				s.Applying(p, apply.Event{Kind: apply.StepBegun, Step: i})
			}
		})
	}
	wg.Wait()
	if n := strings.Count(b.String(), "\n"); n != 17 {
		t.Errorf("%d lines", n)
	}
	for line := range strings.Lines(b.String()) {
		parsed(t, line)
	}
}

// An event of a step that is not there is nobody's.
func TestStreamOfForeignEvents(t *testing.T) {
	text := streamed(func(s *Stream) {
		for _, step := range []int{-1, 2} {
			s.Applying(home(), apply.Event{Step: step})
		}
	})
	if strings.Count(text, "\n") != 1 {
		t.Errorf("written:\n%s", text)
	}
}
