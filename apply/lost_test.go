package apply_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// memory is a journal that forgets nothing until it dies.
type memory struct {
	records []journal.Record
	left    int // records until it dies; less than 0: it never does
	died    func()
}

func (m *memory) Intend(r journal.Record) error { return m.add(r) }
func (m *memory) Note(r journal.Record) error   { return m.add(r) }

func (m *memory) add(r journal.Record) error {
	if m.left == 0 {
		m.died()
		return errors.New("the process is dead")
	}
	m.left--
	m.records = append(m.records, r)
	return nil
}

// again are options of a run that connects again, without waiting for anything.
func again(a *model.Account) apply.Options {
	return apply.Options{
		Reconnect: func(context.Context) (apply.Server, error) {
			a.Reconnect()
			return a, nil
		},
		Wait: func(context.Context, time.Duration) error { return nil },
	}
}

// A connection that is lost once, wherever, changes nothing of what a run does.
func TestRunGoesOnAfterLostConnection(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		want := run(t, whole, p)
		complete(t, want)
		for n := 1; n <= whole.Ops(); n++ {
			for _, how := range []struct {
				after   bool
				overrun int
			}{{false, 0}, {true, 0}, {false, 9}, {true, 9}} {
				after := how.after
				t.Run(fmt.Sprintf("%d after=%t overrun=%d", n, after, how.overrun), func(t *testing.T) {
					a, p := everything(t, v)
					a.Overrun = how.overrun
					failed := failAt(a, n, after, model.ErrLost)
					r, err := apply.Run(t.Context(), p, a, again(a))
					careful(t, a)
					if err != nil || !r.Complete() {
						t.Errorf("%s: %v\n%s", failed.Name, err, told(r))
					}
					if diff := cmp.Diff(where(whole), where(a)); diff != "" {
						t.Errorf("%s: not what it is without a fault:\n%s", failed.Name, diff)
					}
					if got, want := counts(r), counts(want); got != want {
						t.Errorf("%s: counted %s, want %s", failed.Name, got, want)
					}
				})
			}
		}
	})
}

func counts(r *apply.Result) string {
	return fmt.Sprintf("%d added, %d changed, %d destroyed, %+v", r.Added, r.Changed, r.Destroyed, r.Messages)
}

// told is what the steps say.
func told(r *apply.Result) (all string) {
	for i, o := range r.Steps {
		all += fmt.Sprintf("step %d: status %d, %v, skipped %v, %v\n", i, o.Status, o.Err, o.Skipped, o.Notes)
	}
	return all
}

// where says of each mail where it lies, with which flags.
func where(a *model.Account) map[int][]string {
	all := map[int][]string{}
	for mail, places := range a.Census() {
		for _, p := range places {
			all[mail] = append(all[mail], fmt.Sprintf("%s %s", p.Folder, p.Flags))
		}
	}
	return all
}

// A run that dies at any record of its journal is finished by that journal: nothing is
// lost, doubled or left half done, and a new plan does the rest.
func TestResume(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		log := &memory{left: -1}
		if _, err := apply.Run(t.Context(), p, whole, apply.Options{Journal: log}); err != nil {
			t.Fatal(err)
		}
		for n := range log.records {
			for _, late := range []bool{false, true} { // the command that was to be noted was carried out, too
				t.Run(fmt.Sprintf("%d late=%t", n, late), func(t *testing.T) { resume(t, v, whole, n, late) })
			}
		}
	})
}

func resume(t *testing.T, v model.Variant, whole *model.Account, n int, late bool) {
	a, p := everything(t, v)
	a.Overrun = 9 * (n % 2)
	log := &memory{left: n + 1}
	die := func() { a.Before = func(model.Op) error { return model.ErrLost } }
	log.died = die
	if !late { // dies between the record and its command
		log.left = n
	}
	_, _ = apply.Run(t.Context(), p, a, apply.Options{Journal: log})
	a.Before = nil
	a.Reconnect()
	rest := &memory{left: -1, records: log.records}
	resumed, err := apply.Resume(t.Context(), log.records, a, apply.Options{Journal: rest, Wait: again(a).Wait})
	if err != nil {
		t.Errorf("resume: %v", err)
	}
	careful(t, a)
	purged := func(mail int) bool { return mail == 9 || mail == 10 }
	if lost, doubled := balance(a, 16, purged); len(lost)+len(doubled) > 0 {
		t.Errorf("lost %v, doubled %v; %+v", lost, doubled, resumed)
	}
	if left := a.Marked(); len(left) > 0 {
		t.Errorf(`left marked \Deleted: %v`, left)
	}
	r, err := apply.Run(t.Context(), p, a, apply.Options{})
	if err != nil || !r.Complete() {
		t.Errorf("the rest: %v\n%s", err, told(r))
	}
	if diff := cmp.Diff(where(whole), where(a)); diff != "" {
		t.Errorf("not what it is without a fault:\n%s", diff)
	}
}

