package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// showRulesIn runs show -rules in a directory, whose configuration may lack values.
func showRulesIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	var out, problems transcript
	status := Run(t.Context(), append([]string{"show", "-rules"}, args...), Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Dir: dir, Now: time.Now, Version: "0.1.0",
	})
	if status != 0 {
		t.Fatalf("%s: status %d\n%s", dir, status, problems.String())
	}
	return out.String()
}

// Rules of modules, and of a fleet, come in the order in which they run, each with a
// number, and both forms tell the same.
func TestShowRulesOfExamples(t *testing.T) {
	for example, least := range map[string]struct{ accounts, rules int }{"quickstart": {1, 3}, "modules": {2, 4}, "fleet": {3, 3}} {
		dir := filepath.Join("../../examples", example)
		var shown struct {
			Accounts []struct {
				Account string
				Rules   []struct {
					Number        int
					Address, File string
					Match         struct{ Criterion string }
				}
			}
		}
		if err := json.Unmarshal([]byte(showRulesIn(t, dir, "-json")), &shown); err != nil {
			t.Fatal(err)
		}
		text, rules := showRulesIn(t, dir), 0
		for _, a := range shown.Accounts {
			_, text, _ = strings.Cut(text, a.Account+": ")
			for i, r := range a.Rules {
				if r.Number != i+1 || r.File == "" || r.Match.Criterion == "" {
					t.Errorf("%s: rule %d is %+v", example, i, r)
				}
				var found bool
				if _, text, found = strings.Cut(text, r.Address); !found {
					t.Errorf("%s: %s has not its place in the text", example, r.Address)
				}
				rules++
			}
		}
		if len(shown.Accounts) < least.accounts || rules < least.rules {
			t.Errorf("%s: %d accounts with %d rules", example, len(shown.Accounts), rules)
		}
	}
}

// Of everything that a match can ask something is said.
func TestShowRulesSaysWhatIsAsked(t *testing.T) {
	archive, err := txtar.ParseFile("../../config/testdata/good/parts.txtar")
	if err != nil {
		t.Fatal(err)
	}
	m := &modelRun{dir: t.TempDir()}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "match/"); ok && strings.HasSuffix(name, ".hcl") {
			m.write(t, name, string(f.Data))
		}
	}
	text := showRulesIn(t, m.dir)
	if strings.Count(text, "match:  ") < 2 || strings.Contains(text, "a test") || strings.Contains(text, "match:  \n") {
		t.Errorf("shown:\n%s", text)
	}
}
