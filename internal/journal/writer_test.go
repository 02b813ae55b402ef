package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/state"
)

var settled = Record{Settled: &Settled{}}

// A disk is a file that fails where it is told to.
type disk struct {
	content     strings.Builder
	synced      int // of the content
	wrote       int // calls
	full        int // what is left of it, in octets
	failsToSync bool
	closed      bool
}

var errDisk = errors.New("input/output error")

func (d *disk) Write(b []byte) (int, error) {
	d.wrote++
	n := min(len(b), d.full)
	d.full -= n
	d.content.Write(b[:n])
	if n < len(b) {
		return n, errDisk
	}
	return n, nil
}

func (d *disk) Sync() error {
	if d.failsToSync {
		return errDisk
	}
	d.synced = d.content.Len()
	return nil
}

func (d *disk) Close() error {
	d.closed = true
	return nil
}

// on is a writer on a disk, at its second record.
func on(t *testing.T, d *disk) *Writer {
	t.Helper()
	w := &Writer{path: "j", now: ticking(started), file: d}
	first := run("a")
	w.write([]byte(headerLine), Record{Run: &first})
	if w.flush(); w.err != nil {
		t.Fatal(w.err)
	}
	return w
}

// What is intended is on the disk when Intend returns, with all before it; what is noted
// with the next that is intended, or the end.
func TestFlushed(t *testing.T) {
	d := &disk{full: 1 << 20}
	w := on(t, d)
	for i, step := range []struct {
		do      func() error
		flushed bool
	}{
		{func() error { return w.Note(settled) }, false},
		{func() error { return w.Note(settled) }, false},
		{func() error { return w.Intend(settled) }, true},
		{func() error { return w.Note(settled) }, false},
		{func() error { return w.Close(End{}) }, true},
	} {
		before := d.wrote
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := d.synced == d.content.Len(); got != step.flushed || d.wrote != before+1 {
			t.Errorf("step %d: flushed %v, %d writes", i, got, d.wrote-before)
		}
	}
	j, err := Decode(strings.NewReader(d.content.String()))
	if err != nil || len(j.Records) != 6 || j.End() == nil || !d.closed {
		t.Errorf("%+v, %v", j, err)
	}
}

