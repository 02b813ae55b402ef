package document

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// oddPlan is a plan as a file may hold it: its steps and causes fit in any way.
func oddPlan(r *rand.Rand) *plan.Plan {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	name := func() mailbox.Name { return mailbox.Name(pick("A", "B", "A/x", `"]`, "${x}", "rule.a")) }
	p := &plan.Plan{Account: pick("account.w", `account.w["x.rule.a"]`)}
	for range r.IntN(12) {
		var step plan.Step
		for range r.IntN(3) {
			step.Because = append(step.Because, plan.Cause{
				Address: pick("", "rule.a", "rule.b", "folder.a", "folder.b", `folder["A"]`, "x", "rule.", "module.m", `module.m["]`, `rule["a"].b`, "account.w"),
				Block:   pick("", "moved", "removed", "exclusive"),
			})
		}
		switch r.IntN(5) {
		case 0:
			step.Op = plan.Rename{From: name(), To: name(), Children: r.IntN(2)}
		case 1:
			step.Op = plan.Create{Name: name()}
		case 2:
			step.Op = plan.Set{Name: name(), Subscribed: r.IntN(2) == 0}
		case 3:
			step.Op = plan.Remove{Name: name()}
		default:
			step.Op = plan.File{
				Folder: name(), To: name(), Away: plan.Away(r.IntN(3)), Trash: r.IntN(2) == 0,
				Messages: []plan.Message{{UID: 1, Add: mailbox.NewFlags(imap.FlagSeen)}},
			}
		}
		p.Steps = append(p.Steps, step)
	}
	return p
}

// Whatever a plan holds, there is a document, in which every operation is a part of one
// resource, and no two resources have the same address.
func TestOfOddPlans(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		p := oddPlan(r)
		d := Of([]*plan.Plan{p}, Run{})
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
		addresses := map[string]bool{}
		for _, change := range d.ResourceChanges {
			if addresses[change.Address] {
				t.Fatalf("%s is there twice: %+v", change.Address, p.Steps)
			}
			addresses[change.Address] = true
			named := change.Named()
			if full := p.Account + "." + joined(named.Module, named.Resource); full != change.Address || named.Name == "" {
				t.Fatalf("%s is named %+v", change.Address, named)
			}
		}
		for i, o := range d.Operations {
			if !addresses[o.Resource] || o.Step != i || o.Action == "" {
				t.Fatalf("operation %d is %+v", i, o)
			}
		}
		messages := 0
		for _, m := range d.MessageChanges {
			messages += m.Messages
		}
		if messages != d.Summary.Accounts[0].Total {
			t.Fatalf("%d messages change, and counted are %+v", messages, d.Summary.Accounts[0])
		}
	}
}

func joined(module, resource string) string {
	if module == "" {
		return resource
	}
	return module + "." + resource
}

// A folder that two blocks claim is one resource; a block that has to do with two
// folders does not make them one.
func TestFoldersApart(t *testing.T) {
	because := []plan.Cause{{Address: "folder.a"}}
	all := Resources(&plan.Plan{Account: "account.w", Steps: []plan.Step{
		{Op: plan.Create{Name: "A"}, Because: because},
		{Op: plan.Create{Name: "A/x"}, Because: because},
		{Op: plan.Set{Name: "A", Subscribed: true, Created: true}, Because: because},
	}})
	var addresses []string
	for _, r := range all {
		addresses = append(addresses, r.Address)
	}
	if want := []string{"account.w.folder.a", `account.w.folder["A/x"]`}; !slices.Equal(addresses, want) {
		t.Errorf("got %q", addresses)
	}
}

// Before is what a folder is called now, not what it is called part way.
func TestFoldersBefore(t *testing.T) {
	all := Resources(&plan.Plan{Account: "account.w", Steps: []plan.Step{
		{Op: plan.Rename{From: "A", To: "aside"}},
		{Op: plan.Rename{From: "B", To: "A"}},
		{Op: plan.Rename{From: "aside", To: "B"}},
		{Op: plan.Rename{From: "A/x", To: "X"}},
	}})
	got := map[string]string{}
	for _, r := range all {
		got[r.Change.After.Name] = r.Change.Before.Name
	}
	if want := map[string]string{"A": "B", "B": "A", "X": "B/x"}; !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is deleted for good gets no flags first.
func TestDeletedGetNoFlags(t *testing.T) {
	seen := mailbox.NewFlags(imap.FlagSeen)
	p := &plan.Plan{Account: "account.w", Steps: []plan.Step{{
		Op:      plan.File{Folder: "INBOX", Away: plan.AwayPermanent, Add: seen, Messages: []plan.Message{{UID: 1, Add: seen}}},
		Because: []plan.Cause{{Address: "rule.a"}},
	}}}
	d := Of([]*plan.Plan{p}, Run{})
	if m := d.MessageChanges[0]; m.Action != MessageDelete || len(m.FlagsAdded) > 0 || d.Summary.Messages.Flag > 0 {
		t.Errorf("%+v, counted %+v", m, d.Summary.Messages)
	}
}
