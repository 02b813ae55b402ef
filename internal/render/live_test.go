package render

import (
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
