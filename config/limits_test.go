package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLimits takes what an account and the policy may say of limits and backups.
func TestLimits(t *testing.T) {
	account := func(arguments string) string {
		return "account \"work\" {\n  host = \"h\"\n  username = \"u\"\n  password = \"p\"\n" + arguments + "\n}\n"
	}
	dir := t.TempDir()
	for _, c := range []struct {
		text        string
		rate        float64
		download    int64
		connections int
		backup      string
	}{
		{text: account("")},
		{text: account("max_rate = null\nmax_download = null\nmax_connections = null") + "policy { backup = null }"},
		{text: account("max_rate = 0.5\nmax_download = \"1.5GB\"\nmax_connections = 1"), rate: 0.5, download: 15e8, connections: 1},
		{text: account("max_rate = \"10\"\nmax_download = \"1KiB\"\nmax_connections = 2147483647"), rate: 10, download: 1024, connections: 2147483647},
		{text: account("max_rate = 0.001"), rate: 0.001},
		{text: account("max_rate = 1000000"), rate: 1e6},
		{text: account("") + `policy { backup = "deleted" }`, backup: filepath.Join(dir, "deleted")},
		{text: account("") + `policy { backup = "../deleted/" }`, backup: filepath.Join(filepath.Dir(dir), "deleted")},
		{text: account("") + `policy { backup = "~/deleted" }`, backup: "/home/ada/deleted"},
		{text: account("") + `policy { backup = "/var/deleted" }`, backup: "/var/deleted"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, _, diags := Load(Source{Dir: dir, Environ: map[string]string{"HOME": "/home/ada"}})
		if len(diags) > 0 {
			t.Errorf("%s: reported: %s", c.text, diagnosticText(diags))
			continue
		}
		a := cfg.Accounts[0]
		if a.MaxRate != c.rate || a.MaxDownload != c.download || a.MaxConnections != c.connections || cfg.Policy.Backup != c.backup {
			t.Errorf("%s: rate %g, download %d, connections %d, backup %q", c.text, a.MaxRate, a.MaxDownload, a.MaxConnections, cfg.Policy.Backup)
		}
	}
}
