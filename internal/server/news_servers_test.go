package server_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// A seen folder is what one visit showed of it.
type seenFolder struct {
	answer plan.Answer
	rows   map[imap.UID]string
}

func (f seenFolder) uids() imap.UIDSet {
	return uidset.Sorted(imap.UIDSetNum(slices.Collect(maps.Keys(f.rows))...))
}

// see asks about all folders that are listed, each as question says, in a session of its
// own. Before it asks, but after the listing, between happens.
func see(t *testing.T, a *config.Account, c *cache.Account, between func(), question func(mailbox.Name) plan.Question) map[mailbox.Name]seenFolder {
	t.Helper()
	s, listing, leave := listedBy(t, a, c)
	defer leave()
	between()
	var qs []plan.Question
	for _, f := range listing.Folders {
		if f.Selectable {
			qs = append(qs, question(f.Name))
		}
	}
	rows := make([]map[imap.UID]string, len(qs))
	for i := range rows {
		rows[i] = map[imap.UID]string{}
	}
	answers, err := s.AnswerAll(t.Context(), qs, func(i int, m *message.Message) {
		if _, again := rows[i][m.UID]; again {
			t.Errorf("UID %d of %q is told twice", m.UID, qs[i].Folder)
		}
		rows[i][m.UID] = describeTold(m, qs[i].Fetch)
	})
	if err != nil {
		t.Fatalf("ask %+v: %v", qs, err)
	}
	all := map[mailbox.Name]seenFolder{}
	for i, q := range qs {
		all[q.Folder] = seenFolder{answers[i], rows[i]}
	}
	return all
}

// newsProducts are servers, and whether they can tell what has changed.
var newsProducts = []struct {
	product
	tells bool
}{
	{product{"dovecot", imaptest.Dovecot, nil}, true},
	{product{"dovecot with dots in INBOX", imaptest.Dovecot, []imaptest.Option{imaptest.Namespace("INBOX.", ".")}}, true},
	{product{"dovecot without CONDSTORE", imaptest.Dovecot, []imaptest.Option{imaptest.Hide("CONDSTORE", "QRESYNC")}}, false},
	{product{"dovecot without ESEARCH", imaptest.Dovecot, []imaptest.Option{imaptest.Hide("ESEARCH")}}, false},
	{product{"cyrus", imaptest.Cyrus, nil}, true},
	{product{"courier", imaptest.Courier, nil}, false},
}

// Whatever happens since a folder was seen: what is told of it then, with what was seen of
// the others that are there, is all of it.
func TestNewsOnServers(t *testing.T) {
	t.Parallel()
	for _, p := range newsProducts {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			seed := uint64(len(t.Name()))
			if given := os.Getenv("IMAPFORM_TEST_SEED"); given != "" { // for more of them
				n, err := strconv.ParseUint(given, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				seed += n
			}
			t.Logf("seed %d", seed)
			s := imaptest.Start(t, p.server, p.options...)
			a, r := s.Account(t), imaptest.Proxy(t, s.Dial, imaptest.Script{})
			rounds := 2
			if p.tells {
				rounds = 7
			}
			parts, surplus := checkNews(t, newMixer(t, a, seed), through(t, a, r), r, rounds)
			t.Logf("%d answers were of parts; %d messages more than had to be were told", parts, surplus)
			if p.tells != (parts > 0) {
				t.Errorf("%d answers were of parts, though it can tell: %t", parts, p.tells)
			}
			if surplus > parts { // what changes and changes back is told as well
				t.Errorf("that are too many")
			}
		})
	}
}

