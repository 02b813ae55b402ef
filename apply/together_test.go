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

// A watched server tells which changes to messages were sent together.
type watched struct {
	*model.Account
	sent *[]string // of each exchange the kinds, and of how many messages
}

func watch(a *model.Account) watched { return watched{a, new([]string)} }

func (w watched) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	var words []string
	for _, c := range all {
		uids, _ := c.UIDs.Nums()
		words = append(words, fmt.Sprintf("%s %d", map[apply.ChangeKind]string{
			apply.ChangeMove: "move", apply.ChangeCopy: "copy", apply.ChangeAdd: "add", apply.ChangeTake: "take", apply.ChangeExpunge: "expunge",
		}[c.Kind], len(uids)))
	}
	*w.sent = append(*w.sent, strings.Join(words, ", "))
	return w.Account.Changes(ctx, all)
}

// What need not wait for an answer does not, on servers that tell what they did.
func TestRunSendsChangesTogether(t *testing.T) {
	to := func(n mailbox.Name) plan.File { return plan.File{Folder: "INBOX", Away: plan.AwayMove, To: n} }
	uids := func(first, last imap.UID) (all []imap.UID) {
		for uid := first; uid <= last; uid++ {
			all = append(all, uid)
		}
		return all
	}
	can, byCopy := apply.Can{Move: true, UIDPlus: true}, apply.Can{UIDPlus: true}
	for name, test := range map[string]struct {
		can   apply.Can
		steps func(a *model.Account) []plan.Step
		want  []string
	}{
		"flags of many": {can, func(a *model.Account) []plan.Step {
			return []plan.Step{file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}})}
		}, []string{"add 500, add 500, add 300"}},
		"flags to set and to remove": {can, func(a *model.Account) []plan.Step {
			return []plan.Step{file(t, a, plan.File{Folder: "Flagged", Add: mailbox.Flags{imap.FlagSeen}, Remove: mailbox.Flags{imap.FlagFlagged}})}
		}, []string{"add 2, take 2"}},
		"moves and flags": {can, func(a *model.Account) []plan.Step {
			return []plan.Step{
				file(t, a, to("A"), 1, 2), file(t, a, to("B"), uids(3, 700)...),
				file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}}, 701, 702),
			}
		}, []string{"move 2, move 500, move 198, add 2"}},
		"of two folders, by turns": {can, func(a *model.Account) []plan.Step {
			flagged := to("A")
			flagged.Folder = "Flagged"
			return []plan.Step{
				file(t, a, to("A"), 1), file(t, a, flagged, 1), file(t, a, to("B"), 2),
				file(t, a, plan.File{Folder: "Flagged", Add: mailbox.Flags{imap.FlagSeen}}, 2),
			}
		}, []string{"move 1, move 1", "move 1, add 1"}},
		"moves that are flagged there": {can, func(a *model.Account) []plan.Step {
			flagged := to("A")
			flagged.Add = mailbox.Flags{imap.FlagSeen}
			return []plan.Step{file(t, a, flagged, 1), file(t, a, to("B"), 2)}
		}, []string{"move 1, move 1", "add 1"}},
		"moves of what is flagged before": {can, func(a *model.Account) []plan.Step {
			a1, b1 := to("A"), to("B")
			a1.Add, a1.FlagsFirst, b1.Add, b1.FlagsFirst = mailbox.Flags{imap.FlagSeen}, true, mailbox.Flags{"$Work"}, true
			return []plan.Step{file(t, a, a1, uids(1, 600)...), file(t, a, b1, 601, 602), file(t, a, to("B"), 603)}
		}, []string{"add 500, add 100, add 2", "move 500, move 100, move 2, move 1"}},
		"moves of what is flagged before, by copying": {byCopy, func(a *model.Account) []plan.Step {
			a1 := to("A")
			a1.Add, a1.FlagsFirst = mailbox.Flags{imap.FlagSeen}, true
			return []plan.Step{file(t, a, a1, 1, 2), file(t, a, to("B"), 3)}
		}, []string{"add 2", "copy 2, copy 1", "add 2, add 1", "expunge 2, expunge 1"}},
		"deletions": {can, func(a *model.Account) []plan.Step {
			return []plan.Step{file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent})}
		}, []string{"add 500, add 500, add 300", "expunge 500, expunge 500, expunge 300"}},
		"deletions of several steps": {can, func(a *model.Account) []plan.Step {
			gone := plan.File{Folder: "INBOX", Away: plan.AwayPermanent}
			return []plan.Step{file(t, a, gone, uids(1, 600)...), file(t, a, gone, 601, 602), file(t, a, to("A"), 603)}
		}, []string{"add 500, add 100, add 2", "expunge 500, expunge 100, expunge 2", "move 1"}},
		"deletions where each command has to wait": {apply.Can{UIDPlus: true, Paced: true}, func(a *model.Account) []plan.Step {
			gone := plan.File{Folder: "INBOX", Away: plan.AwayPermanent}
			return []plan.Step{file(t, a, gone, uids(1, 600)...), file(t, a, gone, 601, 602)}
		}, []string{"add 500", "expunge 500", "add 100", "expunge 100", "add 2", "expunge 2"}},
		"deletions of what was copied": {can, func(a *model.Account) []plan.Step {
			return []plan.Step{file(t, a, plan.File{Folder: "INBOX", Copies: []mailbox.Name{"A"}, Away: plan.AwayPermanent}, uids(1, 600)...)}
		}, []string{"copy 500", "add 500", "expunge 500", "copy 100", "add 100", "expunge 100"}},
		"moves by copying": {byCopy, func(a *model.Account) []plan.Step {
			return []plan.Step{
				file(t, a, to("A"), 1, 2), file(t, a, to("B"), 3),
				file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}}, 4),
			}
		}, []string{"copy 2, copy 1, add 1", "add 2, add 1", "expunge 2, expunge 1"}},
		"moves by copying where each command has to wait": {apply.Can{UIDPlus: true, Paced: true}, func(a *model.Account) []plan.Step {
			return []plan.Step{
				file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}}, 4), file(t, a, to("A"), 1, 2), file(t, a, to("B"), 3),
			}
		}, []string{"add 1", "copy 2", "add 2", "expunge 2", "copy 1", "add 1", "expunge 1"}},
		"moves of many by copying": {byCopy, func(a *model.Account) []plan.Step { // room is needed for no more than 500 at once
			return []plan.Step{file(t, a, to("A"), uids(1, 600)...), file(t, a, to("B"), uids(601, 900)...)}
		}, []string{"copy 500", "add 500", "expunge 500", "copy 100, copy 300", "add 100, add 300", "expunge 100, expunge 300"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variant{Can: test.can})
			fill(a, "INBOX", letters(1300)...)
			fill(a, "Flagged", letter("a", imap.FlagFlagged), letter("b", imap.FlagFlagged))
			fill(a, "A")
			fill(a, "B")
			p := planned(a, test.steps(a)...)
			s := watch(a)
			r, err := apply.Run(t.Context(), p, s, apply.Options{})
			careful(t, a)
			if err != nil {
				t.Error(err)
			}
			complete(t, r)
			if !slices.Equal(*s.sent, test.want) {
				t.Errorf("sent %q, want %q", *s.sent, test.want)
			}
		})
	}
}

