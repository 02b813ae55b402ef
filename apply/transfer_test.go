package apply_test

import (
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// able says whether the server can do what the step asks for.
func able(v model.Variant, op plan.File) bool {
	switch op.Away {
	case plan.AwayMove:
		return v.Can.Move || v.Can.UIDPlus
	case plan.AwayPermanent:
		return v.Can.UIDPlus
	}
	return true
}

// Every way of filing does what it says on every server, and touches nothing else.
func TestRunFiles(t *testing.T) {
	seen, work := mailbox.Flags{imap.FlagSeen}, mailbox.Flags{"$Work"}
	for _, test := range []struct {
		name      string
		op        plan.File
		from, to  []string // what the folders hold then
		also      []string // what the second destination holds
		done      apply.Counts
		changed   int
		destroyed int
	}{
		{name: "move", op: plan.File{Away: plan.AwayMove, To: "To"},
			to: []string{"a", "b seen"}, done: apply.Counts{Moved: 2}, changed: 1},
		{name: "trash", op: plan.File{Away: plan.AwayMove, To: "To", Trash: true},
			to: []string{"a", "b seen"}, done: apply.Counts{Trashed: 2}, changed: 1},
		{name: "move, flags first", op: plan.File{Away: plan.AwayMove, To: "To", Add: seen.With(work), FlagsFirst: true},
			to: []string{"a $Work seen", "b $Work seen"}, done: apply.Counts{Moved: 2, Flagged: 2}, changed: 1},
		{name: "move, flags there", op: plan.File{Away: plan.AwayMove, To: "To", Add: seen.With(work)},
			to: []string{"a $Work seen", "b $Work seen"}, done: apply.Counts{Moved: 2, Flagged: 2}, changed: 1},
		{name: "move, flag removed there", op: plan.File{Away: plan.AwayMove, To: "To", Remove: seen},
			to: []string{"a", "b"}, done: apply.Counts{Moved: 2, Flagged: 1}, changed: 1},
		{name: "copy", op: plan.File{Copies: []mailbox.Name{"To"}},
			from: []string{"a", "b seen"}, to: []string{"a", "b seen"}, done: apply.Counts{Copied: 2}, changed: 1},
		{name: "copy twice and move", op: plan.File{Copies: []mailbox.Name{"To", "Also"}, Away: plan.AwayMove, To: "INBOX", Add: seen},
			to: []string{"a seen", "b seen"}, also: []string{"a seen", "b seen"}, done: apply.Counts{Copied: 4, Moved: 2, Flagged: 1}, changed: 1},
		{name: "copy and flag, flags first", op: plan.File{Copies: []mailbox.Name{"To"}, Add: seen, FlagsFirst: true},
			from: []string{"a seen", "b seen"}, to: []string{"a seen", "b seen"}, done: apply.Counts{Copied: 2, Flagged: 1}, changed: 1},
		{name: "copy and flag", op: plan.File{Copies: []mailbox.Name{"To"}, Add: work},
			from: []string{"a $Work", "b $Work seen"}, to: []string{"a $Work", "b $Work seen"}, done: apply.Counts{Copied: 2, Flagged: 2}, changed: 1},
		{name: "copy and delete", op: plan.File{Copies: []mailbox.Name{"To"}, Away: plan.AwayPermanent},
			to: []string{"a", "b seen"}, done: apply.Counts{Copied: 2, Deleted: 2}, destroyed: 1},
		{name: "flag", op: plan.File{Add: seen, FlagsFirst: true},
			from: []string{"a seen", "b seen"}, done: apply.Counts{Flagged: 1}, changed: 1},
		{name: "flag that rules read", op: plan.File{Add: work, Remove: seen},
			from: []string{"a $Work", "b $Work"}, done: apply.Counts{Flagged: 2}, changed: 1},
		{name: "delete", op: plan.File{Away: plan.AwayPermanent},
			done: apply.Counts{Deleted: 2}, destroyed: 1},
	} {
		variants(t, func(t *testing.T, v model.Variant) {
			test.op.Folder = "From"
			if !able(v, test.op) {
				t.Skip("the server cannot")
			}
			a := model.New(v)
			fill(a, "From", letter("a"), letter("b", imap.FlagSeen), letter("foreign", imap.FlagDeleted))
			fill(a, "To")
			fill(a, "Also")
			p := planned(a, file(t, a, test.op))
			r := run(t, a, p)
			complete(t, r)
			if !r.Complete() {
				t.Errorf("%s: not complete: %+v", test.name, r.Steps)
			}
			wantFolder(t, a, "From", sorted(append(slices.Clone(test.from), "foreign deleted"))...)
			wantFolder(t, a, "To", test.to...)
			wantFolder(t, a, "Also", test.also...)
			if r.Messages != test.done || r.Changed != test.changed || r.Destroyed != test.destroyed || r.Added != 0 {
				t.Errorf("%s: counted %+v", test.name, r)
			}

			// Again it does nothing: what is gone is gone, what is there is there.
			before := a.Dump()
			r = run(t, a, p)
			if a.Dump() != before || r.Messages != (apply.Counts{}) || r.Changed+r.Destroyed != 0 {
				t.Errorf("%s: a second run did %+v\n%s", test.name, r.Messages, a.Dump())
			}
		})
	}
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}

// Messages that are the same in everything cannot be told apart: each is moved, or
// it is said that they were not.
func TestRunMovesTwins(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a := model.New(v)
		fill(a, "From", letter("twin"), letter("twin"), letter("twin"), letter("other"))
		fill(a, "To", letter("twin"))
		p := planned(a, file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To", Add: mailbox.Flags{imap.FlagSeen}}))
		r := run(t, a, p)
		complete(t, r)
		wantFolder(t, a, "To", "other seen", "twin", "twin seen", "twin seen", "twin seen")
	})
}

