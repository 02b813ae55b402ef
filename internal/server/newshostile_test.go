package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// A liar answers each command with anything that is an answer to such a command.
type liar struct{ *rand.Rand }

// one returns one of the texts, mostly the first.
func (l liar) one(texts ...string) string {
	if l.IntN(3) > 0 {
		return texts[0]
	}
	return texts[l.IntN(len(texts))]
}

func (l liar) end() string {
	return l.one("TAG OK done\r\n", "TAG OK done\r\n", "TAG NO not now\r\n", "TAG BAD what?\r\n")
}

func (l liar) rows(uids ...int) string {
	var b strings.Builder
	for _, uid := range uids {
		if l.IntN(8) == 0 {
			continue
		}
		if l.IntN(8) == 0 {
			uid = 1 + l.IntN(15)
		}
		row := fmt.Sprintf("UID %d FLAGS (%s)", uid, l.one("", "a", "b"))
		if l.IntN(6) > 0 {
			row += ` BODY[HEADER.FIELDS (SUBJECT)] "Subject: x"`
		}
		for range 1 + l.IntN(6)/5 {
			fmt.Fprintf(&b, "* %d FETCH (%s)\r\n", 1+l.IntN(9), l.one(row, row, row, row, "FLAGS (c)", fmt.Sprintf("UID %d FLAGS (d)", uid), fmt.Sprintf("UID %d", uid)))
		}
	}
	return b.String()
}

func (l liar) script() script {
	next := l.one("13", "13", "14", "12", "9")
	exists := l.one("4", "4", "3", "5", "0")
	s := modern().with("EXAMINE", fmt.Sprintf("* %s EXISTS\r\n* OK [UIDVALIDITY %s] x\r\n%s* OK [%s] x\r\nTAG OK\r\n",
		exists, l.one("7", "7", "7", "8"), l.one("* OK [UIDNEXT "+next+"] x\r\n", ""), l.one("HIGHESTMODSEQ 60", "HIGHESTMODSEQ 60", "HIGHESTMODSEQ 40", "NOMODSEQ"))).
		with("UID FETCH", l.rows(2, 9, 11, 12)+l.end()).
		with("UID FETCH 2:9 ", l.rows(9)+l.end()).
		with("UID FETCH 10:12 ", l.rows(11, 12)+l.end()).
		with("UID FETCH 5", l.rows(5)+l.end()).
		with("UID SEARCH", "* SEARCH 2 9 11 12\r\n"+l.end()).
		with(searched, l.rows(2)+l.one("* ESEARCH (TAG \"TAG\") UID ALL 2,9,11:12\r\n", "* ESEARCH (TAG \"TAG\") UID ALL 2,9,11:13\r\n",
			"* ESEARCH (TAG \"TAG\") UID ALL 2,5,9,11\r\n", "* ESEARCH (TAG \"TAG\") UID\r\n", "* ESEARCH UID ALL 0\r\n", "* ESEARCH ALL 1:4\r\n", "")+l.end())
	return s.then("UID FETCH", "* 1 EXPUNGE\r\n"+l.rows(2, 5, 9, 11, 12, 13)+l.end())
}

// Whatever a server answers: what is told of parts of its messages is complete by what it
// says itself, or it is an error.
func TestNewsHostile(t *testing.T) {
	parts, wholes, errs := 0, 0, 0
	for seed := range uint64(400) {
		l := liar{rand.New(rand.NewPCG(seed, 11))}
		session := dialListed(t, newFake(t, greeting, l.script()))
		var again []imap.UID
		if l.IntN(2) == 0 {
			again = []imap.UID{5}
		}
		since := sinceWork(again...)
		var told []imap.UID
		answers, err := session.AnswerAll(t.Context(), []plan.Question{{Folder: "Work", Fetch: withSubject(), Since: since}}, func(_ int, m *message.Message) {
			if told = append(told, m.UID); !m.Known.Covers(withSubject()) {
				t.Errorf("seed %d: of UID %d only %+v is known", seed, m.UID, m.Known)
			}
		})
		if err := session.drop(); err != nil {
			t.Error(err)
		}
		switch {
		case err != nil:
			errs++
			continue
		case !answers[0].Since:
			wholes++
			continue
		}
		parts++
		a := answers[0]
		there, all := a.There, uidset.Sorted(imap.UIDSetNum(told...))
		must := uidset.Common(uidset.Union(since.Again, uidset.Above(there, 9)), there)
		switch {
		case len(slices.Compact(slices.Sorted(slices.Values(told)))) != len(told):
			t.Errorf("seed %d: told twice: %v", seed, told)
		case !uidset.Within(all, there) || !uidset.Within(must, all):
			t.Errorf("seed %d: told is %s where there are %s, and %s must be told", seed, all, there, must)
		case !uidset.Within(uidset.UpTo(there, 9), since.Known) || uidset.Highest(there) >= a.State.UIDNext || uidset.Count(there) > int64(a.State.Messages):
			t.Errorf("seed %d: there are %s in %+v", seed, there, a.State)
		case a.State.UIDValidity != 7 || a.State.HighestModSeq < 50:
			t.Errorf("seed %d: it is of another folder: %+v", seed, a.State)
		}
	}
	if parts < 50 || wholes < 50 || errs < 20 {
		t.Errorf("%d answers of parts, %d of all, %d errors: too few of some", parts, wholes, errs)
	}
}

// dialListed logs in and lists the folders.
func dialListed(t *testing.T, f *fake) *Session {
	t.Helper()
	s, err := Dial(t.Context(), f.account, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
