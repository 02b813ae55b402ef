package apply_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// everything is an account and a plan with each operation that its server can do.
func everything(t *testing.T, v model.Variant) (*model.Account, *plan.Plan) {
	a := model.New(v)
	fill(a, "INBOX", letters(12)...)
	a.Deliver("INBOX", letter("foreign", imap.FlagDeleted))
	fill(a, "Old", letter("old 1"), letter("old 2"), letter("old foreign", imap.FlagDeleted))
	fill(a, "To")
	fill(a, "Copies")
	fill(a, "Empty")
	a.SetSubscribed("Old", true)
	a.SetSubscribed("Empty", true)
	seen := mailbox.Flags{imap.FlagSeen}
	steps := []plan.Step{
		step(plan.Rename{From: "Old", To: "New", Subscribed: []mailbox.Name{"Old"}}),
		step(plan.Create{Name: "Made"}),
		step(plan.Set{Name: "Made", Subscribed: true, Created: true}),
		file(t, a, plan.File{Folder: "INBOX", Copies: []mailbox.Name{"Copies"}}, 1, 2),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Add: seen}, 3, 4),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Made", Add: seen, FlagsFirst: true}, 5, 6),
		file(t, a, plan.File{Folder: "New", Was: "Old", Away: plan.AwayMove, To: "Made"}),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}, 11),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Made"}, 12),
		file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{"$Keyword"}}, 7, 8),
	}
	if v.Can.UIDPlus {
		steps = append(steps, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, 9, 10))
	}
	steps = append(steps, step(plan.Remove{Name: "Empty", Subscribed: true}))
	return a, planned(a, steps...)
}

// balance says what became of the mail: what was lost, and what is there more often
// than it should be.
func balance(a *model.Account, mails int, purged func(mail int) bool) (lost, doubled []string) {
	census := a.Census()
	for mail := 1; mail <= mails; mail++ {
		var there int
		for _, p := range census[mail] {
			if p.Folder != "Copies" {
				there++
			}
		}
		switch {
		case there == 0 && !purged(mail):
			lost = append(lost, fmt.Sprintf("mail %d: %v", mail, census[mail]))
		case there > 1 || len(census[mail])-there > 1:
			doubled = append(doubled, fmt.Sprintf("mail %d: %v", mail, census[mail]))
		}
	}
	return lost, doubled
}

// Whatever operation fails, and however, no message is lost, none is doubled unless
// COPY itself was cut short, nobody else's \Deleted mail is touched, and what is
// not known to be done is not counted.
func TestRunSurvivesFaults(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		complete(t, run(t, whole, p))
		for n := 1; n <= whole.Ops(); n++ {
			for _, after := range []bool{false, true} {
				for _, fault := range []error{errRefused, model.ErrLost} {
					t.Run(fmt.Sprintf("%d after=%t %v", n, after, fault), func(t *testing.T) {
						survive(t, v, n, after, fault)
					})
				}
			}
		}
	})
}

// sources counts the folders that are tried out before anything is changed: of
// these looks only one that says read-only, or a lost connection, has consequences.
func sources(p *plan.Plan) int {
	names := map[mailbox.Name]bool{}
	for _, step := range p.Steps {
		if op, ok := step.Op.(plan.File); ok {
			names[op.Was] = true
		}
	}
	return len(names)
}

// hooked calls the hook before each operation is done or, if late, once it was.
func hooked(a *model.Account, late bool, hook model.Hook) {
	if late {
		a.After = hook
	} else {
		a.Before = hook
	}
}

// failAt lets the n-th operation fail, before or after it is done. It returns the
// operation, once it has failed.
func failAt(a *model.Account, n int, after bool, fault error) *model.Op {
	failed := new(model.Op)
	hook := func(op model.Op) error {
		if op.N == n {
			*failed = op
			return fault
		}
		return nil
	}
	hooked(a, after, hook)
	return failed
}

