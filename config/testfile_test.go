package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

var testNow = time.Date(2026, 11, 21, 12, 0, 0, 500, time.FixedZone("", 3600))

// TestBadTests loads tests that are wrong, as TestBad does configurations.
func TestBadTests(t *testing.T) {
	cases := 0
	for _, archive := range archives(t, "badtest") {
		archive.each(t, func(t *testing.T, c *testCase) {
			cases++
			src := c.source(t)
			src.Now = testNow
			tests, _, diags := LoadTests(src)
			got := strings.ReplaceAll(diagnosticText(diags), src.Dir, "$DIR")
			if !diags.HasErrors() || tests != nil {
				t.Errorf("no error, or tests along with errors: %v", tests)
			}
			checkWording(t, got)
			c.compare(t, got)
		})
	}
	if cases < 40 {
		t.Errorf("only %d cases were run", cases)
	}
}

// loadTests loads the files of a configuration with tests.
func loadTests(t *testing.T, files map[string]string) (*Tests, hcl.Diagnostics) {
	t.Helper()
	src := (&testCase{files: files}).source(t)
	src.Now = testNow
	tests, _, diags := LoadTests(src)
	return tests, diags
}

const testedAccount = "account \"work\" { maildir = \"m\" }\n"

// The text of a message is what its arguments say, and what they leave out is
// filled in; each instance of for_each is a test of its own.
func TestComposedMessages(t *testing.T) {
	tests, diags := loadTests(t, map[string]string{
		"main.imap.hcl": testedAccount,
		"a.eml":         "Subject: a\r\n\r\nb\n",
		"t.imaptest.hcl": `
test "plain" {
  for_each = { a = "3d", b = null }
  message {
    from    = ["Ada <ada@example.com>", "b@example.com"]
    subject = "grün"
    header  = { "X-Two" = ["1", "2"], "X-None" = null }
    body    = "one\ntwo"
    age     = each.value
  }
  expect { folder = "A" }
}
test "bare" {
  message {
    date          = null
    message_id    = null
    header        = { "Content-Type" = "text/html" }
    received      = "2024-02-29T10:00:00+01:00"
    in_folder_for = "1d"
    size          = "10MB"
    flags         = ["seen", "$Ok"]
    folder        = "${special.archive}/x"
  }
  expect { untouched = true }
}
test "file" {
  message { eml = "a.eml" }
  expect { flags = [] }
}
test "attached" {
  message { attachments = ["Rechnung für März.pdf", "x"] }
  expect { copies = [] }
}
test "attached to HTML" {
  message {
    header      = { "X-A" = "1", "content-type" = "text/html" }
    body        = "<b>x</b>"
    attachments = ["x"]
  }
  expect { copies = [] }
}
`})
	if diags.HasErrors() || tests.Unknown.HasErrors() {
		t.Fatal(diags, tests.Unknown)
	}
	var names []string
	for _, c := range tests.All {
		names = append(names, c.Name)
	}
	if want := []string{`plain["a"]`, `plain["b"]`, "bare", "file", "attached", "attached to HTML"}; !slices.Equal(names, want) {
		t.Fatalf("tests %q, want %q", names, want)
	}
	sources := []string{
		"From: Ada <ada@example.com>, b@example.com\r\nSubject: grün\r\nDate: Wed, 18 Nov 2026 11:00:00 +0000\r\nMessage-ID: <1@test.invalid>\r\nX-Two: 1\r\nX-Two: 2\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\none\r\ntwo",
		"From: Ada <ada@example.com>, b@example.com\r\nSubject: grün\r\nDate: Sat, 21 Nov 2026 11:00:00 +0000\r\nMessage-ID: <1@test.invalid>\r\nX-Two: 1\r\nX-Two: 2\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\none\r\ntwo",
		"Content-Type: text/html\r\n\r\n",
		"Subject: a\r\n\r\nb\r\n",
		"filename*=utf-8''Rechnung%20f%C3%BCr%20M%C3%A4rz.pdf",
		"X-A: 1\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_between_parts\"\r\n\r\n--=_between_parts\r\ncontent-type: text/html\r\n\r\n<b>x</b>\r\n--=_between_parts\r\n",
	}
	for i, want := range sources {
		got := string(tests.All[i].Messages[0].Source)
		if i < 4 && got != want || !strings.Contains(got, want) {
			t.Errorf("%s:\n%q\nwant\n%q", names[i], got, want)
		}
	}
	m := tests.All[2].Messages[0]
	if !m.Received.Equal(time.Date(2024, 2, 29, 9, 0, 0, 0, time.UTC)) || !m.Saved.Equal(time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)) ||
		m.Size != 10e6 || m.Flags.String() != "$Ok seen" && m.Flags.String() != "seen $Ok" || m.Folder.String() != "${special.archive}/x" {
		t.Errorf("%+v", m)
	}
}

