package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/plan"
)

const cachedRules = `
rule "news" {
  match { from = "news@example.org" }
  move_to = "News"
}
rule "seen" {
  in = ["News"]
  match {
    older_than = "30d"
    seen       = true
  }
  move_to = "Old/${message.received.year}"
}
rule "label" {
  match {
    subject    = "invoice"
    flags = ["money"]
  }
  add_flags = ["flagged"]
}
rule "large" {
  match { larger_than = "2KB" }
  copy_to = "Large"
}
folder "News" {}
folder "Large" {}
folder "y2026" { name = "Old/2026" }
`

// cachedMail is mail that some of the rules take.
func cachedMail(r *rand.Rand, n int) imaptest.Message {
	from := []string{"news@example.org", "ada@example.org"}[r.IntN(2)]
	subject := []string{"invoice", "lunch"}[r.IntN(2)]
	m := imaptest.Text(from, "me@example.org", fmt.Sprintf("%s %d", subject, n), time.Date(2026, time.Month(1+r.IntN(9)), 3, 4, 5, n%60, 0, time.UTC))
	m.Flags = [][]string{nil, {`\Seen`}, {"money"}, {`\Seen`, "money"}}[r.IntN(4)]
	m.Body = append(m.Body, strings.Repeat("x", r.IntN(4000))+"\r\n"...)
	return m
}

// Whatever happens between plans, and whatever an apply does: a plan by what is remembered
// is the plan without.
func TestCachedPlans(t *testing.T) {
	for _, name := range imaptest.Names() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			a := imaptest.Start(t, name).Account(t)
			r := rand.New(rand.NewPCG(uint64(len(name)), 3))
			dir := t.TempDir()
			writeAccount(t, dir, fmt.Sprintf("%s:%d", a.Server.Host, a.Port), a)
			if err := os.WriteFile(filepath.Join(dir, "rules.imap.hcl"), []byte(cachedRules), 0o600); err != nil {
				t.Fatal(err)
			}
			mails := 0
			now := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
			deliver := func(folder string) {
				for range 1 + r.IntN(6) {
					mails++
					imaptest.Append(t, a, folder, cachedMail(r, mails))
				}
			}
			imap := func(args ...string) string {
				t.Helper()
				var out, problems transcript
				at := func() time.Time { return now }
				if args[0] == "apply" {
					at = time.Now
				}
				status := Run(t.Context(), args, Env{
					Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Dir: dir, Now: at, Version: "0.1.0", Program: "one build",
					Environ: []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state"), "IMAPFORM_CACHE_DIR=" + filepath.Join(dir, "cache")},
				})
				if status != 0 {
					t.Fatalf("imapform %q: status %d\n%s%s", args, status, out.String(), problems.String())
				}
				return out.String()
			}
			deliver("INBOX")
			deliver("News")
			imap("apply", "-auto-approve")
			var changed []string
			for range 8 {
				folder := []string{"INBOX", "News"}[r.IntN(2)]
				some := fmt.Sprintf("UID STORE %d:%d ", 1+r.IntN(5), 3+r.IntN(12))
				selected := fmt.Sprintf("SELECT %q", imaptest.FolderName(t, a, folder))
				what := "nothing"
				switch r.IntN(5) {
				case 0, 1:
					what = "mail for " + folder
					deliver(folder)
				case 2:
					what = "flags in " + folder
					imaptest.Do(t, a, selected, some+`+FLAGS.SILENT (\Seen money)`)
				case 3:
					what = "fewer in " + folder
					imaptest.Do(t, a, selected, some+`+FLAGS.SILENT (\Deleted)`, "EXPUNGE")
				}
				changed = append(changed, what)
				now = now.Add(time.Duration(r.IntN(40)) * 24 * time.Hour)
				without, with := imap("plan", "-no-cache", "-samples=9"), imap("plan", "-samples=9")
				if without != with {
					t.Fatalf("after %q: without\n%s\nwith\n%s", changed, without, with)
				}
				if r.IntN(2) == 0 {
					imap("apply", "-auto-approve")
					changed = append(changed, "an apply")
				}
			}
			imap("apply", "-auto-approve")
			if again := imap("plan"); !strings.HasPrefix(again, "No changes.") {
				t.Errorf("after an apply: %s", again)
			}
			if files, err := filepath.Glob(filepath.Join(dir, "cache", "*", "*")); err != nil || len(files) == 0 {
				t.Errorf("remembered are %v, %v", files, err)
			}
		})
	}
}

