package apply_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/check"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

// What is said in the language itself, of mail as it is, converges too: after an apply
// a plan is empty, every message is as often there as the plan says, and no rule acts
// of which the offline checks say that it cannot. It tries a tenth of -rounds.
func TestLanguage(t *testing.T) {
	servers, rounds := model.Variants(), *rounds/10
	counts := map[string]int{}
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		for _, what := range tryWritten(t, seed, v) {
			counts[what]++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestLanguage -first=%d -rounds=10", seed, v.Name, seed)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%d %s", counts[what], what)
	}
	if rounds > 100 && counts["applied"] < int(rounds)/3 {
		t.Errorf("only %d of %d configurations had anything to apply: they are too wild to show much", counts["applied"], rounds)
	}
}

// tryWritten tries one configuration, and says what came of it and what was said.
func tryWritten(t *testing.T, seed uint64, v model.Variant) (said []string) {
	w := &author{dice: &dice{rng: rand.New(rand.NewPCG(seed, 11)), t: t}}
	a := w.server(v)
	files := w.write()
	note := func(what string, diags hcl.Diagnostics) {
		for _, d := range diags {
			said = append(said, what+": "+d.Summary)
		}
	}
	cfg, diags := load(t, files)
	if diags.HasErrors() {
		note("config", diags)
		return append(said, "refused by config")
	}
	warnings := check.Config(cfg)
	note("check", warnings)
	account, before := cfg.Accounts[0], a.Dump()
	p, diags := a.plan(t, account)
	if a.Dump() != before || a.Ops() > 0 {
		t.Errorf("seed %d: the plan changed something", seed)
	}
	if diags.HasErrors() {
		note("plan", diags)
		return append(said, "refused by plan")
	}
	truthful(t, account, warnings, p)
	census := a.Census()
	switch {
	case len(p.Broken) > 0:
		if _, err := apply.Run(t.Context(), p, a, apply.Options{}); err == nil || a.Dump() != before {
			t.Errorf("seed %d: applied although %v is broken: %v", seed, p.Broken, err)
		}
		said = append(said, "broke a rail")
	case p.Empty():
		said = append(said, "empty")
	case !able(v, plan.File{Away: plan.AwayPermanent}) && deletes(p):
		said = append(said, "cannot be done there")
	default:
		a.carryOut(t, account, p)
		kept(t, account, census, a.Census())
		said = append(said, "applied")
	}
	if t.Failed() {
		t.Logf("seed %d, before:\n%s\nafter:\n%s\nconfiguration: %s", seed, before, a.Dump(), files)
		for _, s := range p.Steps {
			t.Logf("step: %T %+v because %v", s.Op, s.Op, s.Because)
		}
	}
	return said
}

// load loads a configuration of these files.
func load(t *testing.T, files map[string]string) (*config.Config, hcl.Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _, diags := config.Load(config.Source{Dir: dir, Now: made})
	return cfg, diags
}

// carryOut applies a plan, which must do all that it says and leave nothing to do.
func (s *peculiar) carryOut(t *testing.T, account *config.Account, p *plan.Plan) {
	t.Helper()
	want := expect(s.Account, p)
	r, err := apply.Run(t.Context(), p, s, apply.Options{})
	if err != nil || !r.Complete() {
		t.Errorf("apply: %v", err)
		for i, o := range r.Steps {
			t.Errorf("step %d %+v: status %d, %v, skipped %+v", i, p.Steps[i].Op, o.Status, o.Err, o.Skipped)
		}
	}
	careful(t, s.Account)
	after := s.Census()
	for mail, n := range want {
		if len(after[mail]) != n {
			t.Errorf("mail %d is at %v, want %d", mail, after[mail], n)
		}
	}
	again, diags := s.plan(t, account)
	if diags.HasErrors() {
		t.Errorf("second plan: %v", diags)
		return
	}
	for _, step := range again.Steps {
		t.Errorf("the second plan has a step: %T %+v because %+v", step.Op, step.Op, step.Because)
	}
}

// kept proves that nothing is gone for good but what the configuration lets go, and
// nothing of what it protects by name.
func kept(t *testing.T, account *config.Account, before, after map[int][]model.Place) {
	t.Helper()
	deletes := slices.ContainsFunc(account.Rules, func(r *rules.Rule) bool { return r.Delete == rules.DeletePermanent }) ||
		slices.ContainsFunc(account.Removed, func(r *config.Removed) bool { return r.Messages == config.RemoveDelete })
	for mail, places := range before {
		protected := slices.ContainsFunc(account.Protected, func(p mailbox.Pattern) bool {
			return p.Match(places[0].Folder, mailbox.World{Hidden: []mailbox.Name{"Trash", "Junk", "Drafts"}})
		})
		if len(after[mail]) == 0 && (protected || !deletes) {
			t.Errorf("mail %d lay in %q and is gone", mail, places[0].Folder)
		}
	}
}

// truthful holds what the offline checks say against what the plan does.
func truthful(t *testing.T, account *config.Account, warnings hcl.Diagnostics, p *plan.Plan) {
	t.Helper()
	for _, d := range warnings {
		if d.Severity == hcl.DiagError {
			t.Errorf("the plan does not refuse: %s", d.Detail)
		}
		for _, r := range account.Rules {
			switch d.Summary {
			case "Rule can never act":
				if strings.Contains(d.Detail, "leaves nothing to "+r.Address+":") {
					idle(t, d, r.Address, p)
				}
			case "Match can never hold":
				if strings.Contains(d.Detail, "match of "+r.Address+" asks") {
					idle(t, d, r.Address, p)
				}
			case "Rule looks nowhere":
				if strings.HasPrefix(d.Detail, r.Address+" leaves") {
					idle(t, d, r.Address, p)
				}
			case "Rules lead round in a circle":
				if strings.Contains(d.Detail, "message that "+r.Address+" takes") {
					still(t, d, r.Address, p, func(f plan.File) bool {
						return strings.Contains(d.Detail, fmt.Sprintf("takes from %q", f.Folder))
					})
				}
			case "Mail is moved to where it lies":
				if strings.HasPrefix(d.Detail, r.Address+" looks") {
					still(t, d, r.Address, p, func(f plan.File) bool { return f.Away == plan.AwayMove && f.To != f.Folder })
				}
			}
		}
	}
}

// idle proves that a rule takes no message.
func idle(t *testing.T, d *hcl.Diagnostic, rule string, p *plan.Plan) {
	t.Helper()
	for _, m := range p.Matched {
		if m.Rule == rule && m.Messages > 0 {
			t.Errorf("%s takes %d messages in %q: %s", rule, m.Messages, m.Folder, d.Detail)
		}
	}
}

// still proves that a rule alone does no such thing.
func still(t *testing.T, d *hcl.Diagnostic, rule string, p *plan.Plan, such func(plan.File) bool) {
	t.Helper()
	for _, s := range p.Steps {
		if f, ok := s.Op.(plan.File); ok && such(f) && len(s.Because) == 1 && s.Because[0].Address == rule {
			t.Errorf("%s acts in %+v: %s", rule, f, d.Detail)
		}
	}
}
