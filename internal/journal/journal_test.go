package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/state"
)

var (
	account = state.Key{Host: "imap.example.org", Port: 993, Username: "me@example.org"}
	started = time.Date(2026, 1, 2, 15, 4, 5, 678e6, time.UTC)
)

// ticking is a clock that goes on by a millisecond each time it is looked at.
func ticking(from time.Time) func() time.Time {
	return func() time.Time {
		from = from.Add(time.Millisecond)
		return from
	}
}

func run(id string) Run {
	return Run{ID: id, Tool: "imapform 1.2.0", Command: "apply", Account: "account.work", Mailbox: "imap.example.org"}
}

// story are records of each kind, after that of the run; whether each is intended.
func story() (all []Record, intended []bool) {
	seen, work := mailbox.NewFlags(imap.FlagSeen), mailbox.NewFlags("$Work", "Späm")
	batch := &Batch{
		Folder: "INBOX", UIDValidity: 7, Copies: []Into{{"Köpie", 8, 5}}, Away: VerbMove, To: &Into{"A/B", 9, 100}, ByCopy: true, Trash: true, FlagsFirst: true,
		Messages: []Message{{UID: 3, Digest: 1 << 63}, {UID: 4, Digest: 5, Add: seen}, {UID: 5, Add: seen, Remove: work}, {UID: 4294967295, Digest: 7, Add: seen}, {UID: 1}},
		Because:  []string{`rule.x["y"]`},
	}
	for _, r := range []struct {
		intended bool
		record   Record
	}{
		{true, Record{Folder: &Folder{Verb: VerbCreate, Name: "A/B", Use: mailbox.UseTrash, Because: []string{"folder.b"}}}},
		{false, Record{Made: &Folder{Verb: VerbCreate, Name: "A/B"}}},
		{true, Record{Folder: &Folder{Verb: VerbRename, Name: "A/B", To: "Ä/\u202e"}}},
		{true, Record{Batch: batch}},
		{true, Record{Command: &Command{Verb: VerbCopy, Folder: "INBOX", To: "A/B", UIDs: []imap.UID{3, 4, 5, 4294967295, 1}}}},
		{false, Record{Done: &Done{Verb: VerbCopy, Folder: "INBOX", UIDValidity: 7, To: "A/B", ToValidity: 9, UIDs: []imap.UID{3, 4, 5}, At: []imap.UID{100, 0, 101}, Digests: []uint64{1, 2, 1<<64 - 1}}}},
		{false, Record{Done: &Done{Verb: VerbExpunge, Folder: "INBOX", UIDs: []imap.UID{3}, Dir: "backup", Backup: []string{"a.eml"}}}},
		{true, Record{Command: &Command{Verb: VerbAdd, Folder: "A/B", Flags: seen, UIDs: []imap.UID{101}}}},
		{false, Record{Settled: &Settled{Unknown: "message 4"}}},
	} {
		all, intended = append(all, r.record), append(intended, r.intended)
	}
	return all, intended
}