// A run that dies between a rename and what must follow it leaves no subscription behind,
// and loses none: nothing else may know of the rename any more.
func TestResumeAfterRename(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a, p := everything(t, v)
		p.Steps = p.Steps[:1]
		log := &memory{left: 2} // the intents: to rename, and to subscribe
		log.died = func() {}
		a.After = func(op model.Op) error {
			if op.Name == "RENAME" {
				return model.ErrLost
			}
			return nil
		}
		_, _ = apply.Run(t.Context(), p, a, apply.Options{Journal: log})
		a.After = nil
		a.Reconnect()
		resumed, err := apply.Resume(t.Context(), log.records, a, apply.Options{Journal: &memory{left: -1}, Wait: again(a).Wait})
		if err != nil {
			t.Errorf("resume: %v %+v", err, resumed)
		}
		for _, f := range a.Listing().Folders {
			if f.Name == "Old" && f.Subscribed || f.Name == "New" && !f.Subscribed {
				t.Errorf("folder %q: subscribed %t; %+v", f.Name, f.Subscribed, resumed)
			}
		}
	})
}

// That \Deleted is taken back is said: the messages were about to be deleted.
func TestResumeSaysUnmarked(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(3)...)
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, 1, 2))
	log := &memory{left: -1}
	a.Before = only("UID EXPUNGE", func(model.Op) error { return model.ErrLost })
	if _, err := apply.Run(t.Context(), p, a, apply.Options{Journal: log}); !apply.Lost(err) {
		t.Fatalf("got %v", err)
	}
	a.Before = nil
	a.Reconnect()
	for _, want := range []string{`[\Deleted, which the run had set, was taken back (messages: 2)]`, "[]"} {
		resumed, err := apply.Resume(t.Context(), log.records, a, apply.Options{Journal: log, Wait: again(a).Wait})
		if err != nil || fmt.Sprint(resumed.Notes) != want || len(a.Marked()) > 0 || len(a.UIDs("INBOX")) != 3 {
			t.Errorf("%+v, %v, marked %v", resumed, err, a.Marked())
		}
	}
}

// A run that dies between making folders and subscribing to them is finished: no plan
// would find that, as the folders are there.
func TestResumeSubscribes(t *testing.T) {
	a := model.New(model.Variants()[0])
	p := planned(a,
		step(plan.Create{Name: "One"}), step(plan.Create{Name: "Two"}),
		step(plan.Set{Name: "One", Subscribed: true, Created: true}), step(plan.Set{Name: "Two", Subscribed: true, Created: true}),
	)
	log := &memory{left: -1}
	a.Before = only("SUBSCRIBE", func(model.Op) error { return model.ErrLost })
	if _, err := apply.Run(t.Context(), p, a, apply.Options{Journal: log}); !apply.Lost(err) {
		t.Fatalf("got %v", err)
	}
	a.Before = nil
	a.Reconnect()
	resumed, err := apply.Resume(t.Context(), log.records, a, apply.Options{Journal: log, Wait: again(a).Wait})
	if err != nil || len(resumed.Notes) != 1 {
		t.Errorf("%+v, %v", resumed, err)
	}
	careful(t, a)
	for _, f := range a.Listing().Folders {
		if f.Name != "INBOX" && !f.Subscribed {
			t.Errorf("%q is not subscribed", f.Name)
		}
	}
	if again, err := apply.Resume(t.Context(), log.records, a, apply.Options{Journal: log, Wait: again(a).Wait}); err != nil || len(again.Notes) > 0 {
		t.Errorf("once more: %+v, %v", again, err)
	}
}

