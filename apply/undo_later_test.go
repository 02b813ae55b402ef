package apply_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/internal/undo"
	"github.com/imapform/imapform/plan"
)

// runs are the journals of an account, the earliest first.
type runs struct {
	dice     *dice
	a        *model.Account
	journals [][]journal.Record
	tells    bool // whether where messages came to lie is noted
}

// keep makes the journal of a run that undoes another, or none.
func (s *runs) keep(undoes string) *memory {
	run := journal.Run{ID: fmt.Sprintf("run-%d", len(s.journals)), Undoes: undoes}
	return &memory{left: -1, records: []journal.Record{{Run: &run}}}
}

// add adds the journal of a run, as a file would give it back, and returns its place.
func (s *runs) add(k *memory) int {
	back := &recorded{t: s.dice.t}
	for _, r := range k.records {
		if err := back.Note(r); err != nil {
			s.dice.t.Error(err)
		}
	}
	if !s.tells {
		forget(back.records)
	}
	s.journals = append(s.journals, back.records)
	return len(s.journals) - 1
}

// apply applies a plan, to its end.
func (s *runs) apply(p *plan.Plan, undoes string) *apply.Result {
	k := s.keep(undoes)
	r, err := apply.Run(s.dice.t.Context(), p, s.a, apply.Options{Journal: k})
	if err != nil {
		s.dice.t.Errorf("apply: %v", err)
	}
	if undoes != "" {
		r.Exactly()
	}
	k.records = append(k.records, journal.Record{End: &journal.End{Complete: r.Complete()}})
	s.add(k)
	return r
}

// undoing plans to turn a run around.
func (s *runs) undoing(i int) *undo.Result {
	t := s.dice.t
	planner := undo.New(s.journals[i], s.a.Listing(), s.journals[i+1:]...)
	for _, q := range planner.Ask() {
		if _, err := s.a.Answer(t.Context(), q, func(m *message.Message) { planner.Tell(q, m) }); err != nil {
			t.Fatalf("question %+v: %v", q, err)
		}
	}
	return planner.Result("account.test", made.Add(time.Duration(len(s.journals))*time.Minute))
}

func (s *runs) id(i int) string { return s.journals[i][0].Run.ID }

// random applies a random configuration; false: it did nothing, or cannot be wholly turned
// around.
func (s *runs) random() bool {
	p, diags := makePlan(s.dice.t, s.a, s.dice.account())
	if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 || deletes(p) || copies(p) {
		return false
	}
	if r := s.apply(p, ""); !r.Complete() {
		s.dice.t.Errorf("apply: %s", told(r))
	}
	return true
}

func copies(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Steps, func(s plan.Step) bool {
		f, ok := s.Op.(plan.File)
		return ok && len(f.Copies) > 0
	})
}

// places are where each mail lies with which flags, in words.
func (s *runs) places() string { return placesOf(s.a.Census()) }

// sameTree compares the folders that can hold mail, and the subscriptions to them. One that
// came to be along with another that was made anew may be left, if it has no mail.
func sameTree(t *testing.T, before, now plan.Listing) {
	t.Helper()
	was, is := map[mailbox.Name]plan.Folder{}, map[mailbox.Name]plan.Folder{}
	for _, f := range before.Folders {
		was[f.Name] = f
	}
	for _, f := range now.Folders {
		is[f.Name] = f
		along := slices.ContainsFunc(before.Folders, func(b plan.Folder) bool { return b.Exists && b.Name.Below(f.Name) })
		if f.Exists && f.Selectable && !was[f.Name].Exists && (!along || f.Messages > 0 || f.Subscribed) {
			t.Errorf("folder %q is new", f.Name)
		}
	}
	for n, f := range was {
		if f.Exists && f.Selectable && (!is[n].Exists || !is[n].Selectable || is[n].Subscribed != f.Subscribed) {
			t.Errorf("folder %q was %+v, and is %+v", n, f, is[n])
		}
	}
}

