package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// lines are lines whose checksums fit, below a header.
func lines(texts ...string) string {
	content := []byte(headerLine)
	for i, text := range texts {
		content = line{i + 1, i, []byte(text)}.append(content)
	}
	return string(content)
}

const runLine = `{"at":"2026-01-02T15:04:05Z","run":{"id":"a","tool":"","command":"","account":"","mailbox":""}}`

func TestDecodeRefuses(t *testing.T) {
	batch := func(messages string) string {
		return lines(runLine, `{"at":"2026-01-02T15:04:05Z","batch":{"folder":"A","uidvalidity":1,"messages":`+messages+`}}`)
	}
	done := func(rest string) string {
		return lines(runLine, `{"at":"2026-01-02T15:04:05Z","done":{"verb":"copy","folder":"A","uidvalidity":1,`+rest+`}}`)
	}
	for name, c := range map[string]struct{ content, says string }{
		"another file":          {"-----BEGIN PRIVATE KEY-----\n", "line 1: it does not begin"},
		"text without lines":    {"hello", "line 1: it does not begin"},
		"a newer format":        {"imapform journal 2\nwhatever", "its format is 2, and this version of imapform knows 1"},
		"a much newer format":   {"imapform journal 17\n", "its format is 17"},
		"an older format":       {"imapform journal 0\n", "line 1"},
		"a format of no number": {"imapform journal x\n", "line 1"},
		"no run":                {lines(`{"at":"2026-01-02T15:04:05Z","settled":{}}`), "line 2: the first record tells the run"},
		"two runs":              {lines(runLine, runLine), "line 3: the first record tells the run"},
		"a run without an ID":   {lines(strings.Replace(runLine, `"a"`, `""`, 1)), "no ID of a run"},
		"a run with a path":     {lines(strings.Replace(runLine, `"a"`, `"../a"`, 1)), "no ID of a run"},
		"no record":             {lines(runLine, `{"at":"2026-01-02T15:04:05Z"}`), "line 3: a record is one thing, and this one is 0"},
		"two in one":            {lines(runLine, `{"at":"2026-01-02T15:04:05Z","settled":{},"end":{"complete":true}}`), "this one is 2"},
		"after the end":         {lines(runLine, `{"end":{"complete":true}}`, `{"settled":{}}`), "line 4: it follows the end"},
		"no JSON":               {lines(runLine, `{"settled"`), "line 3"},
		"more than JSON":        {lines(runLine, `{"settled":{}} {}`), "line 3: something follows"},
		"null":                  {lines(runLine, `null`), "line 3"},
		"zeroes between":        {lines(runLine) + "\x00\x00" + strings.TrimPrefix(lines(runLine, `{"end":{"complete":true}}`), lines(runLine)), "line 3: zeroes"},
		"an unknown record":     {lines(runLine, `{"at":"2026-01-02T15:04:05Z","undone":{}}`), "a newer imapform"},
		"an unknown part":       {done(`"uids":"1","sure":false`), "a newer imapform"},
		"an unknown verb":       {lines(runLine, `{"command":{"verb":"eat","folder":"A","uids":"1"}}`), `"eat"`},
		"an unknown folder":     {lines(runLine, `{"folder":{"verb":"move","name":"A"}}`), `"move"`},
		"a move nowhere":        {lines(runLine, `{"batch":{"folder":"A","away":"move","messages":{"uids":"","digests":""}}}`), "do not fit"},
		"an unknown leave":      {lines(runLine, `{"batch":{"folder":"A","away":"copy","messages":{"uids":"","digests":""}}}`), "do not fit"},
		"the UID 0":             {done(`"uids":"0"`), "UID 0"},
		"a UID too large":       {done(`"uids":"4294967296"`), "numbers"},
		"a UID that is none":    {done(`"uids":"1,,2"`), "numbers"},
		"a range backwards":     {done(`"uids":"9:7"`), `"9:7"`},
		"a star":                {done(`"uids":"1:*"`), "numbers"},
		"a huge range":          {done(`"uids":"1:4294967295"`), "too many"},
		"huge ranges":           {done(`"uids":"1:1000000,1:1000000"`), "too many"},
		"UIDs as numbers":       {done(`"uids":[1]`), "line 3"},
		"other destinations":    {done(`"uids":"1:2","at":"1"`), "2 messages have 1 UIDs"},
		"other digests":         {done(`"uids":"1:2","digests":"AAAAAAAAAAA"`), "2 messages have 1 digests"},
		"half a digest":         {done(`"uids":"1","digests":"AAAA"`), "digests are none"},
		"messages, no digests":  {batch(`{"uids":"1:2","digests":""}`), "2 messages have 0 digests"},
		"a flag of nobody":      {batch(`{"uids":"1","digests":"AAAAAAAAAAA","flags":[{"add":["x"],"places":"1"}]}`), "no message at place 1"},
		"a flag twice":          {batch(`{"uids":"1","digests":"AAAAAAAAAAA","flags":[{"add":["x"],"places":"0"},{"add":["y"],"places":"0"}]}`), "place 0"},
	} {
		j, err := Decode(strings.NewReader(c.content))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, error %v, which should say %q", name, j, err, c.says)
		}
	}
}