// Once a disk has failed, nothing is written any more, and nothing may be changed.
func TestBroken(t *testing.T) {
	for name, c := range map[string]struct {
		broke func(d *disk)
		note  func(w *Writer) error
		says  string
	}{
		"full":               {func(d *disk) { d.full = 10 }, func(w *Writer) error { return w.Note(settled) }, errDisk.Error()},
		"full when intended": {func(d *disk) { d.full = 0 }, func(w *Writer) error { return w.Intend(settled) }, errDisk.Error()},
		"not flushed":        {func(d *disk) { d.failsToSync = true }, func(w *Writer) error { return w.Intend(settled) }, errDisk.Error()},
		"no record":          {func(*disk) {}, func(w *Writer) error { return w.Note(Record{}) }, "one thing"},
		"two in one":         {func(*disk) {}, func(w *Writer) error { return w.Note(Record{Settled: &Settled{}, End: &End{}}) }, "one thing"},
		"another run":        {func(*disk) {}, func(w *Writer) error { return w.Note(Record{Run: &Run{ID: "b"}}) }, "first record"},
		"an unknown verb":    {func(*disk) {}, func(w *Writer) error { return w.Intend(Record{Command: &Command{Verb: "eat"}}) }, `"eat"`},
		"not UTF-8": {func(*disk) {}, func(w *Writer) error {
			return w.Intend(Record{Folder: &Folder{Verb: VerbCreate, Name: "\xff"}})
		}, "not UTF-8"},
		"subscriptions not UTF-8": {func(*disk) {}, func(w *Writer) error {
			return w.Intend(Record{Folder: &Folder{Verb: VerbRename, Name: "a", To: "b", Subscriptions: []mailbox.Name{"a", "\xff"}}})
		}, "not UTF-8"},
		"flags not UTF-8": {func(*disk) {}, func(w *Writer) error {
			return w.Intend(Record{Batch: &Batch{Messages: []Message{{UID: 1, Add: mailbox.Flags{"\xff"}}}}})
		}, "not UTF-8"},
		"a year too late": {func(*disk) {}, func(w *Writer) error {
			w.now = func() time.Time { return time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }
			return w.Note(settled)
		}, "year"},
		"too many UIDs": {func(*disk) {}, func(w *Writer) error {
			return w.Intend(Record{Command: &Command{Verb: VerbCopy, UIDs: descending(maxList + 1)}})
		}, "too many"},
		"too long": {func(*disk) {}, func(w *Writer) error {
			return w.Intend(Record{Command: &Command{Verb: VerbCopy, UIDs: descending(maxList)}})
		}, "too long"},
		"a file too long": {func(*disk) {}, func(w *Writer) error { w.size = maxSize - 20; return w.Intend(settled) }, "full"},
		"too much in all": {func(*disk) {}, func(w *Writer) error {
			w.numbers = maxNumbers
			return w.Intend(Record{Command: &Command{Verb: VerbCopy, UIDs: []imap.UID{1}}})
		}, "full"},
	} {
		d := &disk{full: 64 << 20}
		w := on(t, d)
		c.broke(d)
		first := c.note(w)
		if first == nil || !strings.Contains(first.Error(), c.says) || !strings.Contains(first.Error(), "journal j") {
			t.Errorf("%s: error %v", name, first)
			continue
		}
		d.full, d.failsToSync = 64<<20, false // it recovers, and still
		wrote := d.wrote
		for i, err := range []error{w.Note(settled), w.Intend(settled), w.Close(End{Complete: true}), w.Leave(), w.Note(settled)} {
			if !errors.Is(err, first) && (err == nil || err.Error() != first.Error()) {
				t.Errorf("%s: later call %d: %v", name, i, err)
			}
		}
		if d.wrote != wrote || !d.closed {
			t.Errorf("%s: it wrote %d times after it, closed %v", name, d.wrote-wrote, d.closed)
		}
		if j, err := Decode(strings.NewReader(d.content.String())); err != nil || j.End() != nil || len(j.Records) > 2 {
			t.Errorf("%s: left is %+v, %v", name, j, err)
		}
	}
}

func descending(n int) []imap.UID {
	uids := make([]imap.UID, n)
	for i := range uids {
		uids[i] = imap.UID(4294967295 - 2*i)
	}
	return uids
}