// TestUndoOneAfterTheOther: of runs that move the same messages, each is turned around
// wholly once the later ones were, on every kind of server, whether or not it says where it
// has put them; and after an undo of an undo, too.
func TestUndoOneAfterTheOther(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/8
	tried, moved := 0, 0
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 19)), t: t}
		s := &runs{dice: w, a: w.mailbox(v), tells: !w.chance(30)}
		before, listed := s.places(), s.a.Listing()
		var states, dumps []string
		for range 3 {
			state := s.places()
			if s.random() {
				states, dumps = append(states, state), append(dumps, s.a.Dump())
			}
		}
		if len(states) < 2 {
			continue
		}
		tried++
		var left []undo.Left
		for i := len(states) - 1; i >= 0; i-- {
			turned := s.undoing(i)
			moved += turned.Plan.Total()
			if r := s.apply(turned.Plan, s.id(i)); !r.Complete() {
				t.Errorf("undo %d: %s", i, told(r))
			}
			left = append(left, turned.Left...)
			if got := s.places(); got != states[i] && !lies(left) {
				t.Errorf("after undo of %d:\n%swant\n%sleft %v", i, got, states[i], left)
			}
			if i > 0 && w.chance(20) { // to and fro
				last := len(s.journals) - 1
				s.apply(s.undoing(last).Plan, s.id(last))
				s.apply(s.undoing(last+1).Plan, s.id(last+1))
			}
		}
		if got := s.places(); got != before && !lies(left) {
			t.Errorf("at last:\n%swant\n%s", got, before)
		}
		if len(left) == 0 {
			sameTree(t, listed, s.a.Listing())
		}
		careful(t, s.a)
		if t.Failed() {
			for i, d := range dumps {
				t.Logf("after %d:\n%s", i, d)
			}
			t.Logf("%s\nleft %v", s.a.Dump(), left)
			t.Fatalf("seed %d on %s: go test -run TestUndoOneAfterTheOther -first=%d -rounds=8\n%s", seed, v.Name, seed, w.said.String())
		}
	}
	t.Logf("%d times, %d messages", tried, moved)
	if rounds > 100 && (tried < int(rounds)/10 || moved < tried) {
		t.Errorf("only %d of %d, with %d messages", tried, rounds, moved)
	}
}

// lies says whether messages were left where they are.
func lies(left []undo.Left) bool {
	return slices.ContainsFunc(left, func(l undo.Left) bool { return l.Messages > 0 })
}

// TestUndoAfterKilledUndo: an undo that is killed, wherever, and put right, is finished by
// another one, which finds that it has nothing to do with what is back already.
func TestUndoAfterKilledUndo(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/8
	tried, killed, unsure := 0, 0, 0
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 23)), t: t}
		s := &runs{dice: w, a: w.mailbox(v), tells: true}
		before, listed, dump := s.places(), s.a.Listing(), s.a.Dump()
		if !s.random() {
			continue
		}
		applied := s.a.Dump()
		var left []undo.Left
		turned := s.undoing(0)
		left = append(left, turned.Left...)
		doubtful, halves := false, ""
		for range 1 + w.rng.IntN(3) {
			if s.undoing(0).Plan.Empty() {
				break
			}
			doubtful = s.kill(s.undoing(0).Plan, s.id(0), w.rng.IntN(12)) || doubtful
			halves += "\nkilled:\n" + s.a.Dump()
			killed++
		}
		if doubtful {
			unsure++
			continue
		}
		tried++
		rest := s.undoing(0)
		left = append(left, rest.Left...)
		if r := s.apply(rest.Plan, s.id(0)); !r.Complete() {
			t.Errorf("undo: %s", told(r))
		}
		if got := s.places(); got != before && !lies(left) {
			t.Errorf("after undo:\n%swant\n%s", got, before)
		}
		if len(left) == 0 {
			sameTree(t, listed, s.a.Listing())
		}
		for _, more := range s.undoing(0).Plan.Steps { // flags are seen to be right, and not who changed them
			if f, ok := more.Op.(plan.File); !ok || f.Away != plan.AwayNot {
				t.Errorf("there is more to do: %+v", more.Op)
			}
		}
		careful(t, s.a)
		if t.Failed() {
			t.Logf("%s\napplied:\n%s%s\nundone:\n%s\nleft %v", dump, applied, halves, s.a.Dump(), left)
			for _, step := range rest.Plan.Steps {
				t.Logf("%T %+v", step.Op, step.Op)
			}
			t.Fatalf("seed %d on %s: go test -run TestUndoAfterKilledUndo -first=%d -rounds=8\n%s", seed, v.Name, seed, w.said.String())
		}
	}
	t.Logf("%d of %d killed undos, %d of them in doubt", tried, killed, unsure)
	if rounds > 100 && (tried < int(rounds)/10 || unsure > tried/10) {
		t.Errorf("only %d turned around, %d in doubt", tried, unsure)
	}
}

// kill has an undo die after so many records, and puts right what it left in doubt; true:
// not all of it could be found out.
func (s *runs) kill(p *plan.Plan, undoes string, after int) (doubtful bool) {
	t := s.dice.t
	k := s.keep(undoes)
	k.left = after
	k.died = func() { s.a.Before = func(model.Op) error { return model.ErrLost } }
	_, _ = apply.Run(t.Context(), p, s.a, apply.Options{Journal: k})
	s.a.Before = nil
	s.a.Reconnect()
	rest := &memory{left: -1, records: k.records}
	_, err := apply.Resume(t.Context(), k.records, s.a, apply.Options{Journal: rest, Wait: again(s.a).Wait})
	s.add(rest)
	return err != nil
}

