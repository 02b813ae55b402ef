package apply_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A message that changed between plan and apply is left alone, and counted.
func TestRunSkips(t *testing.T) {
	move := plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}
	trash := plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Trash: true}
	purge := plan.File{Folder: "INBOX", Away: plan.AwayPermanent}
	flag := plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}}
	flagged, draft, seen := mailbox.Flags{imap.FlagFlagged}, mailbox.Flags{imap.FlagDraft}, mailbox.Flags{imap.FlagSeen}
	set := func(flags mailbox.Flags) func(*model.Account) {
		return func(a *model.Account) { a.Flag("INBOX", 1, flags, nil) }
	}
	for _, test := range []struct {
		name     string
		op       plan.File
		watched  mailbox.Flags
		change   func(*model.Account)
		reason   string // empty: not left alone
		harmless bool
	}{
		{"gone, move", move, nil, func(a *model.Account) { a.Vanish("INBOX", 1) }, "gone", true},
		{"gone, permanent", purge, nil, func(a *model.Account) { a.Vanish("INBOX", 1) }, "gone", true},
		{"deleted, move", move, nil, set(mailbox.Flags{imap.FlagDeleted}), `\Deleted`, true},
		{"deleted, permanent", purge, nil, set(mailbox.Flags{imap.FlagDeleted}), `\Deleted`, true},
		{"deleted, flag", flag, nil, set(mailbox.Flags{imap.FlagDeleted}), `\Deleted`, true},
		{"flagged already", flag, nil, set(seen), "done already", true},
		{"flagged already, and a rule reads it", flag, seen, set(seen), "done already", true},
		{"watched, move", move, seen, set(seen), "flags that a rule reads", true},
		{"watched, removed", move, flagged, func(a *model.Account) { a.Flag("INBOX", 1, nil, flagged) }, "flags that a rule reads", true},
		{"not watched, move", move, flagged, set(seen), "", false},
		{"flagged, trash", trash, nil, set(flagged), "not deleted", false},
		{"draft, trash", trash, nil, set(draft), "not deleted", false},
		{"flagged, permanent", purge, nil, set(flagged), "not deleted", false},
		{"draft, permanent", purge, nil, set(draft), "not deleted", false},
		{"flagged, trash that flags", plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Trash: true, Add: flagged, FlagsFirst: true}, nil, set(flagged), "", false},
		{"flagged, move", move, nil, set(flagged), "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "To")
			first := letter("first")
			if test.name == "watched, removed" {
				first.Flags = flagged
			}
			fill(a, "INBOX", first, letter("second"))
			p := planned(a, file(t, a, test.op))
			p.Watched = test.watched
			test.change(a)
			r := run(t, a, p)
			complete(t, r)
			o := r.Steps[0]
			if test.reason == "" {
				if len(o.Skipped) > 0 {
					t.Errorf("skipped: %+v", o.Skipped)
				}
				return
			}
			if len(o.Skipped) != 1 || o.Skipped[0].Messages != 1 || o.Skipped[0].Harmless != test.harmless {
				t.Fatalf("skipped: %+v", o.Skipped)
			}
			wantErr(t, errorString(o.Skipped[0].Reason), test.reason)
			if done := o.Done; done.Moved+done.Trashed+done.Deleted+done.Flagged != 1 {
				t.Errorf("done: %+v, want the other message only", done)
			}
			if r.Complete() != test.harmless {
				t.Errorf("complete: %t", r.Complete())
			}
			if test.reason != "gone" && !a.Has("INBOX", 1) {
				t.Error("the message that is left alone is not where it was")
			}
		})
	}
}

type errorString string

func (e errorString) Error() string { return string(e) }

