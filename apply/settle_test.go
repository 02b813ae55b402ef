package apply_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A copy that an earlier batch has made stands for none of a later one, whose connection
// is lost before it copies: not even for a message that is the same.
func TestLostConnectionBetweenTwins(t *testing.T) {
	for name, op := range map[string]plan.File{
		"move":            {Folder: "INBOX", Away: plan.AwayMove, To: "To"},
		"copy and delete": {Folder: "INBOX", Copies: []mailbox.Name{"To"}, Away: plan.AwayPermanent},
		"copy":            {Folder: "INBOX", Copies: []mailbox.Name{"To"}},
	} {
		for _, v := range model.Variants() {
			if !able(v, op) {
				continue
			}
			for _, late := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s late=%t", name, v.Name, late), func(t *testing.T) {
					a := model.New(v)
					fill(a, "INBOX", letters(500)...)
					a.Deliver("INBOX", letters(1)[0])
					fill(a, "To")
					p := planned(a, file(t, a, op))
					transfers := 0
					hook := func(o model.Op) error {
						if o.Name != "UID COPY" && o.Name != "UID MOVE" {
							return nil
						}
						if transfers++; transfers == 2 {
							return model.ErrLost
						}
						return nil
					}
					hooked(a, late, hook)
					r, err := apply.Run(t.Context(), p, a, again(a))
					careful(t, a)
					if err != nil || !r.Complete() {
						t.Errorf("%v\n%s", err, told(r))
					}
					census := a.Census()
					for mail := 1; mail <= 501; mail++ {
						n := len(slices.DeleteFunc(census[mail], func(p model.Place) bool { return p.Folder != "To" }))
						if n != 1 {
							t.Errorf("mail %d is %d times in To", mail, n)
						}
					}
				})
			}
		}
	}
}

// A move that was begun by a run that nobody remembers is finished, wherever the
// connection is lost and whatever is marked \Deleted then.
func TestLostConnectionWhileFinishing(t *testing.T) {
	begun := func(t *testing.T, v model.Variant) (*model.Account, *plan.Plan) {
		a := model.New(v)
		fill(a, "INBOX", letters(3)...)
		a.Deliver("INBOX", letter("foreign", imap.FlagDeleted))
		fill(a, "To", letters(3)...)
		return a, planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Finish: true, Add: mailbox.Flags{imap.FlagSeen}}, 1, 2, 3))
	}
	for _, v := range model.Variants() {
		if v.Can.Move || !v.Can.UIDPlus {
			continue
		}
		whole, p := begun(t, v)
		complete(t, run(t, whole, p))
		for n := 1; n <= whole.Ops(); n++ {
			for _, after := range []bool{false, true} {
				for _, dies := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s %d after=%t dies=%t", v.Name, n, after, dies), func(t *testing.T) {
						a, p := begun(t, v)
						failed := failAt(a, n, after, model.ErrLost)
						log := &memory{left: -1}
						o := again(a)
						o.Journal = log
						if dies {
							o.Reconnect = nil
						}
						r, err := apply.Run(t.Context(), p, a, o)
						a.Before, a.After = nil, nil
						if dies && err != nil {
							a.Reconnect()
							rest := again(a)
							rest.Journal = log
							if _, err := apply.Resume(t.Context(), log.records, a, rest); err != nil {
								t.Errorf("%s: resume: %v", failed.Name, err)
							}
						} else if err != nil || !r.Complete() {
							t.Errorf("%s: %v\n%s", failed.Name, err, told(r))
						}
						careful(t, a)
						if left := a.Marked(); len(left) > 0 {
							t.Errorf(`%s: left marked \Deleted: %v`, failed.Name, left)
						}
						if got := subjects(t, a, "To"); len(got) != 3 {
							t.Errorf("To holds %v", got)
						}
						if !dies {
							wantFolder(t, a, "INBOX", "foreign deleted")
						}
						seen := 0
						for _, m := range subjects(t, a, "To") {
							if strings.HasSuffix(m, " seen") {
								seen++
							}
						}
						if gone := 4 - len(a.UIDs("INBOX")); seen != gone {
							t.Errorf("%s: %d are flagged in To, and %d gone from INBOX", failed.Name, seen, gone)
						}
					})
				}
			}
		}
	}
}

// A message that the plan takes out of the destination is no copy that stays there.
func TestFinishByWhatLeaves(t *testing.T) {
	for _, away := range []plan.File{
		{Folder: "To", Away: plan.AwayPermanent},
		{Folder: "To", Away: plan.AwayMove, To: "Else"},
	} {
		for _, v := range model.Variants() {
			if v.Can.Move || !v.Can.UIDPlus {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", v.Name, away.Away), func(t *testing.T) {
				a := model.New(v)
				fill(a, "INBOX", letters(1)...)
				fill(a, "To", letters(1)[0], letters(1)[0])
				fill(a, "Else")
				p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Finish: true}), file(t, a, away, 1))
				a.Vanish("To", 2) // the one that the plan counted on
				r := run(t, a, p)
				if got := subjects(t, a, "INBOX"); len(got) != 1 {
					t.Errorf("INBOX holds %v, To holds %v\n%s", got, subjects(t, a, "To"), told(r))
				}
			})
		}
	}
}

