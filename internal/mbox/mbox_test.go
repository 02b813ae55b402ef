package mbox

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func all(t *testing.T, text string) ([]*Message, error) {
	t.Helper()
	r := NewReader(strings.NewReader(text))
	var got []*Message
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		got = append(got, m)
	}
}

func TestReaderRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no separator": {"Subject: x\n\nbody\n", "line 1: not an mbox file"},
		"no date":      {"From ada\n\n", `line 1: "From ada": a separator line is`},
		"bad date":     {"From ada Sat Foo 3 01:05:34 1996\n\n", "the date is not one such as"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := all(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestReader(t *testing.T) {
	got, err := all(t, `From ada@example.com Sat Jan  3 01:05:34 2015
From: ada@example.com
Status: RO
X-Status: AF
X-Keywords: $Invoice work
Subject: one

>From the start
>>From deeper

last line

From - Fri Nov 20 10:00:00 2026
Subject: two

From this line on it would be a third message, but it has no date.
`)
	if err == nil {
		t.Fatal("a separator line without a date must be an error, not text")
	}
	if len(got) != 2 {
		t.Fatalf("got %d messages before the error, want 2", len(got))
	}
	m := got[0]
	if want := "From: ada@example.com\nSubject: one\n\nFrom the start\n>From deeper\n\nlast line\n"; string(m.Data) != want {
		t.Errorf("data %q, want %q", m.Data, want)
	}
	if want := []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, "$Invoice", "work"}; !slices.Equal(m.Flags, want) {
		t.Errorf("flags %q, want %q", m.Flags, want)
	}
	if want := time.Date(2015, 1, 3, 1, 5, 34, 0, time.UTC); !m.Received.Equal(want) {
		t.Errorf("received %s, want %s", m.Received, want)
	}
}

func TestReaderEmpty(t *testing.T) {
	if got, err := all(t, ""); err != nil || len(got) != 0 {
		t.Errorf("got %d messages, %v", len(got), err)
	}
}

func TestFlagFields(t *testing.T) {
	for name, c := range map[string]struct {
		message, want string
		flags         []imap.Flag
	}{
		"folded text that looks like a flag field": {
			"Subject: the new\n Status: D, confirmed\n\tX-Keywords: no\nX-Y: z\n\nbody\n",
			"Subject: the new\n Status: D, confirmed\n\tX-Keywords: no\nX-Y: z\n\nbody\n", nil,
		},
		"folded flag field": {"X-Keywords: work\n home\n\tlate\nX-Y: z\n\nbody\n", "X-Y: z\n\nbody\n", []imap.Flag{"work", "home", "late"}},
		"folded line first": {" Status: D\nX-Y: z\n\nbody\n", " Status: D\nX-Y: z\n\nbody\n", nil},
		"no colon":          {"Status\nX-Y: z\n\nbody\n", "Status\nX-Y: z\n\nbody\n", nil},
		"in the body":       {"X-Y: z\n\nStatus: D\n\nX-Keywords: a\n", "X-Y: z\n\nStatus: D\n\nX-Keywords: a\n", nil},
		"no header":         {"\nStatus: D\n\nmore\n", "\nStatus: D\n\nmore\n", nil},
		"no body":           {"Status: RO\nSubject: x\n", "Subject: x\n\n", []imap.Flag{imap.FlagSeen}},
		"nothing else":      {"Status: RO\n\nbody\n", "\nbody\n", []imap.Flag{imap.FlagSeen}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := all(t, "From a Sat Jan  3 01:05:34 2015\n"+c.message)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d messages, %v", len(got), err)
			}
			if string(got[0].Data) != c.want {
				t.Errorf("data %q, want %q", got[0].Data, c.want)
			}
			if !slices.Equal(got[0].Flags, c.flags) {
				t.Errorf("flags %q, want %q", got[0].Flags, c.flags)
			}
		})
	}
}

// Whatever is read, no line of text is lost: each but separators, blank ends and
// flag fields comes back.
func FuzzReader(f *testing.F) {
	f.Add("From a Sat Jan  3 01:05:34 2015\nSubject: x\n\n>From y\n\nFrom b Sat Jan  3 01:05:34 2015\n\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := all(t, text)
		if err != nil {
			return
		}
		for _, m := range got {
			if len(m.Data) > len(text)+2 {
				t.Errorf("%d octets of message from %d of file", len(m.Data), len(text))
			}
		}
	})
}
