package rehearse_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/rehearse"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// load loads a configuration with its tests.
func load(t testing.TB, configuration, tests string) *config.Tests {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.imap.hcl": configuration, "main.imaptest.hcl": tests} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded, _, diags := config.LoadTests(config.Source{Dir: dir, Now: now})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if loaded.Unknown.HasErrors() {
		t.Fatal(loaded.Unknown)
	}
	return loaded
}

const account = "account \"work\" { maildir = \"work\" }\n"

// Each of these tests fails, or cannot be run, and says why.
func TestProblems(t *testing.T) {
	const shop = `
rule "shop" {
  match { from = "@shop.example" }
  move_to = "Shop"
}
rule "later" {
  match { from = "@shop.example" }
  move_to = "Later"
}
rule "ticket" {
  match { subject = "ticket" }
  move_to = "Tickets/${regex("#([0-9]+)", message.subject)[0]}"
}
rule "seen" {
  match { subject = "seen" }
  add_flags = ["seen"]
}
rule "copy" {
  match { subject = "copy" }
  copy_to = "Copies"
}
rule "bin" {
  in = [special.trash]
  match { everything = true }
  delete = "permanent"
}
`
	for name, c := range map[string]struct {
		configuration, message, expect string
		status                         rehearse.Status
		want                           []string
	}{
		"folder": {shop, `from = "a@shop.example"`, `folder = "Shpo"`, rehearse.Fail, []string{
			"main.imaptest.hcl:6,14-20: Not as expected: folder", `expected: "Shpo"`, `got:      "Shop"`, "Taken by rule.shop.", `There is no folder "Shpo". Did you mean "Shop"?`,
		}},
		"left where it was": {shop, `subject = "ticket"`, `folder = "Tickets/1"`, rehearse.Fail, []string{
			`got:      "INBOX"`, "Nothing took the message.", "rule.ticket matched and left it alone: no value for move_to.",
		}},
		"flags":              {shop, `subject = "seen"`, `flags = []`, rehearse.Fail, []string{"expected: []", `got:      ["seen"]`, "Taken by rule.seen."}},
		"flags, other ones":  {shop, `flags = ["$A"]`, `flags = ["$B"]`, rehearse.Fail, []string{`expected: ["$B"]`, `got:      ["$A"]`}},
		"no flags any more":  {shop, `folder = special.trash`, `flags = []`, rehearse.Fail, []string{"got:      the message is gone for good"}},
		"no folder any more": {shop, `folder = special.trash`, `folder = special.trash`, rehearse.Fail, []string{`expected: "Trash"`, "got:      the message is gone for good", "Taken by rule.bin."}},
		"copies":             {shop, `subject = "copy"`, `copies = ["Copies", "More"]`, rehearse.Fail, []string{`expected: ["Copies", "More"]`, `got:      ["Copies"]`}},
		"no copies":          {shop, `subject = "copy"`, `copies = []`, rehearse.Fail, []string{`got:      ["Copies"]`}},
		"deleted":            {shop, `subject = "copy"`, `deleted = true`, rehearse.Fail, []string{"expected: it is gone for good", `got:      it is in "INBOX"`}},
		"not deleted":        {shop, `folder = "Trash"`, `deleted = false`, rehearse.Fail, []string{"expected: it is still there", "got:      it is gone for good"}},
		"untouched": {shop, `subject = "copy seen"`, `untouched = true`, rehearse.Fail, []string{
			"expected: nothing happens to the message", `got:      it is in "INBOX" with the flags ["seen"], and copied to ["Copies"]`, "Taken by rule.copy, rule.seen.",
		}},
		"touched":    {shop, ``, `untouched = false`, rehearse.Fail, []string{"expected: something happens to the message", "got:      nothing happened to it"}},
		"left alone": {shop, `subject = "ticket"`, `left_alone = "no folder"`, rehearse.Fail, []string{"got:      rule.ticket: no value for move_to"}},
		"not left":   {shop, ``, `left_alone = "no value"`, rehearse.Fail, []string{"got:      no rule that matched left it alone"}},

		"a folder that nobody knows": {shop, `folder = "Shoop"`, `untouched = true`, rehearse.Pass, []string{
			"main.imaptest.hcl:3,14-21: Unknown folder", `Did you mean "Shop"?`,
		}},

		"a rail": {shop + "rule \"trash\" {\n  match { subject = \"trash\" }\n  delete = \"trash\"\n}\n", `subject = "trash"`, `deleted = true`, rehearse.Error, []string{
			"The plan breaks the rail move_then_delete", "Such a plan is not applied. To allow it, say move_then_delete = true.",
		}},
		"a removed folder": {"removed { folder = \"Old\" }\n", `folder = "Old"`, `deleted = true`, rehearse.Error, []string{"main.imap.hcl:"}},
		"a folder that is there twice": {"moved {\n  from = \"A\"\n  to = \"B\"\n}\n", `folder = "A"`, `folder = "A"`, rehearse.Fail, []string{
			`got:      "B"`, "Taken by moved at main.imap.hcl:2.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf("test \"t\" {\n  message {\n    %s\n  }\n  expect {\n    %s\n  }\n}\n", c.message, c.expect)
			tests := load(t, account+c.configuration, strings.Replace(text, "\n    \n", "\n\n", 1))
			r := rehearse.Run(t.Context(), tests.Config.Policy, tests.All[0])
			got := problems(r)
			if r.Status != c.status {
				t.Errorf("status %d", r.Status)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("it does not say %q, but\n%s", want, got)
				}
			}
		})
	}
}

