package apply_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// Messages of which many are the same, and that go from two folders to some others by
// several steps, are each at one place in the end, wherever connections are lost or a run
// dies: where they were, or where they should be; and no more are counted, or noted for
// an undo, than were moved.
func TestBurstsOfTwins(t *testing.T) {
	servers := model.Variants()
	for seed := *first; seed < *first+*rounds/5; seed++ {
		v := servers[seed%uint64(len(servers))]
		if (v.Can.Move || v.Can.UIDPlus) && !v.Can.Labels {
			burstOfTwins(t, seed, v)
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestBurstsOfTwins -first=%d -rounds=5", seed, v.Name, seed)
		}
	}
}

func burstOfTwins(t *testing.T, seed uint64, v model.Variant) {
	w := &dice{rng: rand.New(rand.NewPCG(seed, 11)), t: t}
	a := model.New(v)
	for _, n := range []mailbox.Name{"A", "B", "C"} {
		fill(a, n)
	}
	if w.chance(50) {
		a.Deliver("A", letter("twin 0"))
	}
	from, goal := map[int]mailbox.Name{}, map[int]mailbox.Name{}
	for mail, places := range a.Census() {
		from[mail], goal[mail] = places[0].Folder, places[0].Folder
	}
	var steps []plan.Step
	for _, source := range []mailbox.Name{"INBOX", "Else"} {
		a.MakeFolder(source)
		for range 1 + w.rng.IntN(8) {
			a.Deliver(source, letter(fmt.Sprintf("twin %d", w.rng.IntN(3))))
		}
		to := map[mailbox.Name][]imap.UID{}
		for mail, places := range a.Census() {
			if places[0].Folder != source {
				continue
			}
			from[mail] = source
			goal[mail] = []mailbox.Name{"A", "B", "C"}[w.rng.IntN(3)]
			to[goal[mail]] = append(to[goal[mail]], places[0].UID)
		}
		for _, n := range []mailbox.Name{"A", "B", "C"} {
			for uids := to[n]; len(uids) > 0; {
				k := 1 + w.rng.IntN(len(uids))
				steps = append(steps, file(t, a, plan.File{Folder: source, Away: plan.AwayMove, To: n}, uids[:k]...))
				uids = uids[k:]
			}
		}
	}
	p := planned(a, steps...)
	log := &memory{left: -1}
	var listing []plan.Folder
	if w.chance(50) {
		listing = a.Listing().Folders
	}
	r, dies, err := w.runLosing(a, p, log, listing)
	moved := r.Messages.Moved
	if dies && err != nil {
		rest := again(a)
		rest.Journal = log
		resumed, _ := apply.Resume(t.Context(), log.records, a, rest) // what it could not find out it left alone
		moved += resumed.Done.Moved
	} else if err != nil {
		t.Error(err)
	}
	careful(t, a)
	really, wanted := 0, 0
	for mail, places := range a.Census() {
		if goal[mail] != from[mail] {
			wanted++
		}
		switch {
		case len(places) != 1:
			t.Errorf("mail %d is at %v", mail, places)
		case places[0].Folder == goal[mail] && goal[mail] != from[mail]:
			really++
		case places[0].Folder != from[mail]:
			t.Errorf("mail %d is at %v, and was to be in %q", mail, places, goal[mail])
		}
	}
	noted := 0
	for _, rec := range log.records {
		if rec.Done != nil {
			noted += len(rec.Done.UIDs)
		}
	}
	switch {
	case moved > really || noted > really || noted != moved:
		t.Errorf("%d are counted and %d noted of %d", moved, noted, really)
	case r.Complete() && moved != wanted:
		t.Errorf("complete with %d moved, %d counted, of %d\n%s", really, moved, wanted, told(r))
	}
	for i, o := range r.Steps {
		for _, s := range o.Skipped {
			t.Errorf("step %d: skipped %v", i, s)
		}
	}
}
