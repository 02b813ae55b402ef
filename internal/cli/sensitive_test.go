package cli

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/server"
)

// choosing is a configuration with a table from which secrets choose. The secrets are
// not in it.
const choosing = `
variable "key" {
  sensitive = true
}
variable "keys" {
  type      = list(string)
  sensitive = true
}
locals {
  names = {
    crimson = "chosen-one"
    blue    = "chosen-two"
  }
  ranks = { crimson = 1 }
  staff = { ada = { folder = "Ada", password = var.key } }
}
account "w" {
  host     = "imap.example.com"
  username = local.names[var.key]
  password = local.staff.ada.password
}
`

// choosingSecrets are the secrets of choosing, and what they choose: none of it may be
// written anywhere.
var choosingSecrets = []string{"hunter2", "chosen-", "crimson"}

// runChoosing runs a command with a configuration, and returns all that it wrote, into
// files too.
func runChoosing(t *testing.T, text string, args ...string) (Status, string) {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.imap.hcl")
	if err := os.WriteFile(source, []byte(choosing+text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out transcript
	status := Run(t.Context(), args, Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: dir, Now: time.Now, Version: "0.1.0",
		Environ: []string{"NO_COLOR=1", "IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state"), "IMAPFORM_VAR_key=crimson", `IMAPFORM_VAR_keys=["hunter2"]`},
		Dial: func(context.Context, *config.Account, server.Options) (Session, error) {
			return newFake().dial(func() {})
		},
	})
	written := []byte(out.String())
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == source {
			return err
		}
		read, err := os.ReadFile(path)
		written = bytes.Join([][]byte{written, read}, []byte("\n"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return Status(status), string(written)
}

// TestPlanShowsNothingChosen: what a secret chose is in no plan, be it a text, JSON or a
// file, and in no error. What hangs on no secret is.
func TestPlanShowsNothingChosen(t *testing.T) {
	ways := [][]string{{"plan"}, {"plan", "-json"}, {"plan", "-markdown"}, {"plan", "-out=saved.plan"}, {"plan", "-json-into=lines.json"}, {"validate"}, {"validate", "-json"}, {"graph"}, {"show", "-rules"}}
	for text, want := range map[string]string{
		`folder "f" { name = local.names[var.key] }`:                                           "Sensitive value",
		`folder "f" { name = try([local.ranks[var.key], "plum"], ["no", "x"])[1] }`:            "Sensitive value",
		"folder \"f\" {\n for_each = toset([local.names[var.key]])\n name = each.key\n}":       "Sensitive value",
		`folder "f" { name = join("/", [for x in var.keys : local.names[x]]) }`:                "could not be worked out",
		`folder "f" { name = join("/", [for x in var.keys : file(x)]) }`:                       "could not be worked out",
		`folder "f" { name = local.staff["ada"].folder }`:                                      "Ada",
		"folder \"f\" {\n for_each = local.staff\n name = try(each.value, {}).folder\n}":       "Ada",
		"folder \"f\" {\n name = [for p in local.staff : p.folder if can([p.password])][0]\n}": "Ada",
	} {
		for _, args := range ways {
			status, written := runChoosing(t, text+"\n", args...)
			for _, secret := range choosingSecrets {
				if strings.Contains(written, secret) {
					t.Errorf("%s: imapform %q shows %q:\n%s", text, args, secret, written)
				}
			}
			if args[0] == "plan" && (args[len(args)-1] != "-json" || want != "Ada") && !strings.Contains(written, want) {
				t.Errorf("%s: imapform %q, status %d: %q is not shown:\n%s", text, args, status, want, written)
			}
			if (status == StatusError) != (want != "Ada") {
				t.Errorf("%s: imapform %q: status %d\n%s", text, args, status, written)
			}
		}
	}
}
