package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
)

// everyLine shows a diagnostic about each line of a source, as text and as JSON.
func everyLine(t testing.TB, name, source string) string {
	t.Helper()
	files := config.Files{name: {Bytes: []byte(source)}}
	var b strings.Builder
	offset, number := 0, 1
	for line := range strings.Lines(source) {
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong", Subject: &hcl.Range{
			Filename: name,
			Start:    hcl.Pos{Line: number, Column: 1, Byte: offset},
			End:      hcl.Pos{Line: number, Column: 2, Byte: offset + min(1+number%7, len(line))},
		}}
		if err := Diagnostics(&b, hcl.Diagnostics{d}, Options{Files: files}); err != nil {
			t.Fatal(err)
		}
		if err := ValidationJSON(&b, hcl.Diagnostics{d}, files); err != nil {
			t.Fatal(err)
		}
		offset, number = offset+len(line), number+1
	}
	return b.String()
}

func TestSourceHidesSecrets(t *testing.T) {
	for _, c := range []struct{ name, source string }{
		{"heredoc", "account \"w\" {\n  password = <<EOT\nhunter2\nEOT\n  host = \"shown\"\n}\n"},
		{"escape", "account \"w\" {\n  host = \"shown\"\n  password = \"a\\\"hunter2\\n\"\n}\n"},
		{"misspelt", "account \"w\" {\n  host = \"shown\"\n  pasword = \"hunter2\"\n}\n"},
		{"unknown argument", "account \"w\" {\n  host = \"shown\"\n  login = \"hunter2\"\n}\n"},
		{"misspelt twice", "acount \"w\" {\n  host = \"shown\"\n  passwd = \"hunter2\"\n}\n"},
		{"command", "account \"w\" {\n  host = \"shown\"\n  password_command = [\"echo\",\n \"hunter2\", \"\"]\n}\n"},
		{"default", "variable \"shown\" {\n  sensitive = true\n  default = \"hunter2${x}\"\n}\n"},
		{"default of a list", "variable \"shown\" {\n  default = [\n\"x\",\n{ a = \"hunter2\" },\n]\n}\n"},
		{"unterminated", "variable \"shown\" {\n  default = \"hunter2\n  sensitive = true\n}\naccount \"x\" {\n  password = \"hunter2\n}\n"},
		{"unterminated before", "locals {\n  shown = \"x\n}\nvariable \"v\" {\n  default = \"hunter2\"\n}\n"},
		{"bracket open", "account \"w\" {\n  shown = [\n  password = \"hunter2\"\n"},
		{"number", "account \"shown\" {\n  password = 4242\n  token = \"hunter2\"\n}\n"},
		{"key", "locals {\n  shown = { password = \"hunter2\", \"token\" : \"hunter2\" }\n}\n"},
		{"comment", "# password = \"hunter2\"\nfolder \"shown\" { # my_token: hunter2\n}\n"},
		{"call", "locals {\n  shown = parseint(sensitive(\"hunter2\"), 10)\n}\n"},
		{"loose", "}\npassword = \"hunter2\"\ndefault = \"hunter2\"\nshown = 1\n"},
		{"auth", "account \"w\" {\n  auth = var.pw == \"x\" ? \"password\" : \"shown\"\n  password = \"hunter2\"\n}\n"},
		{"one.imap.json", `{"account":{"w":{"host":"shown","pasword":"hunter2","password_command":["echo","hunter2",""]}},"variable":{"v":{"default":{"a":["hunter2"]}}},"locals":{"token":"hunter2","x":"${sensitive(\"hunter2\")}"}}`},
		{"broken.imap.json", "{\"account\":{\"w\":{\"host\":\"shown\",\n\"password\":\"hunter2\n,\"token\": \"hunter2\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := everyLine(t, c.name, c.source)
			if strings.Contains(got, "hunter2") {
				t.Errorf("a secret is shown:\n%s", got)
			}
			if !strings.Contains(got, "shown") || !strings.Contains(got, hiddenSecret) {
				t.Errorf("not only the secret is hidden:\n%s", got)
			}
		})
	}
}

func TestSourceIsClipped(t *testing.T) {
	long := strings.Repeat("x", 5000)
	if got := everyLine(t, "main.imap.hcl", long+" = 1\n"); len(got) > 1500 || !strings.Contains(got, "…") {
		t.Errorf("%d octets are shown", len(got))
	}
	source := strings.Repeat("folder {\n", 100)
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong", Subject: &hcl.Range{
		Filename: "a", Start: hcl.Pos{Line: 50, Column: 1, Byte: 49 * 9}, End: hcl.Pos{Line: 50, Column: 2, Byte: 49*9 + 1},
	}, Context: &hcl.Range{Filename: "a", Start: hcl.InitialPos, End: hcl.Pos{Line: 100, Column: 1, Byte: 99 * 9}}}
	got := shown(t, Options{Files: config.Files{"a": {Bytes: []byte(source)}}}, d)
	if n := strings.Count(got, "folder {"); n != maxLines || !strings.Contains(got, "  50: ") || !strings.Contains(got, "  47: ") {
		t.Errorf("%d lines are shown:\n%s", n, got)
	}
}

func FuzzSecrets(f *testing.F) {
	f.Add("account \"w\" {\n  password = \"${a /* token = 1 */}\"\n}\n")
	f.Add(`{"account": [{"w": {"password": "x\"`)
	f.Fuzz(func(t *testing.T, source string) {
		for _, name := range []string{"main.imap.hcl", "main.imap.json"} {
			last := 0
			for _, s := range secretsOf(name, []byte(source)) {
				if s.from < last || s.to < s.from || s.to > len(source) {
					t.Fatalf("%v of %q", s, source)
				}
				last = s.to
			}
			if len(source) < 60 {
				everyLine(t, name, source)
			}
		}
	})
}

// A source full of quotation marks that are not closed is not scanned for ever.
func TestSecretsOfManyOpenQuotes(t *testing.T) {
	source := bytes.Repeat([]byte("a = \"\n"), 2_000)
	if found := secretSpans(source); found[len(found)-1].to != len(source) {
		t.Error("the rest is not hidden")
	}
}
