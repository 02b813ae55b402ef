package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/server/wire"
)

// stopping asks softly, after an event or while a command is under way. Nothing is left
// behind that the next plan does not find.
func stopping(f *faulty) (all []attempt) {
	for n := range f.events {
		all = append(all, attempt{fmt.Sprintf("after event %d", n+1), func(t *testing.T) {
			stop, seen := make(chan struct{}), 0
			f.stop(newTrial(t, f.start, imaptest.Script{}), apply.Options{Stop: stop, Report: func(apply.Event) {
				if seen++; seen == n+1 {
					close(stop)
				}
			}})
		}})
	}
	for _, p := range f.places {
		all = append(all, attempt{fmt.Sprintf("during %d %s", p.nth, p.Name), func(t *testing.T) {
			stop := make(chan struct{})
			f.stop(newTrial(t, f.start, imaptest.Script{Faults: []imaptest.Fault{{
				At: imaptest.BeforeAnswer, Match: applying(), Nth: p.nth, Func: func() { close(stop) }, Do: imaptest.Nothing,
			}}}), apply.Options{Stop: stop})
		}})
	}
	return all
}

func (f *faulty) stop(tr *trial, o apply.Options) {
	tr.Helper()
	made, r, err := tr.try(o)
	if err != nil || !r.Interrupted && !r.Complete() {
		tr.Errorf("neither complete nor interrupted: %v %s", err, describe(made, r))
	}
	for _, outcome := range r.Steps {
		if outcome.Err != nil && !errors.Is(outcome.Err, apply.ErrStopped) {
			tr.Errorf("stopping has made a step fail: %s", describe(made, r))
		}
	}
	tr.judge()
	tr.honest(r)
	f.endAs(tr, leftover{view: outcome()})
}

// Many messages that get flags where they are moved to go in batches, between which a run
// can be stopped.
func TestStopBetweenBatches(t *testing.T) {
	for _, f := range faulties()[:3] {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			const all = "rule \"all\" {\n  match {\n    subject = \"n\"\n    seen = false\n  }\n  add_flags = [\"seen\"]\n  move_to = \"Filed\"\n}"
			a := f.start(t)
			m := &mailbox{T: t, account: a, recorder: imaptest.Proxy(t, a.Dial, imaptest.Script{}), now: clock}
			var mail []imaptest.Message
			for i := range 600 {
				mail = append(mail, text(fmt.Sprint("n ", i), day))
			}
			imaptest.Append(t, a, "INBOX", mail...)
			made, s := m.mustPlan(all)
			stop := make(chan struct{})
			r, err := apply.Run(t.Context(), made, s, apply.Options{Stop: stop, Report: func(e apply.Event) {
				if e.Kind == apply.StepProgress {
					close(stop)
				}
			}})
			if err != nil || !r.Interrupted || r.Messages != (apply.Counts{Moved: 500, Flagged: 500}) {
				t.Fatalf("%+v %v", r, err)
			}
			if state := imaptest.Snapshot(t, a); len(state.Folders["Filed"].Messages) != 500 || len(state.Folders["INBOX"].Messages) != 100 {
				t.Error("it is not 500 messages that were moved")
			}
			if r := m.apply(all); r.Messages != (apply.Counts{Moved: 100, Flagged: 100}) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// cancelling stops at once: as a cut does, but nobody can tell how far things were.
func cancelling(f *faulty) (all []attempt) {
	points := []imaptest.Point{imaptest.BeforeCommand, imaptest.AfterCommand, imaptest.BeforeAnswer, imaptest.BeforeReply}
	for i, p := range f.places {
		c := cut{p, points[i%len(points)]}
		all = append(all, attempt{c.String(), func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			tr := newTrial(t, f.start, imaptest.Script{Faults: []imaptest.Fault{{
				At: c.at, Match: applying(), Nth: c.nth, Func: func() { cancel(errors.New("somebody has had enough")) }, Do: imaptest.Nothing,
			}}})
			made, s := tr.look()
			_, r, err := tr.run(ctx, made, s, apply.Options{})
			if !apply.Lost(err) && c.nth < len(f.places) {
				t.Errorf("the run ended with %v", err)
			}
			tr.judge()
			tr.honest(r)
			f.end(tr, cut{p, imaptest.AfterCommand}) // the octets may be under way
		}})
	}
	return all
}

// silencing makes a black hole of the connection, which is given up by the account's
// timeout.
func silencing(f *faulty) (all []attempt) {
	timeout := cmp.Or(f.silence, time.Second)
	if f.name == "maildir" {
		return nil // it is in this process, and no network between
	}
	for _, c := range cuts(f.changing()) {
		all = append(all, attempt{c.String(), func(t *testing.T) {
			tr := newTrial(t, f.start, imaptest.Script{Faults: []imaptest.Fault{{At: c.at, Match: applying(), Nth: c.nth, Do: imaptest.BlackHole}}})
			made, s := tr.look(func(cfg *config.Config) { cfg.Accounts[0].Timeout = timeout })
			began := time.Now()
			_, r, err := tr.run(t.Context(), made, s, apply.Options{})
			if took := time.Since(began); !errors.Is(err, wire.ErrSilent) || !apply.Lost(err) || took < timeout/2 || took > 20*time.Second+timeout {
				t.Errorf("ended after %v with %v", took, err)
			}
			tr.judge()
			tr.honest(r)
			f.end(tr, c)
		}})
	}
	return all
}
