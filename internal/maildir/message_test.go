package maildir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

func appendMessage(t testing.TB, c *imapclient.Client, folder, text string, o *imap.AppendOptions) *imap.AppendData {
	t.Helper()
	cmd := c.Append(folder, int64(len(text)), o)
	if _, err := cmd.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := cmd.Wait()
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return data
}

func TestReadOnlyChangesNothing(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "Dest")
	deliver(t, dir, "new", "", "one")
	deliver(t, dir, "cur", "T", "two")
	before := append(files(t, filepath.Join(dir, "new")), files(t, filepath.Join(dir, "cur"))...)

	if _, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if data.NumMessages != 2 || len(data.PermanentFlags) != 0 {
		t.Errorf("EXAMINE: %+v", data)
	}
	wantCode(t, store(c, imap.StoreFlagsAdd, 1, imap.FlagSeen), imap.ResponseCodeNoPerm)
	wantCode(t, c.Expunge().Close(), imap.ResponseCodeNoPerm)
	wantCode(t, c.UIDExpunge(imap.UIDSetNum(2)).Close(), imap.ResponseCodeNoPerm)
	_, err = c.Move(imap.UIDSetNum(1), "Dest").Wait()
	wantCode(t, err, imap.ResponseCodeNoPerm)
	if _, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}).Collect(); err != nil {
		t.Error(err)
	}
	if err := c.UnselectAndExpunge().Wait(); err != nil {
		t.Errorf("CLOSE: %v", err)
	}
	mustSelect(t, c, "INBOX")
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	after := append(files(t, filepath.Join(dir, "new")), files(t, filepath.Join(dir, "cur"))...)
	wantLines(t, after, before...)
}

func TestStore(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	deliver(t, dir, "new", "", "one")
	deliver(t, dir, "cur", "PSXq", "two") // P, X and q mean nothing here
	mustSelect(t, c, "INBOX")
	for _, step := range []struct {
		op    imap.StoreFlagsOp
		uid   imap.UID
		flags []imap.Flag
	}{
		{imap.StoreFlagsAdd, 1, []imap.Flag{imap.FlagSeen, "Work", "$Label1"}},
		{imap.StoreFlagsAdd, 1, []imap.Flag{`\seen`, "WORK"}}, // nothing new
		{imap.StoreFlagsDel, 1, []imap.Flag{imap.FlagSeen, "never"}},
		{imap.StoreFlagsSet, 2, []imap.Flag{imap.FlagFlagged, "work"}},
		{imap.StoreFlagsAdd, 9, []imap.Flag{imap.FlagSeen}}, // no such message
	} {
		if err := store(c, step.op, step.uid, step.flags...); err != nil {
			t.Fatalf("%+v: %v", step, err)
		}
	}
	wantRows(t, rows(t, c), row{1, "$Label1 Work", "one"}, row{2, `Work \Flagged`, "two"})
	var infos []string
	for _, name := range files(t, filepath.Join(dir, "cur")) {
		_, info, _ := strings.Cut(name, ":")
		infos = append(infos, info)
	}
	slices.Sort(infos)
	wantLines(t, infos, "2,FPXaq", "2,ab")
	if data, err := os.ReadFile(filepath.Join(dir, "dovecot-keywords")); err != nil || string(data) != "0 Work\n1 $Label1\n" {
		t.Errorf("keywords %q, %v", data, err)
	}
	wantCode(t, store(c, imap.StoreFlagsAdd, 1, `\Other`), imap.ResponseCodeCannot)
	if n := len(files(t, filepath.Join(dir, "new"))); n != 0 {
		t.Errorf("%d files left in new", n)
	}
}

