package apply_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A stubborn server answers OK to UID EXPUNGE, and does nothing, so many times: Courier
// leaves messages of which another client changes flags at that moment.
type stubborn struct {
	*model.Account
	times *int
	then  func()
}

func (s stubborn) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	if all[0].Kind == apply.ChangeExpunge && *s.times > 0 {
		*s.times--
		s.then()
		return make([]apply.Changed, len(all))
	}
	return s.Account.Changes(ctx, all)
}

// What is still there after UID EXPUNGE is removed by another one, once it was looked at:
// but not what has been flagged since, or lost its copy.
func TestExpungedOnceMore(t *testing.T) {
	byCopy := plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "A"}
	for name, test := range map[string]struct {
		op     plan.File
		times  int
		then   func(*model.Account)
		here   bool // it stays
		marked bool
	}{
		"a move":                    {op: byCopy, times: 1},
		"a move, never":             {op: byCopy, times: 9, here: true, marked: true},
		"its copy is gone":          {op: byCopy, times: 1, then: func(a *model.Account) { a.Vanish("A", 1) }, here: true},
		"a delete":                  {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 1},
		"a delete, never":           {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 9, here: true},
		"somebody wants to keep it": {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 1, then: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagFlagged}, nil) }, here: true},
		"somebody has read it":      {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 1, then: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagSeen}, nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
			fill(a, "INBOX", letter("a"))
			fill(a, "A")
			p := planned(a, file(t, a, test.op))
			times := test.times
			r, err := apply.Run(t.Context(), p, stubborn{a, &times, func() {
				if test.then != nil {
					test.then(a)
				}
			}}, apply.Options{})
			careful(t, a)
			if err != nil || r.Complete() == test.here {
				t.Errorf("complete: %t, %v\n%s", r.Complete(), err, told(r))
			}
			if a.Has("INBOX", 1) != test.here {
				t.Errorf("it is there: %t\n%s", !test.here, told(r))
			}
			if marked := len(a.Marked()) > 0; marked != test.marked {
				t.Errorf(`it is marked \Deleted: %t`, marked)
			}
		})
	}
}

// A rule that reads a flag does not take the message any more once that is gone: neither
// when UID EXPUNGE has left it, nor after the run has waited.
func TestRuleNoLongerTakes(t *testing.T) {
	for _, how := range []string{"left", "UID STORE", "UID EXPUNGE"} {
		t.Run(how, func(t *testing.T) {
			a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
			fill(a, "INBOX", letter("a", "$Junk"))
			p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}))
			p.Watched = mailbox.NewFlags("$Junk")
			rescue := func() { a.Flag("INBOX", 1, nil, mailbox.Flags{"$Junk"}) }
			o := again(a)
			times, throttled := 0, false
			if how == "left" {
				times = 1
			}
			a.Before = only(how, func(model.Op) error {
				if !throttled {
					throttled = true
					return errThrottled
				}
				return nil
			})
			o.Wait = func(context.Context, time.Duration) error { rescue(); return nil }
			r, err := apply.Run(t.Context(), p, stubborn{a, &times, rescue}, o)
			careful(t, a)
			if err != nil || !a.Has("INBOX", 1) {
				t.Errorf("it is deleted for good, though the rule does not take it any more: %v\n%s", err, told(r))
			}
			if marked := a.Marked(); len(marked) > 0 {
				t.Errorf(`still marked \Deleted: %v`, marked)
			}
		})
	}
}

// A sparing server leaves one message at the first UID EXPUNGE.
type sparing struct {
	*model.Account
	t      *testing.T
	spare  imap.UID
	purged *bool
	marked func() // once messages are marked
}

func (s sparing) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	for i, c := range all {
		uids, _ := c.UIDs.Nums()
		for _, uid := range uids {
			if c.Kind == apply.ChangeAdd && !s.Has("INBOX", uid) {
				s.t.Errorf(`message %d is marked \Deleted, and is gone`, uid)
			}
		}
		if c.Kind == apply.ChangeExpunge && !*s.purged {
			*s.purged = true
			all[i].UIDs = imap.UIDSetNum(slices.DeleteFunc(uids, func(uid imap.UID) bool { return uid == s.spare })...)
		}
	}
	got := s.Account.Changes(ctx, all)
	if all[0].Kind == apply.ChangeAdd {
		s.marked()
	}
	return got
}

// Once more means those that are left: neither what is gone nor what somebody has rescued is
// marked again.
func TestExpungedOnceMoreIsWhatIsLeft(t *testing.T) {
	for name, rescued := range map[string]bool{"two are gone": false, "one is rescued": true} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}, CopyUID: model.CopyUIDNone}) // it tells no flags either
			fill(a, "INBOX", letter("a"), letter("b"), letter("c"))
			p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}))
			first := true
			r, err := apply.Run(t.Context(), p, sparing{a, t, 2, new(bool), func() {
				if first && rescued {
					a.Flag("INBOX", 1, nil, mailbox.Flags{imap.FlagDeleted})
				}
				first = false
			}}, apply.Options{})
			careful(t, a)
			if err != nil || a.Has("INBOX", 2) || len(a.Marked()) > 0 {
				t.Errorf("%v left, %v marked, %v\n%s", a.UIDs("INBOX"), a.Marked(), err, told(r))
			}
		})
	}
}
