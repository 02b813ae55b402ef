package imaptest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"text/template"
	"time"
)

// guard.sh runs a server and ends it, with everything that it started, when this process ends, however it does.
//
//go:embed guard.sh
var guardScript string

// A process is a running server.
type process struct {
	folder string
	ended  chan struct{} // closed when the server is no more
	stop   func()
	again  func() (*process, error) // starts the same command in the same folder
}

// startTimeout is how long a server may take from its start to its greeting. A busy machine with two cores needs much.
const startTimeout = 60 * time.Second

// newFolder makes a folder for a server, in memory where there is enough, for servers wait for disks. The path is short,
// for sockets live there and theirs is limited to about 100 octets; others than root may look into it, for servers shed
// their rights.
func newFolder(name Name) (string, error) {
	folder, err := os.MkdirTemp(roomy("/dev/shm"), "imaptest-"+string(name)+"-")
	if err != nil {
		return "", err
	}
	return folder, os.Chmod(folder, 0o755)
}

// roomy is the folder if it has space for large mailboxes, or else "", which stands for the usual place.
func roomy(folder string) string {
	const least = 512 << 20
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil || s.Bavail*uint64(s.Bsize) < least || syscall.Access(folder, 2) != nil {
		return ""
	}
	return folder
}

// writeTemplate writes a file of a server's configuration.
func writeTemplate(path string, t *template.Template, values map[string]any) error {
	var b bytes.Buffer
	if err := t.Execute(&b, values); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// startProcess starts a server's command, whose output goes to the folder's log. The folder is removed when the server ends.
// Setup is shell commands that make mounts which only the server sees, for which root's rights are needed; "": none.
// The environment is the command's alone: libraries that were unpacked are not for the system's programs.
func startProcess(folder, setup string, environment []string, command ...string) (*process, error) {
	arguments := slices.Concat([]string{"-c", guardScript, "guard", folder, setup, "env"}, environment, command)
	guard := exec.Command("/bin/sh", arguments...)
	guard.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	guard.Dir = "/"
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt from the keyboard is not for the guard
	// The guard waits for the end of its input, which is the end of this process at the latest.
	input, err := guard.StdinPipe()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(folder, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	guard.Stdout, guard.Stderr = log, log
	if err := guard.Start(); err != nil {
		return nil, err
	}
	p := &process{folder: folder, ended: make(chan struct{})}
	p.again = func() (*process, error) { return startProcess(folder, setup, environment, command...) }
	go func() {
		guard.Wait() // the guard's status says nothing: it ends by killing
		close(p.ended)
	}()
	p.stop = sync.OnceFunc(func() {
		input.Close()
		<-p.ended
	})
	return p, nil
}

// await returns when the server greets on addr, or stops it and returns an error that shows the log.
func (p *process) await(addr string) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := greet(addr)
		if err == nil {
			return nil
		}
		_, gone := os.Stat(filepath.Join(p.folder, "ended"))
		if gone == nil || time.Now().After(deadline) {
			err = fmt.Errorf("no greeting from %s: %w; its log:\n%s", addr, err, p.tail(0))
			p.stop()
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// greet connects and reads a greeting.
func greet(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	greeting := make([]byte, 4)
	if _, err := io.ReadFull(conn, greeting); err != nil {
		return err
	}
	if string(greeting) != "* OK" {
		return fmt.Errorf("greeting begins with %q", greeting)
	}
	return nil
}

// tail is the end of the server's log, from an offset on.
func (p *process) tail(from int) string {
	octets, err := os.ReadFile(filepath.Join(p.folder, "log"))
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	return shorten(string(octets[min(from, len(octets)):]), 4<<10)
}

// logged is how long the log is.
func (p *process) logged() int {
	info, err := os.Stat(filepath.Join(p.folder, "log"))
	if err != nil {
		return 0 // then there is nothing to show either, and tail says why
	}
	return int(info.Size())
}

// freePorts returns n ports on which nothing listens now.
func freePorts(host string, n int) ([]int, error) {
	var ports []int
	var err error
	for range n {
		listener, e := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		defer listener.Close() // after all have been asked for, that they differ
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, err
}

// awaitEnd returns when the command has ended.
func (p *process) awaitEnd() error {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(p.folder, "ended")); err == nil {
			return nil
		}
	}
	return fmt.Errorf("the server does not end; its log:\n%s", p.tail(0))
}
