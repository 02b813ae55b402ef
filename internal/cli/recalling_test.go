package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

const recalledRules = `
rule "invoices" {
  match { body = "invoice" }
  move_to = "Invoices"
}
rule "old" {
  match {
    older_than = "30d"
    body       = "lunch"
  }
  move_to = "Old"
}
folder "Invoices" {}
folder "Old" {}
`

// looks are commands that look into folders.
var looks = regexp.MustCompile(`(?m)[^\n]* (EXAMINE|SELECT|UID FETCH|FETCH|UID SEARCH|SEARCH) [^\n]*`)

// Where nothing has changed, and no message has come of an age, no folder is looked into,
// not even for texts, which no cache holds.
func TestRecalledPlans(t *testing.T) {
	now := time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)
	for _, name := range []imaptest.Name{imaptest.Dovecot, imaptest.Cyrus} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			a := imaptest.Start(t, name).Account(t)
			dir := t.TempDir()
			writeAccount(t, dir, fmt.Sprintf("%s:%d", a.Server.Host, a.Port), a)
			configure := func(text string) {
				if err := os.WriteFile(filepath.Join(dir, "rules.imap.hcl"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			configure(recalledRules)
			m := imaptest.Text("ada@example.org", "me@example.org", "today", now.Add(-29*24*time.Hour))
			m.Body = append(m.Body, "What about breakfast?\r\n"...)
			imaptest.Append(t, a, "INBOX", m)
			imaptest.Append(t, a, "Invoices")
			imaptest.Append(t, a, "Old")

			program, at := "one build", now
			// plan says whether a plan looks into folders. It is the same as one without a cache.
			plan := func(args ...string) bool {
				t.Helper()
				run := func(args ...string) (out, log string) {
					var stdout, stderr transcript
					status := Run(t.Context(), append([]string{"plan", "-samples=9"}, args...), Env{
						Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Dir: dir, Now: func() time.Time { return at }, Version: "0.1.0", Program: program,
						Environ: []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state"), "IMAPFORM_CACHE_DIR=" + filepath.Join(dir, "cache"), "IMAPFORM_LOG=debug"},
					})
					if status != 0 {
						t.Fatalf("status %d\n%s%s", status, stdout.String(), stderr.String())
					}
					return stdout.String(), stderr.String()
				}
				want, _ := run("-no-cache")
				got, log := run(args...)
				if got != want {
					t.Fatalf("by what is remembered\n%s\nwithout\n%s", got, want)
				}
				return looks.MatchString(log)
			}
			files := func() map[string]os.FileInfo {
				t.Helper()
				names, err := filepath.Glob(filepath.Join(dir, "cache", "*", "*"))
				if err != nil || len(names) == 0 {
					t.Fatalf("remembered are %v, %v", names, err)
				}
				all := map[string]os.FileInfo{}
				for _, f := range names {
					info, err := os.Stat(f)
					if err != nil {
						t.Fatal(err)
					}
					all[f] = info
				}
				return all
			}
			for _, step := range []struct {
				what  string
				do    func()
				args  []string
				looks bool
			}{
				{what: "the first", looks: true},
				{what: "the next"},
				{what: "a day later, almost", do: func() { at = now.Add(24*time.Hour - time.Second) }},
				{what: "without a cache", args: []string{"-no-cache"}, looks: true},
				{what: "another build", do: func() { program = "another build" }, looks: true},
				{what: "that one again"},
				{what: "one that cannot be told", do: func() { program = "" }, looks: true},
				{what: "and again", looks: true},
				{what: "the last that could", do: func() { program = "another build" }},
				{what: "another configuration", do: func() { configure(recalledRules + "locals { x = 1 }\n") }, looks: true},
				{what: "the same configuration"},
				{what: "one that hangs on the time", do: func() {
					configure(recalledRules + "rule \"when\" {\n  match { where = message.received.year > tonumber(formatdate(\"YYYY\", plantimestamp())) }\n  add_flags = [\"new\"]\n}\n")
				}, looks: true},
				{what: "and once more", looks: true},
				{what: "without that", do: func() { configure(recalledRules + "locals { x = 1 }\n") }},
				{what: "flags have changed", do: func() { imaptest.Do(t, a, "SELECT INBOX", `STORE 1 +FLAGS (\Seen)`) }, looks: true},
				{what: "and are as they are"},
				{what: "there is a folder more", do: func() { imaptest.Append(t, a, "More") }, looks: true},
				{what: "and no other"},
				{what: "somebody has looked", do: func() { imaptest.Do(t, a, "EXAMINE INBOX", "FETCH 1 BODY.PEEK[]") }},
				{what: "it has come of age", do: func() { at = now.Add(24 * time.Hour) }, looks: true},
				{what: "and stays so"},
				{what: "the clock was put back", do: func() { at = now }, looks: true},
				{what: "and goes on"},
				{what: "there is mail", do: func() { imaptest.Append(t, a, "INBOX", m) }, looks: true},
				{what: "which has been seen"},
			} {
				if step.do != nil {
					step.do()
				}
				var before map[string]os.FileInfo
				if !step.looks {
					before = files()
				}
				if looked := plan(step.args...); looked != step.looks {
					t.Errorf("%s: looked into folders: %t", step.what, looked)
				}
				if !step.looks && !maps.EqualFunc(before, files(), os.SameFile) {
					t.Errorf("%s: something was written", step.what)
				}
			}
		})
	}
}

func TestProgramIdentity(t *testing.T) {
	one, other := programIdentity(), programIdentity()
	if len(one) != 64 || one != other {
		t.Errorf("it is %q, and then %q", one, other)
	}
}
