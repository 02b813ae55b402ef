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
				return looks.MatchString(planRecalled(t, dir, at, program, args...))
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

// planRecalled makes a plan in a directory, which must be the same as one without a cache,
// and returns the protocol.
func planRecalled(t *testing.T, dir string, at time.Time, program string, args ...string) string {
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
	return log
}

const newsRules = `
rule "reports" {
  match { subject = "report" }
  move_to = "Reports"
}
rule "old" {
  match {
    older_than = "30d"
    from       = { domain = "old.example.org" }
  }
  move_to = "Old"
}
rule "seen" {
  match {
    seen    = true
    subject = "done"
  }
  move_to = "Done"
}
folder "Reports" {}
folder "Old" {}
folder "Done" {}
`

// fetched are the UIDs of a UID FETCH, and whether only those that have changed are asked
// for.
var fetched = regexp.MustCompile(`UID FETCH ([0-9:,]+) [^\n]*?( \(CHANGEDSINCE [0-9]+\))?\s*\n`)

// In a folder in which something has changed that is looked at, and what the last plan would
// do something with, though no message be remembered: what nothing happens to is no more
// than a number.
func TestRecalledNews(t *testing.T) {
	now := time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)
	for _, name := range []imaptest.Name{imaptest.Dovecot, imaptest.Cyrus} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			a := imaptest.Start(t, name).Account(t)
			dir := t.TempDir()
			writeAccount(t, dir, fmt.Sprintf("%s:%d", a.Server.Host, a.Port), a)
			if err := os.WriteFile(filepath.Join(dir, "rules.imap.hcl"), []byte(newsRules), 0o600); err != nil {
				t.Fatal(err)
			}
			mail := func(from, subject string, days int) imaptest.Message {
				return imaptest.Text(from, "me@example.org", subject, now.AddDate(0, 0, -days))
			}
			plain := func(n int) imaptest.Message { return mail("ada@example.org", fmt.Sprintf("lunch %d", n), 1) }
			imaptest.Append(t, a, "INBOX", plain(1), plain(2), mail("ada@example.org", "report 3", 1), plain(4),
				mail("bob@old.example.org", "hello", 29), mail("ada@example.org", "all done", 2), plain(7), plain(8))
			for _, folder := range []string{"Reports", "Old", "Done"} {
				imaptest.Append(t, a, folder)
			}
			at := now
			inbox := func(commands ...string) func() {
				return func() { imaptest.Do(t, a, append([]string{"SELECT INBOX"}, commands...)...) }
			}
			for _, step := range []struct {
				what  string
				do    func()
				reads string
			}{
				{what: "the first", reads: "1:8"},
				{what: "the next, of which nothing was applied", reads: "3"},
				{what: "there is mail", do: func() { imaptest.Append(t, a, "INBOX", plain(9)) }, reads: "1:8 changed 3 9"},
				{what: "which has been seen", reads: "3"},
				{what: "there is mail for a rule", do: func() { imaptest.Append(t, a, "INBOX", mail("ada@example.org", "report 10", 0)) }, reads: "1:9 changed 3 10"},
				{what: "which waits too", reads: "3,10"},
				{what: "flags that do not matter", do: inbox(`UID STORE 2 +FLAGS (\Flagged)`), reads: "1:10 changed 3,10"},
				{what: "flags that do", do: inbox(`UID STORE 6 +FLAGS (\Seen)`), reads: "1:10 changed 3,10"},
				{what: "and wait", reads: "3,6,10"},
				{what: "and do not any more", do: inbox(`UID STORE 6 -FLAGS (\Seen)`), reads: "1:10 changed 3,6,10"},
				{what: "so that it is let alone", reads: "3,10"},
				{what: "some are gone", do: inbox(`UID STORE 3,4,9 +FLAGS (\Deleted)`, "EXPUNGE"), reads: "1:10 changed 3,10"},
				{what: "and stay away", reads: "10"},
				{what: "one has come of age", do: func() { at = now.Add(25 * time.Hour) }, reads: "5,10"},
				{what: "and stays so", reads: "5,10"},
				{what: "somebody else has moved them", do: inbox(fmt.Sprintf("UID MOVE 5,10 %q", imaptest.FolderName(t, a, "Old"))), reads: "1:10 changed 5,10"},
				{what: "nothing is left to do"},
				{what: "the first and the last are gone", do: inbox(`UID STORE 1,8 +FLAGS (\Deleted)`, "EXPUNGE"), reads: "1:8 changed"},
				{what: "all are gone but one", do: inbox(`UID STORE 2,6 +FLAGS (\Deleted)`, "EXPUNGE"), reads: "2:7 changed"},
			} {
				if step.do != nil {
					step.do()
				}
				forgetRows(t, filepath.Join(dir, "cache"))
				log := planRecalled(t, dir, at, "one build")
				var reads []string
				for _, m := range fetched.FindAllStringSubmatch(log, -1) {
					reads = append(reads, m[1])
					if m[2] != "" {
						reads = append(reads, "changed")
					}
				}
				if got := strings.Join(reads, " "); got != step.reads {
					t.Errorf("%s: read was %q, want %q\n%s", step.what, got, step.reads, strings.Join(looks.FindAllString(log, -1), "\n"))
				}
			}
		})
	}
}

// forgetRows removes what is remembered of messages, and leaves the verdicts on them.
func forgetRows(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content[:min(len(content), 40)]), "imapform verdicts") {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestProgramIdentity(t *testing.T) {
	one, other := programIdentity(), programIdentity()
	if len(one) != 64 || one != other {
		t.Errorf("it is %q, and then %q", one, other)
	}
}
