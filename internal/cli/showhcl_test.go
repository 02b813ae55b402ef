package cli

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// A modelSession is a session with a model; listing, if any, is what it lists instead.
type modelSession struct {
	*model.Account
	listing *plan.Listing
}

func (s modelSession) AnswerAll(ctx context.Context, qs []plan.Question, tell func(int, *message.Message)) ([]plan.Answer, error) {
	return model.EachAnswer(ctx, s, qs, tell)
}

func (s modelSession) Logout(context.Context) error { return nil }

func (s modelSession) List(ctx context.Context) (plan.Listing, error) {
	if s.listing != nil {
		return *s.listing, nil
	}
	return s.Account.List(ctx)
}

// A modelRun is a directory with a configuration for models, by the accounts' labels.
type modelRun struct {
	dir      string
	sessions map[string]modelSession
}

func newModelRun(t *testing.T, source string, sessions map[string]modelSession) *modelRun {
	t.Helper()
	m := &modelRun{dir: t.TempDir(), sessions: sessions}
	m.write(t, "main.imap.hcl", source)
	return m
}

func (m *modelRun) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run returns what was written to standard output. What goes to standard error is
// returned with it where the status is another one.
func (m *modelRun) run(t *testing.T, want Status, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, problems transcript
	status := Run(t.Context(), args, Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Environ: []string{"IMAPFORM_STATE_DIR=" + filepath.Join(m.dir, "state")},
		Dir: m.dir, Now: time.Now, Version: "0.1.0",
		Dial: func(_ context.Context, a *config.Account, _ server.Options) (Session, error) {
			return m.sessions[a.Address], nil
		},
	})
	if Status(status) != want {
		t.Fatalf("imapform %q: status %d\n%s%s", args, status, out.String(), problems.String())
	}
	return out.String(), problems.String()
}

// settles says that the blocks that show -hcl writes are valid and in the usual style,
// that a plan has nothing to do for them, and that nothing is left to write then.
func (m *modelRun) settles(t *testing.T) string {
	t.Helper()
	before, _ := m.run(t, StatusOK, "plan")
	written, stderr := m.run(t, StatusOK, "show", "-hcl")
	if stderr != "" {
		t.Errorf("it says %s", stderr)
	}
	m.write(t, "shown.imap.hcl", written)
	defer func() {
		if t.Failed() {
			t.Logf("written:\n%s", written)
		}
	}()
	m.run(t, StatusOK, "validate")
	m.run(t, StatusOK, "fmt", "-check")
	if after, _ := m.run(t, StatusOK, "plan"); after != before {
		t.Errorf("the plan was\n%s\nand is now\n%s", before, after)
	}
	if again, _ := m.run(t, StatusOK, "show", "-hcl"); strings.Contains(again, "\nfolder ") {
		t.Errorf("there is more:\n%s", again)
	}
	return written
}

const oneAccount = "account \"work\" {\n  host     = \"imap.example.com\"\n  username = \"ada\"\n  password = \"x\"\n}\n"

// hostileNames are folders that somebody may have made.
var hostileNames = []mailbox.Name{
	"Archive", "archive-2", "Sent", "${file(\"/etc/passwd\")}", "%{ if true }x", "$${x}", "a \"b\"", `back\slash`, "Entwürfe", "日本語/メール",
	"2024", "2024/01", "-", "_", "folder", "Folder 1/x", "EOT", "# no comment", "/*x", "a'b`c", " leading", "trailing ", "a\u00a0b", "x\u202ey", "\u3164", "e\u0301x",
	"INBOX/below", "Lists/golang", "Lists/golang-nuts.googlegroups.com", mailbox.Name("long/" + strings.Repeat("x", 300)), "a.b", "account", "null", "true",
	"\U000e0041tag", "🙂", "Lists/*", "50%", "bad\x01name", "Case", "cASE", "case/below", "nfd\u0065\u0301",
}

func TestShowHCLHostileNames(t *testing.T) {
	for _, variant := range append(model.Variants()[:3], model.Labels()[0]) {
		t.Run(variant.Name, func(t *testing.T) {
			a := model.New(variant)
			for i, name := range hostileNames {
				a.MakeFolder(name)
				a.SetSubscribed(name, i%3 != 0)
			}
			a.SetSubscribed("Gone", true)
			a.MakeFolder("Papierkorb", mailbox.UseTrash)
			a.MakeFolder("Both", mailbox.UseArchive, mailbox.UseJunk)
			a.MakeFolder("Drafts", mailbox.UseDrafts)
			a.MakeFolder("Drafts 2", mailbox.UseDrafts)
			m := newModelRun(t, oneAccount, map[string]modelSession{"account.work": {Account: a}})
			written := m.settles(t)
			for _, want := range []string{
				`= "$${file(\"/etc/passwd\")}"`, `= "$$${x}"`, `= "a \"b\""`, "special_use = \"trash\"", `"x\u202ey"`, `\u3164`,
				`# "Lists/*" is left out: `, `# "50%" is left out: `, `# "%{ if true }x" is left out: `, `# "bad\x01name" is left out: `, "only in letter case", "as junk, too",
				"\nfolder \"entwürfe\" {\n", "\nfolder \"folder_2024\" {\n",
			} {
				if !strings.Contains(written, want) {
					t.Errorf("no %s", want)
				}
			}
			for _, wrong := range []string{`"INBOX"`, `"Gone"`, `special_use = "drafts"`} {
				if strings.Contains(written, wrong) {
					t.Errorf("there is %s", wrong)
				}
			}
			blocks, left := strings.Count(written, "\nfolder \""), strings.Count(written, " is left out: ")
			if all := len(hostileNames) + 4; blocks+left != all && !variant.RealParents || left < 9 || blocks < 38 {
				t.Errorf("there are %d blocks for %d folders, and %d are left out", blocks, all, left)
			}
		})
	}
}

