package apply_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// listed are the folders that can be selected, a "+" behind those subscribed.
func listed(a *model.Account) []string {
	var all []string
	for _, f := range a.Listing().Folders {
		switch {
		case f.Selectable && f.Subscribed:
			all = append(all, string(f.Name)+"+")
		case f.Selectable:
			all = append(all, string(f.Name))
		case !f.Exists:
			all = append(all, "("+string(f.Name)+")")
		}
	}
	return all
}

func TestRunFolders(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a := model.New(v)
		fill(a, "Old", letter("a"), letter("b"))
		fill(a, "Old/Child", letter("c"))
		fill(a, "Chain1")
		fill(a, "Chain2")
		fill(a, "Empty")
		for _, n := range []mailbox.Name{"Old", "Old/Child", "Old/Stale", "Empty"} {
			a.SetSubscribed(n, true)
		}
		p := planned(a,
			step(plan.Rename{From: "Chain2", To: "Chain3"}),
			step(plan.Rename{From: "Chain1", To: "Chain2"}),
			step(plan.Rename{From: "Old", To: "New/Place", Subscribed: []mailbox.Name{"Old", "Old/Child", "Old/Stale"}}),
			step(plan.Create{Name: "Made", Use: mailbox.UseArchive}),
			step(plan.Create{Name: "Deep/Down"}),
			step(plan.Set{Name: "Made", Subscribed: true, Created: true}),
			step(plan.Set{Name: "New/Place", Subscribed: false}),
			file(t, a, plan.File{Folder: "New/Place", Was: "Old", Away: plan.AwayMove, To: "Made"}),
			file(t, a, plan.File{Folder: "New/Place/Child", Was: "Old/Child", Away: plan.AwayMove, To: "Deep/Down"}),
			step(plan.Remove{Name: "Empty", Subscribed: true}),
		)
		r := run(t, a, p)
		complete(t, r)
		want := []string{"Chain2", "Chain3", "Deep/Down", "INBOX", "Made+", "New/Place", "New/Place/Child+"}
		if v.RealParents {
			want = append(want, "Deep", "New")
		}
		got := listed(a)
		if v.AutoSubscribe { // what the plan does not name stays as the server likes it
			for i, n := range got {
				if !slices.Contains(want, n) {
					got[i] = strings.TrimSuffix(n, "+")
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("folders %q\nwant %q", got, want)
		}
		wantFolder(t, a, "Made", "a", "b")
		wantFolder(t, a, "Deep/Down", "c")
		if r.Added != 2 || r.Changed != 3+1 || r.Destroyed != 1 || r.Messages.Moved != 3 {
			t.Errorf("counted %+v", r)
		}
		if noted := len(r.Steps[3].Notes) > 0; noted != v.NoUses {
			t.Errorf("notes on the special use: %q", r.Steps[3].Notes)
		}

		// All of it was done before: nothing is done or counted, and nothing is wrong.
		// (Of a chain that cannot be told.)
		before := a.Dump()
		p.Steps = p.Steps[2:]
		r = run(t, a, p)
		complete(t, r)
		if a.Dump() != before || r.Added+r.Changed+r.Destroyed != 0 {
			t.Errorf("a second run did %+v\n%s\n%s", r, before, a.Dump())
		}
	})
}