// What a batch has flagged before two connections were lost is no change by somebody
// else.
func TestLostTwiceAfterFlags(t *testing.T) {
	seen := mailbox.Flags{imap.FlagSeen}
	for _, v := range model.Variants() {
		for next := 1; next < 16; next++ {
			t.Run(fmt.Sprintf("%s %d", v.Name, next), func(t *testing.T) {
				a := model.New(v)
				fill(a, "INBOX", letters(3)...)
				fill(a, "To")
				p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Add: seen, FlagsFirst: true}))
				p.Watched = seen
				first := 0
				a.After = func(op model.Op) error {
					if first == 0 && op.Name == "UID STORE" {
						first = op.N
						return model.ErrLost
					}
					if first > 0 && op.N == first+next {
						return model.ErrLost
					}
					return nil
				}
				r, err := apply.Run(t.Context(), p, a, again(a))
				careful(t, a)
				if err != nil || !r.Complete() {
					t.Errorf("%v\n%s", err, told(r))
				}
				wantFolder(t, a, "To", "letter 0000 seen", "letter 0001 seen", "letter 0002 seen")
			})
		}
	}
}

// A look that is refused once after messages were marked leaves none of them so.
func TestRefusedLookAfterMark(t *testing.T) {
	for _, v := range model.Variants() {
		for _, op := range []plan.File{
			{Folder: "INBOX", Away: plan.AwayPermanent},
			{Folder: "INBOX", Away: plan.AwayMove, To: "To"},
		} {
			if !able(v, op) || op.Away == plan.AwayMove && v.Can.Move {
				continue
			}
			t.Run(fmt.Sprintf("%s %d", v.Name, op.Away), func(t *testing.T) {
				a := model.New(v)
				fill(a, "INBOX", letters(3)...)
				fill(a, "To")
				p := planned(a, file(t, a, op))
				marked, refused := false, false
				a.Before = func(op model.Op) error {
					marked = marked || op.Name == "UID STORE"
					if marked && !refused && op.Name == "UID FETCH" {
						refused = true
						return errRefused
					}
					return nil
				}
				r := run(t, a, p)
				wantErr(t, r.Steps[0].Err, errRefused.Error())
				if left := a.Marked(); len(left) > 0 {
					t.Errorf(`left marked \Deleted: %v`, left)
				}
			})
		}
	}
}

// What a run that died has left in doubt is still so after a resume that somebody
// stopped, or that the server had no time for.
func TestResumeLater(t *testing.T) {
	for name, stop := range map[string]bool{"stopped": true, "throttled": false} {
		t.Run(name, func(t *testing.T) {
			a, p := purge(t)
			log := &memory{left: -1}
			a.After = func(op model.Op) error {
				if op.Name == "UID STORE" {
					return model.ErrLost
				}
				return nil
			}
			if _, err := apply.Run(t.Context(), p, a, apply.Options{Journal: log}); !apply.Lost(err) {
				t.Fatal(err)
			}
			a.After = nil
			a.Reconnect()
			o := again(a)
			o.Journal = log
			a.Before = func(op model.Op) error {
				if op.Name == "UID FETCH" {
					return busy{}
				}
				return nil
			}
			if stop {
				asked := make(chan struct{})
				close(asked)
				o.Stop = asked
			}
			if _, err := apply.Resume(t.Context(), log.records, a, o); err == nil || !apply.Later(err) {
				t.Fatalf("resume: %v", err)
			}
			a.Before, o.Stop = nil, nil
			if _, err := apply.Resume(t.Context(), log.records, a, o); err != nil {
				t.Fatal(err)
			}
			if left := a.Marked(); len(left) > 0 {
				t.Errorf(`left marked \Deleted: %v`, left)
			}
		})
	}
}

// busy is the refusal of a server that wants to be asked later.
type busy struct{}

func (busy) Error() string      { return "NO [UNAVAILABLE] try again" }
func (busy) Class() apply.Class { return apply.ClassThrottled }

// Where the copies went with their folder while the connection was lost, the messages
// are not left marked \Deleted.
func TestDestinationGoneWhileLost(t *testing.T) {
	for _, v := range model.Variants() {
		if v.Can.Move || !v.Can.UIDPlus {
			continue
		}
		for name, act := range map[string]func(*model.Account){
			"removed":  func(a *model.Account) { a.RemoveFolder("To") },
			"replaced": func(a *model.Account) { a.Replace("To", false) },
		} {
			for _, dies := range []bool{false, true} {
				t.Run(v.Name+" "+name, func(t *testing.T) {
					a := model.New(v)
					fill(a, "INBOX", letters(3)...)
					fill(a, "To", letter("before"))
					p := planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}))
					lost := false
					a.After = func(op model.Op) error {
						if op.Name == "UID STORE" && !lost {
							lost = true
							return model.ErrLost
						}
						return nil
					}
					log := &memory{left: -1}
					o := again(a)
					o.Journal = log
					o.Reconnect = func(context.Context) (apply.Server, error) {
						act(a)
						a.Reconnect()
						return a, nil
					}
					if dies {
						o.Reconnect = nil
					}
					r, err := apply.Run(t.Context(), p, a, o)
					if dies {
						act(a)
						a.Reconnect()
						rest := again(a)
						rest.Journal = log
						_, err = apply.Resume(t.Context(), log.records, a, rest)
						wantErr(t, err, "To", "unknown")
					} else if err != nil || r.Complete() {
						t.Errorf("%v\n%s", err, told(r))
					}
					if got := subjects(t, a, "INBOX"); len(got) != 3 || len(a.Marked()) > 0 {
						t.Errorf(`INBOX holds %v`, got)
					}
				})
			}
		}
	}
}
