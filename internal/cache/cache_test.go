package cache

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/state"
)

var (
	key  = state.Key{Host: "imap.example.org", Port: 993, Username: "me@example.org"}
	noon = time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)
)

func open(t testing.TB, dir string) *Account {
	t.Helper()
	a, err := Open(dir, key, noon)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// common are the parts of most rules.
func common() message.Parts {
	p := message.Fields("from", "to", "subject", "list-id")
	p.Flags, p.Size, p.Received = true, true, true
	return p
}

func parse(t testing.TB, block string) message.Header {
	t.Helper()
	h, err := message.ParseHeader([]byte(block))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// mail is a message like many.
func mail(t testing.TB, uid imap.UID, flags ...imap.Flag) *message.Message {
	return &message.Message{
		UID: uid, Known: common(), Flags: mailbox.NewFlags(flags...), Size: 4711 + int64(uid),
		Received: time.Date(2026, 3, 1, 8, 0, int(uid), 0, time.FixedZone("", 5400)),
		Header: parse(t, fmt.Sprintf("From: Somebody <somebody%d@example.org>\r\nTo: me@example.org,\r\n\tyou@example.org\r\n"+
			"Subject: =?utf-8?q?W=C3=B6chentlich?= number %d\r\nList-Id: Things <things.example.org>\r\n\r\n", uid%50, uid)),
	}
}

func remember(t testing.TB, a *Account, name mailbox.Name, s State, parts message.Parts, messages ...*message.Message) {
	t.Helper()
	w := a.Begin(name, parts)
	for _, m := range messages {
		if err := w.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(s); err != nil {
		t.Fatal(err)
	}
}

func rows(t testing.TB, f *Folder, parts message.Parts) (all []*message.Message) {
	t.Helper()
	for m, err := range f.Rows(parts) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Clone())
	}
	return all
}

func recall(t testing.TB, a *Account, name mailbox.Name) *Folder {
	t.Helper()
	f, ok := a.Folder(name)
	if !ok {
		t.Fatalf("folder %q is not remembered", name)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func forgotten(t testing.TB, a *Account, name mailbox.Name, why string) {
	t.Helper()
	if f, ok := a.Folder(name); ok {
		f.Close()
		t.Errorf("folder %q is remembered: %s", name, why)
	}
}

func TestRemember(t *testing.T) {
	a := open(t, filepath.Join(t.TempDir(), "new", "cache"))
	forgotten(t, a, "INBOX", "nobody has written it")
	s := State{UIDValidity: 7, UIDNext: 20, Messages: 3, HighestModSeq: 1 << 40}
	messages := []*message.Message{mail(t, 1, imap.FlagSeen, "work"), mail(t, 5), mail(t, 19, "Work", imap.FlagSeen)}
	remember(t, a, "INBOX", s, common(), messages...)
	f := recall(t, open(t, filepath.Dir(a.dir)), "INBOX")
	if got := f.UIDs().String(); got != "1,5,19" {
		t.Errorf("UIDs %s", got)
	}
	if f.State() != s || !reflect.DeepEqual(f.Parts(), common()) {
		t.Errorf("got %+v, %+v", f.State(), f.Parts())
	}
	for range 2 {
		if got := rows(t, f, common()); !reflect.DeepEqual(got, messages) {
			t.Errorf("got %+v, want %+v", got, messages)
		}
	}
	forgotten(t, a, "Inbox", "it is another one")
}

// What is asked for is told, and nothing more.
func TestNarrow(t *testing.T) {
	a := open(t, t.TempDir())
	remember(t, a, "A", State{UIDValidity: 7, UIDNext: 2, Messages: 1}, common(), mail(t, 1, imap.FlagSeen))
	parts := message.Fields("subject")
	parts.Size = true
	want := &message.Message{UID: 1, Known: parts, Size: 4712, Header: parse(t, "Subject: =?utf-8?q?W=C3=B6chentlich?= number 1\r\n")}
	f := recall(t, a, "A")
	got := rows(t, f, parts)[0]
	if !got.Known.Covers(parts) || !parts.Covers(got.Known) || got.Header.First("from") != nil {
		t.Errorf("got %+v", got)
	}
	if text, _ := got.Header.Text("Subject"); text != "Wöchentlich number 1" || got.Size != want.Size || got.Flags != nil || !got.Received.IsZero() {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for m, err := range f.Rows(message.Fields("date")) {
		if err == nil {
			t.Errorf("tells %+v of what it does not know", m)
		}
	}
}

func TestForgetting(t *testing.T) {
	a := open(t, t.TempDir())
	s := State{UIDValidity: 7, UIDNext: 2, Messages: 1}
	for _, name := range []mailbox.Name{"A", "B", "C"} {
		remember(t, a, name, s, common(), mail(t, 1))
	}
	other, err := Open(filepath.Dir(a.dir), state.Key{Host: "imap.example.org", Port: 993, Username: "you"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	forgotten(t, other, "A", "it is another account's")
	remember(t, other, "A", s, common(), mail(t, 1))
	for range 2 {
		if err := a.Drop("A"); err != nil {
			t.Error(err)
		}
	}
	forgotten(t, a, "A", "it was dropped")
	recall(t, a, "B")
	if err := a.DropAll(); err != nil {
		t.Error(err)
	}
	forgotten(t, a, "B", "all were dropped")
	recall(t, other, "A")
}

// What cannot be remembered as it is leaves what was there before, and no file.
func TestRefused(t *testing.T) {
	broken := mail(t, 3)
	broken.Header = parse(t, "From: a@example.org").Join(parse(t, "To: b@example.org\r\n"), []string{"to"})
	unknown := mail(t, 3)
	unknown.Known.Fields = []string{"from"}
	bare := mail(t, 3)
	bare.Flags = mailbox.Flags{imap.FlagSeen, imap.FlagDraft}
	fine := mail(t, 3)
	fine.Received = fine.Received.Add(time.Millisecond)
	early := mail(t, 3)
	early.Received = time.Date(-4, 1, 1, 0, 0, 0, 0, time.UTC)
	small := mail(t, 3)
	small.Size = -1
	structured := common()
	structured.Structure = true
	good := State{UIDValidity: 7, UIDNext: 9, Messages: 2}
	for name, c := range map[string]struct {
		parts    message.Parts
		messages []*message.Message
		state    State
	}{
		"a UID twice":                {common(), []*message.Message{mail(t, 3), mail(t, 3)}, good},
		"a UID that falls":           {common(), []*message.Message{mail(t, 4), mail(t, 3)}, good},
		"no UID":                     {common(), []*message.Message{mail(t, 0), mail(t, 3)}, good},
		"a header without line ends": {common(), []*message.Message{mail(t, 1), broken}, good},
		"fields that are not known":  {common(), []*message.Message{mail(t, 1), unknown}, good},
		"flags without order":        {common(), []*message.Message{mail(t, 1), bare}, good},
		"a time between seconds":     {common(), []*message.Message{mail(t, 1), fine}, good},
		"a time before all":          {common(), []*message.Message{mail(t, 1), early}, good},
		"a size below 0":             {common(), []*message.Message{mail(t, 1), small}, good},
		"structure":                  {structured, nil, State{UIDValidity: 7, UIDNext: 9}},
		"texts":                      {message.Parts{Texts: []*message.TextTest{{}}}, nil, State{UIDValidity: 7, UIDNext: 9}},
		"too few":                    {common(), []*message.Message{mail(t, 1)}, good},
		"too many":                   {common(), []*message.Message{mail(t, 1), mail(t, 2), mail(t, 3)}, good},
		"a UID to come":              {common(), []*message.Message{mail(t, 1), mail(t, 9)}, good},
		"no UIDVALIDITY":             {common(), []*message.Message{mail(t, 1), mail(t, 2)}, State{UIDNext: 9, Messages: 2}},
		"no UIDNEXT":                 {common(), []*message.Message{mail(t, 1), mail(t, 2)}, State{UIDValidity: 7, Messages: 2}},
	} {
		a := open(t, t.TempDir())
		remember(t, a, "A", State{UIDValidity: 3, UIDNext: 2, Messages: 1}, common(), mail(t, 1))
		w := a.Begin("A", c.parts)
		var err error
		for _, m := range c.messages {
			err = w.Add(m)
		}
		if err1 := w.Commit(c.state); err1 == nil || err != nil && err1.Error() != err.Error() {
			t.Errorf("%s: adding says %v, commit %v", name, err, err1)
		}
		w.Discard()
		checkLeft(t, a, 1)
		if f := recall(t, a, "A"); f.State().UIDValidity != 3 {
			t.Errorf("%s: is remembered", name)
		}
	}
}

func checkLeft(t *testing.T, a *Account, want int) {
	t.Helper()
	files, err := os.ReadDir(a.dir)
	if err != nil || len(files) != want {
		t.Errorf("left are %v, %v", files, err)
	}
}

func TestDiscard(t *testing.T) {
	a := open(t, t.TempDir())
	w := a.Begin("A", common())
	if err := w.Add(mail(t, 1)); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	if err := w.Commit(State{UIDValidity: 7, UIDNext: 2, Messages: 1}); err == nil {
		t.Error("it is written after all")
	}
	checkLeft(t, a, 0)
	remember(t, a, "A", State{UIDValidity: 7, UIDNext: 2, Messages: 1}, common(), mail(t, 1))
	w = a.Begin("A", common())
	w.Discard()
	w.Discard()
	recall(t, a, "A")
}

// A directory that is gone, or that cannot be written to, is an error and nothing more.
func TestUnwritable(t *testing.T) {
	a := open(t, t.TempDir())
	if err := os.RemoveAll(a.dir); err != nil {
		t.Fatal(err)
	}
	w := a.Begin("A", common())
	if w.Add(mail(t, 1)) == nil || w.Commit(State{UIDValidity: 1, UIDNext: 2, Messages: 1}) == nil {
		t.Error("a directory that is gone is written to")
	}
	w.Discard()
	forgotten(t, a, "A", "its directory is gone")
	if a.DropAll() == nil {
		t.Error("all is forgotten of what is gone")
	}
	if err := a.Drop("A"); err != nil {
		t.Error(err)
	}
}

func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	a := open(t, dir)
	remember(t, a, "Secret Plans", State{UIDValidity: 7, UIDNext: 2, Messages: 1}, common(), mail(t, 1))
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		for _, secret := range []string{"example", "me", "secret", "plans"} {
			if rel, _ := filepath.Rel(dir, path); strings.Contains(strings.ToLower(rel), secret) {
				t.Errorf("%s tells %s", rel, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, key, noon); err == nil {
		t.Error("others can write to the directory, and it is used")
	}
	if _, err := Open(t.TempDir(), state.Key{}, noon); err == nil {
		t.Error("no account has a cache")
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	s := State{UIDValidity: 7, UIDNext: 2, Messages: 1}
	stranger := filepath.Join(dir, "notes")
	if err := os.WriteFile(stranger, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	age := func(path string, days int) {
		if err := os.Chtimes(path, noon, noon.Add(-time.Duration(days)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for name, days := range map[mailbox.Name]int{"fresh": 1, "used": 89, "old": 91} {
		remember(t, a, name, s, common(), mail(t, 1))
		age(a.path(name), days)
	}
	torn := a.Begin("torn", common())
	defer torn.Discard()
	age(torn.file.Name(), 2)
	age(stranger, 1000)
	open(t, dir)
	recall(t, a, "old").Close() // it was looked after today; and now it is used
	age(a.path("old"), 91)
	age(filepath.Join(dir, pruned), 2)
	recall(t, a, "used") // which it is from now on
	open(t, dir)
	recall(t, a, "fresh")
	recall(t, a, "used")
	forgotten(t, a, "old", "nobody has used it for 91 days")
	if _, err := os.Stat(torn.file.Name()); err == nil {
		t.Error("a file that nobody writes any more is left")
	}
	if _, err := os.Stat(stranger); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(a.path("used")); err != nil || !info.ModTime().Equal(noon) {
		t.Errorf("used at %v, %v", info.ModTime(), err)
	}
}

// random is a message with parts that can be anything.
func random(r *rand.Rand, uid imap.UID, parts message.Parts) *message.Message {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	m := &message.Message{UID: uid, Known: parts}
	if parts.Flags {
		var flags []imap.Flag
		for range r.IntN(4) {
			flags = append(flags, imap.Flag(pick(`\Seen`, `\seen`, "work", "Work", "$Forwarded", `\Flagged`, `\Strange`, fmt.Sprint("k", r.IntN(9000)))))
		}
		m.Flags = mailbox.NewFlags(flags...)
	}
	if parts.Size {
		m.Size = r.Int64() >> r.IntN(63)
	}
	moment := func() time.Time {
		text := fmt.Sprintf("%2d-%s-%04d %02d:%02d:%02d %s", 1+r.IntN(28), pick("Jan", "Mar", "Jul", "Oct"), r.IntN(10000), r.IntN(24), r.IntN(60), r.IntN(60),
			pick("+0000", "-0730", "+0100", "+0200", "+1400", "-2359"))
		at, err := time.Parse("_2-Jan-2006 15:04:05 -0700", text)
		if err != nil {
			panic(err)
		}
		return at
	}
	if parts.Received {
		m.Received = moment()
	}
	if parts.Saved && r.IntN(3) > 0 {
		m.Saved = moment()
	}
	if len(parts.Fields) > 0 {
		var block strings.Builder
		for range r.IntN(6) {
			block.WriteString(pick("From: a@example.org\r\n", "to : b\r\n c\r\n", "no field\r\n", "X:\r\n", "Subject: \xff\x00\r\n \r\n", "\r\n", "Long: "+strings.Repeat("x", 900)+"\n"))
		}
		if r.IntN(100) == 0 {
			block.WriteString(strings.Repeat("Long: "+strings.Repeat("x", 900)+"\n", r.IntN(400)))
		}
		if r.IntN(200) == 0 {
			block.WriteString(strings.Repeat("Many:\n", 10_001))
		}
		m.Header, _ = message.ParseHeader([]byte(block.String()))
	}
	return m
}

func TestRandom(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		parts := message.Parts{Flags: r.IntN(4) > 0, Received: r.IntN(4) > 0, Size: r.IntN(4) > 0, Saved: r.IntN(4) > 0}
		if r.IntN(4) > 0 {
			parts.Fields = []string{"from", "subject"}
		}
		a := open(t, t.TempDir())
		uid, all := imap.UID(0), []*message.Message(nil)
		for range r.IntN(300) {
			uid += imap.UID(1 + r.Uint32N(1<<r.IntN(23)))
			all = append(all, random(r, uid, parts))
		}
		s := State{UIDValidity: r.Uint32() | 1, UIDNext: uid + 1, Messages: uint32(len(all)), HighestModSeq: r.Uint64()}
		remember(t, a, "A", s, parts, all...)
		f := recall(t, a, "A")
		got := rows(t, f, parts)
		var uids []imap.UID
		for _, m := range all {
			uids = append(uids, m.UID)
		}
		if f.UIDs().String() != imap.UIDSetNum(uids...).String() {
			t.Fatalf("seed %d: UIDs %s, want %v", seed, f.UIDs(), uids)
		}
		if f.State() != s || len(got) != len(all) {
			t.Fatalf("seed %d: %+v, %d of %d", seed, f.State(), len(got), len(all))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], all[i]) {
				t.Fatalf("seed %d: got %+v, want %+v", seed, got[i], all[i])
			}
		}
	}
}

// More sets of flags, and larger ones, than are remembered.
func TestManyFlags(t *testing.T) {
	for _, c := range []struct{ sets, octets int }{{maxSets + 100, 1}, {2 * maxSetOctets / 5000, 5000}} {
		a := open(t, t.TempDir())
		var all []*message.Message
		parts := message.Parts{Flags: true}
		for i := range 2 * c.sets {
			flags := mailbox.NewFlags(imap.Flag(fmt.Sprint("k", i%c.sets)), imap.Flag(strings.Repeat("x", c.octets)))
			all = append(all, &message.Message{UID: imap.UID(i + 1), Known: parts, Flags: flags})
		}
		n := uint32(len(all))
		remember(t, a, "A", State{UIDValidity: 1, UIDNext: imap.UID(n + 1), Messages: n}, parts, all...)
		if got := rows(t, recall(t, a, "A"), parts); !reflect.DeepEqual(got, all) {
			t.Error("they are others now")
		}
	}
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

func openOctets(b []byte) (*Folder, error) {
	return openFolder(nopCloser{bytes.NewReader(b)}, int64(len(b)), "account", "A")
}