// TestUndoOfAnEarlierRun: of what later runs did that were not undone, nothing changes but
// where the messages lie that the run had moved; no message is lost, none doubled.
func TestUndoOfAnEarlierRun(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/8
	tried, onward := 0, 0
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 29)), t: t}
		s := &runs{dice: w, a: w.mailbox(v), tells: !w.chance(30)}
		first := s.a.Census()
		if !s.random() {
			continue
		}
		between := s.a.Census()
		if !s.random() {
			continue
		}
		tried++
		before, dump := s.a.Census(), s.a.Dump()
		turned := s.undoing(0)
		onward += turned.Onward
		if r := s.apply(turned.Plan, s.id(0)); !r.Complete() {
			t.Errorf("undo: %s", told(r))
		}
		after := s.a.Census()
		for mail, places := range before {
			if len(after[mail]) != len(places) {
				t.Errorf("mail %d was at %+v, and is at %+v", mail, places, after[mail])
			}
			if same(first[mail], between[mail]) && !sameFlags(places, after[mail]) {
				t.Errorf("mail %d, which the run has not touched, was at %+v, and is at %+v", mail, places, after[mail])
			}
			if len(places) == 1 && len(after[mail]) == 1 && len(first[mail]) == 1 {
				// A flag that the later run has changed stays, and so does one that the earlier has not.
				was, ran, later, now := first[mail][0].Flags, between[mail][0].Flags, places[0].Flags, after[mail][0].Flags
				for _, f := range slices.Concat(was, ran, later, now) {
					stays := ran.Has(f) != later.Has(f) || was.Has(f) == ran.Has(f)
					if stays && now.Has(f) != later.Has(f) || !stays && now.Has(f) != was.Has(f) && !lies(turned.Left) {
						t.Errorf("mail %d has %s: before, after the run, after the later one, and now [%s] [%s] [%s] [%s]", mail, f, was, ran, later, now)
					}
				}
			}
		}
		careful(t, s.a)
		if t.Failed() {
			for _, step := range turned.Plan.Steps {
				t.Logf("%T %+v", step.Op, step.Op)
			}
			t.Logf("%s\n%s\nleft %v", dump, s.a.Dump(), turned.Left)
			t.Fatalf("seed %d on %s: go test -run TestUndoOfAnEarlierRun -first=%d -rounds=8\n%s", seed, v.Name, seed, w.said.String())
		}
	}
	t.Logf("%d times, %d messages from where the later run had moved them", tried, onward)
	if rounds > 100 && (tried < int(rounds)/10 || onward == 0) {
		t.Errorf("only %d of %d, with %d messages", tried, rounds, onward)
	}
}

// TestUndoAllAmongOthers: whatever other clients did between runs, and since, an undo of each
// loses no message and doubles none, and does not touch what is not theirs.
func TestUndoAllAmongOthers(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/16
	undone := 0
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 31)), t: t}
		s := &runs{dice: w, a: w.mailbox(v), tells: !w.chance(30)}
		ours := map[int]bool{}
		for range 3 {
			if s.random() {
				maps.Copy(ours, touched(s.journals[len(s.journals)-1], s.a))
				w.disturb(s.a)
			}
		}
		last := len(s.journals) - 1
		for i := last; i >= 0; i-- {
			turned := s.undoing(i)
			w.disturb(s.a)
			before, dump := s.a.Census(), s.a.Dump()
			r := s.apply(turned.Plan, s.id(i))
			maps.Copy(ours, touched(s.journals[len(s.journals)-1], s.a))
			after := s.a.Census()
			for mail, places := range before {
				if len(after[mail]) != len(places) {
					t.Errorf("mail %d was at %+v, and is at %+v", mail, places, after[mail])
				}
				if !ours[mail] && !sameFlags(places, after[mail]) {
					t.Errorf("mail %d, which no run has touched, was at %+v, and is at %+v", mail, places, after[mail])
				}
			}
			careful(t, s.a)
			if undone += turned.Plan.Total(); t.Failed() {
				t.Logf("%s\n%s\n%v\n%s", dump, s.a.Dump(), turned.Left, told(r))
				t.Fatalf("seed %d on %s: go test -run TestUndoAllAmongOthers -first=%d -rounds=16\n%s", seed, v.Name, seed, w.said.String())
			}
		}
	}
	t.Logf("%d messages", undone)
	if rounds > 100 && undone < int(rounds) {
		t.Errorf("only %d messages were turned around", undone)
	}
}

// same says whether mail lies in the same places.
func same(a, b []model.Place) bool {
	return slices.EqualFunc(a, b, func(a, b model.Place) bool { return a.Folder == b.Folder && a.UID == b.UID && a.Flags.Equal(b.Flags) })
}
