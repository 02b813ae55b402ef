package apply_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/internal/undo"
	"github.com/imapform/imapform/plan"
)

// recorded is a journal in memory, of records as a file would give them back.
type recorded struct {
	t       *testing.T
	records []journal.Record
}

func (k *recorded) Intend(r journal.Record) error { return k.Note(r) }

func (k *recorded) Note(r journal.Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var back journal.Record
	if err := json.Unmarshal(data, &back); err != nil {
		return fmt.Errorf("%w: %s", err, data)
	}
	k.records = append(k.records, back)
	return nil
}

// TestUndo: what an apply of a random configuration does, undo turns around, on every
// kind of server: each message is where it was and has the flags that it had, folders
// and subscriptions are as before; but copies stay, and what was deleted for good is
// told. To undo the undo brings back what the apply had made of it.
func TestUndo(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/4
	tried, filed := 0, 0
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 13)), t: t}
		done, messages := undoRandom(w, v)
		if done {
			tried++
		}
		filed += messages
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestUndo -first=%d -rounds=2\n%s", seed, v.Name, seed, w.said.String())
		}
	}
	t.Logf("%d of %d turned around, with %d messages", tried, rounds, filed)
	if rounds > 100 && (tried < int(rounds)/4 || filed < tried) {
		t.Errorf("only %d of %d configurations were turned around, with %d messages", tried, rounds, filed)
	}
}

// undoRandom applies a random configuration and turns that around.
func undoRandom(w *dice, v model.Variant) (done bool, messages int) {
	t := w.t
	a := w.mailbox(v)
	p, diags := makePlan(t, a, w.account())
	if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 || deletes(p) && !able(v, plan.File{Away: plan.AwayPermanent}) {
		return false, 0
	}
	dump, before, listed := a.Dump(), a.Census(), a.Listing()
	k := &recorded{t: t}
	if r, err := apply.Run(t.Context(), p, a, apply.Options{Journal: k}); err != nil || !r.Complete() {
		t.Errorf("apply: %v, %+v", err, r)
		return false, 0
	}
	between, after := a.Dump(), a.Census()
	if w.chance(30) { // nobody knows where messages came to lie
		forget(k.records)
	}
	turned, r := undoOnce(t, a, k, made.Add(time.Minute))
	messages = turned.Plan.Total()
	if r == nil || !r.Complete() {
		t.Errorf("undo: %+v", r)
	}
	sameMail(t, before, a.Census(), p)
	sameFolders(t, listed, a.Listing(), p, turned)
	if marked := a.Marked(); len(marked) > 0 {
		t.Errorf(`left marked \Deleted: %v`, marked)
	}
	careful(t, a)
	if t.Failed() {
		t.Logf("before:\n%s\napplied:\n%s\nundone:\n%s", dump, between, a.Dump())
		for _, s := range p.Steps {
			t.Logf("applied: %T %+v", s.Op, s.Op)
		}
		for _, s := range turned.Plan.Steps {
			t.Logf("undone: %T %+v", s.Op, s.Op)
		}
		t.Logf("left: %v", turned.Left)
		return true, messages
	}
	undoAgain(t, a, k, after)
	return true, messages
}

// forget takes from a journal where messages came to lie.
func forget(records []journal.Record) {
	for _, r := range records {
		if r.Done != nil {
			clear(r.Done.At)
		}
	}
}

// undoOnce turns around what a journal holds, and returns the journal of that.
func undoOnce(t *testing.T, a *model.Account, k *recorded, now time.Time) (*undo.Result, *apply.Result) {
	t.Helper()
	turned := undoPlan(t, a, k, now)
	k.records = nil
	r, err := apply.Run(t.Context(), turned.Plan, a, apply.Options{Journal: k})
	if err != nil {
		t.Errorf("undo: %v", err)
	}
	for i, o := range r.Steps {
		if o.Err != nil || len(o.Skipped) > 0 {
			t.Errorf("undo: %+v: %v, skipped %+v", turned.Plan.Steps[i].Op, o.Err, o.Skipped)
		}
	}
	return turned, r
}

