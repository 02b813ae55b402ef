package reference

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// TestKeys holds the keys of tests that the page lists against those that the
// program says there are.
func TestKeys(t *testing.T) {
	for criterion, want := range map[string]string{"subject": "Text tests", "from": "Address tests", "body": "Text tests", "part": "Part tests", "attachment": "Part tests"} {
		_, text := load(t, map[string]string{"main.imap.hcl": inMatch(criterion + " = { unheardof = true }")})
		_, known, ok := strings.Cut(text, "it can have ")
		if !ok {
			t.Fatalf("no list of keys: %s", text)
		}
		known = strings.ReplaceAll(strings.TrimRight(strings.TrimSpace(known), "."), " and ", ", ")
		for key := range strings.SplitSeq(known, ", ") {
			if !strings.Contains(section("Text tests")+section(want), "`"+key+"`") {
				t.Errorf("the key %q of %s is not on the page", key, criterion)
			}
		}
	}
}

// TestDefaults says every default that is a value, which must change nothing.
func TestDefaults(t *testing.T) {
	around := map[string]string{
		"account": "account \"work\" {\n  host = \"h\"\n  username = \"u\"\n  password = \"p\"\n%s\n}",
		"folder":  withAccount("folder \"f\" {\n%s\n}"),
		"policy":  withAccount("policy {\n%s\n}"),
		"removed": withAccount("removed {\n  folder = \"f\"\n%s\n}"),
		"rule":    withAccount("rule \"r\" {\n  match { seen = true }\n  move_to = \"A\"\n%s\n}"),
	}
	same := cmp.Options{
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.IgnoreTypes(hcl.Range{}), cmpopts.IgnoreFields(config.Account{}, "Credential"), cmpopts.IgnoreUnexported(config.Config{}),
		cmp.FilterPath(func(path cmp.Path) bool { return path.Last().Type().Kind() == reflect.Func }, cmp.Ignore()), // which cannot be compared
	}
	tried := 0
	for _, b := range config.Blocks() {
		for _, arg := range b.Arguments {
			text, ok := around[b.Name]
			if !ok || !literal.MatchString(arg.Default) {
				continue
			}
			tried++
			without, _ := load(t, map[string]string{"main.imap.hcl": strings.Replace(text, "%s", "", 1)})
			with, report := load(t, map[string]string{"main.imap.hcl": strings.Replace(text, "%s", arg.Name+" = "+arg.Default, 1)})
			if without == nil || with == nil {
				t.Errorf("%s.%s = %s: %s", b.Name, arg.Name, arg.Default, report)
			} else if diff := cmp.Diff(without, with, same); diff != "" {
				t.Errorf("%s.%s = %s is no default:\n%s", b.Name, arg.Name, arg.Default, diff)
			}
		}
	}
	if tried < 15 {
		t.Errorf("only %d defaults", tried)
	}
}

// TestPatterns holds what the page says of patterns against what they do.
func TestPatterns(t *testing.T) {
	world := mailbox.World{ByUse: map[mailbox.Use]mailbox.Name{mailbox.UseTrash: "Trash"}, Hidden: []mailbox.Name{"Trash"}}
	for pattern, folders := range map[string]map[mailbox.Name]bool{
		"Lists/Go": {"Lists/Go": true, "Lists": false, "Lists/Go/Nuts": false},
		"Lists/*":  {"Lists/Go": true, "Lists": false, "Lists/Go/Nuts": false},
		"Lists/**": {"Lists/Go": true, "Lists": false, "Lists/Go/Nuts": true},
		"*-old":    {"Mail-old": true, "Lists/Go-old": false},
		"**":       {"INBOX": true, "Lists/Go": true, "Trash": false, "Trash/Old": false},
		"Trash/**": {"Trash": false, "Trash/Old": true},
	} {
		if !strings.Contains(section("Patterns"), "`"+pattern+"`") {
			t.Errorf("the pattern %q is not on the page", pattern)
		}
		p, err := mailbox.ParsePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for folder, covered := range folders {
			if p.Match(folder, world) != covered {
				t.Errorf("%q covers %q: %t", pattern, folder, !covered)
			}
		}
	}
}