func survive(t *testing.T, v model.Variant, n int, after bool, fault error) {
	a, p := everything(t, v)
	failing := failAt(a, n, after, fault)
	r, err := apply.Run(t.Context(), p, a, apply.Options{})
	failed := *failing
	careful(t, a)
	if gone := errors.Is(fault, model.ErrLost); (err != nil) != gone {
		t.Errorf("%s: the run ended with %v", failed.Name, err)
	}
	var unknown *apply.UnknownError
	if errors.Is(fault, model.ErrLost) && failed.Changes() && !errors.As(err, &unknown) {
		t.Errorf("%s: %v does not say that its outcome is unknown", failed.Name, err)
	}
	unasked := failed.Name == "SUBSCRIBE" && v.AutoSubscribe        // the server has done it by itself
	retried := failed.Name == "SUBSCRIBE" && failed.Folder == "New" // what is sent behind a RENAME may have been refused for its sake
	if r.Complete() && err == nil && !benign(failed, after) && failed.N > sources(p) && !unasked && !retried {
		t.Errorf("%s %q failed, and the run says that it is complete", failed.Name, failed.Folder)
	}
	purged := func(mail int) bool { return mail == 9 || mail == 10 }
	lost, doubled := balance(a, 16, purged)
	if len(lost) > 0 {
		t.Errorf("%s: lost: %v", failed.Name, lost)
	}
	if len(doubled) > 0 && (v.Can.Move || r.Complete()) {
		t.Errorf("%s: doubled: %v", failed.Name, doubled)
	}
	for _, mail := range []int{13, 16} {
		if places := a.Census()[mail]; len(places) != 1 || !places[0].Flags.Has(imap.FlagDeleted) || places[0].Ours {
			t.Errorf("%s: foreign mail: %v", failed.Name, places)
		}
	}
	honest(t, a, r, failed)
	if !errors.Is(fault, model.ErrLost) && len(a.Marked()) > 0 && failed.Name != "UID FETCH" && failed.Name != "UID EXPUNGE" {
		t.Errorf(`%s: left marked \Deleted: %v`, failed.Name, a.Marked())
	}
	// A second run finishes the job or says why not, and loses nothing either.
	a.Before, a.After = nil, nil
	a.Reconnect()
	again, err := apply.Run(t.Context(), p, a, apply.Options{})
	if err != nil {
		t.Errorf("%s: second run: %v", failed.Name, err)
	}
	careful(t, a)
	honest(t, a, again, failed)
	lost, doubled = balance(a, 16, purged)
	if len(lost) > 0 || len(doubled) > 0 && v.Can.Move {
		t.Errorf("%s: second run: lost %v, doubled %v", failed.Name, lost, doubled)
	}
}

// benign says whether an operation may fail without any harm to the run: a refusal
// of what a look then shows as done.
func benign(op model.Op, after bool) bool {
	switch op.Name {
	case "UNSELECT":
		return true // it is sent again
	case "CREATE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "DELETE", "UID STORE", "UID EXPUNGE":
		return after
	}
	return false
}

// honest fails the test if the result counts more than was done.
func honest(t *testing.T, a *model.Account, r *apply.Result, failed model.Op) {
	t.Helper()
	in := func(n mailbox.Name) int { return len(a.UIDs(n)) }
	m := r.Messages
	if m.Copied > in("Copies") || m.Moved > in("To")+in("Made") || m.Deleted > 2 {
		t.Errorf("%s: counted %+v, but Copies has %d, To %d, Made %d", failed.Name, m, in("Copies"), in("To"), in("Made"))
	}
	purged := 0
	for _, mail := range []int{9, 10} {
		if len(a.Census()[mail]) == 0 {
			purged++
		}
	}
	if m.Deleted > purged {
		t.Errorf("%s: counted %d as deleted, %d are", failed.Name, m.Deleted, purged)
	}
}

// Other clients do as they like between any two operations.
func TestRunSurvivesOthers(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		for seed := range uint64(80) {
			rng := rand.New(rand.NewPCG(seed, 1))
			a, p := everything(t, v)
			purged := map[int]bool{9: true, 10: true}
			mails := 16
			fresh := map[int]bool{}
			a.Before = func(op model.Op) error {
				if rng.IntN(6) == 0 {
					meddle(a, rng, op, purged, fresh, &mails)
				}
				return nil
			}
			r, err := apply.Run(t.Context(), p, a, apply.Options{})
			if err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			for _, violation := range a.Violations() {
				t.Errorf("seed %d: violation: %s", seed, violation)
			}
			lost, doubled := balance(a, mails, func(mail int) bool { return purged[mail] })
			if len(lost) > 0 {
				t.Errorf("seed %d: lost %v", seed, lost)
			}
			if len(doubled) > 0 && (v.Can.Move || r.Complete()) {
				t.Errorf("seed %d: doubled %v", seed, doubled)
			}
			for mail := range fresh {
				if len(a.Census()[mail]) != 1 {
					t.Errorf("seed %d: mail %d that the plan does not know is at %v", seed, mail, a.Census()[mail])
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d\n%s", seed, a.Dump())
			}
		}
	})
}

