package journal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/state"
)

func TestNewRunID(t *testing.T) {
	first, second := NewRunID(started), NewRunID(started.In(time.FixedZone("", 3600)))
	if first == second || len(first) != len("20260102T150405Z-ab12cd") || !strings.HasPrefix(first, "20260102T150405Z-") || !strings.HasPrefix(second, "20260102T150405Z-") {
		t.Errorf("%s, %s", first, second)
	}
	if err := checkID(first); err != nil {
		t.Error(err)
	}
}

// begun makes the journal of a run, which has ended.
func begun(t *testing.T, dir string, key state.Key, id string, now time.Time) string {
	t.Helper()
	w, err := Create(dir, key, run(id), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(End{Complete: true}); err != nil {
		t.Fatal(err)
	}
	return w.Path()
}

func ids(entries []Entry) (all []string) {
	for _, e := range entries {
		all = append(all, e.Run)
	}
	return all
}

// The order is that in which runs began, whatever becomes of the clock.
func TestList(t *testing.T) {
	dir, other := t.TempDir(), state.Key{Maildir: "/nowhere/mail"}
	if entries, err := List(filepath.Join(dir, "none"), account); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if entries, err := ListAll(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
	begun(t, dir, account, "z", started)
	begun(t, dir, account, "b", started)
	path := begun(t, dir, account, "c", started.Add(-time.Hour)) // the clock was set back
	begun(t, dir, other, "c", started)
	begun(t, dir, other, "d", started.Add(time.Hour))
	for _, name := range []string{"x.journal", "20260102T150405.000000Z-.journal", "20260102T150405.000000Z-a.journal.tmp", "20260102-a.journal", "notes"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "journal", "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := List(dir, account)
	if got := ids(entries); err != nil || !slices.Equal(got, []string{"c", "b", "z"}) {
		t.Errorf("%v, %v", got, err)
	}
	if e := entries[0]; e.Path != path || e.Account != filepath.Base(filepath.Dir(path)) || !e.Time.Equal(started.Truncate(time.Microsecond).Add(2*time.Microsecond)) {
		t.Errorf("%+v", e)
	}
	all, err := ListAll(dir)
	if got := ids(all); err != nil || !slices.Equal(got, []string{"d", "c", "b", "z", "c"}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := List(dir, state.Key{}); err == nil {
		t.Error("nobody has journals")
	}
}

// What somebody else could have written is not believed.
func TestListRefuses(t *testing.T) {
	dir := t.TempDir()
	path := begun(t, dir, account, "a", started)
	for d := filepath.Dir(path); strings.HasPrefix(d, dir); d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(d, 0o720); err != nil {
			t.Fatal(err)
		}
		_, listed := List(dir, account)
		_, all := ListAll(dir)
		_, found := Find(dir, Last)
		_, _, unfinished := Unfinished(dir, account)
		for _, err := range []error{listed, all, found, unfinished, Prune(dir, account, started)} {
			if err == nil || !strings.Contains(err.Error(), "relied upon") || !strings.Contains(err.Error(), "chmod go-w") {
				t.Errorf("%s: error %v", d, err)
			}
		}
		if err := os.Chmod(d, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	dir, other := t.TempDir(), state.Key{Maildir: "/nowhere/mail"}
	if _, err := Find(dir, Last); err == nil || !strings.Contains(err.Error(), "no run is recorded in") {
		t.Errorf("error %v", err)
	}
	begun(t, dir, account, "2026-ab", started)
	begun(t, dir, account, "2026-abc", started.Add(time.Second))
	begun(t, dir, account, "2027-x", started.Add(2*time.Second))
	begun(t, dir, other, "2027-x", started.Add(3*time.Second))
	begun(t, dir, other, "1999-later", started.Add(4*time.Second))
	for id, want := range map[string][]string{
		"last": {"1999-later"}, "2026-ab": {"2026-ab"}, "2026-abc": {"2026-abc"}, "2027": {"2027-x", "2027-x"}, "2027-x": {"2027-x", "2027-x"}, "19": {"1999-later"},
	} {
		if entries, err := Find(dir, id); err != nil || !slices.Equal(ids(entries), want) {
			t.Errorf("%s: %v, %v; want %v", id, ids(entries), err, want)
		}
	}
	for id, says := range map[string]string{"2": "there are 3 runs", "2026": "such as 2026-abc and 2026-ab", "": "no run", "x": "no run", "2027-xx": "imapform history", "../": "no run"} {
		if entries, err := Find(dir, id); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, error %v, which should say %q", id, entries, err, says)
		}
	}
}

const childVariable = "IMAPFORM_TEST_JOURNAL_IN"

// TestChild is not a test, but the run that dies in TestUnfinished.
func TestChild(t *testing.T) {
	dir := os.Getenv(childVariable)
	if dir == "" {
		t.Skip("it runs in a process of its own")
	}
	w, err := Create(dir, account, run("killed"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	records, _ := story()
	for _, r := range records {
		if err := w.Note(r); err != nil {
			t.Fatal(err)
		}
	}
	os.Stdout.WriteString("noted\n")
	os.Stdin.Read(make([]byte, 1)) // until it is killed, or its parent has ended
}

func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	find := func() string {
		t.Helper()
		path, ok, err := Unfinished(dir, account)
		if err != nil || ok != (path != "") {
			t.Fatalf("%q, %v, %v", path, ok, err)
		}
		return path
	}
	begun(t, dir, account, "ended", time.Now())
	if got := find(); got != "" {
		t.Errorf("%s is unfinished", got)
	}

	child := exec.Command(os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childVariable+"="+dir)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if said := make([]byte, 6); true {
		if _, err := out.Read(said); err != nil || string(said) != "noted\n" {
			t.Errorf("the child says %q, %v", said, err)
		}
	}
	if got := find(); got != "" {
		t.Errorf("%s is unfinished, and its process lives", got)
	}
	entries, err := List(dir, account)
	if err != nil {
		t.Fatal(err)
	}
	if running, err := entries[0].Running(); err != nil || !running {
		t.Errorf("running: %v, %v", running, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	killed := find()
	if j, err := Read(killed); err != nil || j.Run().ID != "killed" || len(j.Records) != 10 {
		t.Errorf("%s: %+v, %v", killed, j, err)
	}
	// An older one is found once the newest has been dealt with.
	begun(t, dir, account, "later", time.Now())
	if got := find(); got != killed {
		t.Errorf("got %s", got)
	}
	w, _, err := Reopen(killed, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if got := find(); got != "" {
		t.Errorf("%s is being dealt with", got)
	}
	if err := w.Close(End{}); err != nil {
		t.Fatal(err)
	}
	if got := find(); got != "" {
		t.Errorf("%s is unfinished", got)
	}
}

// A run of which nothing reached the disk has changed nothing; one whose journal cannot
// be read is an error.
func TestUnfinishedUnreadable(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		ok      bool
		says    string
	}{
		"nothing":             {content: ""},
		"half a header":       {content: "imapf"},
		"a header":            {content: headerLine},
		"zeroes":              {content: strings.Repeat("\x00", 4096)},
		"half a run":          {content: lines(runLine)[:40]},
		"a run":               {content: lines(runLine), ok: true},
		"half an end":         {content: strings.TrimSuffix(lines(runLine, `{"end":{"complete":true}}`), "\n"), ok: true},
		"a wrong end":         {content: lines(runLine) + "x\n", ok: true},
		"an end":              {content: lines(runLine, `{"end":{"complete":true}}`)},
		"damaged, but ended":  {content: "x" + lines(runLine, `{"end":{"complete":true}}`)},
		"damaged":             {content: lines(runLine, `{"settled":{}}`, `{"sett`, `{"settled":{}}`), says: "move that file away"},
		"damaged at the top":  {content: "x" + lines(runLine), says: "does not begin"},
		"a newer format":      {content: "imapform journal 2\n" + strings.Repeat("x", 100<<10), says: "its format is 2"},
		"an end nobody knows": {content: lines(runLine, `{"end":{"complete":true,"sure":false}}`), says: "a newer imapform"},
	} {
		dir := t.TempDir()
		path := begun(t, dir, account, "a", started)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, ok, err := Unfinished(dir, account)
		if c.says != "" {
			if err == nil || ok || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v, error %v, which should say %q", name, ok, err, c.says)
			}
		} else if err != nil || ok != c.ok || ok && got != path {
			t.Errorf("%s: %q, %v, %v", name, got, ok, err)
		}
	}
}

func TestPrune(t *testing.T) {
	dir, now := t.TempDir(), started
	var want []string
	day := 24 * time.Hour
	for i := range 30 { // of which 20 are kept whatever their age
		id := fmt.Sprint("old-", i)
		begun(t, dir, account, id, now.Add(-200*day+time.Duration(i)*time.Hour))
		if i >= 15 { // with the 5 below there are 20

			want = append(want, id)
		}
	}
	for i := range 5 {
		id := fmt.Sprint("new-", i)
		begun(t, dir, account, id, now.Add(-90*day+time.Duration(i)*time.Minute))
		want = append(want, id)
	}
	other := state.Key{Maildir: "/nowhere/mail"}
	begun(t, dir, other, "other", now.Add(-300*day))
	// Two of the oldest have no end.
	entries, err := List(dir, account)
	if err != nil {
		t.Fatal(err)
	}
	for i, content := range []string{lines(runLine), "nonsense"} {
		e := entries[len(entries)-1-i]
		if err := os.WriteFile(e.Path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		want = slices.Insert(want, i, e.Run)
	}
	for range 2 {
		if err := Prune(dir, account, now); err != nil {
			t.Fatal(err)
		}
		left, err := List(dir, account)
		if got := ids(left); err != nil || !slices.Equal(reversed(got), want) {
			t.Errorf("left are %v, %v", reversed(got), err)
		}
	}
	if all, err := List(dir, other); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

// More than 20 young ones stay.
func TestPruneYoung(t *testing.T) {
	dir := t.TempDir()
	for i := range 25 {
		begun(t, dir, account, fmt.Sprint("run-", i), started)
	}
	if err := Prune(dir, account, started.Add(keptFor)); err != nil {
		t.Fatal(err)
	}
	if all, err := List(dir, account); err != nil || len(all) != 25 {
		t.Errorf("%d, %v", len(all), err)
	}
	if err := Prune(dir, account, started.Add(keptFor+time.Second)); err != nil {
		t.Fatal(err)
	}
	if all, err := List(dir, account); err != nil || len(all) != keptAll {
		t.Errorf("%d, %v", len(all), err)
	}
	if err := Prune(dir, state.Key{}, started); err == nil {
		t.Error("nobody has journals")
	}
	if err := Prune(t.TempDir(), account, started); err != nil {
		t.Error(err)
	}
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// That nobody can look is not that nobody is there.
func TestRunningFails(t *testing.T) {
	_, err := Entry{Path: filepath.Join(t.TempDir(), "none")}.Running()
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
