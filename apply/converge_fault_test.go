package apply_test

import (
	"math/rand/v2"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/model"
)

// Whatever breaks in an apply, the next plan is right: applied, it leaves nothing
// to do, no mail is lost, and where the server has MOVE none is there twice.
func TestConvergeAfterFaults(t *testing.T) {
	servers := model.Variants()
	again := 0
	for seed := *first; seed < *first+*rounds/2; seed++ {
		v := servers[seed%uint64(len(servers))]
		if convergeAfterFault(t, seed, v) {
			again++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestConvergeAfterFaults -first=%d -rounds=2", seed, v.Name, seed)
		}
	}
	t.Logf("%d were planned again", again)
}

func convergeAfterFault(t *testing.T, seed uint64, v model.Variant) bool {
	w := &dice{rng: rand.New(rand.NewPCG(seed, 8)), t: t}
	a := w.mailbox(v)
	account := w.account()
	p, diags := makePlan(t, a, account)
	if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 || deletes(p) && !v.Can.UIDPlus {
		return false
	}
	if seed%2 == 1 { // as from a file
		p = reread(t, p)
	}
	want, start := expect(a, p), outsideCopies(a)
	n, after, fault := 1+w.rng.IntN(40), w.chance(50), errRefused
	if w.chance(70) {
		fault = model.ErrLost
	}
	failed := failAt(a, n, after, fault)
	apply.Run(t.Context(), p, a, apply.Options{}) // what it says of itself is TestRunSurvivesFaults' matter
	a.Before, a.After = nil, nil
	a.Reconnect()
	careful(t, a)
	census, now := a.Census(), outsideCopies(a)
	for mail, places := range want {
		if places > 0 && len(census[mail]) == 0 {
			t.Errorf("seed %d: mail %d is lost after %s failed", seed, mail, failed.Name)
		}
		if v.Can.Move && now[mail] > start[mail] {
			t.Errorf("seed %d: mail %d is doubled after %s failed: %v", seed, mail, failed.Name, census[mail])
		}
	}
	marked := a.Marked()
	p, diags = makePlan(t, a, account)
	if diags.HasErrors() {
		return false // a folder that is set aside is in the way, say: that is said
	}
	want = expect(a, p)
	if r, err := apply.Run(t.Context(), p, a, apply.Options{}); err != nil || !r.Complete() {
		t.Errorf("seed %d: after %s failed, the second run: %v %+v", seed, failed.Name, err, r)
	}
	careful(t, a)
	last, diags := makePlan(t, a, account)
	if diags.HasErrors() || !last.Empty() {
		t.Errorf("seed %d: after %s failed, the last plan: %v %+v", seed, failed.Name, diags, last)
	}
	census = a.Census()
	for mail, places := range want {
		if len(census[mail]) != places {
			t.Errorf("seed %d: after %s failed and a second run mail %d is at %v, want %d", seed, failed.Name, mail, census[mail], places)
		}
	}
	// Also where messages are copied and then deleted, and nobody remembers: a copy that
	// was found is not made again. What is marked stays, since it may be somebody else's.
	now = outsideCopies(a)
	for mail, places := range census {
		for _, p := range places {
			if p.Ours && !p.Folder.Below("Copies") {
				now[mail]--
			}
		}
	}
	for mail, n := range now {
		if n > start[mail] {
			t.Errorf("seed %d: after %s failed and a second run mail %d is doubled: %v", seed, failed.Name, mail, census[mail])
		}
	}
	if left := a.Marked(); len(left) > len(marked) {
		t.Errorf(`seed %d: the second run left messages marked \Deleted`, seed)
	}
	if v.Can.Move && !deletes(p) && len(marked) > 0 && failed.Name != "UID STORE" && failed.Name != "UID EXPUNGE" && failed.Name != "UID FETCH" {
		t.Errorf(`seed %d: %s failed and left messages marked \Deleted: %v`, seed, failed.Name, marked)
	}
	return true
}

// outsideCopies is how often each mail is there, but for what rules copied.
func outsideCopies(a *model.Account) map[int]int {
	count := map[int]int{}
	for mail, places := range a.Census() {
		for _, p := range places {
			if !p.Folder.Below("Copies") {
				count[mail]++
			}
		}
	}
	return count
}