func TestKeywordLimit(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "Other")
	deliver(t, dir, "cur", "z", "one") // z is used and has no name: not to be given away
	mustSelect(t, c, "INBOX")
	for i := range 25 {
		if err := store(c, imap.StoreFlagsAdd, 1, imap.Flag(fmt.Sprintf("k%d", i))); err != nil {
			t.Fatalf("keyword %d: %v", i, err)
		}
	}
	wantCode(t, store(c, imap.StoreFlagsAdd, 1, imap.FlagSeen, "onemore"), imap.ResponseCodeLimit)
	r := rows(t, c)[0]
	if n := len(strings.Fields(r.flags)); n != 25 || strings.Contains(r.flags, "Seen") {
		t.Errorf("%d flags: %s", n, r.flags)
	}
	if data := mustSelect(t, c, "INBOX"); slices.Contains(data.PermanentFlags, imap.FlagWildcard) {
		t.Error(`\* is offered with no letter left`)
	}
	if _, err := c.Copy(imap.UIDSetNum(1), "Other").Wait(); err != nil {
		t.Fatal(err)
	}
	deliver(t, dir, "cur", "", "two")
	mustSelect(t, c, "Other")
	if err := store(c, imap.StoreFlagsAdd, 1, "other"); err != nil {
		t.Fatal(err)
	}
	_, err := c.Copy(imap.UIDSetNum(1), "INBOX").Wait()
	wantCode(t, err, imap.ResponseCodeLimit)
	_, err = c.Move(imap.UIDSetNum(1), "INBOX").Wait()
	wantCode(t, err, imap.ResponseCodeLimit)
	if got := subjects(t, c, "Other") + " / " + subjects(t, c, "INBOX"); got != "one / one two" {
		t.Errorf("messages %s", got)
	}
}

