package check

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

var now = time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)

// TestPlans: what is said of random rules is so in the plans of random mailboxes.
func TestPlans(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	said := map[string]int{}
	for range 4000 {
		a := randomAccount(t, rng)
		diags := Config(&config.Config{Accounts: []*config.Account{a}})
		if len(diags) == 0 {
			continue
		}
		for range 5 {
			made, refused := planOf(t, rng, a)
			for _, d := range diags {
				if made != nil || d.Severity == hcl.DiagError {
					said[d.Summary]++
				}
				verify(t, a, d, made, refused)
			}
		}
		if t.Failed() {
			return
		}
	}
	for _, summary := range []string{"Rule can never act", "Match can never hold", "Rules lead round in a circle", "Copies would be filed again", "Rule looks nowhere", "Mail is moved to where it lies"} {
		t.Logf("%q: %d times", summary, said[summary])
		if said[summary] < 15 {
			t.Errorf("%q was said %d times only", summary, said[summary])
		}
	}
}

// verify holds what is said against a plan.
func verify(t *testing.T, a *config.Account, d *hcl.Diagnostic, made *plan.Plan, refused bool) {
	t.Helper()
	if d.Severity == hcl.DiagError && !refused {
		t.Errorf("%s: the plan is not refused\n%s", d, rulesText(a))
	}
	if made == nil {
		return
	}
	r := a.Rules[d.Subject.Start.Line]
	for _, step := range made.Steps {
		file, ok := step.Op.(plan.File)
		if !ok || !slices.ContainsFunc(step.Because, func(c plan.Cause) bool { return c.Address == r.Address }) {
			continue
		}
		wrong := false
		switch d.Summary {
		case "Rule can never act", "Match can never hold", "Rule looks nowhere":
			wrong = true
		case "Rules lead round in a circle":
			wrong = strings.Contains(d.Detail, fmt.Sprintf("takes from %q", string(file.Folder))) && step.Because[0].Address == r.Address
		case "Mail is moved to where it lies":
			wrong = file.Away == plan.AwayMove && len(step.Because) == 1
		}
		if wrong {
			t.Errorf("%s: but the plan says\n%+v\nof\n%s", d, step, rulesText(a))
		}
	}
	for _, m := range made.Matched {
		if m.Rule == r.Address && d.Summary == "Rule can never act" && m.Messages > 0 {
			t.Errorf("%s: but it matched %+v\n%s", d, m, rulesText(a))
		}
	}
}

func rulesText(a *config.Account) string {
	var b strings.Builder
	for _, r := range a.Rules {
		fmt.Fprintf(&b, "%s %s in=%s not_in=%s +%s -%s copy=%s move=%s delete=%d stop=%v\n", r.Address, r.Description, r.In, r.NotIn, r.AddFlags, r.RemoveFlags, r.CopyTo, r.MoveTo, r.Delete, r.Stop)
	}
	return b.String()
}

func one[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

func randomAccount(t *testing.T, rng *rand.Rand) *config.Account {
	a := &config.Account{Address: "account.a", Label: "a"}
	if rng.IntN(2) == 0 {
		a.Folders = []*config.Folder{{Address: "folder.trash", Name: "Trash", Use: mailbox.UseTrash}}
	}
	if rng.IntN(5) == 0 {
		a.Protected = []mailbox.Pattern{parsed(t, one(rng, "A/*", "INBOX"))}
	}
	for i := range 2 + rng.IntN(4) {
		r := &rules.Rule{Address: fmt.Sprintf("rule.r%d", i), Type: "rule"}
		r.Declared = hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: i, Byte: i}}
		r.InRange, r.ActionRange = r.Declared, r.Declared
		for range 1 + rng.IntN(2) {
			r.In = append(r.In, parsed(t, one(rng, "INBOX", "INBOX", "INBOX", "A", "A/x", "A/*", "B", "**", "INBOX/*", mailbox.UseTrash.Token())))
		}
		if rng.IntN(4) == 0 {
			r.NotIn = append(r.NotIn, parsed(t, one(rng, "A", "A/**", "INBOX", "A/x", mailbox.UseTrash.Token())))
		}
		var tests []rules.Test
		for range 1 + rng.IntN(2) {
			tests = append(tests, randomTest(t, rng, r))
		}
		r.Match = rules.All(tests...)
		switch rng.IntN(10) {
		case 0:
			r.Delete = rules.DeletePermanent
		case 1:
			r.Delete = rules.DeleteTrash
		case 2:
			r.Stop = true
		case 3:
			r.CopyTo = []mailbox.Ref{{Name: one[mailbox.Name](rng, "A", "B", "INBOX", "C/x")}}
		case 4:
			r.AddFlags = mailbox.NewFlags("$B")
		default:
			r.MoveTo = mailbox.Ref{Name: one[mailbox.Name](rng, "A", "A/x", "B", "INBOX", "C")}
		}
		if rng.IntN(4) == 0 {
			r.AddFlags = mailbox.NewFlags(one[imap.Flag](rng, `\Seen`, "$A"))
		} else if rng.IntN(6) == 0 {
			r.RemoveFlags = mailbox.NewFlags(`\Seen`)
		}
		if len(r.Check()) == 0 {
			r.Declared.Start.Line = len(a.Rules)
			r.InRange, r.ActionRange = r.Declared, r.Declared
			a.Rules = append(a.Rules, r)
		}
	}
	return a
}

