package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

var made = time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)

// savable is everything as a planner would have made it, so that it can be saved.
func savable() *plan.Plan {
	p := everything()
	p.Made = made
	next := map[mailbox.Name]imap.UID{}
	for _, step := range p.Steps {
		f, ok := step.Op.(plan.File)
		if !ok {
			continue
		}
		for i := range f.Messages {
			next[f.Was]++
			f.Messages[i].UID = next[f.Was]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(next)) {
		p.Folders = append(p.Folders, plan.Before{Name: name, UIDValidity: 1, UIDNext: next[name] + 1, Messages: uint32(next[name])})
	}
	return p
}

// home is a plan of another account, with what the first one has not.
func home() *plan.Plan {
	in := append(because(`module.lists["a]b"].rule.old["x.y"]`), because("rule.newsletters")...)
	return &plan.Plan{
		Account: `account.staff["ada"]`, Made: made,
		Steps: []plan.Step{
			{Op: plan.Create{Name: "Lists/golang"}, Because: because(`module.lists["a]b"].folder.list["golang"]`)},
			{Op: plan.File{Folder: "INBOX", Was: "INBOX", Away: plan.AwayMove, To: "Lists/golang", Messages: messages(2, nil)}, Because: in},
		},
		Matched: []plan.Matched{{Rule: "rule.newsletters", Folder: "INBOX", Looked: 9, Messages: 2, Rivals: []plan.Rival{{Rule: "rule.later", Messages: 1}}}},
		Broken:  []plan.Broken{{Rail: "max_messages", Of: "rule.newsletters", Detail: "It changes 2 messages.", Allow: "max_messages = 2", Subject: at(7)}},
	}
}

// fleetRun is a run with all that there can be besides plans.
func fleetRun(t *testing.T) PlanRun {
	t.Helper()
	loop, files := inLoop(t)
	inModules, diags := loadModules(t)
	for name, file := range inModules {
		if files[name] == nil {
			files[name] = file
		}
	}
	return PlanRun{
		Version: "0.1.0", Now: made.Add(time.Hour), Files: files, Missing: []string{"account.down"},
		Hidden: plan.Hidden{Targets: []string{"rule.*"}, Excludes: []string{"rule.slow"}, Steps: 2, Messages: 17},
		Config: hcl.Diagnostics{loop, diags[0]},
		Problems: []Problems{
			{Account: "account.work"},
			{Account: "account.down", Diagnostics: hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Cannot connect to account.down", Detail: "no route to host"}}},
		},
	}
}

func planJSON(t *testing.T, run PlanRun, plans ...*plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := PlanJSON(&b, plans, run); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func documents(t *testing.T) map[string]string {
	t.Helper()
	saved := plan.Saved{
		FormatVersion: plan.FormatVersion, ID: "x", Made: made, Tool: "test",
		Accounts: []plan.SavedAccount{{Place: plan.Place{Maildir: "/m"}, Plan: savable()}},
	}
	data, err := plan.Encode(&saved)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	allowed := savable()
	allowed.Broken = nil
	return map[string]string{
		"everything.json": planJSON(t, PlanRun{Version: "0.1.0"}, savable()),
		"saved.json":      planJSON(t, PlanRun{Version: "0.1.0"}, decoded.Accounts[0].Plan),
		"accounts.json":   planJSON(t, fleetRun(t), savable(), home()),
		"allowed.json":    planJSON(t, PlanRun{Version: "0.1.0"}, allowed),
		"nothing.json":    planJSON(t, PlanRun{Version: "0.1.0", Now: made}),
	}
}

func TestPlanJSON(t *testing.T) {
	validator := definition(t, "Plan")
	for name, text := range documents(t) {
		if name != "allowed.json" { // the policies' example has it
			golden(t, name, text)
		}
		if err := validator.Validate(parsed(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The example of policies tries them on this very output.
func TestPolicyExample(t *testing.T) {
	path := filepath.Join("..", "..", "examples", "policies", "plan.json")
	text := documents(t)["allowed.json"]
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(there), text); diff != "" {
		t.Errorf("run this test with -update:\n%s", diff)
	}
}

// definition compiles a definition of the schema.
func definition(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join("..", "..", "docs", "plan.schema.json") + "#/$defs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What the file holds comes back: a saved plan gives the document of the live one but
// for warnings, sizes and what lies behind the line in places.
func TestPlanJSONOfSavedPlan(t *testing.T) {
	all := documents(t)
	live, saved := parsed(t, all["everything.json"]).(map[string]any), parsed(t, all["saved.json"]).(map[string]any)
	for _, change := range live["message_changes"].([]any) {
		if change := change.(map[string]any); change["octets"] == nil {
			t.Errorf("the live plan has no sizes: %v", change)
		} else {
			delete(change, "octets")
		}
	}
	for _, d := range []map[string]any{live, saved} {
		d["diagnostics"] = slices.DeleteFunc(d["diagnostics"].([]any), func(d any) bool {
			return d.(map[string]any)["summary"] == "A rule takes every message"
		})
	}
	if diff := cmp.Diff(live, saved); diff != "" {
		t.Errorf("(-live +saved):\n%s", diff)
	}
}

// As many resources change as the summary counts, and each has an address of its own.
func TestPlanJSONCounts(t *testing.T) {
	all := [][]*plan.Plan{{savable()}, {savable(), home()}}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		all = append(all, []*plan.Plan{randomPlan(random)})
	}
	for _, plans := range all {
		d := Document(plans, PlanRun{})
		counts, seen := map[document.Action]int{}, map[string]bool{}
		for _, r := range d.ResourceChanges {
			counts[r.Change.Actions[0]]++
			if seen[r.Address] {
				t.Errorf("%s is there twice", r.Address)
			}
			seen[r.Address] = true
		}
		if counts[document.ActionCreate] != d.Summary.Add || counts[document.ActionUpdate] != d.Summary.Change || counts[document.ActionDelete] != d.Summary.Destroy {
			t.Errorf("%v, counted are %+v", counts, d.Summary.Counts)
		}
		for _, o := range d.Operations {
			if !seen[o.Resource] {
				t.Errorf("%q of an operation is no resource", o.Resource)
			}
		}
		for _, m := range d.MessageChanges {
			if o := d.Operations[m.Operation]; o.Account != m.Account || string(o.Action) != string(m.Action) || *o.Messages != m.Messages {
				t.Errorf("%+v is not %+v", m, o)
			}
		}
	}
}

func TestPlanJSONOutcome(t *testing.T) {
	allowed := savable()
	allowed.Broken = nil
	warned := PlanRun{Config: hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Beware"}}}
	failed := PlanRun{Config: hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Wrong"}}}
	hidden := PlanRun{Hidden: plan.Hidden{Excludes: []string{"rule.x"}}}
	for name, c := range map[string]struct {
		run                          PlanRun
		plan                         *plan.Plan
		applyable, complete, errored bool
	}{
		"changes":    {PlanRun{}, allowed, true, true, false},
		"no changes": {PlanRun{}, &plan.Plan{Account: "account.a"}, false, true, false},
		"rail":       {PlanRun{}, savable(), false, true, false},
		"warning":    {warned, allowed, true, true, false},
		"error":      {failed, allowed, true, false, true},
		"hidden":     {hidden, allowed, true, false, false},
		"missing":    {PlanRun{Missing: []string{"account.b"}}, allowed, true, false, true},
	} {
		d := Document([]*plan.Plan{c.plan}, c.run)
		if d.Applyable != c.applyable || d.Complete != c.complete || d.Errored != c.errored {
			t.Errorf("%s: applyable %t, complete %t, errored %t", name, d.Applyable, d.Complete, d.Errored)
		}
	}
}

// Terraform's own reader takes the document for a plan.
func TestPlanJSONIsTerraforms(t *testing.T) {
	all := documents(t)
	var p tfjson.Plan
	if err := json.Unmarshal([]byte(all["accounts.json"]), &p); err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	if p.FormatVersion != document.FormatVersion || p.Timestamp != "2026-09-28T12:00:00Z" || p.Complete == nil || *p.Complete {
		t.Errorf("read as %+v", p)
	}
	counts := map[string]int{}
	for _, r := range p.ResourceChanges {
		switch a := r.Change.Actions; {
		case a.Create() && r.Change.Before == nil && r.Change.After != nil:
			counts["add"]++
		case a.Update() && r.Change.Before != nil && r.Change.After != nil:
			counts["change"]++
		case a.Delete() && r.Change.Before != nil && r.Change.After == nil:
			counts["destroy"]++
		default:
			t.Errorf("%s: %v", r.Address, a)
		}
		if r.Mode != tfjson.ManagedResourceMode || r.Name == "" || r.ProviderName != "imapform" {
			t.Errorf("%s is read as %+v", r.Address, r)
		}
	}
	if want := map[string]int{"add": 4, "change": 10, "destroy": 3}; !maps.Equal(counts, want) {
		t.Errorf("counted %v, want %v", counts, want)
	}
	i := slices.IndexFunc(p.ResourceChanges, func(r *tfjson.ResourceChange) bool {
		return strings.HasSuffix(r.Address, `folder.list["golang"]`) && r.ModuleAddress != ""
	})
	if r := p.ResourceChanges[i]; r.ModuleAddress != `module.lists["a]b"]` || r.Index != "golang" || r.Type != "folder" || r.Name != "list" {
		t.Errorf("read as %+v", r)
	}
}

// Every member of every type that the schema knows is in some document or line.
func TestEveryMemberOccurs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "plan.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	defs := parsed(t, string(text)).(map[string]any)["$defs"].(map[string]any)
	seen := map[string]bool{}
	for _, d := range documents(t) {
		note(defs, "Plan", parsed(t, d), seen)
	}
	for _, s := range streams(t) {
		for line := range strings.Lines(s) {
			note(defs, "Line", parsed(t, line), seen)
		}
	}
	for def := range defs {
		for name := range propertiesOf(defs, def) {
			if !seen[def+"."+name] {
				t.Errorf("%s.%s is in no document and no line", def, name)
			}
		}
	}
}

func propertiesOf(defs map[string]any, def string) map[string]any {
	return defs[def].(map[string]any)["properties"].(map[string]any)
}

// note notes the members of a value of a type, and of those within it.
func note(defs map[string]any, def string, value any, seen map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			note(defs, def, v, seen)
		}
	case map[string]any:
		for name, schema := range propertiesOf(defs, def) {
			if v, ok := value[name]; ok {
				seen[def+"."+name] = true
				if inner := refOf(schema.(map[string]any)); inner != "" {
					note(defs, inner, v, seen)
				}
			}
		}
	}
}

// refOf is the type that a schema leads to; empty: none.
func refOf(schema map[string]any) string {
	if ref, ok := schema["$ref"].(string); ok {
		return strings.TrimPrefix(ref, "#/$defs/")
	}
	if items, ok := schema["items"].(map[string]any); ok {
		return refOf(items)
	}
	if either, ok := schema["anyOf"].([]any); ok {
		return refOf(either[0].(map[string]any))
	}
	return ""
}

// What strangers wrote steers no terminal, and JSON tells it as it is.
func TestPlanJSONShowsNothingRaw(t *testing.T) {
	const evil = "a\x1b[2J\u202eb\u200bc\r\n\"\\${x}"
	p := &plan.Plan{Account: "account.a", Steps: []plan.Step{{Op: plan.Create{Name: evil}, Because: because("rule.a")}}}
	got := planJSON(t, PlanRun{}, p)
	for _, r := range got {
		if r != '\n' && hidden(r) {
			t.Errorf("%U is written", r)
		}
	}
	if r := parsed(t, got).(map[string]any)["resource_changes"].([]any)[0].(map[string]any); r["name"] != evil {
		t.Errorf("read as %q", r["name"])
	}
}

func TestPlanJSONTellsOfAFailingWriter(t *testing.T) {
	if err := PlanJSON(failingWriter{}, []*plan.Plan{everything()}, PlanRun{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}
