package apply_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// What is explained of a message is what the plan does with it, for whatever
// configuration and mailbox.
func TestExplainIsThePlan(t *testing.T) {
	rounds := min(*rounds, 600)
	servers := model.Variants()
	var explained, changed, passes int
	for seed := *first; seed < *first+rounds; seed++ {
		w := &dice{rng: rand.New(rand.NewPCG(seed, 7)), t: t}
		a := w.mailbox(servers[seed%uint64(len(servers))])
		account := w.account()
		p, diags := makePlan(t, a, account)
		if diags.HasErrors() {
			continue
		}
		for _, places := range a.Census() {
			for _, at := range places {
				trace := explain(t, a, account, at)
				explained++
				if len(trace.Passes) > 1 {
					passes++
				}
				if samePlan(t, p, at, trace) {
					changed++
				}
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d: go test -run TestExplainIsThePlan -first=%d -rounds=1\nconfiguration: %s\n%s", seed, seed, w.said.String(), a.Dump())
		}
	}
	t.Logf("%d explained, %d of which something happens to, %d in several passes", explained, changed, passes)
	if rounds > 100 && (changed < explained/20 || passes < explained/50) {
		t.Errorf("of %d messages something happens to %d, to %d in several passes: that shows little", explained, changed, passes)
	}
}

// explain asks as often as it must.
func explain(t *testing.T, a *model.Account, account *config.Account, at model.Place) *plan.Trace {
	t.Helper()
	planner, diags := plan.New(account, config.DefaultPolicy(), a.Listing(), made)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	m := &message.Message{UID: at.UID}
	var asked message.Parts
	for range 10 {
		trace, missing := planner.Explain(at.Folder, m)
		if missing = missing.Minus(asked); missing.Empty() {
			return trace
		}
		asked = asked.Union(missing)
		told := false
		_, err := a.Answer(t.Context(), plan.Question{Folder: at.Folder, UIDs: imap.UIDSetNum(at.UID), Fetch: missing}, func(more *message.Message) {
			m.Merge(more)
			told = true
		})
		if err != nil || !told {
			t.Fatalf("%v is not told: %v", at, err)
		}
	}
	t.Fatalf("%v: parts are missing without end", at)
	return nil
}

// samePlan compares a trace with the step that deals with the message, and says
// whether there is one.
func samePlan(t *testing.T, p *plan.Plan, at model.Place, trace *plan.Trace) bool {
	t.Helper()
	here := renamedTo(p, at.Folder)
	var f plan.File
	var m plan.Message
	found := false
	for _, s := range p.Steps {
		if file, ok := s.Op.(plan.File); ok && file.Was == at.Folder {
			if i := slices.IndexFunc(file.Messages, func(m plan.Message) bool { return m.UID == at.UID }); i >= 0 {
				f, m, found = file, file.Messages[i], true
			}
		}
	}
	ends, flags := here, at.Flags.With(m.Add).Without(m.Remove)
	if f.Away == plan.AwayMove {
		ends = f.To
	}
	if (f.Away == plan.AwayPermanent) != (trace.Outcome == plan.OutcomeDeleted) || f.Trash != trace.Trash {
		t.Errorf("%v: the plan is %+v, explained is %+v", at, f, trace)
	}
	if trace.Outcome != plan.OutcomeDeleted && (trace.Folder != ends || !trace.Flags.Equal(flags)) {
		t.Errorf("%v: the plan leaves it in %q, flags %s; explained is %q, %s", at, ends, flags, trace.Folder, trace.Flags)
	}
	for _, to := range f.Copies {
		if !slices.Contains(trace.Copies, to) {
			t.Errorf("%v: the plan makes a copy in %q, which is not explained: %v", at, to, trace.Copies)
		}
	}
	if n := len(trace.Passes); n > 0 && trace.Outcome == plan.OutcomeFiled && trace.Passes[0].Folder != mailbox.Name(here) {
		t.Errorf("%v: the first pass is in %q", at, trace.Passes[0].Folder)
	}
	return found
}