// A line that fits in all but its numbers is damage, too.
func TestParseLineRefuses(t *testing.T) {
	for _, rest := range []string{"", "1", "1 0", "0 0 {}", "-1 0 {}", "1 1 {}", "1 -1 {}", "x 0 {}", "1 x {}", "99999999999999999999 0 {}"} {
		if l, err := parseLine(fmt.Appendf(nil, "%08x %s", checksum([]byte(rest)), rest)); err == nil {
			t.Errorf("%q is %+v", rest, l)
		}
	}
	for _, raw := range []string{"", " ", "00000000", "0 1 0 {}"} {
		if l, err := parseLine([]byte(raw)); err == nil {
			t.Errorf("%q is %+v", raw, l)
		}
	}
}

// A file that cannot be read is no torn one.
func TestDecodeFails(t *testing.T) {
	broken := errors.New("the disk is broken")
	content := lines(runLine, `{"settled":{}}`)
	for _, at := range []int{0, 5, len(headerLine), len(headerLine) + 20, len(content)} {
		j, err := Decode(io.MultiReader(strings.NewReader(content[:at]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("after %d octets: %+v, %v", at, j, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(damaged); err == nil || !strings.Contains(err.Error(), damaged) {
		t.Errorf("error %v does not name the file", err)
	}
}

// endless is content without an end.
type endless string

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e[i%len(e)]
	}
	return len(b), nil
}

// What strangers could put there takes no more memory than a journal can.
func TestHostile(t *testing.T) {
	many := `{"done":{"verb":"copy","folder":"A","uids":"1:1000000"}}`
	var ranges []string
	for range 80 {
		ranges = append(ranges, many)
	}
	for name, c := range map[string]struct {
		in   io.Reader
		says string
	}{
		"an endless line":  {io.MultiReader(strings.NewReader(lines(runLine)), endless("x")), "larger than 64 MiB"},
		"endless zeroes":   {endless("\x00"), "larger than 64 MiB"},
		"endless lines":    {io.MultiReader(strings.NewReader(lines(runLine)), endless(strings.Repeat("x", 999)+"\n")), "larger than 64 MiB"},
		"many long ranges": {strings.NewReader(lines(append([]string{runLine}, ranges...)...)), "more messages than a journal can"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(c.in)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 700<<20 {
			t.Errorf("%s: took %d MiB", name, took>>20)
		}
	}
}

func FuzzDecode(f *testing.F) {
	records, _ := story()
	first := run("a")
	content := []byte(headerLine)
	for i, r := range append([]Record{{Run: &first}}, records...) {
		r.At = started
		w := Writer{records: i}
		text, err := w.encode(r)
		if err != nil {
			f.Fatal(err)
		}
		content = line{i + 1, 0, text}.append(content)
	}
	f.Add(content)
	f.Add([]byte(lines(runLine, `{"end":{"complete":true}}`)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		j, err := Decode(bytes.NewReader(content))
		if err != nil {
			return
		}
		j.Summary()
		if again, err := Decode(bytes.NewReader(content[:j.size])); err != nil || len(again.Records) != len(j.Records) || again.Torn && len(j.Records) > 0 {
			t.Errorf("what is left without the torn end: %+v, %v", again, err)
		}
	})
}

// FuzzRecord gives records whose checksum fits.
func FuzzRecord(f *testing.F) {
	f.Add(`{"batch":{"folder":"A","uidvalidity":1,"messages":{"uids":"3:5,1","digests":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","flags":[{"add":["x"],"places":"0:2"}]}}}`)
	f.Add(`{"done":{"verb":"copy","folder":"A","uidvalidity":1,"uids":"1:2","at":"0,7","digests":"AAAAAAAAAAAAAAAAAAAAAA"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\n") {
			return
		}
		j, err := Decode(strings.NewReader(lines(runLine, text)))
		if err != nil {
			return
		}
		// What is read is written so that it reads as the same.
		w := Writer{records: 1}
		again, err := w.encode(j.Records[1])
		if err != nil {
			t.Fatalf("%s cannot be written: %v", text, err)
		}
		k, err := Decode(strings.NewReader(lines(runLine, string(again))))
		if err != nil {
			t.Fatalf("%s cannot be read again: %v", again, err)
		}
		w = Writer{records: 1}
		if third, err := w.encode(k.Records[1]); err != nil || string(third) != string(again) {
			t.Errorf("%s became %s: %v", again, third, err)
		}
	})
}