// written is a journal with the story in it, which has ended if end.
func written(t *testing.T, dir, id string, end bool) string {
	t.Helper()
	w, err := Create(dir, account, run(id), ticking(started))
	if err != nil {
		t.Fatal(err)
	}
	records, intended := story()
	for i, r := range records {
		note := w.Note
		if intended[i] {
			note = w.Intend
		}
		if err := note(r); err != nil {
			t.Fatal(err)
		}
	}
	if end {
		err = w.Close(End{Complete: true})
	} else {
		err = w.Leave()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.Path()
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	path := written(t, dir, "20260102T150405Z-ab12cd", true)
	j, err := Read(path)
	if err != nil || j.Torn {
		t.Fatalf("%+v, %v", j, err)
	}
	first := run("20260102T150405Z-ab12cd")
	want, _ := story()
	want = slices.Concat([]Record{{Run: &first}}, want, []Record{{End: &End{Complete: true}}})
	for i := range want {
		want[i].At = started.Add(time.Duration(i+2) * time.Millisecond)
	}
	if !reflect.DeepEqual(j.Records, want) {
		t.Errorf("got\n%s\nwant\n%s", asJSON(t, j.Records), asJSON(t, want))
	}
	if j.Run().ID != first.ID || !j.End().Complete || !j.Began().Equal(want[0].At) {
		t.Errorf("run %+v, end %+v", j.Run(), j.End())
	}
	if want := "20260102T150405.679000Z-20260102T150405Z-ab12cd.journal"; filepath.Base(path) != want {
		t.Errorf("its name is %s, want %s", filepath.Base(path), want)
	}
	for p, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700, dir: 0o700} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(content); strings.Contains(text, "me@example.org") || !strings.Contains(text, `"uids":"3:5,4294967295,1"`) {
		t.Errorf("the file is\n%s", text)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whatever a crash leaves of a file, or adds to it, what it tells is a beginning of what
// was written.
func TestEveryPrefix(t *testing.T) {
	content, whole := journalBytes(t)
	for cut := range len(content) + 1 {
		want := max(0, bytes.Count(content[:cut], []byte("\n"))-1)
		for name, tail := range map[string]string{"": "", "zeroes": "\x00\x00\x00", "many zeroes": strings.Repeat("\x00", 100<<10), "a line": "\x00\x00\n", "nonsense": "x"} {
			if name == "many zeroes" && cut%100 != 0 {
				continue // it takes its time
			}
			if cut < len(headerLine) && strings.Trim(tail, "\x00") != "" {
				continue // it would not begin as a journal does
			}
			j, err := Decode(strings.NewReader(string(content[:cut]) + tail))
			if err != nil {
				t.Fatalf("cut at %d, %s: %v", cut, name, err)
			}
			if !reflect.DeepEqual(j.Records, whole.Records[:want]) && want+len(j.Records) > 0 {
				t.Fatalf("cut at %d, %s: %d records, want %d", cut, name, len(j.Records), want)
			}
			torn := cut < len(headerLine) || content[cut-1] != '\n' || tail != ""
			if j.Torn != torn {
				t.Errorf("cut at %d, %s: torn %v, want %v", cut, name, j.Torn, torn)
			}
		}
	}
}

// A changed octet is damage, or it is in what was not flushed at the end.
func TestEveryFlip(t *testing.T) {
	content, whole := journalBytes(t)
	// The last record is flushed, but nothing stands behind it that could tell; without
	// the end of the line before, that is part of it.
	last := bytes.LastIndexByte(content[:len(content)-1], '\n') + 1
	for at := range content {
		for bit := range 8 {
			changed := slices.Clone(content)
			changed[at] ^= 1 << bit
			j, err := Decode(bytes.NewReader(changed))
			if err != nil {
				continue
			}
			lost := 1
			if at == last-1 {
				lost = 2
			}
			if n := len(j.Records); at < last-1 || n != len(whole.Records)-lost || !j.Torn || !reflect.DeepEqual(j.Records, whole.Records[:n]) {
				t.Fatalf("octet %d with bit %d changed: %d records, torn %v", at, bit, n, j.Torn)
			}
		}
	}
}

// A line that is missing, doubled or exchanged is damage unless it was never flushed.
func TestLines(t *testing.T) {
	content, _ := journalBytes(t)
	lines := bytes.SplitAfter(content, []byte("\n"))
	lines = lines[:len(lines)-1]
	for i := range lines {
		for name, changed := range map[string][][]byte{
			"missing":   slices.Delete(slices.Clone(lines), i, i+1),
			"doubled":   slices.Insert(slices.Clone(lines), i, lines[i]),
			"zeroes":    slices.Replace(slices.Clone(lines), i, i+1, bytes.Repeat([]byte{0}, len(lines[i]))),
			"exchanged": slices.Insert(slices.Delete(slices.Clone(lines), i, i+1), max(0, i-1), lines[i]),
		} {
			j, err := Decode(bytes.NewReader(bytes.Join(changed, nil)))
			if i == len(lines)-1 && (name == "missing" || name == "zeroes") || i == 0 && name == "exchanged" {
				if err != nil {
					t.Errorf("line %d %s: %v", i+1, name, err)
				}
			} else if damage, ok := errors.AsType[*DamageError](err); !ok || damage.Line < i || damage.Line > i+2 {
				t.Errorf("line %d %s: %v, %v", i+1, name, j != nil, err)
			}
		}
	}
}

// What was only noted when the machine crashed can be lost in any order.
func TestUnflushed(t *testing.T) {
	first := run("20260102T150405Z-ab12cd")
	var records []Record
	for range 4 {
		records = append(records, Record{Settled: &Settled{}})
	}
	text := func(lost ...int) string {
		content := []byte(headerLine)
		for i, r := range append([]Record{{Run: &first}}, records...) {
			raw := line{i + 1, min(i, 2), []byte(asLine(t, r))}.append(nil)
			if slices.Contains(lost, i+1) {
				raw = bytes.Repeat([]byte{0}, len(raw))
			}
			content = append(content, raw...)
		}
		return string(content)
	}
	for _, c := range []struct {
		lost []int
		want int // -1: damage
	}{{nil, 5}, {[]int{5}, 4}, {[]int{4}, 3}, {[]int{3}, 2}, {[]int{3, 5}, 2}, {[]int{3, 4, 5}, 2}, {[]int{2}, -1}, {[]int{1}, -1}, {[]int{2, 3, 4, 5}, 1}} {
		j, err := Decode(strings.NewReader(text(c.lost...)))
		if _, damaged := errors.AsType[*DamageError](err); damaged != (c.want < 0) {
			t.Errorf("%v lost: %v", c.lost, err)
		} else if err == nil && (len(j.Records) != c.want || j.Torn != (c.want < 5)) {
			t.Errorf("%v lost: %d records, torn %v, want %d", c.lost, len(j.Records), j.Torn, c.want)
		}
	}
}

func asLine(t *testing.T, r Record) string {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func journalBytes(t *testing.T) ([]byte, *Journal) {
	t.Helper()
	path := written(t, t.TempDir(), "20260102T150405Z-ab12cd", true)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return content, j
}
