// Package policies tries the policies of this directory on a plan of imapform, with
// Open Policy Agent. It is a module of its own, so that imapform need not depend on it.
package policies

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
)

// plan is the plan that imapform's own tests keep as its show -json writes it.
func plan(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// objects are the objects of a list.
func objects(t *testing.T, list any) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, v := range list.([]any) {
		all = append(all, v.(map[string]any))
	}
	if len(all) == 0 {
		t.Fatal("the plan is empty")
	}
	return all
}

// denied is what a policy says against a plan.
func denied(t *testing.T, policy string, plan map[string]any) []string {
	t.Helper()
	query, err := rego.New(
		rego.Query("data.imapform."+policy+".deny"),
		rego.Load([]string{policy + ".rego"}, nil),
		rego.Strict(true),
	).PrepareForEval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	results, err := query.Eval(t.Context(), rego.EvalInput(plan))
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 {
		t.Fatalf("%s has no deny", policy)
	}
	messages := map[string]bool{}
	for _, m := range results[0].Expressions[0].Value.([]any) {
		messages[m.(string)] = true
	}
	return slices.Sorted(maps.Keys(messages))
}

func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		name, policy string
		edit         func(plan map[string]any)
		want         []string
	}{
		{"folders go", "destroy", nil, []string{
			`account.work.folder["Lists/empty"] would be destroyed`,
			`account.work.folder["Old/2019"] would be destroyed`,
		}},
		{"no folder goes", "destroy", func(plan map[string]any) {
			plan["resource_changes"] = slices.DeleteFunc(plan["resource_changes"].([]any), func(change any) bool {
				c := change.(map[string]any)
				return c["type"] == "folder" && c["change"].(map[string]any)["after"] == nil
			})
		}, nil},
		{"few messages", "size", nil, nil},
		{"many messages", "size", func(plan map[string]any) {
			objects(t, plan["message_changes"])[0]["messages"] = 51
		}, []string{"the plan changes 101 messages; 100 are allowed"}},
		{"as many as may be", "size", func(plan map[string]any) {
			objects(t, plan["message_changes"])[0]["messages"] = 50
		}, nil},
		{"deletes out of the trash", "delete", nil, nil},
		{"deletes elsewhere", "delete", func(plan map[string]any) {
			for _, change := range objects(t, plan["message_changes"]) {
				if change["action"] == "delete" {
					change["folder"] = "INBOX"
				}
			}
		}, []string{`account.work: rule.empty["trash"] would delete 2 messages in "INBOX" for good`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plan(t)
			if c.edit != nil {
				c.edit(p)
			}
			if got := denied(t, c.policy, p); !slices.Equal(got, c.want) {
				t.Errorf("denied are %q, want %q", got, c.want)
			}
		})
	}
}

// What the policies look at is there: one that looks at nothing allows everything.
func TestPlanHoldsWhatPoliciesRead(t *testing.T) {
	p := plan(t)
	actions := map[string]bool{}
	for _, change := range objects(t, p["message_changes"]) {
		actions[change["action"].(string)] = true
	}
	for _, action := range []string{"copy", "move", "trash", "delete", "flag"} {
		if !actions[action] {
			t.Errorf("the plan has no messages to %s", action)
		}
	}
}