// A twin that comes from elsewhere at the same time proves nothing: where only a
// look can tell, nothing is removed then.
func TestRunDoesNotTakeATwinForACopy(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a := model.New(v)
		fill(a, "From", letter("a"))
		fill(a, "To")
		p := planned(a, file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}))
		a.Before = func(op model.Op) error {
			if op.Name == "UID COPY" || op.Name == "UID MOVE" {
				a.Deliver("To", letter("a"))
			}
			return nil
		}
		r := run(t, a, p)
		if v.Can.Move {
			if len(a.UIDs("From")) != 0 || len(a.UIDs("To")) != 2 {
				t.Errorf("not moved: %v", r.Steps[0].Err)
			}
			return
		}
		if v.CopyUID == model.CopyUIDNone && (len(a.UIDs("From")) != 1 || r.Steps[0].Err == nil || r.Messages.Moved != 0) {
			t.Errorf("removed without proof: %+v", r.Steps[0])
		}
	})
}

// Long lists go in batches that servers take, and each message once.
func TestRunBatches(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a := model.New(v)
		fill(a, "From", letters(4100)...)
		fill(a, "To")
		var odd []imap.UID // the longest set there is
		for uid := imap.UID(1); uid <= 4100; uid += 2 {
			odd = append(odd, uid)
		}
		p := planned(a, file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}, odd...))
		var progress []int
		ended := 0
		r, err := apply.Run(t.Context(), p, a, apply.Options{Report: func(e apply.Event) {
			switch e.Kind {
			case apply.StepProgress:
				progress = append(progress, e.Messages)
			case apply.StepEnded:
				ended++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		careful(t, a)
		complete(t, r)
		if len(a.UIDs("From")) != 2050 || len(a.UIDs("To")) != 2050 || r.Messages.Moved != 2050 {
			t.Errorf("%d left, %d there, %d counted", len(a.UIDs("From")), len(a.UIDs("To")), r.Messages.Moved)
		}
		if !slices.Equal(progress, []int{500, 1000, 1500, 2000, 2050}) || ended != 1 {
			t.Errorf("progress %v, ended %d times", progress, ended)
		}
	})
}

// Few round trips: what many steps need to know is asked once.
func TestRunRoundTrips(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "From", letters(30)...)
	fill(a, "To/1")
	fill(a, "To/2")
	var names []string
	a.Before = func(op model.Op) error {
		names = append(names, op.Name)
		return nil
	}
	p := planned(a,
		step(plan.Create{Name: "A"}), step(plan.Create{Name: "B"}),
		step(plan.Set{Name: "A", Subscribed: true, Created: true}), step(plan.Set{Name: "B", Subscribed: true, Created: true}),
		file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To/1"}, 1, 2, 3),
		file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To/2"}, 4, 5, 6),
		file(t, a, plan.File{Folder: "From", Add: mailbox.Flags{imap.FlagSeen}, FlagsFirst: true}, 7, 8),
	)
	names = nil
	complete(t, run(t, a, p))
	want := []string{
		"SELECT", "UNSELECT", "LIST", "CREATE", "CREATE", "SUBSCRIBE", "SUBSCRIBE", "LIST",
		"SELECT", "UID FETCH", "UID MOVE", "UID MOVE", "UID STORE",
	}
	if !slices.Equal(names, want) {
		t.Errorf("sent %q\nwant %q", names, want)
	}
}
