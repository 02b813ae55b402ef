package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/imapform/imapform/internal/cli" // all of the program but its main
)

// A use is what a process took.
type use struct {
	Wall   time.Duration
	CPU    time.Duration // user's and system's
	Memory int64         // octets, at the peak, as seen 5 ms before the end; 0: not known
}

// build makes a program of this module, once a test. The go command remembers how a test
// ended for as long as nothing has changed that it knows of: of what is built here that
// is what the test imports, and the files that it reads.
func build(t testing.TB, directory string) (path string) {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in %s: %v", directory, err)
	}
	for _, source := range sources {
		if _, err := os.ReadFile(source); err != nil {
			t.Fatal(err)
		}
	}
	path = filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, directory).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return path
}

// measure runs a command and says what it took.
func measure(t testing.TB, cmd *exec.Cmd, status int) (string, use) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var took use
	for running := true; running; {
		select {
		case <-ended: // whose error is a status, which is looked at below
			running = false
		case <-time.After(5 * time.Millisecond):
			took.Memory = max(took.Memory, peak(cmd.Process.Pid))
		}
	}
	took.Wall = time.Since(began)
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("%q: status %d, want %d; it said:\n%s", cmd.Args, got, status, out.String())
	}
	took.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return out.String(), took
}

// peak is the most memory that a running process has had, in octets; 0: not known, as
// on systems other than Linux. What wait4(2) says is of no use here: it counts what this
// process had when it started the other.
func peak(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}