// What fails stops what depends on it, and nothing else.
func TestRunFailsDependants(t *testing.T) {
	const done, failed, blocked = apply.StatusDone, apply.StatusFailed, apply.StatusBlocked
	no := func(names ...string) func(*model.Account) {
		return func(a *model.Account) {
			a.Before = func(op model.Op) error {
				if slices.Contains(names, op.Name+" "+string(op.Folder)) {
					return errRefused
				}
				return nil
			}
		}
	}
	move := func(from, to mailbox.Name) plan.File {
		return plan.File{Folder: from, Away: plan.AwayMove, To: to}
	}
	for _, test := range []struct {
		name   string
		ops    []plan.Operation
		fault  func(*model.Account)
		status []apply.Status
		says   string
	}{
		{"create fails", []plan.Operation{plan.Create{Name: "N"}, plan.Create{Name: "N/C"}, plan.Create{Name: "M"}, plan.Set{Name: "N", Subscribed: true}, move("A", "N"), plan.File{Folder: "B", Copies: []mailbox.Name{"N"}}, move("B", "M")},
			no("CREATE N"), []apply.Status{failed, done, done, done, blocked, blocked, done}, "because the test says so"}, // N/C, which was sent with it, brings a place of that name
		{"target of a rename is there", []plan.Operation{plan.Rename{From: "A", To: "B"}, plan.Rename{From: "C", To: "A"}, move("B", "INBOX"), move("D", "INBOX")},
			nil, []apply.Status{failed, blocked, blocked, done}, "by now"},
		{"source of a rename is gone", []plan.Operation{plan.Rename{From: "Z", To: "Y"}, plan.Create{Name: "Y/X"}, plan.Create{Name: "W"}},
			nil, []apply.Status{failed, blocked, done}, "gone"},
		{"rename fails", []plan.Operation{plan.Rename{From: "D/E", To: "F"}, plan.Rename{From: "D", To: "G"}, plan.Rename{From: "A", To: "H"}},
			no("RENAME D/E"), []apply.Status{failed, blocked, done}, "because the test says so"},
		{"list fails", []plan.Operation{plan.Create{Name: "N"}, plan.Create{Name: "M"}, move("A", "B")},
			func(a *model.Account) { a.Before = only("LIST", func(model.Op) error { return errRefused }) }, []apply.Status{failed, failed, done}, "list the folders"},
		{"create fails, and what is subscribed to is not there", []plan.Operation{plan.Create{Name: "N"}, plan.Set{Name: "N", Subscribed: true}, plan.Set{Name: "A", Subscribed: true}},
			no("CREATE N"), []apply.Status{failed, blocked, done}, "because the test says so"},
		{"second look fails", []plan.Operation{plan.Create{Name: "N"}, move("A", "N")},
			func(a *model.Account) {
				n := 0
				a.Before = only("LIST", func(model.Op) error {
					if n++; n == 2 {
						return errRefused
					}
					return nil
				})
			}, []apply.Status{failed, blocked}, "look whether it was done"},
		{"subscribing fails", []plan.Operation{plan.Set{Name: "A", Subscribed: true}, move("A", "B")},
			no("SUBSCRIBE A"), []apply.Status{failed, done}, "because the test says so"},
		{"subscribing what is not there", []plan.Operation{plan.Set{Name: "N", Subscribed: true}},
			nil, []apply.Status{failed}, "no such folder"},
		{"subscription of a renamed folder fails", []plan.Operation{plan.Rename{From: "S", To: "T", Subscribed: []mailbox.Name{"S"}}, plan.Create{Name: "T/U"}},
			no("SUBSCRIBE T"), []apply.Status{failed, done}, "because the test says so"},
		{"mail of a removed folder cannot be moved", []plan.Operation{move("A", "B"), plan.Remove{Name: "A"}, plan.Remove{Name: "Empty"}},
			no("UID MOVE A"), []apply.Status{failed, blocked, done}, "because the test says so"},
		{"child cannot be removed", []plan.Operation{plan.Remove{Name: "D/E"}, plan.Remove{Name: "D"}},
			nil, []apply.Status{failed, blocked}, "holds messages"},
		{"destination is gone", []plan.Operation{move("A", "N"), move("B", "C")},
			nil, []apply.Status{failed, done}, "look at folder"},
		{"folder opens only for reading", []plan.Operation{move("A", "C"), move("B", "C")},
			no("SELECT A"), []apply.Status{failed, done}, "open folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			for _, n := range []mailbox.Name{"A", "B", "C", "D", "D/E", "S"} {
				fill(a, n, letter("in "+string(n)))
			}
			a.SetSubscribed("S", true)
			fill(a, "Empty")
			census := len(a.Census())
			var steps []plan.Step
			for _, op := range test.ops {
				if f, ok := op.(plan.File); ok {
					steps = append(steps, file(t, a, f))
				} else {
					steps = append(steps, step(op))
				}
			}
			p := planned(a, steps...)
			if test.fault != nil {
				test.fault(a)
			}
			r := run(t, a, p)
			for i, o := range r.Steps {
				if o.Status != test.status[i] || (o.Err == nil) != (o.Status == done) {
					t.Errorf("step %d ended %d (%v), want %d", i, o.Status, o.Err, test.status[i])
				}
			}
			wantErr(t, r.Steps[0].Err, test.says)
			if r.Complete() {
				t.Error("complete")
			}
			if len(a.Census()) != census {
				t.Error("mail was lost")
			}
		})
	}
}

