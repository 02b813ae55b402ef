package server_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/internal/state"
	"github.com/imapform/imapform/plan"
)

// remembered opens what is remembered of an account in a directory.
func remembered(t *testing.T, dir string) *cache.Account {
	t.Helper()
	c, err := cache.Open(dir, state.Key{Host: "imap.example.org", Username: "me"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listedBy opens a session and lists the folders. Leave ends it.
func listedBy(t *testing.T, a *config.Account, c *cache.Account) (s *server.Session, listing plan.Listing, leave func()) {
	t.Helper()
	s, err := server.Dial(t.Context(), a, server.Options{Cache: c})
	if err != nil {
		t.Fatal(err)
	}
	leave = func() {
		if err := s.Logout(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("log out: %v", err)
		}
	}
	if listing, err = s.List(t.Context()); err != nil {
		leave()
		t.Fatal(err)
	}
	return s, listing, leave
}

// tellAll asks about all folders in a session of its own, and tells what it was told.
func tellAll(t *testing.T, a *config.Account, c *cache.Account, parts message.Parts, together bool) map[string]string {
	t.Helper()
	s, listing, leave := listedBy(t, a, c)
	defer leave()
	var qs []plan.Question
	for _, f := range listing.Folders {
		if f.Selectable {
			qs = append(qs, plan.Question{Folder: f.Name, Fetch: parts})
		}
	}
	lines := make([][]string, len(qs))
	take := func(i int, m *message.Message) {
		if !m.Known.Covers(parts) || !parts.Covers(m.Known) {
			t.Errorf("UID %d in %q: known is %+v, asked for was %+v", m.UID, qs[i].Folder, m.Known, parts)
		}
		lines[i] = append(lines[i], describeTold(m, parts))
	}
	answers := make([]plan.Answer, len(qs))
	var err error
	if together {
		answers, err = s.AnswerAll(t.Context(), qs, take)
	} else {
		for i, q := range qs {
			if answers[i].State, err = s.Answer(t.Context(), q, func(m *message.Message) { take(i, m) }); err != nil {
				break
			}
		}
	}
	if err != nil {
		t.Fatalf("ask about %+v: %v", qs, err)
	}
	told := map[string]string{}
	for i, q := range qs {
		slices.Sort(lines[i])
		told[string(q.Folder)] = fmt.Sprintf("%+v\n%s", answers[i].State, strings.Join(lines[i], "\n"))
	}
	return told
}

func describeTold(m *message.Message, parts message.Parts) string {
	line := fmt.Sprintf("%08d flags %q size %d received %s", m.UID, m.Flags, m.Size, m.Received.Format(time.RFC3339))
	for _, name := range parts.Fields {
		for f := range m.Header.Fields(name) {
			line += fmt.Sprintf(" %s=%q", name, f.Wire())
		}
	}
	return line
}

// A mixer is another client, who does what can happen to a mailbox between two plans.
type mixer struct {
	*testing.T
	*rand.Rand
	account imaptest.Account
	wire    map[string]string // what the server calls the folders
	mails   int
}

var mixed = []string{"INBOX", "Lists/One", "Lists/Two"}

func newMixer(t *testing.T, a imaptest.Account, seed uint64) *mixer {
	m := &mixer{T: t, Rand: rand.New(rand.NewPCG(seed, 7)), account: a, wire: map[string]string{}}
	for _, name := range mixed {
		imaptest.Append(t, a, name)
		m.deliver(name, 3+m.IntN(12))
		m.wire[name] = imaptest.FolderName(t, a, name)
	}
	return m
}

func (m *mixer) deliver(folder string, n int) {
	m.Helper()
	var all []imaptest.Message
	for range n {
		m.mails++
		all = append(all, mail(m.mails, [][]string{nil, {`\Seen`}, {`\Flagged`, "$Work"}}[m.IntN(3)]...))
	}
	imaptest.Append(m, m.account, folder, all...)
}

// step changes something, or nothing, and says what.
func (m *mixer) step() string {
	m.Helper()
	folder := mixed[m.IntN(len(mixed))]
	selected := `SELECT "` + m.wire[folder] + `"`
	some := fmt.Sprintf("%d:%d", 1+m.IntN(3), 2+m.IntN(8))
	switch n := m.IntN(10); {
	case n == 0:
		return "nothing"
	case n <= 2:
		m.deliver(folder, 1+m.IntN(4))
		return "mail for " + folder
	case n <= 4:
		flag := []string{`\Seen`, `\Flagged`, "$Work", "other"}[m.IntN(4)]
		sign := []string{"+", "-"}[m.IntN(2)]
		imaptest.Do(m, m.account, selected, fmt.Sprintf("UID STORE %s %sFLAGS.SILENT (%s)", some, sign, flag))
		return sign + flag + " in " + folder
	case n <= 6:
		imaptest.Do(m, m.account, selected, fmt.Sprintf(`UID STORE %s +FLAGS.SILENT (\Deleted)`, some), "EXPUNGE")
		return "some of " + folder + " are gone"
	case n == 7:
		imaptest.Do(m, m.account, selected, fmt.Sprintf(`UID STORE %s +FLAGS.SILENT (\Deleted)`, some), "EXPUNGE")
		m.deliver(folder, 1+m.IntN(3))
		return "some of " + folder + " are gone, and others came"
	case n == 8:
		one, two := m.wire["Lists/One"], m.wire["Lists/Two"]
		imaptest.Do(m, m.account, fmt.Sprintf("RENAME %q %q", one, one+"x"), fmt.Sprintf("RENAME %q %q", two, one), fmt.Sprintf("RENAME %q %q", one+"x", two))
		return "two folders have changed their names"
	default:
		if folder == "INBOX" {
			imaptest.Do(m, m.account, selected, `UID STORE 1:* +FLAGS.SILENT (\Deleted)`, "EXPUNGE")
			return "INBOX is empty"
		}
		time.Sleep(1100 * time.Millisecond) // UIDVALIDITY can be the time in seconds
		imaptest.Do(m, m.account, fmt.Sprintf("DELETE %q", m.wire[folder]))
		imaptest.Append(m, m.account, folder)
		m.deliver(folder, 1+m.IntN(10))
		return folder + " is another one"
	}
}

// Whatever happens between two sessions: one that remembers is told what one is told that
// does not.
func TestRemember(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		seed := uint64(len(t.Name()))
		if given := os.Getenv("IMAPFORM_TEST_SEED"); given != "" { // for more of them
			n, err := strconv.ParseUint(given, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			seed += n
		}
		m, dir, account := newMixer(t, a, seed), t.TempDir(), through(t, a, r)
		flagless := message.Fields("Subject")
		var done []string
		for range 14 {
			parts := everything
			switch m.IntN(8) {
			case 0:
				parts = flagless
			case 1:
				parts.Flags = false
			case 2:
				parts.Fields = []string{"subject"}
			}
			c := remembered(t, dir)
			if m.IntN(6) == 0 {
				done = append(done, damage(t, m.Rand, dir))
			}
			got, want := tellAll(t, account, c, parts, m.IntN(2) == 0), tellAll(t, account, nil, parts, false)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: after %s (- the server, + what is remembered):\n%s\n%s", seed, strings.Join(done, "; "), diff, r.Transcript())
			}
			for range m.IntN(5) {
				done = append(done, m.step())
			}
		}
	})
}

// damage does to a file of the cache what disks, and people, do to files.
func damage(t *testing.T, r *rand.Rand, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		return "no file to damage"
	}
	file, other := files[r.IntN(len(files))], files[r.IntN(len(files))]
	octets, err := os.ReadFile(file)
	if err != nil || len(octets) == 0 {
		t.Fatal(file, err)
	}
	damaged := "a file is cut off"
	switch r.IntN(4) {
	case 0:
		octets = octets[:r.IntN(len(octets))]
	case 1:
		octets[r.IntN(len(octets))] ^= 1 << r.IntN(8)
		damaged = "a bit of a file is another one"
	case 2:
		octets = []byte("imapform cache 1, or something else")
		damaged = "a file is garbage"
	case 3:
		if octets, err = os.ReadFile(other); err != nil {
			t.Fatal(err)
		}
		damaged = "a file is that of another folder"
	}
	if err := os.WriteFile(file, octets, 0o600); err != nil {
		t.Fatal(err)
	}
	return damaged
}