func checkNews(t *testing.T, m *mixer, account *config.Account, r *imaptest.Recorder, rounds int) (parts, surplus int) {
	dir := t.TempDir()
	var done []string
	for range rounds {
		fetch := everything
		switch m.IntN(5) {
		case 0:
			fetch = message.Parts{Flags: true}
		case 1:
			fetch.Flags = false
		}
		var c *cache.Account
		if m.IntN(3) == 0 {
			c = remembered(t, dir)
		}
		whole := func(name mailbox.Name) plan.Question { return plan.Question{Folder: name, Fetch: fetch} }
		before := see(t, account, nil, func() {}, whole)
		for range m.IntN(4) {
			done = append(done, m.step())
		}
		sinces := map[mailbox.Name]*plan.Since{}
		since := func(name mailbox.Name) plan.Question {
			q := whole(name)
			if was, ok := before[name]; ok {
				sinces[name] = &plan.Since{State: was.answer.State, Known: was.uids(), Again: some(m.Rand, was.uids())}
				q.Since = sinces[name]
			}
			return q
		}
		between := func() {
			for range m.IntN(3) {
				if c == nil { // of one that is remembered nothing is asked that is listed as it was
					done = append(done, "meanwhile "+m.meanwhile())
				}
			}
		}
		got, want := see(t, account, c, between, since), see(t, account, nil, func() {}, whole)
		for name, is := range want {
			if got[name].answer.Since {
				parts++
			}
			more, err := fits(before[name], sinces[name], got[name], is, fetch)
			if surplus += more; err != nil {
				t.Fatalf("after %s: folder %q: %v\n%s", strings.Join(done, "; "), name, err, r.Transcript())
			}
		}
	}
	return parts, surplus
}

// some are UIDs of a set, at random.
func some(r *rand.Rand, of imap.UIDSet) imap.UIDSet {
	var chosen imap.UIDSet
	every := 1 + r.IntN(6)
	for _, one := range of {
		for uid := one.Start; uid <= one.Stop; uid++ {
			if r.IntN(every) == 1 {
				chosen = uidset.Add(chosen, uid)
			}
		}
	}
	return chosen
}

// meanwhile changes something while another session goes on, and says what.
func (m *mixer) meanwhile() string {
	m.Helper()
	folder := mixed[m.IntN(len(mixed))]
	selected, uid := fmt.Sprintf("SELECT %q", m.wire[folder]), 1+m.IntN(12)
	switch m.IntN(3) {
	case 0:
		m.deliver(folder, 1+m.IntN(2))
		return "mail for " + folder
	case 1:
		imaptest.Do(m, m.account, selected, fmt.Sprintf("UID STORE %d +FLAGS.SILENT (meanwhile%d)", uid, m.IntN(3)))
		return "a flag in " + folder
	default:
		imaptest.Do(m, m.account, selected, fmt.Sprintf(`UID STORE %d +FLAGS.SILENT (\Deleted)`, uid), "EXPUNGE")
		return "one of " + folder + " is gone"
	}
}

// fits returns why an answer is not right, and of how many messages it tells that are known
// and neither asked for nor changed.
func fits(was seenFolder, since *plan.Since, got, want seenFolder, fetch message.Parts) (surplus int, _ error) {
	if got.answer.State != want.answer.State {
		return 0, fmt.Errorf("the state is %+v, want %+v", got.answer.State, want.answer.State)
	}
	if !got.answer.Since {
		if !maps.Equal(got.rows, want.rows) || got.answer.There != nil {
			return 0, fmt.Errorf("told is %v, want %v", got.rows, want.rows)
		}
		return 0, nil
	}
	if since == nil {
		return 0, fmt.Errorf("a part is told of what was not known")
	}
	if there := want.uids(); got.answer.There.String() != there.String() {
		return 0, fmt.Errorf("there is %s, want %s", got.answer.There, there)
	}
	for uid, row := range want.rows {
		told, isTold := got.rows[uid]
		seen, isKnown := was.rows[uid]
		switch {
		case isTold && told != row:
			return 0, fmt.Errorf("told is %q, want %q", told, row)
		case isTold:
			if isKnown && seen == row && !uidset.Within(imap.UIDSetNum(uid), since.Again) {
				surplus++
			}
		case !isKnown || seen != row || uidset.Within(imap.UIDSetNum(uid), since.Again):
			return 0, fmt.Errorf("not told is %q; it was %q, and %s are asked for again", row, seen, since.Again)
		}
	}
	for uid := range got.rows {
		if _, ok := want.rows[uid]; !ok {
			return 0, fmt.Errorf("UID %d is told, which is not there", uid)
		}
	}
	return surplus, nil
}
