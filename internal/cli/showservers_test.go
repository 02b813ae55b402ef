package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server"
)

// On real servers the live folders are shown without a folder being opened, and a plan
// has nothing to do for the blocks that are written of them.
func TestShowOnServers(t *testing.T) {
	for _, name := range imaptest.Names() {
		t.Run(string(name), func(t *testing.T) {
			a := imaptest.Start(t, name).Account(t)
			r := imaptest.Proxy(t, a.Dial, imaptest.Script{ReadOnly: true})
			dir := t.TempDir()
			account := writeAccount(t, dir, r.Addr(), a)
			direct := *account
			direct.Port = a.Port
			drafts := mailbox.Name("Entwürfe ${x}")
			if name == imaptest.Cyrus {
				drafts = "Entwürfe" // it refuses braces
			}
			makeFolders(t, &direct, drafts)
			show := func(args ...string) string {
				t.Helper()
				var out, problems transcript
				status := Run(t.Context(), args, Env{
					Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Environ: []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")},
					Dir: dir, Now: time.Now, Version: "0.1.0",
				})
				if status != 0 || problems.String() != "" {
					t.Fatalf("imapform %q: status %d\n%s%s", args, status, out.String(), problems.String())
				}
				return out.String()
			}
			shown := show("show")
			for _, want := range []string{`"INBOX" `, `"Lists/Go`, `"` + string(drafts) + `"`, `"Unsubscribed"`} {
				if !strings.Contains(shown, want) {
					t.Errorf("no %s:\n%s", want, shown)
				}
			}
			show("show", "-json")
			for _, command := range r.Commands() {
				if slices.Contains([]string{"SELECT", "EXAMINE", "CREATE", "SUBSCRIBE"}, command.Name) {
					t.Errorf("it says %s", command.Name)
				}
			}
			written := show("show", "-hcl")
			if err := os.WriteFile(filepath.Join(dir, "folders.imap.hcl"), []byte(written), 0o600); err != nil {
				t.Fatal(err)
			}
			show("validate")
			show("fmt", "-check")
			if planned := show("plan"); !strings.HasPrefix(planned, "No changes.") {
				t.Errorf("%s\n%s", written, planned)
			}
			if n := strings.Count(written, "\nfolder "); n != 5 {
				t.Errorf("%d blocks:\n%s", n, written)
			}
			if again := show("show", "-hcl"); strings.Contains(again, "\nfolder ") {
				t.Errorf("there is more:\n%s", again)
			}
		})
	}
}

// writeAccount writes a configuration with the account alone, and returns it.
func writeAccount(t *testing.T, dir, address string, a imaptest.Account) *config.Account {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	source := fmt.Sprintf("account \"work\" {\n  host     = %q\n  port     = %s\n  tls      = \"none\"\n  username = %q\n  password = %q\n}\n", host, port, a.Username, a.Password)
	if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return &config.Account{
		Address: "account.work", Host: host, Port: number, TLS: config.TLSNone, Username: a.Username, Timeout: 10 * time.Second,
		Credential: func(context.Context) (string, error) { return a.Password, nil },
	}
}

func makeFolders(t *testing.T, a *config.Account, drafts mailbox.Name) {
	t.Helper()
	session, err := server.Dial(t.Context(), a, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []mailbox.Name{"Archive", "Lists", "Lists/Go", drafts, "Unsubscribed"} {
		subscribing := apply.ChangeSubscribe
		if name == "Unsubscribed" {
			subscribing = apply.ChangeUnsubscribe
		}
		changes := []apply.FolderChange{{Kind: apply.ChangeCreate, Name: name}, {Kind: subscribing, Name: name}}
		if err := errors.Join(session.Folders(t.Context(), changes)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
}