func TestDamagedKeywords(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	deliver(t, dir, "cur", "a", "one")
	name := filepath.Join(dir, "dovecot-keywords")
	if err := os.WriteFile(name, []byte("0 a\n0 b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := c.Select("INBOX", nil).Wait()
	wantCode(t, err, imap.ResponseCodeCorruption)
}

func TestMoveAndCopy(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "Dest")
	dest := filepath.Join(dir, ".Dest")
	if err := os.WriteFile(filepath.Join(dest, "dovecot-keywords"), []byte("0 other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	date := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	for i := range 5 {
		name := deliver(t, dir, "cur", "FP", fmt.Sprintf("m%d", i))
		with := strings.Replace(name, ":2,", ",U=77,S=12,W=14:2,", 1)
		if err := os.Rename(name, with); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(with, date, date); err != nil {
			t.Fatal(err)
		}
	}
	deliver(t, dir, "new", "", "m5")
	mustSelect(t, c, "INBOX")
	if err := store(c, imap.StoreFlagsAdd, 2, "work", imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	_, err := c.Move(imap.UIDSetNum(1), "Nope").Wait()
	wantCode(t, err, "TRYCREATE")
	_, err = c.Copy(imap.UIDSetNum(1), "Nope").Wait()
	wantCode(t, err, "TRYCREATE")

	moved, err := c.Move(imap.UIDSetNum(2, 3, 6, 99), "Dest").Wait()
	if err != nil {
		t.Fatal(err)
	}
	if moved.SourceUIDs.String() != "2:3,6" || moved.DestUIDs.String() != "1:3" {
		t.Errorf("COPYUID %+v", moved)
	}
	copied, err := c.Copy(imap.UIDSetNum(1, 4), "Dest").Wait()
	if err != nil {
		t.Fatal(err)
	}
	if copied.SourceUIDs.String() != "1,4" || copied.DestUIDs.String() != "4:5" || copied.UIDValidity != moved.UIDValidity {
		t.Errorf("COPYUID %+v", copied)
	}
	if n := count(t, c); n != 3 {
		t.Errorf("after MOVE the client counts %d", n)
	}
	wantRows(t, rows(t, c), row{1, `\Flagged`, "m0"}, row{4, `\Flagged`, "m3"}, row{5, `\Flagged`, "m4"})
	if data := mustSelect(t, c, "Dest"); data.UIDValidity != moved.UIDValidity {
		t.Errorf("UIDVALIDITY %d, COPYUID said %d", data.UIDValidity, moved.UIDValidity)
	}
	wantRows(t, rows(t, c),
		row{1, `\Deleted \Flagged work`, "m1"}, row{2, `\Flagged`, "m2"}, row{3, "", "m5"}, row{4, `\Flagged`, "m0"}, row{5, `\Flagged`, "m3"})
	for _, name := range files(t, filepath.Join(dest, "cur")) {
		if strings.Contains(name, ",U=") || !strings.Contains(name, ",S=12,W=14:2,") || !strings.Contains(name, "P") {
			t.Errorf("file name %q", name)
		}
		info, err := os.Stat(filepath.Join(dest, "cur", name))
		if err != nil || !info.ModTime().Equal(date) {
			t.Errorf("%q: time %v, %v", name, info.ModTime(), err)
		}
	}
	if n := len(files(t, filepath.Join(dest, "new"))); n != 1 {
		t.Errorf("%d files in the destination's new", n)
	}
	msgs, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{InternalDate: true, RFC822Size: true}).Collect()
	if err != nil || !msgs[0].InternalDate.Equal(date) || msgs[0].RFC822Size != 14 {
		t.Errorf("%+v, %v", msgs, err)
	}
	// Into itself: a new UID, as other servers do it.
	self, err := c.Move(imap.UIDSetNum(1), "Dest").Wait()
	if err != nil || self.DestUIDs.String() != "6" {
		t.Errorf("%+v, %v", self, err)
	}
	if err := c.Noop().Wait(); err != nil || count(t, c) != 5 {
		t.Errorf("%d messages, %v", count(t, c), err)
	}
}

func TestExpunge(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	for i := range 6 {
		deliver(t, dir, "cur", []string{"T", ""}[i%2], fmt.Sprintf("m%d", i))
	}
	mustSelect(t, c, "INBOX")
	gone, err := c.UIDExpunge(imap.UIDSetNum(1, 2, 3)).Collect()
	if err != nil || fmt.Sprint(gone) != "[3 1]" {
		t.Errorf("UID EXPUNGE told %v, %v", gone, err)
	}
	wantRows(t, rows(t, c), row{2, "", "m1"}, row{4, "", "m3"}, row{5, `\Deleted`, "m4"}, row{6, "", "m5"})
	gone, err = c.Expunge().Collect()
	if err != nil || fmt.Sprint(gone) != "[3]" {
		t.Errorf("EXPUNGE told %v, %v", gone, err)
	}
	if n := len(files(t, filepath.Join(dir, "cur"))); n != 3 {
		t.Errorf("%d files", n)
	}
	deliver(t, dir, "cur", "", "m6")
	if err := c.Noop().Wait(); err != nil || count(t, c) != 4 {
		t.Errorf("%d messages, %v", count(t, c), err)
	}
	if r := rows(t, c); len(r) != 4 || r[3].uid != 7 {
		t.Errorf("a UID was used again: %+v", r)
	}
}

func TestAppend(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	date := time.Date(2021, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	text := "Subject: appended\r\n\r\nbody\r\n.\r\n"
	data := appendMessage(t, c, "INBOX", text, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen, "kw"}, Time: date})
	if data.UID != 1 || data.UIDValidity == 0 {
		t.Errorf("APPENDUID %+v", data)
	}
	big := "Subject: big\r\n\r\n" + strings.Repeat("0123456789\r\n", 20_000)
	appendMessage(t, c, "INBOX", big, nil)
	if sel := mustSelect(t, c, "INBOX"); sel.UIDValidity != data.UIDValidity {
		t.Errorf("UIDVALIDITY %d and %d", sel.UIDValidity, data.UIDValidity)
	}
	wantRows(t, rows(t, c), row{1, `\Seen kw`, "appended"}, row{2, "", "big"})
	whole := &imap.FetchItemBodySection{Peek: true}
	msgs, err := c.Fetch(imap.UIDSetNum(1, 2), &imap.FetchOptions{
		InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{whole},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{text, big} {
		if got := string(msgs[i].FindBodySection(whole)); got != want || msgs[i].RFC822Size != int64(len(want)) {
			t.Errorf("message %d: %d octets, size %d, want %d", i+1, len(got), msgs[i].RFC822Size, len(want))
		}
	}
	if !msgs[0].InternalDate.Equal(date) {
		t.Errorf("date %v", msgs[0].InternalDate)
	}
	if left := files(t, filepath.Join(dir, "tmp")); len(left) > 0 {
		t.Errorf("left in tmp: %v", left)
	}
	stored, err := filepath.Glob(filepath.Join(dir, "cur", "*,S=26,W=30:2,Sa"))
	if err != nil || len(stored) != 1 {
		t.Errorf("files %v", files(t, filepath.Join(dir, "cur")))
	}
}

func TestAppendRefusals(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	for _, test := range []struct {
		folder string
		flags  []imap.Flag
		code   imap.ResponseCode
	}{
		{"Nope", nil, "TRYCREATE"},
		{"a..b", nil, imap.ResponseCodeCannot},
		{"INBOX", []imap.Flag{`\Foo`}, imap.ResponseCodeCannot},
	} {
		cmd := c.Append(test.folder, 3, &imap.AppendOptions{Flags: test.flags})
		if _, err := cmd.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := cmd.Wait()
		wantCode(t, err, test.code)
	}
	if left := append(files(t, filepath.Join(dir, "tmp")), files(t, filepath.Join(dir, "cur"))...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOthersChangeFiles(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "Dest")
	var names []string
	for i := range 6 {
		names = append(names, deliver(t, dir, "cur", "", fmt.Sprintf("m%d", i)))
	}
	mustSelect(t, c, "INBOX")
	rename := func(i int, suffix string) {
		t.Helper()
		base, _, _ := strings.Cut(names[i], ":2,")
		if err := os.Rename(names[i], base+suffix); err != nil {
			t.Fatal(err)
		}
	}
	rename(0, ":2,F")
	rename(1, ",U=5:2,S") // mbsync gives its UID
	rename(2, ":2,T")
	if err := os.Remove(names[3]); err != nil {
		t.Fatal(err)
	}
	// The server has not looked since; it must find each file, and miss only the one that is gone.
	if err := store(c, imap.StoreFlagsAdd, 1, imap.FlagSeen); err != nil {
		t.Fatal(err)
	}
	if err := store(c, imap.StoreFlagsAdd, 4, imap.FlagSeen); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(imap.UIDSetNum(2), "Dest").Wait(); err != nil {
		t.Fatal(err)
	}
	if gone, err := c.UIDExpunge(imap.UIDSetNum(3, 5)).Collect(); err != nil || len(gone) == 0 {
		t.Errorf("%v, %v", gone, err)
	}
	wantRows(t, rows(t, c), row{1, `\Flagged \Seen`, "m0"}, row{2, `\Seen`, "m1"}, row{5, "", "m4"}, row{6, "", "m5"})

	if err := os.Remove(names[4]); err != nil {
		t.Fatal(err)
	}
	_, err := c.Copy(imap.SeqSet{{Start: 1, Stop: 4}}, "Dest").Wait()
	wantCode(t, err, "EXPUNGEISSUED")
	if got := subjects(t, c, "Dest"); got != "m1" {
		t.Errorf("a COPY that failed left %s", got)
	}
	mustSelect(t, c, "INBOX")
	if err := os.Remove(names[5]); err != nil {
		t.Fatal(err)
	}
	moved, err := c.Move(imap.SeqSet{{Start: 1, Stop: 0}}, "Dest").Wait()
	wantCode(t, err, "EXPUNGEISSUED")
	_ = moved
	if got := subjects(t, c, "Dest"); got != "m0 m1 m1" {
		t.Errorf("MOVE brought %s", got)
	}
	if got := subjects(t, c, "INBOX"); got != "" {
		t.Errorf("MOVE left %s", got)
	}
}

func TestTwinsAreTwoMessages(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "Dest")
	for flags, subject := range map[string]string{"": "a", "S": "b"} {
		name := filepath.Join(dir, "cur", "100.same.host:2,"+flags)
		if err := os.WriteFile(name, []byte("Subject: "+subject+"\n\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := subjects(t, c, "INBOX"); got != "a b" {
		t.Fatalf("messages %s", got)
	}
	mustSelect(t, c, "INBOX")
	wantCode(t, store(c, imap.StoreFlagsAdd, 1, imap.FlagFlagged), imap.ResponseCodeCannot)
	if got := subjects(t, c, "INBOX"); got != "a b" {
		t.Fatalf("after STORE: %s", got)
	}
	mustSelect(t, c, "INBOX")
	if _, err := c.Move(imap.UIDSet{{Start: 1, Stop: 0}}, "Dest").Wait(); err != nil {
		t.Fatal(err)
	}
	if got := subjects(t, c, "Dest"); got != "a b" {
		t.Errorf("after MOVE: %s", got)
	}
}

func TestDamagedUIDList(t *testing.T) {
	for what, damage := range map[string]func(data []byte) []byte{
		"missing":     func([]byte) []byte { return nil },
		"empty":       func([]byte) []byte { return []byte{} },
		"cut":         func(d []byte) []byte { return d[:strings.Index(string(d), "+2")] },
		"garbage":     func(d []byte) []byte { return append(d, "garbage\n"...) },
		"zeros":       func(d []byte) []byte { return make([]byte, len(d)) },
		"uid twice":   func(d []byte) []byte { return append(d, "+2 again\n"...) },
		"key twice":   func(d []byte) []byte { return append(d, "-1\n-1\n"...) },
		"zero header": func(d []byte) []byte { return []byte(strings.Replace(string(d), " V", " V0", 1)) },
	} {
		t.Run(what, func(t *testing.T) {
			tree, dir := newTree(t, maildir.Options{})
			deliver(t, dir, "cur", "", "a")
			deliver(t, dir, "cur", "", "b")
			c := dial(t, tree)
			before := mustSelect(t, c, "INBOX")
			name := filepath.Join(dir, "imapform-uidlist")
			data := []byte(fmt.Sprintf("imapform-uidlist 1 V%d N3 C2\n+1 %s\n+2 %s\n", before.UIDValidity, "x", "y"))
			if damaged := damage(data); damaged == nil {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(name, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			c2 := dial(t, openTree(t, dir, maildir.Options{}))
			after := mustSelect(t, c2, "INBOX")
			if after.UIDValidity <= before.UIDValidity || after.NumMessages != 2 {
				t.Errorf("before %+v, after %+v", before, after)
			}
			// The session that had it open must not act on numbers that mean other messages now.
			if err := c.Noop().Wait(); err != nil {
				t.Fatal(err)
			}
			wantCode(t, store(c, imap.StoreFlagsAdd, 1, imap.FlagDeleted), imap.ResponseCodeUnavailable)
		})
	}
}

func TestUnfinishedLineIsNoDamage(t *testing.T) {
	tree, dir := newTree(t, maildir.Options{})
	deliver(t, dir, "cur", "", "a")
	before := mustSelect(t, dial(t, tree), "INBOX")
	f, err := os.OpenFile(filepath.Join(dir, "imapform-uidlist"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("+2 123.unfini"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	deliver(t, dir, "cur", "", "b")
	for range 2 {
		c := dial(t, openTree(t, dir, maildir.Options{}))
		if after := mustSelect(t, c, "INBOX"); after.UIDValidity != before.UIDValidity || after.UIDNext != 3 {
			t.Errorf("before %+v, after %+v", before, after)
		}
	}
}

func TestUIDValidityWithoutItsFile(t *testing.T) {
	tree, dir := newTree(t, maildir.Options{})
	c := dial(t, tree)
	create(t, c, "A", "B", "C")
	if err := os.Remove(filepath.Join(dir, "imapform-uidvalidity")); err != nil {
		t.Fatal(err)
	}
	create(t, c, "D")
	var last uint32
	for _, name := range []string{"A", "B", "C", "D"} {
		if data := mustSelect(t, c, name); data.UIDValidity <= last {
			t.Errorf("%s has %d, the one before %d", name, data.UIDValidity, last)
		} else {
			last = data.UIDValidity
		}
	}
}
