package suite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/plan"
)

// By body_search = "server" a plan of ordinary mail is the same, names the rules that
// the server searched for, and reads less; by "local" nothing is searched.
func TestBodySearch(t *testing.T) {
	const rules = `
rule "word" {
  match { body = "password" }
  move_to = "Words"
}
rule "everywhere" {
  match { text = "golang" }
  add_flags = ["flagged"]
}
rule "expression" {
  match { body = { regex = "(?i)bient.t" } }
  add_flags = ["seen"]
}
rule "opposite" {
  match {
    not { body = "hello" }
    subject = { prefix = "re:" }
  }
  add_flags = ["answered"]
}`
	onEvery(t, func(m *mailbox) {
		imaptest.Append(m, m.account, "INBOX", imaptest.Mail(7, 100, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))...)
		at := func(where string) (*plan.Plan, int, int64) {
			m.arguments = "body_search = \"" + where + "\""
			searches, received := m.recorder.Sent("UID SEARCH"), m.recorder.Cost().Received
			made, _ := m.mustPlan(rules)
			return made, m.recorder.Sent("UID SEARCH") - searches, int64(m.recorder.Cost().Received) - int64(received)
		}
		local, none, much := at("local")
		server, some, little := at("server")
		if none != 0 || some != 2 {
			m.Errorf("%d and %d searches, want 0 and 2", none, some)
		}
		if local.Empty() {
			m.Error("the plan is empty")
		}
		if diff := cmp.Diff(describeSteps(local), describeSteps(server)); diff != "" {
			m.Errorf("steps (-local +server):\n%s", diff)
		}
		searched := func(p *plan.Plan) []plan.Note {
			return slices.DeleteFunc(slices.Clone(p.Notes), func(n plan.Note) bool { return n.Summary != "Rules may miss mail" })
		}
		if n := searched(server); len(searched(local)) > 0 || len(n) != 1 || !strings.Contains(n[0].Detail, ": rule.word, rule.everywhere.") {
			m.Errorf("notes %v", n)
		}
		if little >= much {
			m.Errorf("%d octets are read instead of %d", little, much)
		}
	})
}