// What the configuration speaks of already is left out, and labels that it has are not
// taken again.
func TestShowHCLBesideConfiguration(t *testing.T) {
	a := model.New(model.Variants()[0])
	for _, name := range []mailbox.Name{"Archive", "Old", "Old/x", "Dead", "Dead/x", "lists", "Notes", "Trash"} {
		a.MakeFolder(name)
	}
	a.SetSubscribed("Archive", true)
	source := oneAccount + `
folder "notes" {
  name = "Archive"
}
folder "later" {
  special_use = "trash"
  name        = "Trash"
}
moved {
  from = "Old"
  to   = "New"
}
removed {
  folder   = "Dead"
  children = true
}
rule "lists" {
  match { list_id = "x" }
  move_to = "Lists/x"
}
`
	m := newModelRun(t, source, map[string]modelSession{"account.work": {Account: a}})
	written := m.settles(t)
	for _, want := range []string{"# 4 folders are left out here", "folder \"notes_2\" {\n  name       = \"Notes\"", `# "Old/x" is left out: it lies below "Old"`, `# "Dead/x" is left out`, `# "lists" is left out: it differs from "Lists"`} {
		if !strings.Contains(written, want) {
			t.Errorf("no %q in:\n%s", want, written)
		}
	}
}

// With several accounts each block says whose it is.
func TestShowHCLSeveralAccounts(t *testing.T) {
	source := "account \"staff\" {\n  for_each = toset([\"ada\", \"$${x}\"])\n  host     = \"imap.example.com\"\n  username = each.key\n  password = \"x\"\n}\n"
	sessions := map[string]modelSession{}
	for _, address := range []string{`account.staff["ada"]`, `account.staff["$${x}"]`} {
		a := model.New(model.Variants()[0])
		a.MakeFolder("Archive")
		sessions[address] = modelSession{Account: a}
	}
	written := newModelRun(t, source, sessions).settles(t)
	for _, want := range []string{"folder \"staff_ada_archive\" {\n  account    = account.staff[\"ada\"]\n", "folder \"staff_x_archive\" {\n  account    = account.staff[\"$${x}\"]\n"} {
		if !strings.Contains(written, want) {
			t.Errorf("no %q in:\n%s", want, written)
		}
	}
}

// Where all folders lie below INBOX, a name has two spellings.
func TestShowHCLInInbox(t *testing.T) {
	a := model.New(model.Variants()[0])
	a.MakeFolder("Lists")
	a.MakeFolder("Notes")
	listing := a.Listing()
	listing.InInbox, listing.Delimiter = true, "."
	m := newModelRun(t, oneAccount+"folder \"lists\" {\n  name       = \"INBOX/Lists\"\n  subscribed = null\n}\n", map[string]modelSession{"account.work": {Account: a, listing: &listing}})
	if written := m.settles(t); !strings.Contains(written, `"Notes"`) || strings.Contains(written, `"Lists"`) {
		t.Errorf("written:\n%s", written)
	}
	if shown, _ := m.run(t, StatusOK, "show"); !strings.Contains(shown, "folder.lists") || strings.Contains(shown, "not exist") {
		t.Errorf("shown:\n%s", shown)
	}
}

// Whatever folders there are, the blocks for them settle.
func TestShowHCLRandom(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	letters := []string{"a", "A", "b", "ß", "é", "e\u0301", ".", " ", "-", "_", "$", "{", "}", "%", "\"", "\\", "#", "1", "\u200b", "İ", "ǆ", "*"}
	all := slices.Concat(model.Variants(), model.Labels())
	for i := range 40 {
		a := model.New(all[i%len(all)])
		for range 12 {
			var levels []string
			for range 1 + random.IntN(2) {
				level := "x"
				for range random.IntN(4) {
					level += letters[random.IntN(len(letters))]
				}
				levels = append(levels, level)
			}
			name := mailbox.Name(strings.Join(levels, "/"))
			var uses []mailbox.Use
			if random.IntN(3) == 0 {
				uses = append(uses, mailbox.Uses()[random.IntN(len(mailbox.Uses()))])
			}
			a.MakeFolder(name, uses...)
			a.SetSubscribed(name, random.IntN(2) == 0)
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			newModelRun(t, oneAccount, map[string]modelSession{"account.work": {Account: a}}).settles(t)
		})
	}
}
