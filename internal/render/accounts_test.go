package render

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func problem(summary, detail string, line int) *hcl.Diagnostic {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail}
	if line > 0 {
		d.Subject = at(line).Ptr()
	}
	return d
}

func TestProblemsOfAccounts(t *testing.T) {
	all := []Problems{
		{"account.a", hcl.Diagnostics{problem("Cannot connect to account.a", "refused", 1), problem("Wrong", "", 2)}},
		{"account.b", nil},
		{"account.c", hcl.Diagnostics{problem("Cannot connect to account.c", "refused", 1), problem("Wrong", "", 3)}},
		{"account.d", hcl.Diagnostics{problem("Cannot connect to account.d", "no route", 1), problem("Wrong", "", 2), problem("Wrong", "", 2)}},
	}
	var b strings.Builder
	if err := ProblemsOf(&b, all, Options{}); err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(b.String()) {
		if line = strings.Trim(line, "│ \n"); line != "" && !strings.ContainsAny(line, "╷╵(") {
			told = append(told, line)
		}
	}
	want := "Error: Cannot connect to account.a|on main.imap.hcl line 1:|refused|It is the same in account.c.|" +
		"Error: Wrong|on main.imap.hcl line 2:|This is in account.a and account.d.|" +
		"Error: Wrong|on main.imap.hcl line 3:|This is in account.c.|" +
		"Error: Cannot connect to account.d|on main.imap.hcl line 1:|no route"
	if got := strings.Join(told, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if all[0].Diagnostics[0].Detail != "refused" {
		t.Error("a diagnostic was changed")
	}

	b.Reset()
	if err := ProblemsOf(&b, all[:1], Options{}); err != nil || strings.Contains(b.String(), "This is in") {
		t.Errorf("of one account: %v\n%s", err, b.String())
	}
	if err := ProblemsOf(failingWriter{}, all, Options{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestFailures(t *testing.T) {
	var b strings.Builder
	failed := []Failure{{"account.a", "one\ntwo\x1b"}, {`account.s["b"]`, strings.Repeat("long ", 12)}}
	if err := Failures(&b, failed, 7, Options{Width: 40}); err != nil {
		t.Fatal(err)
	}
	want := "2 of 7 accounts could not be planned:\n" +
		"  - account.a: one two\\x1b\n" +
		"  - account.s[\"b\"]: long long long long\n    long long long long long long long\n    long\n"
	if got := strings.ReplaceAll(b.String(), " \n", "\n"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPromptTellsWhatIsLeftAlone(t *testing.T) {
	var b strings.Builder
	if err := Prompt(&b, 3, Options{}); err != nil || strings.Contains(b.String(), "left alone") {
		t.Errorf("got %v\n%s", err, b.String())
	}
	b.Reset()
	o := Options{Width: 60, Missing: []string{"account.a", "account.b\u202e"}}
	if err := Prompt(&b, 9, o); err != nil || !strings.Contains(b.String(), "\n  2 of 9 accounts could not be planned and will be left\n  alone: account.a and account.b\\u202e.\n  Only 'yes'") {
		t.Errorf("got %v\n%s", err, b.String())
	}
}
