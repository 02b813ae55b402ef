package apply_test

import (
	"context"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A keyword that does not stick fails its step once, with the reason, while the
// messages are where the rules find them again.
func TestRunKeywordsThatDoNotStick(t *testing.T) {
	for _, v := range []model.Variant{
		{Name: "refused", Can: apply.Can{Move: true, UIDPlus: true}, MaxKeywords: 1},
		{Name: "dropped", Can: apply.Can{Move: true, UIDPlus: true}, MaxKeywords: 1, DropKeywords: true},
	} {
		for _, op := range []plan.File{
			{},
			{FlagsFirst: true},
			{Away: plan.AwayMove, To: "To", FlagsFirst: true},
			{Away: plan.AwayMove, To: "To"},
			{Copies: []mailbox.Name{"To"}, FlagsFirst: true},
			{Copies: []mailbox.Name{"To"}},
		} {
			t.Run(v.Name, func(t *testing.T) {
				op.Folder, op.Add = "From", mailbox.Flags{"$One", imap.FlagSeen}
				a := model.New(v)
				fill(a, "From", letter("a", "$Full"))
				fill(a, "From", letters(600)...)
				fill(a, "To", letter("b", "$Full"))
				p := planned(a, file(t, a, op), file(t, a, plan.File{Folder: "From", Add: mailbox.Flags{imap.FlagFlagged}}, 1))
				stores := 0
				a.Before = only("UID STORE", func(op model.Op) error {
					if op.Flags.Has("$One") {
						stores++
					}
					return nil
				})
				r := run(t, a, p)
				wantErr(t, r.Steps[0].Err, "does not keep $One")
				most := 1
				if len(op.Copies) == 0 && (op.Away == plan.AwayNot || op.FlagsFirst) {
					most = 2 // which are sent together
				}
				if r.Steps[0].Status != apply.StatusFailed || stores > most {
					t.Errorf("status %d after %d STOREs", r.Steps[0].Status, stores)
				}
				if r.Steps[1].Status != apply.StatusDone {
					t.Errorf("another step: %v", r.Steps[1].Err)
				}
				stay := v.Name == "refused" || op.FlagsFirst || op.Away == plan.AwayNot
				if gone := len(a.UIDs("From")) < 601; gone && stay || r.Messages.Moved > 500 {
					t.Errorf("moved without its keyword: %+v", r.Messages)
				}
			})
		}
	}
}

// What PERMANENTFLAGS does not name is not stored; without PERMANENTFLAGS all is.
func TestRunReadsPermanentFlags(t *testing.T) {
	for _, test := range []struct {
		name      string
		permanent mailbox.Flags
		news      bool
		fine      bool
	}{
		{"none said", nil, false, true},
		{"nothing", mailbox.Flags{}, false, false},
		{"keywords only", mailbox.Flags{}, true, false},
		{"system flags only", mailbox.NewFlags(imap.FlagSeen), false, false},
		{"both", mailbox.NewFlags(imap.FlagSeen), true, true},
		{"both by name", mailbox.NewFlags(imap.FlagSeen, "$one"), false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "INBOX", letter("a"))
			p := planned(a, file(t, a, plan.File{Folder: "INBOX", Add: mailbox.NewFlags("$One", imap.FlagSeen)}))
			r, err := apply.Run(t.Context(), p, limited{a, test.permanent, test.news}, apply.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if (r.Steps[0].Err == nil) != test.fine {
				t.Errorf("ended with %v", r.Steps[0].Err)
			}
			if test.fine {
				wantFolder(t, a, "INBOX", "a $One seen")
			}
		})
	}
}

// limited is a server with its own PERMANENTFLAGS.
type limited struct {
	*model.Account
	permanent mailbox.Flags
	news      bool
}

func (l limited) Open(ctx context.Context, n mailbox.Name) (apply.Opened, error) {
	o, err := l.Account.Open(ctx, n)
	o.Permanent, o.NewKeyword = l.permanent, l.news
	return o, err
}

func (s limited) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (o apply.Opened, seen, err error) {
	return model.OneVisit(ctx, s, name, uids, parts, tell)
}

