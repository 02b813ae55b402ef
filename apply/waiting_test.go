package apply_test

import (
	"context"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// Between the look at a copy and the removal of its message the run waits for another piece's
// COPY, and somebody removes the copy in the meantime.
func TestCopyRemovedWhileWaiting(t *testing.T) {
	for _, how := range []string{"throttled", "lost"} {
		for nth := range 8 {
			variants(t, func(t *testing.T, v model.Variant) {
				if v.Can.Move || !v.Can.UIDPlus {
					t.Skip()
				}
				a := model.New(v)
				fill(a, "INBOX", letters(3)...)
				var steps []plan.Step
				for i, n := range []mailbox.Name{"A", "B", "C"} {
					fill(a, n, letter("old"))
					steps = append(steps, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: n}, 1+imap.UID(i)))
				}
				p := planned(a, steps...)
				failed := false
				a.Before = only("UID COPY", func(op model.Op) error {
					if op.To == "C" && !failed {
						failed = true
						if how == "lost" {
							return model.ErrLost
						}
						return refusedAs{class: apply.ClassThrottled}
					}
					return nil
				})
				o := again(a)
				gone, waits := false, 0
				o.Wait = func(context.Context, time.Duration) error {
					if waits++; !gone && failed && waits == nth {
						for _, n := range []mailbox.Name{"B"} { // a copy that was seen
							if uids := a.UIDs(n); len(uids) > 1 && a.Has("INBOX", 2) {
								gone = true
								a.Vanish(n, uids[1]) // "there twice": somebody deletes one of the two
							}
						}
					}
					return nil
				}
				r, err := apply.Run(t.Context(), p, a, o)
				if !gone {
					return
				}
				for mail := 1; mail <= 3; mail++ {
					if len(a.Census()[mail]) == 0 {
						t.Errorf("%s, at wait %d: mail %d is lost: %v\n%s", how, nth, mail, err, told(r))
					}
				}
			})
		}
	}
}

// The same while it waits to mark the messages: the copy is looked at once more.
func TestCopyRemovedWhileMarking(t *testing.T) {
	for _, how := range []string{"throttled", "lost"} {
		for nth := range 8 {
			variants(t, func(t *testing.T, v model.Variant) {
				if v.Can.Move || !v.Can.UIDPlus {
					t.Skip()
				}
				a := model.New(v)
				fill(a, "INBOX", letters(3)...)
				var steps []plan.Step
				for i, n := range []mailbox.Name{"A", "B", "C"} {
					fill(a, n, letter("old"))
					steps = append(steps, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: n}, 1+imap.UID(i)))
				}
				p := planned(a, steps...)
				failed := false
				a.Before = only("UID STORE", func(op model.Op) error {
					if !failed && len(a.UIDs("B")) > 1 {
						failed = true
						if how == "lost" {
							return model.ErrLost
						}
						return refusedAs{class: apply.ClassThrottled}
					}
					return nil
				})
				o := again(a)
				gone, waits := false, 0
				o.Wait = func(context.Context, time.Duration) error {
					if waits++; !gone && failed && waits == nth {
						for _, n := range []mailbox.Name{"B"} { // a copy that was seen
							if uids := a.UIDs(n); len(uids) > 1 && a.Has("INBOX", 2) {
								gone = true
								a.Vanish(n, uids[1]) // "there twice": somebody deletes one of the two
							}
						}
					}
					return nil
				}
				r, err := apply.Run(t.Context(), p, a, o)
				if !gone {
					return
				}
				for mail := 1; mail <= 3; mail++ {
					if len(a.Census()[mail]) == 0 {
						t.Errorf("%s, at wait %d: mail %d is lost: %v\n%s", how, nth, mail, err, told(r))
					}
				}
			})
		}
	}
}

// Between the look into a folder that is set aside and its deletion the run waits for the
// look into another, and somebody puts mail into the first.
func TestLookIsOldWhenDeleting(t *testing.T) {
	a, p := condemned(t, model.Variants()[0])
	looks := 0
	a.Before = only("STATUS", func(model.Op) error {
		if looks++; looks == 2 {
			return refusedAs{class: apply.ClassThrottled}
		}
		return nil
	})
	o := again(a)
	mail := 0
	o.Wait = func(context.Context, time.Duration) error {
		if mail == 0 {
			mail, _ = a.Deliver(gone[0].SetAside(made), letter("precious"))
		}
		return nil
	}
	_, _ = apply.Run(t.Context(), p, a, o)
	careful(t, a)
	if len(a.Census()[mail]) == 0 {
		t.Errorf("mail %d is lost", mail)
	}
}

// Somebody flags a message that is to be deleted for good while the run waits for another
// command that marks messages.
func TestGuardedWhileWaiting(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(1000)...)
	stores := 0
	a.Before = only("UID STORE", func(model.Op) error {
		if stores++; stores == 2 {
			return refusedAs{class: apply.ClassThrottled}
		}
		return nil
	})
	o := again(a)
	flagged := false
	o.Wait = func(context.Context, time.Duration) error {
		if a.Has("INBOX", 1) {
			a.Flag("INBOX", 1, mailbox.Flags{imap.FlagFlagged}, nil)
			flagged = true
		}
		return nil
	}
	_, _ = apply.Run(t.Context(), planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent})), a, o)
	careful(t, a)
	if flagged && !a.Has("INBOX", 1) {
		t.Errorf("a message was flagged, seconds before it was deleted for good")
	}
}

// A server that throttles what was sent together, and does all of it after one wait, is
// waited for once.
func TestThrottledTogether(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(1500)...)
	var now, until time.Duration
	a.Before = only("UID STORE", func(op model.Op) error {
		if until == 0 {
			until = 400 * time.Second
		}
		if now < until {
			return refusedAs{class: apply.ClassThrottled, after: until - now}
		}
		return nil
	})
	var w waits
	o := w.options()
	inner := o.Report
	o.Report = func(e apply.Event) {
		if e.Kind == apply.Waiting {
			now += e.Wait
		}
		if inner != nil {
			inner(e)
		}
	}
	r, err := apply.Run(t.Context(), planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent})), a, o)
	careful(t, a)
	t.Logf("%v %+v waited %v\n%s", err, r.Messages, now, told(r))
	if !r.Complete() || now > 500*time.Second {
		t.Errorf("the server was waited for %v, and it asked for 400 s once", now)
	}
}