// A subscription that cannot follow a rename stays where it was, and none is made of what
// is not there.
func TestRenameLosesNoSubscription(t *testing.T) {
	for _, test := range []struct {
		refused mailbox.Name
		command string
		want    []string
	}{
		{"T", "SUBSCRIBE", []string{"INBOX", "S (gone) +", "T"}},
		{"S", "UNSUBSCRIBE", []string{"INBOX", "S (gone) +", "T +"}},
		{"S", "RENAME", []string{"INBOX", "S +"}},
	} {
		v := model.Variants()[0]
		v.SubscribeAny = true
		a := model.New(v)
		fill(a, "S", letter("in S"))
		a.SetSubscribed("S", true)
		p := planned(a, step(plan.Rename{From: "S", To: "T", Subscribed: []mailbox.Name{"S"}}))
		a.Before = func(op model.Op) error {
			if op.Name == test.command && op.Folder == test.refused {
				return errRefused
			}
			return nil
		}
		r := run(t, a, p)
		wantErr(t, r.Steps[0].Err, "because the test says so")
		var got []string
		for _, f := range a.Listing().Folders {
			line := string(f.Name)
			if !f.Exists {
				line += " (gone)"
			}
			if f.Subscribed {
				line += " +"
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s refused:\n%s", test.command, test.refused, diff)
		}
	}
}

// An account of no folders is a server's mistake, not a reason to create them all.
func TestRunTakesNoEmptyList(t *testing.T) {
	a := model.New(model.Variants()[0])
	p := planned(a, step(plan.Create{Name: "N"}))
	r, err := apply.Run(t.Context(), p, empty{a}, apply.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, r.Steps[0].Err, "lists none")
}

// A server's OK to what it did not do is noticed.
func TestRunBelievesNoOK(t *testing.T) {
	for _, op := range []plan.Operation{
		plan.Create{Name: "N"},
		plan.Rename{From: "A", To: "N"},
		plan.Set{Name: "A", Subscribed: true},
		plan.Remove{Name: "Empty"},
		plan.File{Folder: "A", Add: mailbox.Flags{imap.FlagSeen}},
		plan.File{Folder: "A", Away: plan.AwayMove, To: "B"},
		plan.File{Folder: "A", Copies: []mailbox.Name{"B"}},
		plan.File{Folder: "A", Away: plan.AwayPermanent},
	} {
		variants(t, func(t *testing.T, v model.Variant) {
			if f, ok := op.(plan.File); ok && !able(v, f) {
				t.Skip("the server cannot")
			}
			a := model.New(v)
			fill(a, "A", letter("a"))
			fill(a, "B")
			fill(a, "Empty")
			s := step(op)
			if f, ok := op.(plan.File); ok {
				s = file(t, a, f)
			}
			p := planned(a, s)
			before := a.Dump()
			r, err := apply.Run(t.Context(), p, liar{a}, apply.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Complete() || r.Steps[0].Err == nil || r.Steps[0].Status != apply.StatusFailed {
				t.Errorf("%T: %+v", op, r.Steps[0])
			}
			if r.Added+r.Changed+r.Destroyed != 0 || r.Messages != (apply.Counts{}) {
				t.Errorf("%T: counted %+v", op, r)
			}
			if a.Dump() != before {
				t.Errorf("%T: changed something", op)
			}
		})
	}
}

// Where a rename fails, no subscription stays that was made for it: neither to a folder that
// somebody else has made meanwhile, nor to none.
func TestRenameSubscribesToNoOther(t *testing.T) {
	for _, how := range []string{"made by another", "gone", "refused later"} {
		variants(t, func(t *testing.T, v model.Variant) {
			a := model.New(v)
			fill(a, "Old")
			a.SetSubscribed("Old", true)
			p := planned(a, step(plan.Rename{From: "Old", To: "New", Subscribed: []mailbox.Name{"Old"}}))
			renames := 0
			a.Before = only("RENAME", func(model.Op) error {
				switch renames++; {
				case how == "made by another":
					if renames == 1 {
						a.MakeFolder("New")
					}
					return nil
				case renames > 1:
					return errRefused
				case how == "gone":
					a.RemoveFolder("Old")
				}
				return errThrottled
			})
			r, err := apply.Run(t.Context(), p, a, again(a))
			careful(t, a)
			if err != nil || r.Complete() {
				t.Errorf("complete: %t, %v\n%s", r.Complete(), err, told(r))
			}
			for _, f := range a.Listing().Folders {
				if f.Name == "New" && f.Subscribed || f.Name == "Old" && !f.Subscribed {
					t.Errorf("%s: %q is subscribed to: %t", how, f.Name, f.Subscribed)
				}
			}
		})
	}
}
