package render

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// liveAccounts are two accounts with every kind of folder.
func liveAccounts() []Live {
	at := func(line int) hcl.Range { return hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: line}} }
	return []Live{
		{
			Account: "account.work",
			Listing: plan.Listing{
				Server: "Dovecot\x1b[2J", Delimiter: ".", Warnings: []string{"a folder has no name"},
				Folders: []plan.Folder{
					{Name: "INBOX", Exists: true, Selectable: true, Subscribed: true, UIDValidity: 7, UIDNext: 1300, Messages: 1204},
					{Name: "Archive", Exists: true, Selectable: true, Uses: []mailbox.Use{mailbox.UseArchive, mailbox.UseAll}, UIDValidity: 8, UIDNext: 1},
					{Name: "Clients", Exists: true, HasChildren: true},
					{Name: "Clients/\u202eevil\n", Exists: true, Selectable: true, Subscribed: true, UIDValidity: 9, UIDNext: 4, Messages: 3},
					{Name: "Closed", Exists: true, Closed: true},
					{Name: "Gone", Subscribed: true},
					{Name: "Lists/" + mailbox.Name(strings.Repeat("long", 20)), Exists: true, Selectable: true, UIDValidity: 10, UIDNext: 1},
					{Name: "Old", Exists: true, Selectable: true, UIDValidity: 11, UIDNext: 1},
					{Name: "日本語", Exists: true, Selectable: true, UIDValidity: 12, UIDNext: 1, Subscribed: true},
				},
			},
			Declared: map[mailbox.Name]plan.Cause{
				"Archive": {Block: "folder", Address: "folder.archive", Declared: at(3)},
				"Closed":  {Block: "folder", Address: `folder.list["a"]`, Declared: at(9)},
				"Old":     {Block: "removed", Declared: at(20)},
				"New":     {Block: "folder", Address: "folder.new", Declared: at(30)},
			},
			Missing: []mailbox.Name{"New"},
		},
		{
			Account: `account.staff["ada"]`,
			Listing: plan.Listing{Server: "imap.example.com", Folders: []plan.Folder{{Name: "INBOX", Exists: true, Selectable: true, UIDValidity: 1, UIDNext: 2, Messages: 1}}},
		},
	}
}

func TestLiveFolders(t *testing.T) {
	for name, o := range map[string]Options{"live.txt": {}, "live_narrow.txt": {Width: 60}} {
		var b strings.Builder
		if err := LiveFolders(&b, liveAccounts(), o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
		for line := range strings.Lines(b.String()) {
			if strings.HasSuffix(line, " \n") {
				t.Errorf("%s: space at the end of %q", name, line)
			}
		}
	}
}

func TestLiveFoldersJSON(t *testing.T) {
	var b strings.Builder
	if err := LiveFoldersJSON(&b, liveAccounts(), []Failure{{Account: "account.home", Reason: "no route to host"}}); err != nil {
		t.Fatal(err)
	}
	golden(t, "live.json", b.String())
}

// What a server or a file says shows as it is in no JSON, and obeys nobody: it is the
// same for all that write some.
func TestJSONHidesNothing(t *testing.T) {
	const evil = "a\u202eb\u200bc\u009b31m\x7f\u2028d\x1b[2J"
	for name, write := range map[string]func(io.Writer) error{
		"live folders": func(w io.Writer) error {
			return LiveFoldersJSON(w, []Live{{Account: evil, Listing: plan.Listing{Server: evil, Folders: []plan.Folder{{Name: evil}}}}}, nil)
		},
		"the order of rules": func(w io.Writer) error {
			return RuleOrdersJSON(w, []RuleOrder{{Account: evil}})
		},
		"validation": func(w io.Writer) error {
			return ValidationJSON(w, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: evil}}, nil)
		},
		"a plan": func(w io.Writer) error {
			return PlanJSON(w, []*plan.Plan{{Account: evil}}, PlanRun{})
		},
		"history": func(w io.Writer) error {
			return HistoryJSON(w, []Recorded{{Err: errors.New(evil)}})
		},
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(b.String(), func(r rune) bool { return hidden(r) && r != '\n' }); i >= 0 {
			t.Errorf("%s: %q is written as it is", name, b.String()[i:])
		}
		if !strings.Contains(b.String(), `a\u202eb\u200bc\u009b31m\u007f\u2028d\u001b[2J`) {
			t.Errorf("%s: it cannot be told any more: %s", name, b.String())
		}
	}
}

// What a server or a configuration says can neither end a comment nor a string.
func TestFoldersHCLIsInert(t *testing.T) {
	var b strings.Builder
	err := FoldersHCL(&b, []FolderBlocks{{
		Account: "account.a\nrule \"x\" {",
		LeftOut: []string{"\"a\r\nrule \"x\" {\" is left out: \u2028rule"},
		Blocks:  []FolderBlock{{Label: "a", Name: "x\"\n}\nrule \"y\" {", Note: "n\nrule", Use: "trash"}},
	}, {Account: "account.b", Declared: 1}}, Options{Color: true, Width: 20})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "live.hcl", b.String())
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "rule") || strings.Contains(line, "\x1b") {
			t.Errorf("it breaks out: %q", line)
		}
	}
}
