package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imapform/imapform/rules"
)

// TestGood loads what is right, in both syntaxes, and writes out what came of it.
func TestGood(t *testing.T) {
	got := map[string]string{}
	for _, archive := range archives(t, "good") {
		archive.each(t, func(t *testing.T, c *testCase) {
			src := c.source(t)
			cfg, files, diags := Load(src)
			if diags.HasErrors() || len(diags) > 0 {
				t.Fatalf("reported:\n%s", diagnosticText(diags))
			}
			for name := range files {
				if !isConfigFile(filepath.Base(name)) {
					t.Errorf("the text of %s, which may hold secrets, can be shown", name)
				}
			}
			text := configText(t, cfg, src.Dir)
			if strings.Contains(text, "hunter2") {
				t.Error("the password is in the Config")
			}
			got[filepath.Base(archive.path)+"/"+c.name] = text
			c.compare(t, text)
		})
	}
	if got["whole.txtar/native"] != got["whole.txtar/json"] {
		t.Error("the same configuration means something else in JSON")
	}
}

// configText writes a Config out, but for its ranges.
func configText(t *testing.T, cfg *Config, dir string) string {
	var b strings.Builder
	for _, a := range cfg.Accounts {
		fmt.Fprintf(&b, "%s %q host=%q port=%d tls=%d plain=%t name=%q ca=%q user=%q auth=%d as=%q timeout=%s maildir=%q credential=%t protected=%q exclusive=%q warn=%t\n",
			a.Address, a.Label, a.Host, a.Port, a.TLS, a.AllowPlaintext, a.ServerName, a.CAFile, a.Username, a.Auth, a.AuthorizeAs, a.Timeout, a.Maildir, a.Credential != nil, a.Protected, a.Exclusive, a.WarnUnmanaged)
		for _, f := range a.Folders {
			fmt.Fprintf(&b, "  %s %q name=%q subscribed=%s use=%q\n", f.Address, f.Label, f.Name, optional(f.Subscribed), f.Use)
			mustBeSet(t, f.Declared.Filename, f.NameRange.Filename)
		}
		for _, r := range a.Rules {
			fmt.Fprintf(&b, "  %s %s %q in=%q not_in=%q match=[%s] +[%s] -[%s] copy=%q move=%q delete=%d stop=%t arrival=%t max=%d %q\n",
				r.Address, r.Type, r.Label, r.In, r.NotIn, mentioned(r.Match), r.AddFlags, r.RemoveFlags, r.CopyTo, r.MoveTo, r.Delete, r.Stop, r.ByArrival, r.MaxMessages, r.Description)
			mustBeSet(t, r.Declared.Filename, r.InRange.Filename, r.ActionRange.Filename)
		}
		for _, m := range a.Moved {
			fmt.Fprintf(&b, "  moved %q %q\n", m.From, m.To)
			mustBeSet(t, m.Declared.Filename, m.FromRange.Filename, m.ToRange.Filename)
		}
		for _, r := range a.Removed {
			fmt.Fprintf(&b, "  removed %q messages=%d to=%q children=%t\n", r.Folder, r.Messages, r.MoveTo, r.Children)
			mustBeSet(t, r.Declared.Filename, r.FolderRange.Filename, r.MoveToRange.Filename)
		}
	}
	fmt.Fprintf(&b, "policy %d %d %d %d %t\n", cfg.Policy.MaxMessages, cfg.Policy.MaxDeleted, cfg.Policy.MaxRemovedFolders, cfg.Policy.MaxFetch, cfg.Policy.MoveThenDelete)
	return strings.ReplaceAll(b.String(), dir, "$DIR")
}

func mustBeSet(t *testing.T, filenames ...string) {
	t.Helper()
	for _, name := range filenames {
		if name == "" {
			t.Error("a range is missing")
		}
	}
}

func optional(b *bool) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprint(*b)
}

func mentioned(test rules.Test) string {
	var names []string
	for _, name := range append(argumentNames(criterionArguments()), "match.one", "match.two", "match.both", "match.bulk") {
		if test.Mentions(name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
