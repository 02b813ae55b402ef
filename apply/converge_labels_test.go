package apply_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

const (
	allMail = mailbox.Name("Everything")
	trash   = mailbox.Name("Trash")
)

// On servers whose folders are labels an apply does to each message what the plan
// says, and no message is ever gone that was not deleted in the trash: also where
// messages have several labels, and where the connection breaks. A message that has
// one label only is where the plan says, and the next plan is empty.
func TestConvergeLabels(t *testing.T) {
	servers := model.Labels()
	tried, rounds := 0, *rounds
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		l := &labelled{dice: &dice{rng: rand.New(rand.NewPCG(seed, 11)), t: t}}
		l.several, l.breaks = l.chance(40), l.chance(30)
		l.a = l.mailbox(v)
		l.account = l.dice.account()
		if l.try(v) {
			tried++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s, several %t, breaks %t: %s\n%s", seed, v.Name, l.several, l.breaks, l.said.String(), l.a.Dump())
		}
	}
	t.Logf("%d of %d applied", tried, rounds)
	if rounds > 100 && tried < int(rounds)/10 {
		t.Errorf("only %d of %d configurations had anything to apply", tried, rounds)
	}
}

// labelled is one random account.
type labelled struct {
	*dice
	a       *model.Account
	account *config.Account
	several bool // messages may have several labels
	breaks  bool // the connection does, once
}

func (l *labelled) mailbox(v model.Variant) *model.Account {
	a := model.New(v)
	a.Now = made
	a.MakeFolder(trash, mailbox.UseTrash)
	a.MakeFolder(allMail, mailbox.UseAll)
	for _, n := range inUse {
		if n != trash && l.chance(70) {
			a.MakeFolder(n)
		}
	}
	folders := a.Listing().Folders
	for _, f := range folders {
		for range l.rng.IntN(7) * l.rng.IntN(4) / 2 {
			if !f.Selectable || f.Name == allMail {
				continue
			}
			_, uid := a.Deliver(f.Name, l.mail())
			for l.several && f.Name != trash && l.chance(50) {
				if to := pick(l.dice, folders); to.Selectable && to.Name != trash {
					a.Label(f.Name, uid, to.Name)
				}
			}
		}
	}
	return a
}

// try plans and applies; false: there is nothing to apply, or it is refused.
func (l *labelled) try(v model.Variant) bool {
	l.t.Helper()
	before := l.a.Dump()
	p, diags := makePlan(l.t, l.a, l.account)
	if l.a.Dump() != before || l.a.Ops() > 0 {
		l.t.Errorf("the plan changed something")
	}
	if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 {
		return false
	}
	if moves(p) && !v.Can.Move {
		if _, err := apply.Run(l.t.Context(), p, l.a, apply.Options{}); err == nil || l.a.Dump() != before {
			l.t.Errorf("applied without MOVE: %v", err)
		}
		return true
	}
	want := l.expect(p)
	if l.breaks {
		at := l.a.Ops() + 1 + l.rng.IntN(30)
		l.a.After = func(op model.Op) error {
			if op.N == at {
				return model.ErrLost
			}
			return nil
		}
	}
	census := l.a.Census()
	r, err := apply.Run(l.t.Context(), p, l.a, apply.Options{})
	l.conserved(census, p)
	if l.several || l.breaks {
		for range 3 {
			l.again()
		}
		return true
	}
	if err != nil || !r.Complete() {
		l.t.Errorf("%v", err)
		for i, o := range r.Steps {
			l.t.Errorf("step %d %+v: status %d, %v, skipped %+v", i, p.Steps[i].Op, o.Status, o.Err, o.Skipped)
		}
	}
	if s := p.Summary(); s.Add != r.Added || s.Change != r.Changed || s.Destroy != r.Destroyed ||
		r.Messages != (apply.Counts{Copied: s.Messages.Copy, Moved: s.Messages.Move, Trashed: s.Messages.Trash, Deleted: s.Messages.Delete, Flagged: s.Messages.Flag}) {
		l.t.Errorf("planned %+v, done %+v", s, r)
	}
	for mail, got := range l.places() {
		if !maps.Equal(got, want[mail]) {
			l.t.Errorf("mail %d has the labels %v, want %v", mail, got, want[mail])
		}
	}
	again, diags := makePlan(l.t, l.a, l.account)
	if diags.HasErrors() {
		l.t.Errorf("second plan: %v", diags)
	} else if !again.Empty() {
		l.t.Errorf("the second plan has steps: %+v", again.Steps)
	}
	return true
}

