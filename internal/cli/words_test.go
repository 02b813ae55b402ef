package cli

import (
	"slices"
	"testing"

	"github.com/imapform/imapform/config"
)

func TestSplitWords(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"  \t\n", nil},
		{"-a -b=c", []string{"-a", "-b=c"}},
		{`-var "a=b c"`, []string{"-var", "a=b c"}},
		{`-var='a="b"'`, []string{`-var=a="b"`}},
		{`a\ b "c\"d" 'e\f'`, []string{"a b", `c"d`, `e\f`}},
		{`"" x`, []string{"", "x"}},
	} {
		if got, err := splitWords(test.text); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("splitWords(%q) = %q, %v, want %q", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{`"a`, `'a`, `a\`} {
		if got, err := splitWords(text); err == nil {
			t.Errorf("splitWords(%q) = %q, want an error", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"plan", "apply", "fmt", "validate", "version", "help"}
	for word, want := range map[string]string{
		"pln": "plan", "plna": "plan", "aply": "apply", "Plan": "plan", "validat": "validate", "verison": "version",
		"x": "", "to": "", "": "", "frobnicate": "", "format": "",
	} {
		if got := config.Nearest(word, candidates); got != want {
			t.Errorf("config.Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

// Every command can be told from Terraform's that have no meaning here, and has
// help.
func TestCommands(t *testing.T) {
	for _, e := range commands() {
		if _, ok := terraformCommands[e.name]; ok {
			t.Errorf("%s is a command, and said to be none", e.name)
		}
		page := e.page(newInvocation(Env{}))
		if e.summary == "" || page.Text == "" {
			t.Errorf("%s has no help", e.name)
		}
		for _, section := range page.Sections {
			for _, row := range section.Rows {
				if row.Meaning == "" {
					t.Errorf("%s %s is not explained", e.name, row.Word)
				}
			}
		}
	}
}
