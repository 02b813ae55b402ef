package lock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestHeldErrorSays(t *testing.T) {
	since := time.Date(2026, 3, 1, 10, 0, 0, 0, time.FixedZone("", 3600))
	for _, c := range []struct {
		err  HeldError
		want string
	}{
		{HeldError{}, "another run holds the lock on this account: let it"},
		{HeldError{PID: 7, Host: "box", Command: "imapform apply", Since: since}, "account: process 7 on box (imapform apply), since 2026-03-01T09:00:00Z: let it"},
		{HeldError{PID: 7}, "account: process 7: let it"},
	} {
		if got := c.err.Error(); !strings.Contains(got, c.want) || !strings.HasSuffix(got, "-lock-timeout=5m") {
			t.Errorf("%+v says %q", c.err, got)
		}
	}
}

// What is written can be read again, whatever the command is.
func TestWriteHolder(t *testing.T) {
	for _, command := range []string{"", "imapform apply", "line\nbreak \x1b[31m", "\xff", strings.Repeat("\u2028<é", 5000)} {
		f, err := os.Create(filepath.Join(t.TempDir(), "lock"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(strings.Repeat("what was there before\n", 1000)); err != nil {
			t.Fatal(err)
		}
		want := thisProcess(command)
		if err := writeHolder(f, want); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseHolder(data)
		if want.Command = plain(command); err != nil || got != want {
			t.Errorf("%q comes back as %+v, %v", command, got, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzParseHolder(f *testing.F) {
	for _, content := range []string{
		"", "\n", "{}\n", "null\n", "[]\n", "{\"pid\":1}", "{\"pid\":0}\n", "{\"pid\":-1}\n", "{\"pid\":4294967297}\n", "{\"pid\":1e3}\n",
		"{\"pid\":1,\"host\":\"a\\nb\\u001b[31m\\u202e\",\"since\":\"2026-01-01T00:00:00Z\",\"command\":\"imapform apply\"}\n",
		"{\"pid\":1,\"since\":\"9999-99-99T00:00:00Z\"}\n", "{\"pid\":1}\n{\"pid\":2}\n", "{\"pid\":1,\"pid\":2}\n",
		"{\"pid\":1,\"host\":\"" + strings.Repeat("x", 4000) + "\"}\n", strings.Repeat("[", 4000) + "\n",
	} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := parseHolder(data)
		if err != nil {
			if h != (holder{}) {
				t.Errorf("%q: %v, but %+v", data, err, h)
			}
			return
		}
		if h.PID <= 0 {
			t.Errorf("%q: process %d", data, h.PID)
		}
		said := (&HeldError{PID: h.PID, Host: h.Host, Since: h.Since, Command: h.Command}).Error()
		if len(said) > 4*2*maxPlain+300 || strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q says %q", data, said)
		}
	})
}