// spot is where a message lies.
type spot struct {
	folder mailbox.Name
	uid    imap.UID
}

func moves(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Steps, func(s plan.Step) bool {
		f, ok := s.Op.(plan.File)
		return ok && f.Away == plan.AwayMove
	})
}

// again makes another plan and applies it.
func (l *labelled) again() {
	l.a.Reconnect()
	p, diags := makePlan(l.t, l.a, l.account)
	if diags.HasErrors() || len(p.Broken) > 0 {
		return
	}
	census := l.a.Census()
	if _, err := apply.Run(l.t.Context(), p, l.a, apply.Options{}); apply.Lost(err) && !l.breaks {
		l.t.Error(err)
	}
	l.conserved(census, p)
}

// conserved proves that each mail is there that the plan did not delete for good, and
// in the trash only if it was there before or the plan throws it away.
func (l *labelled) conserved(before map[int][]model.Place, p *plan.Plan) {
	l.t.Helper()
	careful(l.t, l.a)
	allowed := map[plan.Away]map[spot]bool{plan.AwayMove: {}, plan.AwayPermanent: {}}
	for _, s := range p.Steps {
		f, ok := s.Op.(plan.File)
		if !ok || f.Away == plan.AwayNot || f.Away == plan.AwayMove && f.To != trash {
			continue
		}
		for _, m := range f.Messages {
			allowed[f.Away][spot{f.Was, m.UID}] = true
		}
	}
	after := l.a.Census()
	for mail, places := range before {
		may := func(away plan.Away) bool {
			return slices.ContainsFunc(places, func(at model.Place) bool {
				return allowed[away][spot{at.Folder, at.UID}]
			})
		}
		inTrash := func(at model.Place) bool { return at.Folder == trash }
		switch now := after[mail]; {
		case len(now) == 0 && !may(plan.AwayPermanent):
			l.t.Errorf("mail %d, which was at %v, is gone", mail, places)
		case slices.ContainsFunc(now, inTrash) && !slices.ContainsFunc(places, inTrash) && !may(plan.AwayMove):
			l.t.Errorf("mail %d, which was at %v, is in the trash", mail, places)
		case slices.ContainsFunc(now, inTrash) && !slices.ContainsFunc(places, inTrash) && slices.ContainsFunc(places, func(at model.Place) bool {
			return covered(l.protected, at.Folder)
		}):
			l.t.Errorf("mail %d, which was at %v, of which some is protected, is in the trash", mail, places)
		}
	}
}

// places are the labels of each mail, besides that of all.
func (l *labelled) places() map[int]map[mailbox.Name]bool {
	all := map[int]map[mailbox.Name]bool{}
	for mail, places := range l.a.Census() {
		all[mail] = map[mailbox.Name]bool{}
		for _, at := range places {
			if at.Folder != allMail {
				all[mail][at.Folder] = true
			}
		}
	}
	return all
}

// expect is what places shall be once the plan is applied.
func (l *labelled) expect(p *plan.Plan) map[int]map[mailbox.Name]bool {
	at, want := map[spot]int{}, map[int]map[mailbox.Name]bool{}
	for mail, places := range l.a.Census() {
		want[mail] = map[mailbox.Name]bool{}
		for _, pl := range places {
			at[spot{pl.Folder, pl.UID}] = mail
			if pl.Folder != allMail {
				want[mail][renamedTo(p, pl.Folder)] = true
			}
		}
	}
	for _, s := range p.Steps {
		f, ok := s.Op.(plan.File)
		if !ok {
			continue
		}
		for _, m := range f.Messages {
			labels := want[at[spot{f.Was, m.UID}]]
			for _, to := range f.Copies {
				labels[to] = true
			}
			switch {
			case f.Away == plan.AwayPermanent || f.Away == plan.AwayMove && f.To == trash:
				clear(labels)
			case f.Away == plan.AwayMove:
				delete(labels, f.Folder)
			}
			if f.Away == plan.AwayMove {
				labels[f.To] = true
			}
		}
	}
	return want
}