// meddle is one thing that another client may do.
func meddle(a *model.Account, rng *rand.Rand, op model.Op, purged, fresh map[int]bool, mails *int) {
	var names []mailbox.Name
	for _, f := range a.Listing().Folders {
		if f.Selectable && f.Name != "Copies" {
			names = append(names, f.Name)
		}
	}
	n := names[rng.IntN(len(names))]
	uids := a.UIDs(n)
	if len(uids) == 0 || rng.IntN(3) == 0 {
		if strings.Contains(string(n), "removed by imapform") {
			return // nobody knows that name
		}
		if op.Name == "RENAME" && op.Folder == n {
			n = mailbox.Inbox
		}
		*mails++
		mail, _ := a.Deliver(n, letter(fmt.Sprintf("new %d", *mails)))
		fresh[mail] = true
		return
	}
	uid := uids[rng.IntN(len(uids))]
	var mail int
	for m, places := range a.Census() {
		for _, p := range places {
			if p.Folder == n && p.UID == uid {
				mail = m
			}
		}
	}
	if mail == 13 || mail == 16 {
		return
	}
	switch rng.IntN(4) {
	case 0:
		a.Flag(n, uid, mailbox.Flags{imap.FlagFlagged}, nil)
	case 1:
		a.Flag(n, uid, mailbox.Flags{imap.FlagSeen}, nil)
	case 2:
		if len(a.Census()[mail]) > 1 {
			return // of which of the two it was meant cannot be told
		}
		a.Vanish(n, uid)
		purged[mail] = true
		delete(fresh, mail)
	case 3:
		if op.Name != "UID EXPUNGE" && op.Name != "UID STORE" {
			a.Flag(n, uid, mailbox.Flags{imap.FlagDeleted}, nil)
		}
	}
}

// Cancelling ctx stops at once; closing Stop stops where all is safe.
func TestRunStops(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		run(t, whole, p)
		for n := 1; n <= whole.Ops(); n++ {
			for _, hard := range []bool{false, true} {
				a, p := everything(t, v)
				ctx, cancel := context.WithCancel(t.Context())
				stop := make(chan struct{})
				a.Before = func(op model.Op) error {
					if op.N == n {
						if hard {
							cancel()
						} else {
							close(stop)
						}
					}
					return nil
				}
				r, err := apply.Run(ctx, p, a, apply.Options{Stop: stop})
				cancel()
				careful(t, a)
				lost, doubled := balance(a, 16, func(mail int) bool { return mail == 9 || mail == 10 })
				if len(lost) > 0 || len(doubled) > 0 && (v.Can.Move || !hard) {
					t.Errorf("stopped at %d, hard=%t: lost %v, doubled %v", n, hard, lost, doubled)
				}
				if hard {
					if err == nil && !r.Complete() {
						t.Errorf("stopped at %d: no error", n)
					}
					continue
				}
				if err != nil || len(a.Marked()) > 0 {
					t.Errorf(`stopped softly at %d: %v, marked \Deleted: %v`, n, err, a.Marked())
				}
				if !r.Interrupted && !r.Complete() {
					t.Errorf("stopped softly at %d: neither interrupted nor complete: %+v", n, r.Steps)
				}
				for i, o := range r.Steps {
					if o.Err != nil && !errors.Is(o.Err, apply.ErrStopped) {
						t.Errorf("stopped softly at %d: step %d: %v", n, i, o.Err)
					}
				}
				// What is left is done by the next run.
				a.Before = nil
				again := run(t, a, p)
				complete(t, again)
				if sum := r.Messages.Moved + again.Messages.Moved; sum != 8 {
					t.Errorf("stopped softly at %d: moved %d in all, want 8", n, sum)
				}
			}
		}
	})
}
