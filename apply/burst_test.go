package apply_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// apart is an account and a plan that takes messages of one folder to two others and flags
// others, by commands that are sent together.
func apart(t *testing.T, v model.Variant) (*model.Account, *plan.Plan) {
	a := model.New(v)
	fill(a, "INBOX", letters(6)...)
	fill(a, "Left")
	fill(a, "Right")
	return a, planned(a,
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Left"}, 1, 3),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Right"}, 2, 4),
		file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}}, 5, 6))
}

// A connection that is lost twice, wherever, changes nothing of what a run does; and
// nothing is sent on one that is lost.
func TestBurstOverConnectionsLostTwice(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		if !v.Can.Move && !v.Can.UIDPlus {
			t.Skip("nothing is moved there")
		}
		whole, p := apart(t, v)
		complete(t, run(t, whole, p))
		for first := 1; first <= whole.Ops(); first++ {
			for second := first + 1; second <= first+12; second++ {
				for _, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("%d %d late=%t", first, second, late), func(t *testing.T) {
						a, p := apart(t, v)
						a.Overrun = 1
						hook := func(op model.Op) error {
							if op.N == first || op.N == second {
								return model.ErrLost
							}
							return nil
						}
						hooked(a, late, hook)
						r, err := apply.Run(t.Context(), p, a, again(a))
						careful(t, a)
						if err != nil {
							t.Error(err)
						}
						complete(t, r)
						wantFolder(t, a, "INBOX", "letter 0004 seen", "letter 0005 seen")
						wantFolder(t, a, "Left", "letter 0000", "letter 0002")
						wantFolder(t, a, "Right", "letter 0001", "letter 0003")
						if r.Messages.Moved != 4 {
							t.Errorf("%d are counted", r.Messages.Moved)
						}
					})
				}
			}
		}
	})
}

// A muddled is a server of which some of what it says about moves does not count, or
// which has moved only a part of what it refuses to move.
type muddled struct {
	*model.Account
	moved func(nth int, t apply.Transfer, err error) (apply.Transfer, error)
}

func (m muddled) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	said := m.Account.Changes(ctx, all)
	for i, c := range said {
		said[i].Transfer, said[i].Err = m.moved(i, c.Transfer, c.Err)
	}
	return said
}

// What was moved is not taken for gone where the server has said where it is, and that
// counts for nothing, or stands with a refusal: a run that knew of no move could not be
// undone.
func TestBurstWithoutItsPairs(t *testing.T) {
	full := errors.New("NO the folder is full")
	for name, test := range map[string]struct {
		muddle apply.Transfer
		err    error
	}{
		"unclear": {apply.Transfer{Unclear: true}, nil},
		"refused": {apply.Transfer{}, full},
	} {
		variants(t, func(t *testing.T, v model.Variant) {
			if !v.Can.Move || v.Can.Labels {
				t.Skip("its moves are not sent together")
			}
			a, p := apart(t, v)
			log := &memory{left: -1}
			r, err := apply.Run(t.Context(), p, muddled{a, func(nth int, moved apply.Transfer, err error) (apply.Transfer, error) {
				if nth == 1 {
					return test.muddle, test.err
				}
				return moved, err
			}}, apply.Options{Journal: log})
			careful(t, a)
			if err != nil {
				t.Error(name, err)
			}
			if r.Messages.Moved != 4 || len(r.Steps[1].Skipped) > 0 {
				t.Errorf("%s: %d are counted, not 4\n%s", name, r.Messages.Moved, told(r))
			}
			if got := r.Steps[1].Err; !errors.Is(got, test.err) {
				t.Errorf("%s: the error is %v", name, got)
			}
			noted := 0
			for _, rec := range log.records {
				if rec.Done != nil && rec.Done.Verb == journal.VerbMove {
					noted += len(rec.Done.UIDs)
				}
			}
			if noted != 4 {
				t.Errorf("%s: %d are noted, not 4", name, noted)
			}
			wantFolder(t, a, "Right", "letter 0001", "letter 0003")
		})
	}
}

// What was judged on a connection that was lost since is judged once more by what is seen
// on the new one, also where another step has looked there at all messages.
func TestBurstJudgesOnceMore(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(3)...)
	for _, n := range []mailbox.Name{"One", "Two", "Three"} {
		fill(a, n)
	}
	p := planned(a,
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "One"}, 1),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Two"}, 2),
		file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Three"}, 3))
	fetches := 0
	a.Before = only("UID FETCH", func(model.Op) error {
		switch fetches++; fetches {
		case 1: // of all messages
			return errRefused
		case 3: // of the last one; the second was judged before
			a.Flag("INBOX", 2, mailbox.Flags{imap.FlagDeleted}, nil)
			return model.ErrLost
		}
		return nil
	})
	r, err := apply.Run(t.Context(), p, a, again(a))
	careful(t, a)
	if err != nil || fetches < 4 {
		t.Errorf("%v after %d looks", err, fetches)
	}
	wantFolder(t, a, "Two")
	wantFolder(t, a, "Three", "letter 0002")
	if o := r.Steps[1]; len(o.Skipped) != 1 || o.Skipped[0].Messages != 1 || o.Done.Moved != 0 {
		t.Errorf("the second step: %+v", o)
	}
}
