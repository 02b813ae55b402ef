package apply_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// What must not be applied is refused before the server is asked for anything.
func TestRunRefusesPlans(t *testing.T) {
	all := apply.Can{Move: true, UIDPlus: true}
	one := []plan.Message{{UID: 1}}
	for _, test := range []struct {
		name string
		can  apply.Can
		plan plan.Plan
		says string
	}{
		{"move without MOVE and UIDPLUS", apply.Can{}, of(plan.File{Folder: "A", Was: "A", Away: plan.AwayMove, To: "B", Messages: one}), "neither MOVE (RFC 6851) nor UIDPLUS"},
		{"trash without MOVE and UIDPLUS", apply.Can{}, of(plan.File{Folder: "A", Was: "A", Away: plan.AwayMove, Trash: true, To: "B", Messages: one}), "neither MOVE"},
		{"permanent without UIDPLUS", apply.Can{Move: true}, of(plan.File{Folder: "A", Was: "A", Away: plan.AwayPermanent, Messages: one}), "UIDPLUS (RFC 4315)"},
		{"a rail is broken", all, plan.Plan{Broken: []plan.Broken{{Rail: "max_messages", Detail: "20000 messages"}}}, "max_messages"},
		{"rename INBOX", all, of(plan.Rename{From: mailbox.Inbox, To: "B"}), "INBOX cannot be renamed"},
		{"rename to INBOX", all, of(plan.Rename{From: "B", To: mailbox.Inbox}), "INBOX cannot be renamed"},
		{"rename below itself", all, of(plan.Rename{From: "B", To: "B/C"}), "cannot be renamed"},
		{"rename to itself", all, of(plan.Rename{From: "B", To: "B"}), "cannot be renamed"},
		{"rename nothing", all, of(plan.Rename{To: "B"}), "without a name"},
		{"create nothing", all, of(plan.Create{}), "without a name"},
		{"set nothing", all, of(plan.Set{}), "without a name"},
		{"remove INBOX", all, of(plan.Remove{Name: mailbox.Inbox}), "INBOX cannot be removed"},
		{"remove nothing", all, of(plan.Remove{}), "without a name"},
		{"file nowhere", all, of(plan.File{Was: "A"}), "without a name"},
		{"move to itself", all, of(plan.File{Folder: "A", Was: "A", Away: plan.AwayMove, To: "A"}), "cannot be moved"},
		{"move nowhere", all, of(plan.File{Folder: "A", Was: "A", Away: plan.AwayMove}), "cannot be moved"},
		{"unknown way", all, of(plan.File{Folder: "A", Was: "A", Away: 7}), "no way"},
		{"copy to itself", all, of(plan.File{Folder: "A", Was: "A", Copies: []mailbox.Name{"A"}}), "cannot be copied"},
		{"copy and move to the same", all, of(plan.File{Folder: "A", Was: "A", Copies: []mailbox.Name{"B"}, Away: plan.AwayMove, To: "B"}), "cannot be copied"},
		{`set \Deleted`, all, of(plan.File{Folder: "A", Was: "A", Add: mailbox.Flags{imap.FlagDeleted}}), `\Deleted`},
		{`remove \Deleted`, all, of(plan.File{Folder: "A", Was: "A", Remove: mailbox.Flags{imap.FlagDeleted}}), `\Deleted`},
		{"UID 0", all, of(plan.File{Folder: "A", Was: "A", Messages: []plan.Message{{}}}), "zero or listed twice"},
		{"UID twice", all, of(plan.File{Folder: "A", Was: "A", Messages: []plan.Message{{UID: 1}, {UID: 1}}}), "zero or listed twice"},
		{"no operation", all, of(nil), "no operation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := model.New(model.Variant{Can: test.can})
			fill(a, "A", letter("x"))
			before := a.Dump()
			// A harmless step before it must not be done either.
			p := test.plan
			p.Steps = append([]plan.Step{step(plan.Create{Name: "New"})}, p.Steps...)
			r, err := apply.Run(t.Context(), &p, a, apply.Options{})
			wantErr(t, err, test.says)
			if a.Ops() != 0 || a.Dump() != before {
				t.Errorf("%d operations were begun", a.Ops())
			}
			if r == nil || r.Complete() || len(r.Steps) != len(p.Steps) {
				t.Errorf("result %+v", r)
			}
		})
	}
}

func of(op plan.Operation) plan.Plan { return plan.Plan{Steps: []plan.Step{{Op: op}}} }
