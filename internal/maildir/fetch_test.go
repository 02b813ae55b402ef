package maildir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/maildir"
)

const multipart = "Subject: =?utf-8?q?f=C3=BCnf?=\nList-Id:\n  folded <x.example.org>\nDate: Mon, 3 Feb 2020 04:05:06 +0000\n" +
	"From: A <a@example.org>\nContent-Type: multipart/mixed; boundary=b\n\n" +
	"--b\nContent-Type: text/plain\n\nplain words\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner words\n" +
	"--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=x.pdf\n\nPDF\n--b--\n"

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "cur", name+":2,"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFetchSections(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	write(t, dir, "1.a", multipart)
	mustSelect(t, c, "INBOX")
	crlf := strings.ReplaceAll(multipart, "\n", "\r\n")
	header, body, _ := strings.Cut(crlf, "\r\n\r\n")
	for _, test := range []struct {
		section imap.FetchItemBodySection
		want    string
	}{
		{imap.FetchItemBodySection{}, crlf},
		{imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 9, Size: 8}}, crlf[9:17]},
		{imap.FetchItemBodySection{Partial: &imap.SectionPartial{Offset: 1 << 30, Size: 8}}, ""},
		{imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader}, header + "\r\n\r\n"},
		{imap.FetchItemBodySection{Specifier: imap.PartSpecifierText}, body},
		{imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"list-id", "Nope"}},
			"List-Id:\r\n  folded <x.example.org>\r\n\r\n"},
		{imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFieldsNot: []string{"list-id", "date", "from", "content-type"}},
			"Subject: =?utf-8?q?f=C3=BCnf?=\r\n\r\n"},
		{imap.FetchItemBodySection{Part: []int{1}}, "plain words"},
		{imap.FetchItemBodySection{Part: []int{2, 1}}, "inner words"},
		{imap.FetchItemBodySection{Part: []int{9}}, ""},
	} {
		test.section.Peek = true
		msgs, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{&test.section}}).Collect()
		if err != nil {
			t.Fatalf("%+v: %v", test.section, err)
		}
		if got := string(msgs[0].BodySection[0].Bytes); got != test.want {
			t.Errorf("%+v:\n got %q\nwant %q", test.section, got, test.want)
		}
	}
	msgs, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	if e := msgs[0].Envelope; e.Subject != "fünf" || e.From[0].Addr() != "a@example.org" {
		t.Errorf("envelope %+v", e)
	}
	var parts []string
	msgs[0].BodyStructure.Walk(func(path []int, part imap.BodyStructure) bool {
		parts = append(parts, fmt.Sprint(path, part.MediaType()))
		return true
	})
	if got := strings.Join(parts, " "); got != "[] multipart/mixed [1] text/plain [2] message/rfc822 [3] application/pdf" &&
		got != "[]multipart/mixed [1]text/plain [2]message/rfc822 [3]application/pdf" {
		t.Errorf("parts %s", got)
	}
}

func TestSeenByFetch(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	deliver(t, dir, "new", "", "one")
	mustSelect(t, c, "INBOX")
	for _, test := range []struct {
		peek bool
		want string
	}{{true, ""}, {false, `\Seen`}} {
		section := &imap.FetchItemBodySection{Peek: test.peek}
		if _, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect(); err != nil {
			t.Fatal(err)
		}
		wantRows(t, rows(t, c), row{1, test.want, "one"})
	}
}