// With backups messages are deleted in small numbers: keeping them takes its time, and
// they are looked at right before.
func TestRunDeletesFewThatAreKept(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(700)...)
	s := watch(a)
	r, err := apply.Run(t.Context(), planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent})), s, apply.Options{Backup: newStore(t)})
	if err != nil {
		t.Fatal(err)
	}
	complete(t, r)
	if want := []string{"add 500", "expunge 500", "add 200", "expunge 200"}; !slices.Equal(*s.sent, want) {
		t.Errorf("sent %q, want %q", *s.sent, want)
	}
}

// A server that has no room for a copy is not asked for more of them, and what was copied
// before is removed where it was.
func TestQuotaAmongMany(t *testing.T) {
	a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
	fill(a, "INBOX", letters(1300)...)
	var steps []plan.Step
	var names []mailbox.Name
	for i := range 13 {
		name := mailbox.Name(fmt.Sprintf("To%02d", i))
		fill(a, name)
		names = append(names, name)
		var uids []imap.UID
		for uid := range imap.UID(100) {
			uids = append(uids, imap.UID(100*i)+uid+1)
		}
		steps = append(steps, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: name}, uids...))
	}
	p := planned(a, steps...)
	copies := 0
	a.Before = only("UID COPY", func(model.Op) error {
		if copies++; copies >= 8 {
			return refusedAs{class: apply.ClassQuota}
		}
		return nil
	})
	r, err := apply.Run(t.Context(), p, a, apply.Options{})
	careful(t, a)
	if err != nil {
		t.Fatal(err)
	}
	var got []apply.Status
	for _, o := range r.Steps {
		got = append(got, o.Status)
	}
	done, failed, blocked := apply.StatusDone, apply.StatusFailed, apply.StatusBlocked
	want := slices.Concat(slices.Repeat([]apply.Status{done}, 7), slices.Repeat([]apply.Status{failed}, 3), slices.Repeat([]apply.Status{blocked}, 3))
	if !slices.Equal(got, want) || copies != 10 || r.Messages.Moved != 700 {
		t.Errorf("steps %v, want %v; %d copies, %d moved\n%s", got, want, copies, r.Messages.Moved, told(r))
	}
	for i, n := range names {
		if there := len(a.UIDs(n)); (there == 100) != (i < 7) || there != 0 && i >= 7 {
			t.Errorf("%d in %q", there, n)
		}
	}
	if left := len(a.UIDs("INBOX")); left != 600 || len(a.Marked()) > 0 {
		t.Errorf("%d are left; marked: %v", left, a.Marked())
	}
}

// What is refused for now among several is sent again by itself, and what is refused for
// good is said once, however many commands it was said to.
func TestRefusedAmongMany(t *testing.T) {
	for name, test := range map[string]struct {
		refuse func(nth int) error
		stores int
		fails  bool
	}{
		"for now":  {func(nth int) error { return map[bool]error{true: refusedAs{class: apply.ClassThrottled}}[nth == 2] }, 4, false},
		"for good": {func(int) error { return errRefused }, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "INBOX", letters(1500)...)
			stores := 0
			a.Before = only("UID STORE", func(op model.Op) error {
				stores++
				return test.refuse(stores)
			})
			var w waits
			o := w.options()
			r, err := apply.Run(t.Context(), planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent})), a, o)
			careful(t, a)
			if err != nil || (r.Steps[0].Err != nil) != test.fails || stores != test.stores {
				t.Errorf("%v, %v after %d STOREs", err, r.Steps[0].Err, stores)
			}
			if test.fails {
				if n := strings.Count(r.Steps[0].Err.Error(), errRefused.Error()); n != 1 {
					t.Errorf("it is said %d times: %v", n, r.Steps[0].Err)
				}
			}
			if left := len(a.UIDs("INBOX")); (left == 1500) != test.fails || left != 0 && !test.fails || len(a.Marked()) > 0 {
				t.Errorf("%d are left; marked: %v", left, a.Marked())
			}
		})
	}
}
