package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
)

const exampleSource = `account "work" {
  host     = "imap.example.com"
  password = "hunter2-hunter2"
}

rule "list" {
	for_each = local.lists
  match {
    from = "${each.key}@${var.secret}" + each.value.domain
  }
}
`

// diagnosed returns the source, and a diagnostic about the bytes of the marked
// text in it.
func diagnosed(t *testing.T, marked string, d hcl.Diagnostic) (*hcl.Diagnostic, config.Files) {
	t.Helper()
	const name = "main.imap.hcl"
	file, diags := hclsyntax.ParseConfig([]byte(exampleSource), name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	offset := strings.Index(exampleSource, marked)
	if offset < 0 {
		t.Fatalf("%q does not occur", marked)
	}
	pos := func(offset int) hcl.Pos {
		before := exampleSource[:offset]
		return hcl.Pos{Byte: offset, Line: strings.Count(before, "\n") + 1, Column: offset - strings.LastIndex(before, "\n")}
	}
	d.Subject = &hcl.Range{Filename: name, Start: pos(offset), End: pos(offset + len(marked))}
	return &d, config.Files{name: file}
}

func shown(t *testing.T, o Options, diags ...*hcl.Diagnostic) string {
	t.Helper()
	var b strings.Builder
	if err := Diagnostics(&b, diags, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inLoop is a diagnostic of an expression that refers to values, secret ones among
// them.
func inLoop(t *testing.T) (*hcl.Diagnostic, config.Files) {
	expr, diags := hclsyntax.ParseExpression([]byte(`"${each.key}${var.secret}${each.value.domain}${each.value}"`), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	secret := cty.StringVal("hunter2").Mark("sensitive")
	return diagnosed(t, `"${each.key}@${var.secret}"`, hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Invalid operand", Detail: "The + operator wants numbers.\n\nTo join texts, write:\n    \"${a}${b}\"",
		Expression: expr,
		EvalContext: &hcl.EvalContext{Variables: map[string]cty.Value{
			"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal("gh"), "value": cty.ObjectVal(map[string]cty.Value{"domain": cty.NullVal(cty.String)})}),
			"var":  cty.ObjectVal(map[string]cty.Value{"secret": secret}),
		}},
	})
}

func TestDiagnostics(t *testing.T) {
	loop, files := inLoop(t)
	warning, _ := diagnosed(t, "for_each", hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Long words", Detail: strings.Repeat("some long detail ", 12)})
	plain := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Nowhere"}
	lost := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Elsewhere", Subject: &hcl.Range{Filename: "gone.imap.hcl", Start: hcl.Pos{Line: 3}}}
	golden(t, "diagnostics.txt", shown(t, Options{Files: files}, loop, warning, plain, lost))
	golden(t, "diagnostics-terminal.txt", shown(t, Options{Files: files, Width: 60, Color: true}, loop, warning, plain, lost))
}

func TestDiagnosticsHideSecrets(t *testing.T) {
	for _, marked := range []string{"password", `"hunter2-hunter2"`, "hunter2-h", "host", "imap.example.com\"\n  password = \"hunter2"} {
		d, files := diagnosed(t, marked, hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong"})
		got := shown(t, Options{Files: files}, d)
		var b strings.Builder
		if err := ValidationJSON(&b, hcl.Diagnostics{d}, files); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{got, b.String()} {
			if strings.Contains(text, "hunter2") {
				t.Errorf("with %q marked, the password is shown:\n%s", marked, text)
			}
			if marked != "host" && !strings.Contains(text, "(sensitive value)") {
				t.Errorf("with %q marked, nothing is in the password's place:\n%s", marked, text)
			}
		}
	}
	loop, files := inLoop(t)
	if got := shown(t, Options{Files: files}, loop); strings.Contains(got, "hunter2") || !strings.Contains(got, "var.secret as (sensitive value)") {
		t.Errorf("a sensitive value is shown:\n%s", got)
	}
}

// Ranges that lie outside of their file must not stop anything from being said.
func TestDiagnosticsOfImpossibleRanges(t *testing.T) {
	_, files := inLoop(t)
	for _, r := range []hcl.Range{
		{Filename: "main.imap.hcl"},
		{Filename: "main.imap.hcl", Start: hcl.Pos{Line: 900, Byte: 90000}, End: hcl.Pos{Line: 901, Byte: 90001}},
		{Filename: "main.imap.hcl", Start: hcl.Pos{Line: 2, Byte: 30}, End: hcl.Pos{Line: 1, Byte: 5}},
		{Filename: "main.imap.hcl", Start: hcl.Pos{Line: -1, Byte: -5}, End: hcl.Pos{Line: 1, Byte: 5}},
	} {
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong", Subject: &r, Context: &hcl.Range{Filename: "other"}}
		if got := shown(t, Options{Files: files, Width: 1}, d); !strings.Contains(got, "Wrong") {
			t.Errorf("%v: %s", r, got)
		}
	}
}

func TestValidationJSON(t *testing.T) {
	loop, files := inLoop(t)
	warning := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Beware\x1b", Detail: "Of \xff."}
	var b strings.Builder
	if err := ValidationJSON(&b, hcl.Diagnostics{loop, warning}, files); err != nil {
		t.Fatal(err)
	}
	golden(t, "validation.json", b.String())

	var v validation
	if err := json.Unmarshal([]byte(b.String()), &v); err != nil {
		t.Fatal(err)
	}
	s := v.Diagnostics[0].Snippet
	if got, want := s.Code[s.HighlightStart:s.HighlightEnd], `"${each.key}@${var.secret}"`; got != want {
		t.Errorf("what is marked is %q, want %q", got, want)
	}
	b.Reset()
	if err := ValidationJSON(&b, nil, nil); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"format_version\": \"1.0\",\n  \"valid\": true,\n  \"error_count\": 0,\n  \"warning_count\": 0,\n  \"diagnostics\": []\n}\n"; b.String() != want {
		t.Errorf("got %s", b.String())
	}
}

// What special.… stands for is none of people's business.
func TestValuesLeaveOutSpecial(t *testing.T) {
	expr, diags := hclsyntax.ParseExpression([]byte(`"${special.trash}${local.x}"`), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	got := valuesOf(&hcl.Diagnostic{Expression: expr, EvalContext: &hcl.EvalContext{Variables: map[string]cty.Value{
		"special": cty.ObjectVal(map[string]cty.Value{"trash": cty.StringVal("\x00trash\x00")}),
		"local":   cty.ObjectVal(map[string]cty.Value{"x": cty.True}),
	}}})
	if len(got) != 1 || got[0].Traversal != "local.x" {
		t.Errorf("got %v", got)
	}
}