func TestHostileMessages(t *testing.T) {
	deep := "Content-Type: multipart/mixed; boundary=b\n\n"
	for range 300 {
		deep += "--b\nContent-Type: multipart/mixed; boundary=b\n\n"
	}
	messages := map[string]string{
		"no-parts":    "Content-Type: multipart/mixed; boundary=x\n\n",
		"no-boundary": "Content-Type: multipart/mixed\n\nx\n",
		"odd-type":    "Content-Type: ///;;;=\n\nx\n",
		"cut":         "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Ty",
		"deep":        deep,
		"no-header":   "\nbody\n",
		"no-newline":  "Subject: x",
		"no-end":      "Subject: x\n",
		"nul":         "Subject: a\x00b\n\n\x00\n",
		"bad-rfc822":  "Content-Type: message/rfc822\n\n: :\nno header\n\n",
		"lone-cr":     "Subject: x\r\rX: y\r\n\r\n\r",
	}
	for name, text := range messages {
		t.Run(name, func(t *testing.T) {
			c, dir := connect(t, maildir.Options{})
			write(t, dir, "1."+name, text)
			mustSelect(t, c, "INBOX")
			whole := &imap.FetchItemBodySection{Peek: true}
			msgs, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{
				RFC822Size: true, Envelope: true, BodySection: []*imap.FetchItemBodySection{whole},
				BodyStructure: &imap.FetchItemBodyStructure{Extended: true},
			}).Collect()
			if err != nil {
				t.Fatal(err)
			}
			if n := len(msgs[0].FindBodySection(whole)); int64(n) != msgs[0].RFC822Size || n < len(text) {
				t.Errorf("%d octets came, size %d, the file has %d", n, msgs[0].RFC822Size, len(text))
			}
			if _, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: "x"}}, SentSince: time.Unix(0, 0)}, nil).Wait(); err != nil {
				t.Errorf("search: %v", err)
			}
			if err := c.Noop().Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnreadableIsAnError(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	write(t, dir, "1.good", "Subject: good\n\nx\n")
	write(t, dir, "2.garbage", "this is no header\n\nx\n")
	write(t, dir, "3.empty,S=10,W=12", "")
	write(t, dir, "4.good", "Subject: last\n\nx\n")
	mustSelect(t, c, "INBOX")
	all := imap.UIDSet{{Start: 1, Stop: 0}}
	for _, test := range []struct {
		o    *imap.FetchOptions
		want int
	}{
		{&imap.FetchOptions{Envelope: true}, 2},
		{&imap.FetchOptions{BodyStructure: &imap.FetchItemBodyStructure{}}, 3},
		{&imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true, Part: []int{1}}}}, 3},
		{&imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true, Part: []int{1}, Specifier: imap.PartSpecifierMIME}}}, 2},
		{&imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}}, 3},
		{&imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true, Specifier: imap.PartSpecifierHeader}}}, 3},
	} {
		cmd := c.Fetch(all, test.o)
		n := 0
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			n++
		}
		wantCode(t, cmd.Close(), imap.ResponseCodeCorruption)
		if n != test.want {
			t.Errorf("%+v: %d messages, want %d", test.o, n, test.want)
		}
	}
	_, err := c.UIDSearch(&imap.SearchCriteria{Body: []string{"x"}}, nil).Wait()
	wantCode(t, err, imap.ResponseCodeCorruption)
	if os.Getuid() != 0 {
		if err := os.Chmod(filepath.Join(dir, "cur", "1.good:2,"), 0); err != nil {
			t.Fatal(err)
		}
		_, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{Envelope: true}).Collect()
		wantCode(t, err, imap.ResponseCodeNoPerm)
	}
	if err := c.Noop().Wait(); err != nil {
		t.Error(err)
	}
}

func TestSearch(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	write(t, dir, "1.a", multipart)
	write(t, dir, "2.b", "Subject: two\nX-Spam: Yes\n\nother\n")
	write(t, dir, "3.c", "Subject: three\n\n"+strings.Repeat("x", 2000)+"\n")
	dates := []string{"2020-02-03", "2021-02-03", "2022-02-03"}
	for i, date := range dates {
		d, err := time.ParseInLocation(time.DateOnly, date, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		d = d.Add(12 * time.Hour)
		name, err := filepath.Glob(filepath.Join(dir, "cur", fmt.Sprintf("%d.*", i+1)))
		if err != nil || len(name) != 1 {
			t.Fatal(name, err)
		}
		if err := os.Chtimes(name[0], d, d); err != nil {
			t.Fatal(err)
		}
	}
	mustSelect(t, c, "INBOX")
	if err := store(c, imap.StoreFlagsAdd, 2, imap.FlagSeen, "Work"); err != nil {
		t.Fatal(err)
	}
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	header := func(k, v string) imap.SearchCriteria {
		return imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: k, Value: v}}}
	}
	for _, test := range []struct {
		s    imap.SearchCriteria
		want string
	}{
		{imap.SearchCriteria{}, "1:3"},
		{imap.SearchCriteria{Flag: []imap.Flag{"WORK", imap.FlagSeen}}, "2"},
		{imap.SearchCriteria{NotFlag: []imap.Flag{"work"}}, "1,3"},
		{imap.SearchCriteria{Flag: []imap.Flag{"unknown"}}, ""},
		{imap.SearchCriteria{Since: day("2021-02-03")}, "2:3"},
		{imap.SearchCriteria{Before: day("2021-02-03")}, "1"},
		{imap.SearchCriteria{SentSince: day("2020-02-03"), SentBefore: day("2020-02-04")}, "1"},
		{imap.SearchCriteria{Larger: 1000}, "3"},
		{imap.SearchCriteria{Smaller: 100}, "2"},
		{header("Subject", "FÜNF"), "1"},
		{header("List-Id", "folded <x"), "1"},
		{header("x-spam", ""), "2"},
		{imap.SearchCriteria{Body: []string{"PLAIN words"}}, "1"},
		{imap.SearchCriteria{Text: []string{"fünf"}}, "1"},
		{imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 2, Stop: 0}}}}, "2:3"},
		{imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 99, Stop: 0}}}}, "3"}, // n:* is never empty
		{imap.SearchCriteria{SeqNum: []imap.SeqSet{{{Start: 1, Stop: 2}}}}, "1:2"},
		{imap.SearchCriteria{Not: []imap.SearchCriteria{header("Subject", "two")}}, "1,3"},
		{imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{header("Subject", "two"), header("Subject", "three")}}}, "2:3"},
	} {
		for _, o := range []*imap.SearchOptions{nil, {ReturnAll: true, ReturnCount: true}} {
			data, err := c.UIDSearch(&test.s, o).Wait()
			if err != nil {
				t.Fatalf("%+v: %v", test.s, err)
			}
			got := ""
			if data.All != nil {
				got = data.All.String()
			}
			if got != test.want {
				t.Errorf("%+v: %q, want %q", test.s, got, test.want)
			}
		}
	}
}