// Only what was done as it was planned leaves what is remembered as it is.
func TestForget(t *testing.T) {
	a := &config.Account{Address: "account.work", Host: "h", Port: 993, Username: "me"}
	done := apply.Outcome{Status: apply.StatusDone}
	for name, c := range map[string]struct {
		result *apply.Result
		err    error
		off    bool
		stays  bool
	}{
		"all was done":        {result: &apply.Result{Steps: []apply.Outcome{done}}, stays: true},
		"one was left alone":  {result: &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusDone, Skipped: []apply.Skip{{Messages: 1, Harmless: true}}}}}},
		"a step failed":       {result: &apply.Result{Steps: []apply.Outcome{{Status: apply.StatusFailed, Err: errors.New("x")}}}},
		"it was interrupted":  {result: &apply.Result{Steps: []apply.Outcome{{}}, Interrupted: true}},
		"it ended":            {err: errLost},
		"nothing is known":    {},
		"the cache is unused": {off: true, stays: true},
	} {
		dir := t.TempDir()
		inv := newInvocation(Env{Now: time.Now, Dir: dir, Stderr: &transcript{}})
		p := &planned{account: a, plan: &plan.Plan{Steps: []plan.Step{{}}}, result: c.result, err: c.err}
		inv.openCaches(caching{named: "cache"}, []*planned{p})
		if p.cache == nil {
			t.Fatal("no cache")
		}
		file := filepath.Join(dir, "cache", "file")
		if made, err := filepath.Glob(filepath.Join(dir, "cache", "*", "")); err == nil {
			for _, m := range made {
				if info, err := os.Stat(m); err == nil && info.IsDir() {
					file = filepath.Join(m, "file")
				}
			}
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		inv.forget(caching{named: "cache", off: c.off}, p)
		if _, err := os.Stat(file); (err == nil) != c.stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where there is no place for a cache, plans are made without; who named one is told.
func TestCachePlace(t *testing.T) {
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	remote := &config.Account{Address: "account.work", Host: "h", Port: 993}
	for name, c := range map[string]struct {
		caching caching
		account *config.Account
		environ []string
		opens   bool
		told    bool
	}{
		"named":               {caching: caching{named: "a/b"}, opens: true},
		"of the environment":  {environ: []string{"IMAPFORM_CACHE_DIR=" + filepath.Join(work, "c")}, opens: true},
		"the user's":          {environ: []string{"XDG_CACHE_HOME=" + filepath.Join(work, "d")}, opens: true},
		"off":                 {caching: caching{named: "a", off: true}},
		"off for the account": {caching: caching{named: "a"}, account: &config.Account{Host: "h", NoCache: true}},
		"a Maildir":           {caching: caching{named: "a"}, account: &config.Account{Maildir: work}},
		"none":                {},
		"a file, named":       {caching: caching{named: "file"}, told: true},
		"a file":              {environ: []string{"XDG_CACHE_HOME=" + filepath.Join(work, "file")}},
		"not absolute":        {environ: []string{"IMAPFORM_CACHE_DIR=cache"}, told: true},
	} {
		var out transcript
		inv := newInvocation(Env{Now: time.Now, Dir: work, Stderr: &out, Environ: c.environ})
		if c.account == nil {
			c.account = remote
		}
		p := &planned{account: c.account}
		inv.openCaches(c.caching, []*planned{p})
		if (p.cache != nil) != c.opens {
			t.Errorf("%s: a cache: %t", name, p.cache != nil)
		}
		if told := strings.Contains(out.String(), "Nothing is remembered"); told != c.told || !told && out.String() != "" {
			t.Errorf("%s: told is %q", name, out.String())
		}
	}
}