// Of a mailbox in which nothing has changed nothing is opened, where the server tells so;
// folders that have changed cost one exchange, or one each where each is asked about alone.
func TestRememberedCost(t *testing.T) {
	t.Parallel()
	for _, together := range []bool{false, true} {
		t.Run(fmt.Sprintf("together %t", together), func(t *testing.T) { checkCost(t, together) })
	}
}

func checkCost(t *testing.T, together bool) {
	s := imaptest.Start(t, imaptest.Dovecot)
	a := s.Account(t)
	m := newMixer(t, a, 1)
	dir := t.TempDir()
	tell := func() *imaptest.Recorder {
		r := imaptest.Proxy(t, s.Dial, imaptest.Script{})
		r.ReadOnly(func() { tellAll(t, through(t, a, r), remembered(t, dir), everything, together) })
		return r
	}
	first := tell()
	if n := first.Sent("EXAMINE"); n != len(mixed) {
		t.Errorf("the first time %d folders are opened\n%s", n, first.Transcript())
	}
	again := tell()
	for _, c := range again.Commands() {
		switch c.Name {
		case "EXAMINE", "UID FETCH", "UID SEARCH", "STATUS":
			t.Errorf("nothing has changed, and %s is sent", c.Line)
		}
	}
	if saved := first.Cost().RoundTrips - again.Cost().RoundTrips; saved != map[bool]int{false: len(mixed), true: 1}[together] {
		t.Errorf("it saves %d round trips: %+v, then %+v", saved, first.Cost(), again.Cost())
	}
	m.deliver("Lists/One", 2)
	imaptest.Do(t, a, fmt.Sprintf("SELECT %q", m.wire["Lists/One"]), `UID STORE 1 +FLAGS.SILENT (other)`)
	changed := tell()
	if n := changed.Sent("EXAMINE"); n != 1 {
		t.Errorf("one folder has changed, and %d are opened\n%s", n, changed.Transcript())
	}
	if more := changed.Cost().RoundTrips - again.Cost().RoundTrips; more != 1 {
		t.Errorf("a folder that has changed costs %d round trips\n%s", more, changed.Transcript())
	}
	for _, name := range mixed {
		m.deliver(name, 2)
		imaptest.Do(t, a, fmt.Sprintf("SELECT %q", m.wire[name]), `UID STORE 2 +FLAGS.SILENT (other)`)
	}
	all := tell()
	if more := all.Cost().RoundTrips - again.Cost().RoundTrips; more != map[bool]int{false: len(mixed), true: 1}[together] {
		t.Errorf("three folders that have changed cost %d round trips\n%s", more, all.Transcript())
	}
	t.Logf("first %+v, again %+v, changed %+v, all changed %+v", first.Cost(), again.Cost(), changed.Cost(), all.Cost())
}

// A directory that goes away, or in which nothing can be written, changes no answer.
func TestRememberNowhere(t *testing.T) {
	t.Parallel()
	s := imaptest.Start(t, imaptest.Dovecot)
	a := s.Account(t)
	newMixer(t, a, 2)
	r := imaptest.Proxy(t, s.Dial, imaptest.Script{})
	dir := t.TempDir()
	c := remembered(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	want := tellAll(t, through(t, a, r), nil, everything, false)
	for _, together := range []bool{false, true} {
		if diff := cmp.Diff(want, tellAll(t, through(t, a, r), c, everything, together)); diff != "" {
			t.Error(diff)
		}
	}
}
