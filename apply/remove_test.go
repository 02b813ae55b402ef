package apply_test

import (
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

const aside mailbox.Name = "Gone (removed by imapform 20260501T120000Z)"

// A folder that holds anything is never deleted, whenever it came.
func TestRunRemovesOnlyWhatIsEmpty(t *testing.T) {
	inRename := func(act func(*model.Account)) func(*model.Account) {
		return func(a *model.Account) { a.Before = once("RENAME", func() { act(a) }) }
	}
	beforeDelete := func(act func(*model.Account)) func(*model.Account) {
		return func(a *model.Account) {
			a.After = once("RENAME", func() { act(a) })
		}
	}
	deliver := func(n mailbox.Name, flags ...imap.Flag) func(*model.Account) {
		return func(a *model.Account) { a.Deliver(n, letter("new", flags...)) }
	}
	for _, test := range []struct {
		name    string
		prepare func(*model.Account)
		says    string
		holds   mailbox.Name // where the new mail must be in the end; empty: there is none
		removed bool
	}{
		{"empty", func(*model.Account) {}, "", "", true},
		{"gone already", func(a *model.Account) { a.RemoveFolder("Gone") }, "", "", true},
		{"holds a message", deliver("Gone"), "holds messages (1)", "Gone", false},
		{`holds a message marked \Deleted`, deliver("Gone", imap.FlagDeleted), "holds messages (1)", "Gone", false},
		{"has a child", func(a *model.Account) { fill(a, "Gone/Child", letter("new")) }, `"Gone/Child" lies below`, "Gone/Child", false},
		{"mail comes before the rename", inRename(deliver("Gone")), "holds messages (1)", "Gone", false},
		{"a child comes before the rename", inRename(func(a *model.Account) { fill(a, "Gone/Child", letter("new")) }), "lies below", "Gone/Child", false},
		{"mail comes after the rename", beforeDelete(deliver(aside)), "holds messages (1)", "Gone", false},
		{"mail comes, and a new folder of the name", beforeDelete(func(a *model.Account) { deliver(aside)(a); fill(a, "Gone") }), "stays so, since there is a new folder", aside, false},
		{"a new folder of the name comes", beforeDelete(func(a *model.Account) { fill(a, "Gone", letter("new")) }), "", "Gone", true},
		{"left of an earlier run", func(a *model.Account) { fill(a, aside, letter("new")) }, "left of an earlier run", aside, false},
		{"cannot be renamed", func(a *model.Account) { a.Before = only("RENAME", func(model.Op) error { return errRefused }) }, "because the test says so", "", false},
		{"cannot be deleted", func(a *model.Account) { a.Before = only("DELETE", func(model.Op) error { return errRefused }) }, "because the test says so", "", false},
		{"emptiness cannot be told", func(a *model.Account) { a.Before = only("STATUS", func(model.Op) error { return errRefused }) }, "look whether", "", false},
		{"emptiness cannot be told after the rename", func(a *model.Account) {
			a.Before = only("STATUS", func(op model.Op) error {
				if op.Folder == aside {
					return errRefused
				}
				return nil
			})
		}, "look whether", "", false},
	} {
		variants(t, func(t *testing.T, v model.Variant) {
			a := model.New(v)
			fill(a, "Gone")
			a.SetSubscribed("Gone", true)
			p := planned(a, step(plan.Remove{Name: "Gone", Subscribed: true}), step(plan.Create{Name: "After"}))
			test.prepare(a)
			r := run(t, a, p)
			o := r.Steps[0]
			if r.Steps[1].Status != apply.StatusDone {
				t.Errorf("%s: the next step: %v", test.name, r.Steps[1].Err)
			}
			if test.removed {
				if o.Status != apply.StatusDone || o.Err != nil {
					t.Errorf("%s: %v", test.name, o.Err)
				}
			} else {
				wantErr(t, o.Err, test.says)
				if o.Status != apply.StatusFailed || r.Destroyed != 0 {
					t.Errorf("%s: status %d, %d destroyed", test.name, o.Status, r.Destroyed)
				}
			}
			if test.holds != "" {
				wantFolder(t, a, test.holds, strings.TrimSpace("new "+mailFlags(test.name)))
			}
			for _, f := range a.Listing().Folders {
				if test.holds != aside && strings.Contains(string(f.Name), "removed by imapform") {
					t.Errorf("%s: left behind: %+v", test.name, f)
				}
				if f.Name == "Gone" && f.Subscribed && !f.Exists && test.removed {
					t.Errorf("%s: still subscribed", test.name)
				}
			}
			if exists := a.Listing(); !test.removed && test.holds != aside && !has(exists, "Gone") {
				t.Errorf("%s: the folder is gone", test.name)
			}
		})
	}
}

// What exclusive removes stays, and nothing is wrong, where something has come into
// it; but not where that leaves it half removed.
func TestRunLeavesWhatExclusiveFindsFull(t *testing.T) {
	refusingTheWayBack := func(a *model.Account) {
		a.After = once("RENAME", func() { a.Deliver(aside, letter("new")) })
		a.Before = only("RENAME", func(op model.Op) error {
			if op.Folder == aside {
				return errRefused
			}
			return nil
		})
	}
	for _, test := range []struct {
		name    string
		prepare func(*model.Account)
		status  apply.Status
		says    string
	}{
		{"mail", func(a *model.Account) { a.Deliver("Gone", letter("new")) }, apply.StatusDone, "holds messages (1)"},
		{"a child", func(a *model.Account) { fill(a, "Gone/Child", letter("new")) }, apply.StatusDone, "lies below"},
		{"mail at the last moment", func(a *model.Account) {
			a.After = once("RENAME", func() { a.Deliver(aside, letter("new")) })
		}, apply.StatusDone, "holds messages (1)"},
		{"mail, and its name cannot be given back", refusingTheWayBack, apply.StatusFailed, "because the test says so"},
		{"emptiness cannot be told", func(a *model.Account) { a.Before = only("STATUS", func(model.Op) error { return errRefused }) }, apply.StatusFailed, "look whether"},
	} {
		variants(t, func(t *testing.T, v model.Variant) {
			a := model.New(v)
			fill(a, "Gone")
			p := planned(a, plan.Step{Op: plan.Remove{Name: "Gone"}, Because: []plan.Cause{{Block: "exclusive"}}})
			test.prepare(a)
			r := run(t, a, p)
			o := r.Steps[0]
			if o.Status != test.status || r.Destroyed != 0 || r.Complete() != (test.status == apply.StatusDone) {
				t.Errorf("%s: status %d, %d destroyed, %v", test.name, o.Status, r.Destroyed, o.Err)
			}
			if o.Err != nil {
				wantErr(t, o.Err, test.says)
			} else if len(o.Notes) != 1 || !strings.Contains(o.Notes[0], test.says) {
				t.Errorf("%s: notes %q", test.name, o.Notes)
			}
			if test.status == apply.StatusDone && !has(a.Listing(), "Gone") {
				t.Errorf("%s: the folder is gone", test.name)
			}
		})
	}
}

// A folder of which the server says that others lie below it is not removed, though
// none is listed: they would go along with it.
func TestRunKeepsWhatHasFoldersThatAreNotListed(t *testing.T) {
	for block, status := range map[string]apply.Status{"removed": apply.StatusFailed, "exclusive": apply.StatusDone} {
		a := model.New(model.Variants()[0])
		fill(a, "Gone")
		before := a.Dump()
		r, err := apply.Run(t.Context(), planned(a, plan.Step{Op: plan.Remove{Name: "Gone"}, Because: []plan.Cause{{Block: block}}}), secretive{a}, apply.Options{})
		if err != nil || r.Steps[0].Status != status || r.Destroyed != 0 || a.Dump() != before {
			t.Errorf("%s: got %v, %+v:\n%s", block, err, r, a.Dump())
		}
	}
}

func mailFlags(name string) string {
	if strings.Contains(name, `\Deleted`) {
		return "deleted"
	}
	return ""
}

func has(l plan.Listing, n mailbox.Name) bool {
	for _, f := range l.Folders {
		if f.Name == n && f.Exists {
			return true
		}
	}
	return false
}