func parsed(t *testing.T, s string) mailbox.Pattern {
	t.Helper()
	p, err := mailbox.ParsePattern(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func randomTest(t *testing.T, rng *rand.Rand, r *rules.Rule) rules.Test {
	t.Helper()
	type argument struct {
		name  string
		value cty.Value
	}
	text := cty.StringVal
	arg := one(rng,
		argument{"everything", cty.True}, argument{"everything", cty.True},
		argument{"from", text("@example.com")}, argument{"from", text("ada@example.com")}, argument{"from", text("ada@example.com")},
		argument{"seen", cty.True}, argument{"seen", cty.False}, argument{"flags", cty.ListVal([]cty.Value{text("$A"), text("$B")})},
		argument{"larger_than", text("1kB")}, argument{"larger_than", text("1MB")}, argument{"smaller_than", text("1kB")},
		argument{"in_folder_for", text("1d")},
	)
	all := rules.Criteria()
	i := slices.IndexFunc(all, func(c rules.Criterion) bool { return c.Name == arg.name })
	test, err := all[i].Compile(arg.value)
	if err != nil {
		t.Fatal(err)
	}
	r.Description += fmt.Sprintf(" %s=%#v", arg.name, arg.value)
	if rng.IntN(6) == 0 {
		r.Description += "(not)"
		return rules.Not(test)
	}
	return test
}

// planOf plans the account on a random mailbox. Nil: there is no plan.
func planOf(t *testing.T, rng *rand.Rand, a *config.Account) (made *plan.Plan, refused bool) {
	t.Helper()
	listing := plan.Listing{SaveDate: true, CreateUse: true, Server: "test", InInbox: rng.IntN(4) == 0}
	messages := map[mailbox.Name][]*message.Message{}
	for _, name := range []mailbox.Name{"INBOX", "A", "A/x", "B", "C", "Trash", "Junk", "A/y"} {
		f := plan.Folder{Name: name, Selectable: true, Exists: true, UIDValidity: 1, UIDNext: 100}
		switch {
		case name == "Trash":
			f.Uses = []mailbox.Use{mailbox.UseTrash}
		case name == "A/x" && rng.IntN(3) == 0:
			f.Uses = []mailbox.Use{mailbox.UseJunk}
		}
		for range rng.IntN(6) {
			f.Messages++
			messages[name] = append(messages[name], randomMessage(t, rng, imap.UID(f.Messages)))
		}
		listing.Folders = append(listing.Folders, f)
	}
	p, diags := plan.New(a, config.DefaultPolicy(), listing, now)
	if diags.HasErrors() {
		return nil, true
	}
	for round := p.Ask(); len(round) > 0; round = p.Ask() {
		for _, q := range round {
			for _, m := range messages[q.Folder] {
				if len(q.UIDs) == 0 || q.UIDs.Contains(m.UID) {
					told := *m
					told.Known = q.Fetch
					p.Tell(q, &told)
				}
			}
			p.Told(q, plan.State{UIDValidity: 1, UIDNext: 100, Messages: uint32(len(messages[q.Folder]))})
		}
	}
	made, diags = p.Plan()
	return made, diags.HasErrors()
}

func randomMessage(t *testing.T, rng *rand.Rand, uid imap.UID) *message.Message {
	t.Helper()
	header, err := message.ParseHeader([]byte(fmt.Sprintf("From: %s\r\nMessage-ID: <%d@%d>\r\n\r\n", one(rng, "ada@example.com", "bob@example.com", "x@y.example"), uid, rng.Int())))
	if err != nil {
		t.Fatal(err)
	}
	m := &message.Message{
		UID: uid, Header: header, Received: now.Add(-48 * time.Hour), Size: one[int64](rng, 500, 5000, 5000000),
		Saved: now.Add(-one(rng, time.Hour, 72*time.Hour)),
	}
	for _, f := range []imap.Flag{`\Seen`, "$A", "$B"} {
		if rng.IntN(2) == 0 {
			m.Flags = m.Flags.With(mailbox.NewFlags(f))
		}
	}
	return m
}