func undoPlan(t *testing.T, a *model.Account, k *recorded, now time.Time) *undo.Result {
	t.Helper()
	dump, ops := a.Dump(), a.Ops()
	planner := undo.New(k.records, a.Listing())
	for _, q := range planner.Ask() {
		if _, err := a.Answer(t.Context(), q, func(m *message.Message) { planner.Tell(q, m) }); err != nil {
			t.Fatalf("question %+v: %v", q, err)
		}
	}
	turned := planner.Result("account.test", now)
	if a.Dump() != dump || a.Ops() != ops {
		t.Error("planning the undo changed something")
	}
	return turned
}

// sameMail compares where mail lies: copies are left, and what was deleted for good is
// gone.
func sameMail(t *testing.T, before, now map[int][]model.Place, p *plan.Plan) {
	t.Helper()
	copies, deleted := map[mailbox.Name]bool{}, 0
	for _, s := range p.Steps {
		if f, ok := s.Op.(plan.File); ok {
			for _, to := range f.Copies {
				copies[to] = true
			}
			if f.Away == plan.AwayPermanent {
				deleted += len(f.Messages)
			}
		}
	}
	for mail, places := range before {
		at := slices.Clone(now[mail])
		for _, was := range places {
			i := slices.IndexFunc(at, func(is model.Place) bool { return is.Folder == was.Folder && is.Flags.Equal(was.Flags) })
			if i < 0 {
				if deleted--; deleted < 0 {
					t.Errorf("mail %d was at %+v, and is at %+v", mail, places, now[mail])
				}
				continue
			}
			at = slices.Delete(at, i, i+1)
		}
		for _, more := range at {
			if !copies[more.Folder] {
				t.Errorf("mail %d was at %+v, and is at %+v: it is doubled", mail, places, now[mail])
			}
		}
	}
}

// sameFolders compares folders and subscriptions: what holds copies stays, and so does
// a folder that came to be with one below it.
func sameFolders(t *testing.T, before, now plan.Listing, p *plan.Plan, turned *undo.Result) {
	t.Helper()
	left := func(n mailbox.Name) bool {
		return slices.ContainsFunc(turned.Left, func(l undo.Left) bool { return l.Folder == n || l.Folder.Below(n) })
	}
	along := func(n mailbox.Name) bool {
		return slices.ContainsFunc(p.Steps, func(s plan.Step) bool {
			switch op := s.Op.(type) {
			case plan.Create:
				return op.Name.Below(n)
			case plan.Rename:
				return op.To.Below(n)
			}
			return false
		})
	}
	was, is := map[mailbox.Name]plan.Folder{}, map[mailbox.Name]plan.Folder{}
	for _, f := range before.Folders {
		was[f.Name] = f
	}
	for _, f := range now.Folders {
		is[f.Name] = f
	}
	for n, f := range was {
		if f.Exists && f.Selectable && !is[n].Exists {
			t.Errorf("folder %q is gone", n)
		}
		if f.Exists && f.Subscribed != is[n].Subscribed && !left(n) {
			t.Errorf("folder %q is subscribed: %t", n, is[n].Subscribed)
		}
	}
	for n, f := range is {
		if f.Exists && f.Selectable && !was[n].Exists && !left(n) && !along(n) {
			t.Errorf("folder %q is new", n)
		}
		if f.Subscribed && !was[n].Subscribed && !left(n) {
			t.Errorf("folder %q is subscribed", n)
		}
	}
}

// placesOf are where each mail lies with which flags, in words.
func placesOf(census map[int][]model.Place) string {
	var b strings.Builder
	for _, mail := range slices.Sorted(maps.Keys(census)) {
		var places []string
		for _, at := range census[mail] {
			places = append(places, fmt.Sprintf("%q [%s]", at.Folder, at.Flags))
		}
		slices.Sort(places)
		fmt.Fprintln(&b, mail, places)
	}
	return b.String()
}