// What a test hangs on must have a value; what only connects and logs in need not.
func TestUnknownValues(t *testing.T) {
	const variable = "variable \"late\" {}\n"
	const account = "account \"work\" {\n  host = var.late\n  username = var.late\n  password = var.late\n}\n"
	const test = "test \"t\" {\n  message { from = \"a@b.example\" }\n  expect { untouched = true }\n}\n"
	for name, c := range map[string]struct {
		more, test, at string
	}{
		"connecting":         {"", test, ""},
		"unused":             {"locals { x = var.late }\noutput \"x\" { value = var.late }\n", test, ""},
		"no instance":        {"rule \"r\" {\n  for_each = {}\n  match { from = each.value }\n  move_to = each.key\n}\n", test, ""},
		"a match":            {"rule \"r\" {\n  match { from = var.late }\n  move_to = \"A\"\n}\n", test, "main.imap.hcl:9,18-26"},
		"a where":            {"rule \"r\" {\n  match { where = message.size > var.late }\n  move_to = \"A\"\n}\n", test, "main.imap.hcl:9,19-42"},
		"a constant where":   {"rule \"r\" {\n  match {\n    seen = true\n    where = var.late\n  }\n  move_to = \"A\"\n}\n", test, "main.imap.hcl:11,13-21"},
		"a field's name":     {"rule \"r\" {\n  match { where = message.header[var.late] == \"x\" }\n  move_to = \"A\"\n}\n", test, "main.imap.hcl:9,19-50"},
		"a destination":      {"rule \"r\" {\n  match { seen = true }\n  move_to = \"A/${var.late}\"\n}\n", test, "main.imap.hcl:10,13-28"},
		"a template":         {"rule \"r\" {\n  match { seen = true }\n  move_to = \"A/${var.late}/${message.subject}\"\n}\n", test, "main.imap.hcl:10,13-47"},
		"one of copies":      {"rule \"r\" {\n  match { seen = true }\n  copy_to = [\"A/${message.subject}\", \"B/${var.late}\"]\n}\n", test, "main.imap.hcl:10,38-53"},
		"instances":          {"folder \"f\" {\n  for_each = toset(var.late)\n  name = each.key\n}\n", test, "main.imap.hcl:9,14-29"},
		"dynamic":            {"rule \"r\" {\n  match {\n    dynamic \"any\" {\n      for_each = var.late\n      content { from = any.value }\n    }\n  }\n  move_to = \"A\"\n}\n", test, "main.imap.hcl:11,18-26"},
		"a protected one":    {"", strings.Replace(test, "a@b.example", "${var.late}", 1), "t.imaptest.hcl:2,20-33"},
		"a test's instances": {"", strings.Replace(test, "  message", "  for_each = var.late\n  message", 1), "t.imaptest.hcl:2,14-22"},
		"what is expected":   {"", strings.Replace(test, "untouched = true", "folder = var.late", 1), "t.imaptest.hcl:3,21-29"},
		"a test's account":   {"", strings.Replace(test, "  message", "  account = var.late\n  message", 1), "t.imaptest.hcl:2,13-21"},
		"a test's accounts":  {"", strings.Replace(test, "  message", "  account = [var.late ? account.work : account.work]\n  message", 1), "t.imaptest.hcl:2,13-53"},
		"a rule's accounts":  {"rule \"r\" {\n  account = [account.work, var.late ? account.work : account.work]\n  match { seen = true }\n  move_to = \"A\"\n}\n", test, "main.imap.hcl:9,13-67"},
		"a rail":             {"policy { max_messages = var.late }\n", test, "main.imap.hcl:8,25-33"},
	} {
		t.Run(name, func(t *testing.T) {
			tests, diags := loadTests(t, map[string]string{"main.imap.hcl": variable + account + "\n" + c.more, "t.imaptest.hcl": c.test})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var at []string
			for _, d := range tests.Unknown {
				at = append(at, d.Subject.String())
			}
			if got := strings.Join(at, " "); got != c.at {
				t.Errorf("not known: %q, want %q", got, c.at)
			}
		})
	}
}

func FuzzTests(f *testing.F) {
	f.Add("test \"t\" {\n  message { from = \"a\" }\n  expect { deleted = true }\n}\n")
	f.Add("test \"t\" {\n  for_each = { a = 1 }\n  message \"x\" { header = { A = [each.key] } }\n  expect \"x\" { copies = [special.trash] }\n}\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		l := newLoader(Source{Dir: dir, Now: testNow})
		main, diags := parse([]byte(testedAccount), "main.imap.hcl")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		l.loadWhole(Files{"main.imap.hcl": main})
		file, diags := parse([]byte(text), "t.imaptest.hcl")
		if diags.HasErrors() {
			return
		}
		for _, c := range l.readTests(file) {
			if c.Account == nil || len(c.Messages) == 0 || len(c.Expects) == 0 {
				t.Errorf("half a test: %+v", c)
			}
		}
	})
}