// What takes a context that has ended is an error, never a pass.
func TestCancelled(t *testing.T) {
	tests := load(t, account, "test \"t\" {\n  message {}\n  expect { untouched = true }\n}\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := rehearse.Run(ctx, tests.Config.Policy, tests.All[0]); r.Status != rehearse.Error || !r.Problems.HasErrors() {
		t.Errorf("status %d, %s", r.Status, problems(r))
	}
}

func BenchmarkRun(b *testing.B) {
	var configuration strings.Builder
	configuration.WriteString(account)
	for i := range 200 {
		fmt.Fprintf(&configuration, "rule \"r%d\" {\n  match { from = \"u%[1]d@example.com\" }\n  move_to = \"F/%[1]d\"\n}\n", i)
	}
	tests := load(b, configuration.String(), "test \"one\" {\n  message { from = \"u7@example.com\" }\n  expect { folder = \"F/7\" }\n}\n")
	b.ReportAllocs()
	for b.Loop() {
		if r := rehearse.Run(b.Context(), tests.Config.Policy, tests.All[0]); r.Status != rehearse.Pass {
			b.Fatal(r.Problems)
		}
	}
}

// Each test of these configurations passes.
func TestPasses(t *testing.T) {
	for name, c := range map[string]struct{ configuration, tests string }{
		"a chain of rules, flags and copies": {`
rule "shop" {
  match { from = "@shop.example" }
  add_flags = ["$Shop"]
  move_to   = "Shop"
}
rule "invoice" {
  in = ["Shop"]
  match {
    flags   = ["$Shop"]
    subject = "rechnung"
  }
  add_flags    = ["seen"]
  remove_flags = ["flagged"]
  copy_to      = ["Archive/${message.received.year}", "Tax"]
  move_to      = "Shop/Invoices"
}`, `
test "to the end" {
  message {
    from     = "Shop <billing@mail.shop.example>"
    subject  = "Ihre RECHNUNG"
    flags    = ["flagged"]
    received = "2024-12-31T23:59:59Z"
  }
  expect {
    folder  = "Shop/Invoices"
    flags   = ["$shop", "seen"]
    copies  = ["Tax", "Archive/2024"]
    deleted = false
    untouched = false
  }
}
test "half of it" {
  message { from = "x@shop.example" }
  expect {
    folder = "Shop"
    flags  = ["$Shop"]
    copies = []
  }
}
test "none of it" {
  message { from = "x@workshop.example" }
  expect { untouched = true }
}`},
		"ages, to the second": {`
rule "old" {
  match { older_than = "30d" }
  move_to = special.archive
}
rule "thrown-away" {
  in = [special.trash]
  match { in_folder_for = "30d" }
  delete = "permanent"
}`, `
test "old" {
  message { age = "30d" }
  expect { folder = "Archive" }
}
test "young" {
  now = "2026-05-01T12:00:00Z"
  message { received = "2026-04-01T12:00:01Z" }
  expect { untouched = true }
}
test "old by the test's clock" {
  now = "2026-05-01T12:00:00Z"
  message { received = "2026-04-01T12:00:00Z" }
  expect { folder = special.archive }
}
test "gone" {
  message {
    folder = special.trash
    age    = "30d"
  }
  expect {
    deleted = true
    copies  = []
  }
}
test "not thrown away for long" {
  message {
    folder        = "Trash"
    age           = "30d"
    in_folder_for = "719h"
  }
  expect { untouched = true }
}`},
		"special uses": {`
folder "bin" {
  name        = "Papierkorb"
  special_use = "trash"
}
folder "spam" { name = "Spam" }
rule "trash" {
  match { subject = "trash" }
  delete = "trash"
}
rule "junk" {
  match { subject = "junk" }
  move_to = special.junk
}
rule "all" {
  match { subject = "all" }
  move_to = "${special.all}/x"
}
rule "rest" {
  in = ["**"]
  match { subject = "rest" }
  add_flags = ["seen"]
}`, `
test "declared" {
  message { subject = "trash" }
  expect { folder = "Papierkorb" }
}
test "by its name" {
  message { subject = "junk" }
  expect { folder = "Spam" }
}
test "below one" {
  message { subject = "all" }
  expect { folder = "${special.all}/x" }
}
test "patterns leave the trash alone" {
  message {
    folder  = special.trash
    subject = "rest"
  }
  expect { untouched = true }
}
test "patterns cover others" {
  message {
    folder  = "Any/Where"
    subject = "rest"
  }
  expect { flags = ["seen"] }
}
test "letter case" {
  message {
    folder  = "SPAM"
    subject = "x"
  }
  expect { folder = "Spam" }
}`},
		"folders that move and go": {`
moved {
  from = "A"
  to   = "B"
}
moved {
  from = "B"
  to   = "C"
}
removed {
  folder   = "Old"
  messages = "move"
  move_to  = "New"
}
removed {
  folder   = "Bad"
  messages = "delete"
  children = true
}
rule "flag" {
  in = ["C", "C/**"]
  match { subject = "x" }
  add_flags = ["seen"]
}`, `
test "renamed twice" {
  message {
    folder  = "A"
    subject = "x"
  }
  expect {
    folder = "C"
    flags  = ["seen"]
  }
}
test "renamed once" {
  message { folder = "B" }
  expect { folder = "C" }
}
test "renamed with what lies in it" {
  message {
    folder  = "A/Deep"
    subject = "x"
  }
  expect {
    folder = "C/Deep"
    flags  = ["seen"]
  }
}
test "renamed already" {
  message { folder = "C" }
  expect { untouched = true }
}
test "removed" {
  message { folder = "Old" }
  expect { folder = "New" }
}
test "removed with all it holds" {
  message { folder = "Bad/Worse" }
  expect { deleted = true }
}`},
		"several messages": {`
rule "copy" {
  match { subject = "copy" }
  copy_to = "Copies"
}
rule "move" {
  match { subject = "move" }
  move_to = "There/${message.header["x-where"]}"
}`, `
test "a copy that is there is not made again" {
  message "new" {
    subject    = "copy"
    message_id = "<1@example.com>"
    age        = "1d"
  }
  message "there" {
    folder     = "Copies"
    message_id = "<1@example.com>"
    age        = "1d"
  }
  expect "new" { untouched = true }
}
test "each for itself" {
  message "one" {
    subject = "move"
    header  = { "X-Where" = "here" }
  }
  message "two" { subject = "move" }
  message "three" { subject = "copy" }
  expect "one" { folder = "There/here" }
  expect "two" {
    untouched  = true
    left_alone = "no value"
  }
  expect "three" { copies = "Copies" }
}
test "the same mail twice" {
  message "one" { subject = "copy" }
  message "two" { subject = "copy" }
  expect "one" { copies = ["Copies"] }
  expect "two" { copies = ["Copies"] }
}`},
		"texts, parts and fields": {`
rule "body" {
  match { body = "grün" }
  move_to = "Green"
}
rule "pdf" {
  match { attachment = { name = { suffix = ".pdf" }, type = "application/pdf" } }
  move_to = "PDF"
}
rule "big" {
  match { larger_than = "9MB" }
  move_to = "Big"
}
rule "list" {
  match { list_id = "go.example.com" }
  move_to = "Lists/${message.list_name}"
}
rule "raw" {
  match { header = { "X-Raw" = { regex = "^a b$", raw = true } } }
  move_to = "Raw"
}
rule "named" {
  match { from = { name = "Jürgen" } }
  move_to = "From/${message.from.user}"
}
rule "undated" {
  match { header = { "Date" = { exists = false } } }
  move_to = "Undated"
}`, `
test "body" {
  message { body = "Alles Grün!" }
  expect { folder = "Green" }
}
test "an attachment is no body" {
  message { attachments = ["grün.txt"] }
  expect { untouched = true }
}
test "body beside an attachment" {
  message {
    body        = "grün"
    attachments = ["x.zip"]
  }
  expect { folder = "Green" }
}
test "attachment" {
  message { attachments = ["Rechnung März.PDF"] }
  expect { folder = "PDF" }
}
test "size" {
  message { size = "10MB" }
  expect { folder = "Big" }
}
test "list" {
  message { list_id = "Go <go.example.com>" }
  expect { folder = "Lists/go" }
}
test "header" {
  message { header = { "x-raw" = "a b" } }
  expect { folder = "Raw" }
}
test "name" {
  message { from = "Jürgen <j.x@example.com>" }
  expect { folder = "From/j_x" }
}
test "date" {
  message { date = null }
  expect { folder = "Undated" }
}`},
		"a level is what the server can hold": {`
rule "r" {
  match { subject = { exists = true } }
  move_to = "S/${message.subject}"
}`, `
test "slashes and a Maildir's dots" {
  message { subject = "a/b.c" }
  expect { folder = "S/a_b_c" }
}`},
		"rules that undo each other": {`
rule "there" {
  match { seen = false }
  move_to = "There"
}
rule "back" {
  in = ["There"]
  match { seen = false }
  move_to = "INBOX"
}`, `
test "left alone" {
  message { flags = [] }
  expect {
    untouched  = true
    left_alone = "come back"
  }
}`},
		"one of several accounts": {`
account "other" {
  maildir   = "other"
  exclusive = ["Lists/*"]
  protected = ["Kept/**"]
}
account "staff" {
  for_each = toset(["ada", "grace"])
  maildir  = each.key
}
rule "list" {
  account = account.other
  in      = ["INBOX", "Lists/Old", "Kept/It"]
  match { list_id = "go.example.com" }
  move_to = "Lists/Go"
}
rule "staff" {
  for_each = account.staff
  account  = each.value
  match { subject = each.key }
  add_flags = ["flagged"]
}`, `
test "exclusive folders go" {
  account = account.other
  message {
    folder  = "Lists/Old"
    list_id = "go.example.com"
  }
  expect { folder = "Lists/Go" }
}
test "moving out of protected folders is allowed" {
  account = account.other
  message {
    folder  = "Kept/It"
    list_id = "go.example.com"
  }
  expect { folder = "Lists/Go" }
}
test "staff" {
  for_each = account.staff
  account  = each.value
  message { subject = "ada" }
  expect { flags = each.key == "ada" ? ["flagged"] : [] }
}`},
	} {
		t.Run(name, func(t *testing.T) {
			tests := load(t, account+c.configuration, c.tests)
			for _, test := range tests.All {
				r := rehearse.Run(t.Context(), tests.Config.Policy, test)
				if r.Status != rehearse.Pass || r.Problems.HasErrors() {
					t.Errorf("%s: %d\n%s\n%+v", test.Name, r.Status, problems(r), r.Outcomes)
				}
			}
		})
	}
}

// problems is what is wrong with a test, as text.
func problems(r rehearse.Result) string {
	var b strings.Builder
	for _, d := range r.Problems {
		fmt.Fprintf(&b, "%s: %s: %s\n", d.Subject, d.Summary, d.Detail)
	}
	return b.String()
}