func (s limited) TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error) {
	return model.EachTryOut(ctx, s, names)
}

// A server that loses a STORE, or part of it, is found out.
func TestRunNoticesLostStores(t *testing.T) {
	for _, op := range []plan.File{
		{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}},
		{Folder: "INBOX", Away: plan.AwayMove, To: "To"},
		{Folder: "INBOX", Away: plan.AwayPermanent},
	} {
		a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
		fill(a, "To")
		fill(a, "INBOX", letter("a"), letter("b"), letter("c"))
		p := planned(a, file(t, a, op))
		r, err := apply.Run(t.Context(), p, forgetful{a}, apply.Options{})
		if err != nil {
			t.Fatal(err)
		}
		careful(t, a)
		if r.Steps[0].Err == nil || r.Steps[0].Status != apply.StatusFailed {
			t.Errorf("%+v", r.Steps[0])
		}
		if done := r.Messages.Flagged + r.Messages.Moved + r.Messages.Deleted; done != 2 || !a.Has("INBOX", 2) {
			t.Errorf("counted %+v", r.Messages)
		}
	}
}

// forgetful is a server that stores no flag on message 2, and says OK.
type forgetful struct{ *model.Account }

func (f forgetful) Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) (map[imap.UID]mailbox.Flags, error) {
	all, _ := uids.Nums()
	var rest imap.UIDSet
	for _, uid := range all {
		if uid != 2 {
			rest.AddNum(uid)
		}
	}
	return f.Account.Store(ctx, rest, add, flags)
}

// A UID EXPUNGE that fails leaves messages that a rule deletes as they were, so
// that a new plan finds them, and says so.
func TestRunTakesDeletedBack(t *testing.T) {
	a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
	fill(a, "INBOX", letter("a"), letter("b"), letter("foreign", imap.FlagDeleted))
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}))
	a.Before = only("UID EXPUNGE", func(model.Op) error { return errRefused })
	r := run(t, a, p)
	wantErr(t, r.Steps[0].Err, "because the test says so")
	wantFolder(t, a, "INBOX", "a", "b", "foreign deleted")
	if r.Messages != (apply.Counts{}) {
		t.Errorf("counted %+v", r.Messages)
	}
}

// Of a message that was copied in order to be moved the original stays marked: a new
// plan would copy it once more.
func TestRunLeavesCopiedMarked(t *testing.T) {
	a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
	fill(a, "To")
	fill(a, "INBOX", letter("a"))
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}))
	a.Before = only("UID EXPUNGE", func(model.Op) error { return errRefused })
	r := run(t, a, p)
	wantErr(t, r.Steps[0].Err, "because the test says so", `marked \Deleted`, `"To"`)
	wantFolder(t, a, "INBOX", "a deleted")
	wantFolder(t, a, "To", "a")
}

// A copy never carries the \Deleted that somebody set on the original just before.
func TestRunCopiesWithoutDeleted(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		if v.Can.Move {
			t.Skip("MOVE takes flags along")
		}
		a := model.New(v)
		fill(a, "To")
		fill(a, "INBOX", letter("a"), letter("b"))
		p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}))
		a.Before = once("UID COPY", func() { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagDeleted}, nil) })
		complete(t, run(t, a, p))
		wantFolder(t, a, "To", "a", "b")
		wantFolder(t, a, "INBOX")
	})
}

func (s forgetful) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	return model.EachChange(ctx, s, all)
}

// What was left alone because it has changed meanwhile is not done where no later plan finds
// out about it.
func TestExactly(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(3)...)
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}}))
	a.Flag("INBOX", 2, mailbox.Flags{imap.FlagSeen}, nil)
	r := run(t, a, p)
	r.Exactly()
	if !r.Complete() || r.Messages.Flagged != 2 {
		t.Errorf("done already, and %+v\n%s", r.Messages, told(r))
	}
	p = planned(a, file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagFlagged}}))
	a.Vanish("INBOX", 1)
	r = run(t, a, p)
	if !r.Complete() {
		t.Errorf("gone, and %s", told(r))
	}
	if r.Exactly(); r.Complete() {
		t.Errorf("gone, and complete: %s", told(r))
	}
}
