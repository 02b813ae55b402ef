package check

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// largeAccount has 2,000 rules and 5,000 folders, as a generated configuration has
// them: rules by list and by sender, clean-ups of folders, and some of which there
// is something to say.
func largeAccount(tb testing.TB) *config.Account {
	a := &config.Account{Address: "account.a", Label: "a"}
	for i := range 5000 {
		at := hcl.Range{Filename: "folders.imap.hcl", Start: hcl.Pos{Line: i, Byte: i}}
		a.Folders = append(a.Folders, &config.Folder{Address: fmt.Sprintf("folder.f%d", i), Name: mailbox.Name(fmt.Sprintf("Lists/Group%d/List%d", i%50, i)), Declared: at, NameRange: at})
	}
	criteria := map[string]rules.Criterion{}
	for _, c := range rules.Criteria() {
		criteria[c.Name] = c
	}
	compile := func(name string, v cty.Value) rules.Test {
		test, err := criteria[name].Compile(v)
		if err != nil {
			tb.Fatal(err)
		}
		return test
	}
	pattern := func(s string) []mailbox.Pattern {
		p, err := mailbox.ParsePattern(s)
		if err != nil {
			tb.Fatal(err)
		}
		return []mailbox.Pattern{p}
	}
	text := cty.StringVal
	for i := range 2000 {
		at := hcl.Range{Filename: "rules.imap.hcl", Start: hcl.Pos{Line: i, Byte: i}}
		r := &rules.Rule{Address: fmt.Sprintf("rule.r%d", i), Declared: at, InRange: at, ActionRange: at, In: pattern("INBOX")}
		folder := mailbox.Name(fmt.Sprintf("Lists/Group%d/List%d", i%50, i))
		r.MoveTo = mailbox.Ref{Name: folder}
		switch i % 5 {
		case 0, 1:
			r.Match = rules.All(compile("list_id", text(fmt.Sprintf("list%d.example.org", i))))
		case 2:
			r.Match = rules.All(compile("from", cty.TupleVal([]cty.Value{text(fmt.Sprintf("ada%d@example.com", i)), text(fmt.Sprintf("@shop%d.example", i))})), compile("seen", cty.False))
		case 3:
			r.Match = rules.All(compile("subject", cty.ObjectVal(map[string]cty.Value{"prefix": text(fmt.Sprintf("[T%d]", i))})), rules.Not(compile("from", text("me@example.com"))))
		default:
			r.In, r.NotIn = pattern(string(folder)+"/*"), pattern(string(folder)+"/Keep")
			r.Match = rules.All(compile("older_than", text(fmt.Sprintf("%dd", 1+i%700))), compile("seen", cty.True))
			r.MoveTo = mailbox.Ref{Name: "Archive"}
		}
		a.Rules = append(a.Rules, r)
	}
	return a
}

func BenchmarkConfig(b *testing.B) {
	one := largeAccount(b)
	fleet := func(same bool) *config.Config {
		cfg := &config.Config{}
		for range 100 {
			a := *one
			if !same {
				a.Protected = []mailbox.Pattern{mailbox.PatternOf(mailbox.Ref{Name: mailbox.Name(fmt.Sprintf("P%d", len(cfg.Accounts)))})}
			}
			cfg.Accounts = append(cfg.Accounts, &a)
		}
		return cfg
	}
	for name, cfg := range map[string]*config.Config{"one": {Accounts: []*config.Account{one}}, "fleet": fleet(true)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if diags := Config(cfg); len(diags) > 0 {
					b.Fatal(text(diags))
				}
			}
		})
	}
}

// TestTime: what people write may take no time that grows with the square of it. The
// limit is far above what it takes.
func TestTime(t *testing.T) {
	in := func(s string) []mailbox.Pattern {
		p, err := mailbox.ParsePattern(s)
		if err != nil {
			t.Fatal(err)
		}
		return []mailbox.Pattern{p}
	}
	unlike := map[string]func(i int, r *rules.Rule){
		"as it is":  func(int, *rules.Rule) {},
		"patterns":  func(i int, r *rules.Rule) { r.In = in(fmt.Sprintf("Lists/*/List%d", i)) },
		"prefixes":  func(i int, r *rules.Rule) { r.In = in(fmt.Sprintf("Lists/Group%d/**", i)) },
		"any depth": func(i int, r *rules.Rule) { r.In = in("**") },
		"uses":      func(i int, r *rules.Rule) { r.In = in(mailbox.UseTrash.Token() + fmt.Sprintf("/%d", i)) },
		"copies":    func(i int, r *rules.Rule) { r.CopyTo = []mailbox.Ref{{Name: mailbox.Name(fmt.Sprintf("Copy%d", i))}} },
		"no end":    func(i int, r *rules.Rule) { r.MoveTo, r.AddFlags = mailbox.Ref{}, mailbox.NewFlags("$A") },
		"one match": func(i int, r *rules.Rule) { r.In, r.Match = in(fmt.Sprintf("F%d", i)), rules.All() },
	}
	for name, change := range unlike {
		a := largeAccount(t)
		for i, r := range a.Rules {
			change(i, r)
		}
		start := time.Now()
		Config(&config.Config{Accounts: []*config.Account{a}})
		t.Logf("%s: %s", name, time.Since(start))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %s", name, took)
		}
	}
}
