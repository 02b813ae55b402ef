package plan

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// body is a body test as a configuration has it.
func body(t *testing.T, word string) rules.Test {
	t.Helper()
	for _, c := range rules.Criteria() {
		if c.Name == "body" {
			test, err := c.Compile(cty.StringVal(word))
			if err != nil {
				t.Fatal(err)
			}
			return test
		}
	}
	t.Fatal("there is no criterion body")
	return nil
}

// The plan names the rules for whose texts the server searched, and no others.
func TestBodySearch(t *testing.T) {
	for name, c := range map[string]struct {
		local bool
		match func(word rules.Test) rules.Test
		want  string // empty: no note
	}{
		"asked":     {want: "rule.a."},
		"local":     {local: true},
		"never due": {match: func(word rules.Test) rules.Test { return rules.All(subject("none"), word) }},
		"below not": {match: rules.Not},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox("INBOX", "A")
			b.put("INBOX", "x")
			word := body(t, "invoice")
			if c.match != nil {
				word = c.match(word)
			}
			b.messages["INBOX"][0].Texts = map[*message.TextTest]message.Verdict{}
			for _, text := range word.Needs().Texts {
				b.messages["INBOX"][0].Texts[text] = message.Passes
			}
			a := &config.Account{BodySearch: !c.local, Rules: []*rules.Rule{
				rule("a", word, moveTo("A")),
				rule("b", subject("other"), moveTo("A")),
				rule("c", body(t, "日本"), moveTo("A")), // which no word speaks for
			}}
			p, diags := b.plan(t, a, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var notes []string
			for _, n := range p.Notes {
				if n.Summary == "Rules may miss mail" {
					notes = append(notes, n.Detail)
				}
			}
			if (len(notes) == 1) != (c.want != "") || c.want != "" && !strings.Contains(notes[0], ": "+c.want) {
				t.Errorf("notes %q, want %q", notes, c.want)
			}
		})
	}
}

// What a rule would have kept, had the server's search not missed it, is not deleted
// for good by the next.
func TestBodySearchBeforeDelete(t *testing.T) {
	permanent := rule("b", subject("x"), deleteTo(rules.DeletePermanent))
	for name, c := range map[string]struct {
		local bool
		rules []*rules.Rule
		fails bool
	}{
		"behind":       {rules: []*rules.Rule{rule("a", body(t, "invoice"), moveTo("A")), permanent}, fails: true},
		"before":       {rules: []*rules.Rule{permanent, rule("a", body(t, "invoice"), moveTo("A"))}},
		"local":        {local: true, rules: []*rules.Rule{rule("a", body(t, "invoice"), moveTo("A")), permanent}},
		"without word": {rules: []*rules.Rule{rule("a", body(t, "日本"), moveTo("A")), permanent}},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := newBox("INBOX", "A").plan(t, &config.Account{BodySearch: !c.local, Rules: c.rules}, config.DefaultPolicy())
			if diags.HasErrors() != c.fails {
				t.Errorf("got %v", diags)
			}
		})
	}
}
