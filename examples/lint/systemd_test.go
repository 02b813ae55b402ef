package lint

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// systemd-analyze has nothing to say of the units, and finds the service safe.
func TestSystemd(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed (in Debian it is in the package systemd): the units are not looked at")
	}
	dir := t.TempDir()
	for _, unit := range []string{"imapform.service", "imapform.timer"} {
		text := string(read(t, "../systemd/"+unit))
		const program = "ExecStart=/usr/local/bin/imapform "
		if unit == "imapform.service" && !strings.Contains(text, program) {
			t.Errorf("%s does not run imapform", unit)
		}
		text = strings.ReplaceAll(text, program, "ExecStart=/bin/true ") // a program that is there
		if err := os.WriteFile(filepath.Join(dir, unit), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	service, timer := filepath.Join(dir, "imapform.service"), filepath.Join(dir, "imapform.timer")
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", service, timer).CombinedOutput()
	if err != nil || strings.Contains(string(out), "imapform") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	const most = "20" // an exposure of 2.0 of 10
	if out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--threshold="+most, service).CombinedOutput(); err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
	if out, err := exec.Command("systemd-analyze", "calendar", "*:0/15").CombinedOutput(); err != nil || !strings.Contains(string(read(t, "../systemd/imapform.timer")), "OnCalendar=*:0/15\n") {
		t.Errorf("the calendar: %v\n%s", err, out)
	}
	// What is misspelt is found.
	broken := strings.ReplaceAll(string(read(t, service)), "ProtectSystem=", "ProtectSytem=")
	if err := os.WriteFile(service, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", service).CombinedOutput(); err == nil && !strings.Contains(string(out), "ProtectSytem") {
		t.Errorf("a setting that there is not is fine:\n%s", out)
	}
}
