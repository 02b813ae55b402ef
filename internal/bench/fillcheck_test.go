package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A bed shows the messages that the store was filled with.
func TestFill(t *testing.T) {
	j := job{Messages: 100, Folders: 8, Rules: 20}
	now := time.Now()
	b := newBed(t, j, now)
	state := imaptest.Snapshot(t, b.account)
	stored, want := state.Folders["INBOX"].Messages, all(j, now)
	if len(stored) != len(want) {
		t.Fatalf("got %d messages, want %d", len(stored), len(want))
	}
	for i, m := range want {
		slices.Sort(m.Flags)
		got := stored[i]
		if got.Hash != imaptest.Hash(m.Body) || int(got.Size) != len(m.Body) || !got.Date.Equal(m.Date) || !slices.Equal(got.Flags, m.Flags) {
			t.Errorf("message %d: got %+v, want %d octets of %v, flags %q", i, got, len(m.Body), m.Date, m.Flags)
		}
	}
	for i := range j.Folders {
		if _, there := state.Folders[j.folder(i)]; there != j.there(i) && i%4 != 2 { // which may lie above one that is there
			t.Errorf("folder %s: there %t, want %t", j.folder(i), there, j.there(i))
		}
	}
}

// all is a job's mail at once.
func all(j job, now time.Time) []imaptest.Message {
	return slices.Concat(slices.Collect(j.mail(now))...)
}

// Two jobs of a size are the same job, and no message is there twice.
func TestMailIsTheSame(t *testing.T) {
	j := job{Messages: atOnce + 50, Folders: 8, Rules: 10}
	now := time.Now()
	first, second := all(j, now), all(j, now)
	if len(first) != j.Messages || len(second) != j.Messages {
		t.Fatalf("%d and %d messages, want %d", len(first), len(second), j.Messages)
	}
	seen := map[string]bool{}
	for i, m := range append(first, j.news(now)...) {
		if i < len(second) && (string(second[i].Body) != string(m.Body) || !second[i].Date.Equal(m.Date)) {
			t.Fatalf("message %d differs", i)
		}
		hash := imaptest.Hash(m.Body)
		if seen[hash] {
			t.Fatalf("message %d is there twice", i)
		}
		seen[hash] = true
	}
}

func TestSetField(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"A: 1\r\n\r\n", "A: 1\r\nB: x\r\n\r\n"},
		{"b: 1\r\n 2\r\nA: 1\r\n\r\nB: 3\r\n\r\n4", "A: 1\r\nB: x\r\n\r\nB: 3\r\n\r\n4"},
		{"A: 1\r\n\t2\r\nB: 1\r\nB: 2\r\n\r\n", "A: 1\r\n\t2\r\nB: x\r\n\r\n"},
	} {
		if got := string(setField([]byte(c.body), "B", "x")); got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}

func TestCompareTables(t *testing.T) {
	const golden = "round trips 5 6\noctets up 1000 2000\n"
	for got, differ := range map[string]int{
		golden:                                     0,
		"round trips 5 6\noctets up 1020 1960\n":   0,
		"round trips 5 6\noctets up 1021 2000\n":   1,
		"round trips 5 6\noctets up 1000 1959\n":   1,
		"round trips 5 6\noctets up 1000\n":        1,
		"round trips 4 6\noctets up 1000 2000\n":   1 - race,
		"round trips 5 8\noctets up 1000 2000\n":   1,
		"round trips 5 6\noctets down 1000 2000\n": 1,
		"round trips 5 6\n":                        1,
	} {
		if all := compareTables(golden, got); len(all) != differ {
			t.Errorf("%q: got %q, want %d differences", got, all, differ)
		}
	}
}