// What a burst of folder commands leaves in doubt is waited for and looked at once, not
// once for each of them.
func TestLostBurstOfFoldersIsLookedAtOnce(t *testing.T) {
	for _, overrun := range []int{0, 3, 100} {
		a := model.New(model.Variants()[0])
		a.Overrun = overrun
		var steps []plan.Step
		for n := range 20 {
			steps = append(steps, step(plan.Create{Name: mailbox.Name(fmt.Sprintf("F%d", n))}))
		}
		p := planned(a, steps...)
		creates, lists := 0, 0
		a.Before = func(op model.Op) error {
			switch op.Name {
			case "LIST":
				lists++
			case "CREATE":
				if creates++; creates == 5 {
					return model.ErrLost
				}
			}
			return nil
		}
		waits := 0
		o := again(a)
		o.Wait = func(context.Context, time.Duration) error { waits++; return nil }
		r, err := apply.Run(t.Context(), p, a, o)
		careful(t, a)
		if err != nil || !r.Complete() || len(a.Listing().Folders) != 21 {
			t.Errorf("overrun %d: %v\n%s", overrun, err, told(r))
		}
		if waits != 1 || lists != 3 {
			t.Errorf("overrun %d: waited %d times and listed %d times", overrun, waits, lists)
		}
	}
}

// Where nothing can be noted, nothing is sent, and every step that was begun ends.
func TestFoldersWithoutJournal(t *testing.T) {
	a := model.New(model.Variants()[0])
	p := planned(a, step(plan.Create{Name: "One"}), step(plan.Create{Name: "Two"}), step(plan.Create{Name: "Three"}))
	before := a.Dump()
	begun := map[int]bool{}
	log := &memory{left: 0, died: func() {}}
	r, err := apply.Run(t.Context(), p, a, apply.Options{Journal: log, Report: func(e apply.Event) {
		switch e.Kind {
		case apply.StepBegun:
			begun[e.Step] = true
		case apply.StepEnded:
			delete(begun, e.Step)
		}
	}})
	var unwritten *apply.JournalError
	if !errors.As(err, &unwritten) || a.Dump() != before {
		t.Errorf("%v; something was changed: %t", err, a.Dump() != before)
	}
	for i, o := range r.Steps {
		if o.Status != apply.StatusFailed {
			t.Errorf("step %d: %+v", i, o)
		}
	}
	if len(begun) > 0 {
		t.Errorf("steps %v never ended", begun)
	}
}

// A slow server still renames when it is looked at after the connection was lost, so that
// for a while both names are there.
func TestRenameTakesItsTime(t *testing.T) {
	for _, test := range []struct {
		looks int // at which it has ended
		done  bool
	}{{1, true}, {3, true}, {100, false}} {
		a := model.New(model.Variants()[0])
		fill(a, "S", letter("in S"))
		fill(a, "S/Below", letter("below"))
		p := planned(a, step(plan.Rename{From: "S", To: "T"}))
		a.Before = only("RENAME", func(model.Op) error {
			a.RenameFolder("S/Below", "T/Below") // which makes T
			return model.ErrLost
		})
		o := again(a)
		waits := 0
		o.Wait = func(context.Context, time.Duration) error {
			if waits++; waits == test.looks {
				a.RemoveFolder("T")
				a.RenameFolder("S", "T")
			}
			return nil
		}
		r, err := apply.Run(t.Context(), p, a, o)
		careful(t, a)
		if err != nil || r.Complete() != test.done {
			t.Errorf("%d looks: complete: %t, %v\n%s", test.looks, r.Complete(), err, told(r))
		}
		if !test.done {
			wantErr(t, r.Steps[0].Err, "by now")
		}
	}
}

// A run that dies behind a RENAME that takes its time: both names are there when Resume looks
// first.
func TestResumeWhileRenamed(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		for _, ends := range []bool{true, false} {
			a := model.New(v)
			fill(a, "New")
			fill(a, "Old")
			a.SetSubscribed("Old", !v.RenameForgets)
			records := []journal.Record{{Folder: &journal.Folder{Verb: journal.VerbRename, Name: "Old", To: "New", Subscriptions: []mailbox.Name{"Old"}}}}
			looks := 0
			a.Before = only("LIST", func(model.Op) error {
				if looks++; looks == 3 && ends {
					a.RemoveFolder("Old")
				}
				return nil
			})
			resumed, err := apply.Resume(t.Context(), records, a, apply.Options{Journal: &memory{left: -1}, Wait: again(a).Wait})
			if err != nil || len(resumed.Notes) != 1 {
				t.Errorf("ends: %t: %+v, %v", ends, resumed, err)
			}
			for _, f := range a.Listing().Folders {
				if ends && (f.Name == "New" && !f.Subscribed || f.Name == "Old" && f.Subscribed) {
					t.Errorf("%q is subscribed to: %t", f.Name, f.Subscribed)
				}
			}
		}
	})
}
