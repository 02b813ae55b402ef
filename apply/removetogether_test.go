package apply_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// gone are folders that are removed, as a plan lists them: those below others first.
var gone = []mailbox.Name{"Old/a", "Old/b", "Zed/c", "Old", "Zed"}

// condemned is an account with these folders, some subscribed to, and a plan to remove them.
func condemned(t *testing.T, v model.Variant) (*model.Account, *plan.Plan) {
	a := model.New(v)
	fill(a, "INBOX", letter("a"))
	var steps []plan.Step
	for i, n := range gone {
		fill(a, n)
		if i%2 == 0 {
			if err := a.Subscribe(t.Context(), n, true); err != nil {
				t.Fatal(err)
			}
		}
		steps = append(steps, step(plan.Remove{Name: n, Subscribed: i%2 == 0}))
	}
	return a, planned(a, steps...)
}

// folders are all names that are listed, with a mark where they are subscribed to.
func folders(a *model.Account) (all []string) {
	for _, f := range a.Listing().Folders {
		all = append(all, fmt.Sprintf("%s exists=%t subscribed=%t", f.Name, f.Exists, f.Subscribed))
	}
	slices.Sort(all)
	return all
}

// counted is a server that counts what is sent at once, and looks.
type counted struct {
	*model.Account
	sent *[]string
}

func (c counted) Folders(ctx context.Context, all []apply.FolderChange) []error {
	*c.sent = append(*c.sent, fmt.Sprintf("%d changes", len(all)))
	return c.Account.Folders(ctx, all)
}

func (c counted) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	*c.sent = append(*c.sent, fmt.Sprintf("%d looks", len(names)))
	return c.Account.Statuses(ctx, names)
}

func (c counted) Status(context.Context, mailbox.Name) (plan.State, error) {
	panic("a folder is looked at by itself")
}

// Folders of which none lies in another are removed together.
func TestRunRemovesTogether(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a, p := condemned(t, v)
		sent := []string{}
		r, err := apply.Run(t.Context(), p, counted{a, &sent}, apply.Options{})
		careful(t, a)
		if err != nil {
			t.Error(err)
		}
		complete(t, r)
		if r.Destroyed != len(gone) {
			t.Errorf("%d are counted", r.Destroyed)
		}
		if left := folders(a); len(left) != 1 {
			t.Errorf("there are %q", left)
		}
		if len(sent) > 8 || !strings.HasPrefix(strings.Join(sent, ", "), "3 changes, 3 looks, 3 changes") {
			t.Errorf("sent %q", sent)
		}
	})
}

// What comes between, and what is refused, concerns its own folder only.
func TestRunRemovesTogetherWhatItCan(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(a *model.Account)
		stays []mailbox.Name
	}{
		"mail comes while it is set aside": {func(a *model.Account) {
			a.After = once("RENAME", func() { a.Deliver(mailbox.Name("Old/a").SetAside(made), letter("new")) })
		}, []mailbox.Name{"Old/a", "Old"}},
		"mail comes once they were listed": {func(a *model.Account) {
			a.Before = once("STATUS", func() { a.Deliver(mailbox.Name("Old/a").SetAside(made), letter("new")) })
		}, []mailbox.Name{"Old/a", "Old"}},
		"mail comes before": {func(a *model.Account) {
			a.Before = once("RENAME", func() { a.Deliver("Zed/c", letter("new")) })
		}, []mailbox.Name{"Zed/c", "Zed"}},
		"a rename is refused": {func(a *model.Account) {
			a.Before = only("RENAME", func(op model.Op) error {
				if op.Folder == "Old/b" {
					return errRefused
				}
				return nil
			})
		}, []mailbox.Name{"Old/b", "Old"}},
		"a deletion is refused": {func(a *model.Account) {
			a.Before = only("DELETE", func(op model.Op) error {
				if op.Folder == mailbox.Name("Zed/c").SetAside(made) {
					return errRefused
				}
				return nil
			})
		}, []mailbox.Name{"Zed/c", "Zed"}},
		"a look is refused once": {func(a *model.Account) {
			looks := 0
			a.Before = only("STATUS", func(model.Op) error {
				if looks++; looks == 1 {
					return errRefused
				}
				return nil
			})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			variants(t, func(t *testing.T, v model.Variant) {
				a, p := condemned(t, v)
				test.spoil(a)
				r, err := apply.Run(t.Context(), p, a, apply.Options{})
				a.Before, a.After = nil, nil
				careful(t, a)
				if err != nil {
					t.Error(err)
				}
				for i, n := range gone {
					stays := slices.Contains(test.stays, n)
					if done := r.Steps[i].Status == apply.StatusDone; done == stays {
						t.Errorf("%q: status %d, %v", n, r.Steps[i].Status, r.Steps[i].Err)
					}
					if there := slices.ContainsFunc(a.Listing().Folders, func(f plan.Folder) bool { return f.Name == n && f.Exists }); there != stays {
						t.Errorf("%q is there: %t", n, there)
					}
				}
				if r.Destroyed != len(gone)-len(test.stays) {
					t.Errorf("%d are counted", r.Destroyed)
				}
				for _, f := range folders(a) {
					if strings.Contains(f, "imapform") {
						t.Errorf("left: %s", f)
					}
				}
			})
		})
	}
}

