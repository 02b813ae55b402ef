package apply_test

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// Where folders are labels a message may be in the destination already. It is moved
// and copied all the same, and gets its flags there.
func TestMergedLabels(t *testing.T) {
	seen := mailbox.Flags{imap.FlagSeen}
	for _, v := range model.Labels() {
		if !v.Can.Move {
			continue
		}
		for name, c := range map[string]struct {
			op    plan.File
			label mailbox.Name // that the messages have, too
			when  string       // the operation before which they get it; empty: from the beginning
			copy  bool
		}{
			"moved to a label that they have":    {op: plan.File{Away: plan.AwayMove, To: "To"}, label: "To"},
			"given it right before the move":     {op: plan.File{Away: plan.AwayMove, To: "To"}, label: "To", when: "UID MOVE"},
			"archived":                           {op: plan.File{Away: plan.AwayMove, To: allMail}},
			"thrown away, with another label":    {op: plan.File{Away: plan.AwayMove, To: trash, Trash: true}, label: "To"},
			"copied to a label given right then": {op: plan.File{Copies: []mailbox.Name{"To"}}, label: "To", when: "UID COPY", copy: true},
		} {
			for _, watched := range []mailbox.Flags{nil, seen} {
				t.Run(fmt.Sprintf("%s/%s/watched %v", v.Name, name, watched), func(t *testing.T) {
					if c.copy && v.CopyMoves {
						t.Skip("nothing is copied here")
					}
					a := model.New(v)
					a.MakeFolder(trash, mailbox.UseTrash)
					a.MakeFolder(allMail, mailbox.UseAll)
					fill(a, "To", letter("another"))
					fill(a, "INBOX", letters(5)...)
					give := func() {
						if c.label != "" {
							for _, uid := range a.UIDs("INBOX") {
								a.Label("INBOX", uid, c.label)
							}
						}
					}
					op := c.op
					op.Folder, op.Add, op.FlagsFirst = "INBOX", seen, watched == nil
					p := planned(a, file(t, a, op))
					p.Watched = watched
					if c.when == "" {
						give()
					} else {
						a.Before = once(c.when, give)
					}
					r := run(t, a, p)
					complete(t, r)
					careful(t, a)
					if n := r.Messages.Moved + r.Messages.Trashed + r.Messages.Copied; n != 5 || r.Messages.Flagged != 5 {
						t.Errorf("done %+v", r.Messages)
					}
					for mail, places := range a.Census() {
						for _, at := range places {
							if mail != 1 && !at.Flags.Has(imap.FlagSeen) {
								t.Errorf("mail %d at %v is not seen", mail, at)
							}
						}
					}
					if left := len(a.UIDs("INBOX")); left > 0 != c.copy {
						t.Errorf("%d are left in INBOX", left)
					}
				})
			}
		}
	}
}

// Of two messages that nothing tells apart it is not known which one was there: they
// are moved, and that is all that is said.
func TestMergedTwins(t *testing.T) {
	a := model.New(model.Variant{Can: apply.Can{Move: true, UIDPlus: true, Labels: true}, CopyUID: model.CopyUIDNone})
	a.MakeFolder(allMail, mailbox.UseAll)
	fill(a, "To", letter("twin"))
	fill(a, "INBOX", letter("twin"))
	a.Label("INBOX", 1, "To")
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}))
	r := run(t, a, p)
	careful(t, a)
	if r.Complete() || len(a.UIDs("To")) != 2 || len(a.UIDs("INBOX")) != 0 {
		t.Errorf("complete %t: %s", r.Complete(), a.Dump())
	}
	wantErr(t, r.Steps[0].Err, "could not be found", "for sure")
}

// Without MOVE a move would have to delete, which takes labels away: it is refused.
func TestLabelsWithoutMove(t *testing.T) {
	a := model.New(model.Variant{Can: apply.Can{UIDPlus: true, Labels: true}})
	a.MakeFolder(allMail, mailbox.UseAll)
	fill(a, "To")
	fill(a, "INBOX", letter("one"))
	before := a.Dump()
	_, err := apply.Run(t.Context(), planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"})), a, apply.Options{})
	wantErr(t, err, "labels", "does not offer MOVE", "nothing was changed")
	if a.Dump() != before {
		t.Errorf("changed: %s", a.Dump())
	}
}
