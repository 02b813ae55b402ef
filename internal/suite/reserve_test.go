package suite

import (
	"strings"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// Nothing is deleted of what is protected, whoever asks for it, and the plan that
// would cannot be applied; moving out is no deleting.
func TestProtected(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		old, fresh, gone := text("old", 400*day), text("fresh", day), text("gone", 400*day)
		imaptest.Append(m, m.account, "Clients", text("list of them", day))
		imaptest.Append(m, m.account, "Clients/A", old, fresh)
		imaptest.Append(m, m.account, "Logs", gone)
		m.arguments = `protected = ["clients/**"]`
		const trash = `
folder "trash" {
  name        = "Bin"
  special_use = "trash"
}`
		for name, c := range map[string]struct{ text, says string }{
			"a rule": {trash + `
rule "old" {
  in = ["Clients/*", "Logs"]
  match { older_than = "1y" }
  delete = "trash"
}`, `rule.old would throw away 1 message of the protected folder "Clients/A".`},
			"a removed block": {`
removed {
  folder   = "Clients/A"
  messages = "delete"
}`, `would remove the protected folder "Clients/A" with 2 messages`},
			"a moved block": {trash + `
moved {
  from = "Clients"
  to   = "Bin/Clients"
}`, `would bring the protected folder "Clients/A" with 2 messages to the trash`},
		} {
			made, s := m.mustPlan(c.text)
			if len(made.Broken) != 1 || made.Broken[0].Rail != "protected" || !strings.Contains(made.Broken[0].Detail, c.says) {
				m.Errorf("%s: got %+v, want %q", name, made.Broken, c.says)
			}
			if _, err := apply.Run(m.Context(), made, s, apply.Options{}); err == nil || !strings.Contains(err.Error(), "breaks protected") {
				m.Errorf("%s: applied: %v", name, err)
			}
		}
		m.holds("Clients/A", line(old), line(fresh))
		m.holds("Logs", line(gone))
		m.apply(trash + `
rule "out" {
  in = ["Clients/**"]
  match { older_than = "1y" }
  move_to = "Old"
}
rule "logs" {
  in = ["Logs"]
  match { older_than = "1y" }
  delete = "trash"
}`)
		m.holds("Old", line(old))
		m.holds("Clients/A", line(fresh))
		m.holds("Bin", line(gone))
	})
}

// What exclusive covers, nothing declares and nothing holds is gone after an apply;
// what holds mail stays.
func TestExclusive(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		moving, staying := text("moving", day), text("staying", day)
		imaptest.Append(m, m.account, "Lists/Full", staying)
		imaptest.Append(m, m.account, "Lists/Emptied", moving)
		imaptest.Append(m, m.account, "Lists/Declared", moving)
		m.apply(`
folder "go" { name = "Lists/Go" }
folder "deep" { name = "Lists/Empty/Deep" }
folder "deeper" { name = "Lists/Deep/Deeper" }`)
		m.arguments = `
  exclusive = ["Lists/**"]
  unmanaged = "warn"`
		const config = `
folder "go" { name = "Lists/Go" }
rule "moving" {
  in = ["Lists/*"]
  match { subject = "moving" }
  move_to = "Lists/Target/Below"
}
folder "declared" { name = "Lists/Declared" }`
		made, _ := m.mustPlan(config)
		notes := ""
		for _, n := range made.Notes {
			notes += n.Detail
		}
		if !strings.Contains(notes, `"Lists/Full": 1 message`) || !strings.Contains(notes, `Nothing declares "Lists/Full".`) {
			m.Errorf("notes: %s", notes)
		}
		m.apply(config)
		m.holds("Lists/Full", line(staying))
		m.holds("Lists/Target/Below", line(moving), line(moving))
		m.holds("Lists/Declared")
		m.holds("Lists/Go")
		for name := range imaptest.Snapshot(m, m.account).Folders {
			for _, gone := range []string{"Lists/Empt", "Lists/Deep"} {
				if strings.HasPrefix(name, gone) {
					m.Errorf("%q is still there", name)
				}
			}
		}
		m.subscribed("Lists/Go", "-Lists/Empty/Deep", "-Lists/Emptied", "-Lists/Deep/Deeper")
	})
}

// Mail that comes after the plan keeps its folder, and that is no failure.
func TestExclusiveMeanwhile(t *testing.T) {
	onEvery(t, func(m *mailbox) {
		m.skipUnless("MOVE or UIDPLUS", canMove)
		m.apply(`folder "a" { name = "Lists/A" }`)
		m.arguments = `exclusive = ["Lists/*"]`
		made, s := m.mustPlan("")
		late := text("late", day)
		imaptest.Append(m, m.account, "Lists/A", late)
		r, err := apply.Run(m.Context(), made, s, apply.Options{})
		if err != nil || !r.Complete() || r.Destroyed != 0 {
			m.Errorf("got %v, %d destroyed %s", err, r.Destroyed, describe(made, r))
		}
		m.holds("Lists/A", line(late))
	})
}
