package suite

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// The trouble that this file makes, as the page calls it.
const (
	killedAtRecords = "Killed at a record of the journal"
	killedSometime  = "Killed at any moment"
	killedTwice     = "Killed again while resuming"
)

// A kill is how the process of an apply is killed: at a record, or after a part of the
// time that it takes; and perhaps the one that resumes it, too.
type kill struct {
	record int // 0: none
	after  bool
	part   float64

	again int // record at which the process that resumes is killed; 0: none does
}

func (k kill) String() string {
	name := fmt.Sprintf("after %.2f of the time", k.part)
	if k.record > 0 {
		name = fmt.Sprintf("before record %d", k.record)
		if k.after {
			name = fmt.Sprintf("after record %d", k.record)
		}
	}
	if k.again > 0 {
		name += fmt.Sprintf(", then at record %d", k.again)
	}
	return name
}

// kills are all the trials, by trouble. A journal has that many records without them.
func kills(records int) map[string][]kill {
	all := map[string][]kill{}
	for n := 1; n <= records; n++ {
		all[killedAtRecords] = append(all[killedAtRecords], kill{record: n}, kill{record: n, after: true})
		all[killedTwice] = append(all[killedTwice], kill{record: n, after: true, again: 1 + n%4})
	}
	for n := range 97 {
		part := float64((n*61)%97) / 97 // any order does
		all[killedSometime] = append(all[killedSometime], kill{part: part})
	}
	return all
}

// Whenever the process of an apply is killed, the next one finishes by its journal what
// it left in doubt, and does the rest.
func TestKilled(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			records, takes := f.cleanProcess(t)
			var chosen []attempt
			scores, sizes := map[string]*score{}, map[string]int{}
			for trouble, trials := range kills(records) {
				s := &score{}
				scores[trouble], sizes[trouble] = s, len(trials)
				for i, k := range trials {
					if (i+f.thin/2)%(3*f.thin) == 0 || allFaults() {
						chosen = append(chosen, attempt{trouble + "/" + k.String(), func(t *testing.T) { f.kill(t, k, takes, s) }})
					}
				}
			}
			f.each(t, chosen)
			for trouble, s := range scores {
				t.Logf("%d processes killed", s.times.Load())
				report(t, f.name, trouble, s, sizes[trouble])
			}
		})
	}
}

// startApart is a mailbox that another process can reach: through the recorder, or as a
// tree.
func (f *faulty) startApart(t *testing.T) (l *lasting, text string) {
	t.Helper()
	if f.name == "maildir" {
		dir := t.TempDir()
		l = newLasting(t, func(t *testing.T) imaptest.Account { return serveMaildir(t, dir) }, imaptest.Script{})
		l.tree = dir
		return l, fmt.Sprintf("account \"test\" {\n  maildir = %q\n}\n%s", dir, everything)
	}
	l = newLasting(t, f.start, imaptest.Script{})
	host, port, err := net.SplitHostPort(l.recorder.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return l, fmt.Sprintf("account \"test\" {\n  host = %q\n  port = %s\n  tls = \"none\"\n  username = %q\n  password = %q\n}\n%s",
		host, port, l.account.Username, l.account.Password, everything)
}

// cleanProcess makes an apply in a process that nobody kills. It returns how many
// records its journal has, and how long it takes.
func (f *faulty) cleanProcess(t *testing.T) (records int, takes time.Duration) {
	t.Helper()
	l, text := f.startApart(t)
	takes, died := l.spawn(child{Text: text}, 0)
	if died {
		t.Fatal("somebody has killed it")
	}
	l.hangUp()
	l.want(l.judge(), outcome())

	counting := newLasting(t, f.start, imaptest.Script{})
	counter := &mortal{}
	counting.wrap = func(j apply.Journal) apply.Journal { counter.Journal = j; return counter }
	if made, r, err := counting.persist(t.Context()); err != nil || !r.Complete() {
		t.Fatalf("%v %s", err, describe(made, r))
	}
	return counter.n, takes
}

// bury waits until what a process that was killed has left is gone: its connections, and
// the locks of the Maildir server in it. Those that do not name it any more, because it
// was writing another content into them, count as left behind after two minutes; here
// those pass at once.
func (l *lasting) bury() {
	l.Helper()
	l.hangUp()
	if l.tree == "" {
		return
	}
	long := time.Now().Add(-5 * time.Minute)
	err := filepath.WalkDir(l.tree, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".lock") {
			return err
		}
		return os.Chtimes(path, long, long)
	})
	if err != nil {
		l.Fatal(err)
	}
}

// spawn runs a child, and kills it after a time from when it begins to apply; 0: not. It
// returns how long it took from then on, and whether it was killed.
func (l *lasting) spawn(c child, after time.Duration) (took time.Duration, died bool) {
	l.Helper()
	c.Dir, c.Now = l.dir, l.now
	cmd := c.start(l.T)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		l.Fatal(err)
	}
	said := bufio.NewScanner(out)
	begun := said.Scan() && said.Text() == "begun"
	began := time.Now()
	var killer *time.Timer
	if after > 0 {
		killer = time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may be done already
	}
	for said.Scan() {
	}
	err = cmd.Wait()
	took = time.Since(began)
	if killer != nil {
		killer.Stop()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		died = ok && status.Signal() == syscall.SIGKILL
	}
	if err != nil && !died || !begun {
		l.Fatalf("the process (begun: %t) ended with %v: %s", begun, err, strings.TrimSpace(errs.String()))
	}
	return took, died
}

// kill makes a run that is killed, and finishes it.
func (f *faulty) kill(t *testing.T, k kill, takes time.Duration, s *score) {
	l, text := f.startApart(t)
	_, died := l.spawn(child{Text: text, Kill: k.record, After: k.after}, max(time.Duration(k.part*float64(takes)), time.Duration(1-min(k.record, 1))))
	l.bury()
	count(&s.times, died)
	if !died && k.record > 0 {
		t.Error("the process did not die at its record")
	}
	l.lossless(imaptest.Snapshot(t, l.account))
	if k.again > 0 {
		_, died := l.spawn(child{Text: text, Resume: true, Kill: k.again, After: k.again%2 == 0}, 0)
		l.bury()
		count(&s.times, died)
	}
	found, unsure := l.resume()
	if died && !found && k.again == 0 && k.record > 0 { // at another moment it may be over already
		t.Error("there is nothing to resume")
	}
	got := l.finish()
	s.take(got)
	if unsure != nil {
		t.Logf("resumed: %v", unsure)
		s.doubt.Add(int64(doubtful(unsure)))
		return
	}
	l.want(got, outcome())
}

func count(n *atomic.Int64, yes bool) {
	if yes {
		n.Add(1)
	}
}
