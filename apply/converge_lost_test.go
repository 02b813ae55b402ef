package apply_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// However often the connection is lost, and wherever, a run does what its plan says;
// and one that died at any place is finished by its journal. Nothing is lost, nothing
// doubled, on no server: also not where messages are copied and then deleted.
func TestConvergeOverLostConnections(t *testing.T) {
	servers := model.Variants()
	tried, doubtful := 0, 0
	for seed := *first; seed < *first+*rounds/2; seed++ {
		v := servers[seed%uint64(len(servers))]
		switch done, unsure := convergeOverLoss(t, seed, v); {
		case unsure:
			doubtful++
		case done:
			tried++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestConvergeOverLostConnections -first=%d -rounds=2", seed, v.Name, seed)
		}
	}
	t.Logf("%d went on as if nothing had happened, %d left messages alone of which it could not be told what became", tried, doubtful)
	if *rounds > 100 && doubtful > tried/10 {
		t.Errorf("%d of %d could not be told: that shows too little", doubtful, tried)
	}
}

func convergeOverLoss(t *testing.T, seed uint64, v model.Variant) (done, unsure bool) {
	w := &dice{rng: rand.New(rand.NewPCG(seed, 9)), t: t}
	a := w.mailbox(v)
	account := w.account()
	p, diags := makePlan(t, a, account)
	if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 || deletes(p) && !v.Can.UIDPlus {
		return false, false
	}
	if seed%2 == 1 { // as from a file
		p = reread(t, p)
	}
	want := expect(a, p)
	log := &memory{left: -1}
	r, dies, err := w.runLosing(a, p, log, nil)
	careful(t, a)
	switch {
	case dies:
		rest := again(a)
		rest.Journal = log
		if resumed, err := apply.Resume(t.Context(), log.records, a, rest); err != nil {
			unsure = true
			t.Logf("seed %d: resumed: %+v %v", seed, resumed, err)
		}
	case err != nil:
		t.Errorf("seed %d: the run: %v\n%s", seed, err, told(r))
	case !r.Complete():
		unsure = true
		for _, o := range r.Steps {
			if o.Status == apply.StatusFailed && !strings.Contains(o.Err.Error(), "unknown") {
				t.Errorf("seed %d: a step failed: %v", seed, o.Err)
			}
		}
	}
	if testing.Verbose() && *rounds == 2 {
		t.Logf("%v\n%s", err, told(r))
	}
	if left := a.Marked(); len(left) > 0 && !unsure {
		t.Errorf(`seed %d: left marked \Deleted: %v`, seed, left)
	}
	balanced(t, seed, a, want, unsure || dies, deletes(p))
	p, diags = makePlan(t, a, account)
	if diags.HasErrors() {
		t.Errorf("seed %d: the next plan: %v", seed, diags)
		return false, unsure
	}
	if !dies && !unsure && !p.Empty() {
		t.Errorf("seed %d: the next plan has steps: %s", seed, stepsOf(p))
	}
	want2 := expect(a, p)
	if r, err := apply.Run(t.Context(), p, a, apply.Options{}); err != nil || !r.Complete() {
		t.Errorf("seed %d: the next run: %v\n%s", seed, err, told(r))
	}
	careful(t, a)
	if !unsure {
		balanced(t, seed, a, want, false, false)
	}
	balanced(t, seed, a, want2, false, false)
	if last, diags := makePlan(t, a, account); diags.HasErrors() || !last.Empty() {
		t.Errorf("seed %d: the last plan: %v %s", seed, diags, stepsOf(last))
	}
	return true, unsure
}

// runLosing carries a plan out while connections are lost: half of the runs die of it.
func (w *dice) runLosing(a *model.Account, p *plan.Plan, log *memory, listing []plan.Folder) (r *apply.Result, dies bool, err error) {
	o := again(a)
	o.Journal, o.Listing = log, listing
	dies = w.chance(50)
	w.loseConnections(a, dies)
	if dies {
		o.Reconnect = nil
	}
	r, err = apply.Run(w.t.Context(), p, a, o)
	a.Before, a.After = nil, nil
	a.Reconnect()
	return r, dies, err
}

// loseConnections lets the connection break at random operations: of one that dies, once.
func (w *dice) loseConnections(a *model.Account, once bool) {
	a.Overrun = w.rng.IntN(4)
	left := 1 + w.rng.IntN(3)
	if once {
		left = 1
	}
	next, after := 1+w.rng.IntN(40), w.chance(50)
	hook := func(late bool) model.Hook {
		return func(op model.Op) error {
			if left == 0 || op.N < next || late != after {
				return nil
			}
			left--
			next, after = op.N+12+w.rng.IntN(30), w.chance(50)
			return model.ErrLost
		}
	}
	a.Before, a.After = hook(false), hook(true)
}

// balanced fails the test unless each mail is there as often as wanted; or, before all
// is done, at least once and, but for copies that are still to be made, not more often.
func balanced(t *testing.T, seed uint64, a *model.Account, want map[int]int, partly, deletes bool) {
	t.Helper()
	census := a.Census()
	for mail, n := range want {
		got := len(census[mail])
		most := max(n, 1)
		if deletes {
			most++ // copied, and not deleted yet
		}
		if partly && (got > 0 || n == 0) && got <= most {
			continue
		}
		if got != n {
			t.Errorf("seed %d: mail %d is at %v, want %d", seed, mail, census[mail], n)
		}
	}
}

func stepsOf(p *plan.Plan) (all string) {
	for _, s := range p.Steps {
		all += fmt.Sprintf("%T %+v\n", s.Op, s.Op)
	}
	return all
}