// A connection that is lost twice, wherever, changes nothing of what is removed.
func TestRunRemovesOverConnectionsLostTwice(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := condemned(t, v)
		complete(t, run(t, whole, p))
		for first := 1; first <= whole.Ops(); first++ {
			for second := first + 1; second <= first+10; second += 3 {
				for _, how := range []struct {
					late    bool
					overrun int
				}{{false, 0}, {true, 0}, {false, 9}, {true, 2}} {
					a, p := condemned(t, v)
					a.Overrun = how.overrun
					hooked(a, how.late, func(op model.Op) error {
						if op.N == first || op.N == second {
							return model.ErrLost
						}
						return nil
					})
					r, err := apply.Run(t.Context(), p, a, again(a))
					careful(t, a)
					name := fmt.Sprintf("%d %d %+v", first, second, how)
					if err != nil || !r.Complete() || r.Destroyed != len(gone) {
						t.Errorf("%s: %v, %d counted\n%s", name, err, r.Destroyed, told(r))
					}
					if diff := cmp.Diff(folders(whole), folders(a)); diff != "" {
						t.Errorf("%s: %s", name, diff)
					}
				}
			}
		}
	})
}

// A run that dies while folders are set aside gives all of them their names again, and
// leaves to a new plan what is still to be removed.
func TestResumeGivesNamesBack(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := condemned(t, v)
		log := &memory{left: -1}
		if _, err := apply.Run(t.Context(), p, whole, apply.Options{Journal: log}); err != nil {
			t.Fatal(err)
		}
		for n := range log.records {
			for first := 1; first <= whole.Ops(); first += 4 { // of the resuming, the connection is lost once
				a, p := condemned(t, v)
				log := &memory{left: n}
				log.died = func() { a.Before = func(model.Op) error { return model.ErrLost } }
				_, _ = apply.Run(t.Context(), p, a, apply.Options{Journal: log})
				a.Reconnect()
				lostAt := a.Ops() + first
				a.Before = func(op model.Op) error {
					if op.N == lostAt {
						return model.ErrLost
					}
					return nil
				}
				rest := again(a)
				rest.Journal = &memory{left: -1, records: log.records}
				if _, err := apply.Resume(t.Context(), log.records, a, rest); err != nil {
					t.Errorf("%d: %v", n, err)
				}
				a.Before = nil
				careful(t, a)
				for _, f := range folders(a) {
					if strings.Contains(f, "imapform") && strings.Contains(f, "exists=true") || strings.Contains(f, "exists=false subscribed=true") {
						t.Errorf("%d: left: %s", n, f)
					}
				}
			}
		}
	})
}