// undoAgain turns the undo around: every message is where the apply had put it.
func undoAgain(t *testing.T, a *model.Account, k *recorded, applied map[int][]model.Place) {
	t.Helper()
	turned, _ := undoOnce(t, a, k, made.Add(2*time.Minute))
	if got, want := placesOf(a.Census()), placesOf(applied); got != want {
		t.Errorf("after undoing the undo:\n%swant\n%splan %+v, left %v", got, want, turned.Plan.Steps, turned.Left)
	}
	careful(t, a)
}

// TestUndoAmongOthers: whatever other clients did since, an undo loses no message and
// doubles none, and does not touch what is not the run's.
func TestUndoAmongOthers(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/8
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 17)), t: t}
		a := w.mailbox(v)
		p, diags := makePlan(t, a, w.account())
		if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 || deletes(p) && !able(v, plan.File{Away: plan.AwayPermanent}) {
			continue
		}
		k := &recorded{t: t}
		if _, err := apply.Run(t.Context(), p, a, apply.Options{Journal: k}); err != nil {
			t.Fatal(err)
		}
		if w.chance(30) {
			forget(k.records)
		}
		ours := touched(k.records, a)
		w.disturb(a)
		turned := undoPlan(t, a, k, made.Add(time.Minute))
		w.disturb(a)
		before, dump := a.Census(), a.Dump()
		r, err := apply.Run(t.Context(), turned.Plan, a, apply.Options{})
		if err != nil {
			t.Errorf("undo: %v", err)
		}
		after := a.Census()
		for mail, places := range before {
			if len(after[mail]) != len(places) {
				t.Errorf("mail %d was at %+v, and is at %+v", mail, places, after[mail])
			}
			if !ours[mail] && !sameFlags(places, after[mail]) {
				t.Errorf("mail %d, which the run has not touched, was at %+v, and is at %+v", mail, places, after[mail])
			}
		}
		careful(t, a)
		if t.Failed() {
			t.Logf("%s\n%s\n%v\n%+v", dump, a.Dump(), turned.Left, r)
			for i, s := range turned.Plan.Steps {
				t.Logf("undone: %T %+v: %+v", s.Op, s.Op, r.Steps[i])
			}
			t.Fatalf("seed %d on %s: go test -run TestUndoAmongOthers -first=%d -rounds=4\n%s", seed, v.Name, seed, w.said.String())
		}
	}
}

// touched are the mails that are where a journal says that the run has left messages,
// or has found them.
func touched(records []journal.Record, a *model.Account) map[int]bool {
	named := map[imap.UID]bool{} // in whatever folder: more than the run has touched
	for _, r := range records {
		if r.Done != nil {
			for _, uid := range append(slices.Clone(r.Done.UIDs), r.Done.At...) {
				named[uid] = true
			}
		}
		if r.Batch != nil && r.Batch.To != nil {
			for uid := r.Batch.To.UIDNext; uid < r.Batch.To.UIDNext+100; uid++ {
				named[uid] = true
			}
		}
	}
	ours := map[int]bool{}
	for mail, places := range a.Census() {
		for _, at := range places {
			ours[mail] = ours[mail] || named[at.UID]
		}
	}
	return ours
}

// sameFlags says whether mail lies with the same flags in as many places, be they
// called otherwise.
func sameFlags(a, b []model.Place) bool {
	words := func(all []model.Place) (w []string) {
		for _, p := range all {
			w = append(w, fmt.Sprint(p.UID, p.Flags))
		}
		slices.Sort(w)
		return w
	}
	return slices.Equal(words(a), words(b))
}

// disturb is what other clients do meanwhile.
func (d *dice) disturb(a *model.Account) {
	for _, f := range a.Listing().Folders {
		if !f.Selectable {
			continue
		}
		if d.chance(30) {
			a.Deliver(f.Name, d.mail())
		}
		for _, uid := range a.UIDs(f.Name) {
			switch d.rng.IntN(12) {
			case 0:
				a.Vanish(f.Name, uid)
			case 1:
				a.Flag(f.Name, uid, mailbox.NewFlags(pick(d, marks)), mailbox.NewFlags(pick(d, marks)))
			}
		}
	}
}