// After the end nothing follows, and a long reason is cut.
func TestClosed(t *testing.T) {
	w := on(t, &disk{full: 1 << 20})
	if err := w.Close(End{Error: strings.Repeat("é\xff", 5000)}); err != nil {
		t.Fatal(err)
	}
	for i, err := range []error{w.Note(settled), w.Intend(settled), w.Close(End{})} {
		if !errors.Is(err, errClosed) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	text := w.file.(*disk).content.String()
	j, err := Decode(strings.NewReader(text))
	if err != nil || j.End() == nil || len(j.End().Error) > maxReason+3 || !strings.HasSuffix(j.End().Error, "…") {
		t.Errorf("%+v, %v", j, err)
	}
}

func TestConcurrent(t *testing.T) {
	w, err := Create(t.TempDir(), account, run("a"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 5 {
				if err := errors.Join(w.Note(settled), w.Intend(settled)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := w.Close(End{}); err != nil {
		t.Fatal(err)
	}
	if j, err := Read(w.Path()); err != nil || len(j.Records) != 42 {
		t.Errorf("%+v, %v", j, err)
	}
}

func TestCreateRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777)); err != nil {
		t.Fatal(err)
	}
	linked := t.TempDir()
	if err := errors.Join(os.Chmod(linked, 0o700), os.Symlink(open, filepath.Join(linked, "journal"))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir  string
		key  state.Key
		id   string
		says string
	}{
		"no ID":             {t.TempDir(), account, "", "no ID"},
		"a path for an ID":  {t.TempDir(), account, "../x", "no ID"},
		"no account":        {t.TempDir(), state.Key{}, "a", "either a host or a maildir"},
		"a file":            {file, account, "a", "-journal=DIR"},
		"open to all":       {open, account, "a", "chmod go-w"},
		"a link to such":    {linked, account, "a", "chmod go-w"},
		"where nothing can": {"/proc/imapform", account, "a", "IMAPFORM_STATE_DIR"},
	} {
		if w, err := Create(c.dir, c.key, run(c.id), time.Now); err == nil || w != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, error %v, which should say %q", name, w, err, c.says)
		}
	}
}

// The journal of a run that died is gone on with; what was torn is gone.
func TestReopen(t *testing.T) {
	for name, tail := range map[string]string{"": "", "a torn line": "deadbeef 11 9 {\"at\"", "zeroes": strings.Repeat("\x00", 5000), "a line of zeroes": "\x00\n"} {
		path := written(t, t.TempDir(), "a", false)
		add(t, path, tail)
		w, j, err := Reopen(path, ticking(started.Add(time.Hour)))
		if err != nil || j.Torn != (tail != "") || len(j.Records) != 10 {
			t.Fatalf("%s: %+v, %v", name, j, err)
		}
		if err := errors.Join(w.Intend(settled), w.Close(End{Complete: true})); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := Read(path)
		if err != nil || again.Torn || len(again.Records) != 12 || !reflect.DeepEqual(again.Records[:10], j.Records) || !again.End().Complete {
			t.Errorf("%s: %+v, %v", name, again, err)
		}
	}
}

func add(t *testing.T, path, tail string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(tail)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestReopenRefuses(t *testing.T) {
	dir := t.TempDir()
	empty, damaged := filepath.Join(dir, "empty"), filepath.Join(dir, "damaged")
	if err := errors.Join(os.WriteFile(empty, nil, 0o600), os.WriteFile(damaged, []byte("imapform journal 9\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	running, err := Create(t.TempDir(), account, run("a"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer running.Leave()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(written(t, t.TempDir(), "a", false), link); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		empty: "never began", damaged: "a newer one", written(t, t.TempDir(), "a", true): "has ended",
		filepath.Join(dir, "none"): "no such file", running.Path(): ErrRunning.Error(), link: "symbolic",
	} {
		before, _ := os.ReadFile(path)
		w, j, err := Reopen(path, time.Now)
		if err == nil || w != nil || j != nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, %v, error %v, which should say %q", path, w, j, err, says)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s was changed", path)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	var messages []Message
	var uids []imap.UID
	for i := range 500 {
		messages = append(messages, Message{UID: imap.UID(1000 + 3*i), Digest: uint64(i) * 0x9e3779b97f4a7c15})
		uids = append(uids, messages[i].UID)
	}
	command := Record{Command: &Command{Verb: VerbMove, Folder: "INBOX", To: "Archive", UIDs: uids}}
	batch := Record{Batch: &Batch{Folder: "INBOX", UIDValidity: 1, Away: VerbMove, To: &Into{"Archive", 1, 1}, Messages: messages}}
	for name, r := range map[string]Record{"settled": settled, "command of 500": command, "batch of 500": batch} {
		for _, way := range []string{"Intend", "Note"} {
			b.Run(fmt.Sprintf("%s/%s", way, name), func(b *testing.B) {
				w, err := Create(b.TempDir(), account, run("a"), time.Now)
				if err != nil {
					b.Fatal(err)
				}
				note := map[string]func(Record) error{"Intend": w.Intend, "Note": w.Note}[way]
				for b.Loop() {
					w.size, w.numbers = 0, 0 // it is never full here
					if err := note(r); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Leave(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