// A folder that is not what the plan knows is left alone from then on, others are
// not.
func TestRunLeavesForeignFoldersAlone(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*model.Account, *plan.Plan)
		says   string
	}{
		{"made anew", func(a *model.Account, _ *plan.Plan) { a.Replace("From", false); a.Deliver("From", letter("x")) }, "made anew"},
		{"made anew within a second", func(a *model.Account, _ *plan.Plan) {
			a.Replace("From", true)
			fill(a, "From", letter("other"), letter("another"), letter("third"))
		}, "not the one of the plan"},
		{"the plan does not know it", func(_ *model.Account, p *plan.Plan) {
			p.Folders = nil
			p.Folders = append(p.Folders, before("Other")...)
		}, "does not say how it found"},
		{"no UIDVALIDITY", func(_ *model.Account, p *plan.Plan) {
			for i := range p.Folders {
				if p.Folders[i].Name == "From" {
					p.Folders[i].UIDValidity = 0
				}
			}
		}, "no UIDVALIDITY"},
	} {
		for _, op := range []plan.File{
			{Folder: "From", Away: plan.AwayMove, To: "To"},
			{Folder: "From", Away: plan.AwayPermanent},
			{Folder: "From", Copies: []mailbox.Name{"To"}},
			{Folder: "From", Add: mailbox.Flags{imap.FlagSeen}},
		} {
			t.Run(test.name, func(t *testing.T) {
				a := model.New(model.Variants()[0])
				fill(a, "To")
				fill(a, "From", letter("a"), letter("b"), letter("c"))
				fill(a, "Other", letter("o"))
				p := planned(a, file(t, a, op, 1, 2), file(t, a, op, 3), file(t, a, plan.File{Folder: "Other", Away: plan.AwayMove, To: "INBOX"}))
				test.change(a, p)
				if len(p.Folders) == 1 {
					p.Folders[0].UIDValidity = planned(a).Folders[index(a, "Other")].UIDValidity
				}
				dump := a.UIDs("From")
				r := run(t, a, p)
				wantErr(t, r.Steps[0].Err, test.says)
				if r.Steps[0].Status != apply.StatusFailed || r.Steps[1].Status != apply.StatusBlocked && r.Steps[1].Status != apply.StatusFailed {
					t.Errorf("steps %d and %d", r.Steps[0].Status, r.Steps[1].Status)
				}
				if r.Steps[2].Status != apply.StatusDone {
					t.Errorf("the other folder: %v", r.Steps[2].Err)
				}
				if len(a.UIDs("From")) != len(dump) || len(a.UIDs("To")) != 0 {
					t.Error("something was done")
				}
				wantFolder(t, a, "INBOX", "o")
			})
		}
	}
}

func before(n mailbox.Name) []plan.Before { return []plan.Before{{Name: n}} }

func index(a *model.Account, n mailbox.Name) int {
	i := 0
	for _, f := range a.Listing().Folders {
		if f.Name == n {
			return i
		}
		if f.Selectable {
			i++
		}
	}
	return -1
}

// Somebody may show that a message matters right before it is deleted for good.
func TestRunLooksAgainBeforeDeleting(t *testing.T) {
	for _, name := range []string{"UID STORE", "UID EXPUNGE"} {
		for i, change := range []func(a *model.Account){
			func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagFlagged}, nil) },
			func(a *model.Account) { a.Vanish("INBOX", 1) },
		} {
			a := model.New(model.Variants()[0])
			fill(a, "INBOX", letter("first"), letter("second"))
			p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}))
			a.Before = once(name, func() { change(a) })
			r := run(t, a, p)
			complete(t, r)
			if len(a.Marked()) > 0 {
				t.Errorf(`left marked \Deleted: %v`, a.Marked())
			}
			if flagged := i == 0; name == "UID STORE" && flagged && (!a.Has("INBOX", 1) || len(r.Steps[0].Skipped) != 1) {
				t.Errorf("skipped %+v, still there: %t", r.Steps[0].Skipped, a.Has("INBOX", 1))
			}
			if a.Has("INBOX", 2) {
				t.Error("the other message was not deleted")
			}
		}
	}
}

// A message of which the server does not tell enough is not taken for gone.
func TestRunTakesNoVagueAnswerForGone(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letter("a"), letter("b"))
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}))
	r, err := apply.Run(t.Context(), p, vague{a}, apply.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, r.Steps[0].Err, "did not tell all", "message 2")
	if len(a.UIDs("INBOX")) != 2 {
		t.Error("something was deleted")
	}
}
