package undo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// run is a journal; the run that is turned around is "t".
func run(id, undoes string, records ...journal.Record) []journal.Record {
	return append([]journal.Record{{Run: &journal.Run{ID: id, Undoes: undoes}}}, records...)
}

// spot is where messages lie: a folder with its UIDVALIDITY.
type spot struct {
	name     mailbox.Name
	validity uint32
}

var (
	inbox = spot{"INBOX", 1}
	a     = spot{"A", 2}
	b     = spot{"B", 3}
)

// moving is a batch that moves messages of which nothing but the first digit of their
// digests, the hundreds, is told apart from their UIDs.
func moving(from, to spot, uids, at []imap.UID, digests ...uint64) []journal.Record {
	into := journal.Batch{Folder: from.name, UIDValidity: from.validity, Away: journal.VerbMove, To: &journal.Into{Name: to.name, UIDValidity: to.validity, UIDNext: 10}}
	d := journal.Done{Verb: journal.VerbMove, Folder: from.name, UIDValidity: from.validity, To: to.name, ToValidity: to.validity, UIDs: uids, At: at, Digests: digests}
	return []journal.Record{{Batch: &into}, {Done: &d}, {Settled: &journal.Settled{}}}
}

// flagging changes flags of one message.
func flagging(verb journal.Verb, at spot, uid imap.UID, digest uint64, flags ...imap.Flag) []journal.Record {
	return []journal.Record{
		{Batch: &journal.Batch{Folder: at.name, UIDValidity: at.validity}},
		{Done: &journal.Done{Verb: verb, Folder: at.name, UIDValidity: at.validity, Flags: mailbox.NewFlags(flags...), UIDs: uids(uid), Digests: []uint64{digest}}},
	}
}

func expunged(at spot, uid imap.UID, digest uint64, file string) []journal.Record {
	d := journal.Done{Verb: journal.VerbExpunge, Folder: at.name, UIDValidity: at.validity, UIDs: uids(uid), Digests: []uint64{digest}}
	if file != "" {
		d.Dir, d.Backup = "/b", []string{file}
	}
	return []journal.Record{{Batch: &journal.Batch{Folder: at.name, UIDValidity: at.validity, Away: journal.VerbExpunge}}, {Done: &d}}
}

func appended(at spot, uid imap.UID, file string) journal.Record {
	d := journal.Done{Verb: journal.VerbAppend, Folder: at.name, UIDValidity: at.validity, UIDs: uids(uid)}
	if file != "" {
		d.Dir, d.Backup = "/b", []string{file}
	}
	return journal.Record{Done: &d}
}

func TestLater(t *testing.T) {
	filed := run("t", "", moving(inbox, a, uids(1, 2), uids(10, 11), 100, 200)...)
	flagged := run("t", "", flagging(journal.VerbAdd, inbox, 1, 100, "x", "y")...)
	on := run("on", "", moving(a, b, uids(10), uids(20), 100)...)
	off := run("off", "on", moving(b, a, uids(20), uids(30), 100)...)
	both := listing(folderOf("A", 2, 9), folderOf("B", 3, 9))
	// What would be, were nothing known of later runs.
	const asFiled = "file A 10/100 11/200 to INBOX"
	for _, test := range []struct {
		name    string
		run     []journal.Record
		later   [][]journal.Record
		listing plan.Listing
		want    []string
		onward  int
	}{
		{name: "runs that say nothing", run: filed, later: [][]journal.Record{nil, {{}}, {{Run: &journal.Run{}}}}, listing: both, want: []string{asFiled}},
		{name: "runs that undo each other in a circle", run: filed, later: [][]journal.Record{run("p", "q"), run("q", "p"), run("r", "r")}, listing: both, want: []string{asFiled}},
		{
			name: "other messages are moved", run: filed, listing: both, want: []string{asFiled},
			later: [][]journal.Record{run("on", "", moving(a, b, uids(12), uids(20), 100)...)},
		},
		{
			name: "the UID is that of another message", run: filed, listing: both, want: []string{asFiled},
			later: [][]journal.Record{run("on", "", moving(a, b, uids(10), uids(20), 700)...)},
		},
		{
			name: "the UID is one of another folder of that name", run: filed, listing: both, want: []string{asFiled},
			later: [][]journal.Record{run("on", "", moving(spot{"A", 9}, b, uids(10), uids(20), 100)...)},
		},
		{
			name: "moved on", run: filed, later: [][]journal.Record{on}, listing: both,
			want: []string{"file A 11/200 to INBOX", "file B 20/100 to INBOX"}, onward: 1,
		},
		{
			name: "moved on, and back", run: filed, later: [][]journal.Record{on, off}, listing: both,
			want: []string{"file A 11/200 30/100 to INBOX"},
		},
		{
			name: "moved on, back, and on again", run: filed, listing: both, onward: 1,
			later: [][]journal.Record{on, off, run("again", "off", moving(a, b, uids(30), uids(40), 100)...)},
			want:  []string{"file A 11/200 to INBOX", "file B 40/100 to INBOX"},
		},
		{
			name: "moved on to where it was", run: filed, listing: both, want: []string{"file A 11/200 to INBOX"},
			later: [][]journal.Record{run("on", "", moving(a, inbox, uids(10), uids(20), 100)...)},
		},
		{
			name: "moved on to a folder that is gone", run: filed, later: [][]journal.Record{on}, listing: listing(folderOf("A", 2, 9)),
			want: []string{"file A 11/200 to INBOX", `left: 1 message in folder "B": the folder in which a later run left them is gone`},
		},
		{
			name: "moved on to a folder in which it has lain before", run: filed, listing: both,
			later: [][]journal.Record{run("on", "", moving(a, b, uids(10), uids(9), 100)...)},
			want:  []string{"file A 11/200 to INBOX", `left: 1 message in folder "B": they lay there before`},
		},
		{
			name: "not moved by the run, and moved by a later one", run: flagged, listing: both,
			later: [][]journal.Record{run("on", "", moving(inbox, b, uids(1), uids(20), 100)...)},
			want:  []string{"file B 20/100 +[] -[x y] first false"},
		},
		{
			name: "an undo that was killed", run: filed, listing: both, want: []string{"file A 11/200 to INBOX"},
			later: [][]journal.Record{run("u", "t", moving(a, inbox, uids(10), uids(30), 100)...)},
		},
		{
			name: "an undo that has done all", run: filed, listing: both,
			later: [][]journal.Record{run("u", "t", moving(a, inbox, uids(10, 11), uids(30, 31), 100, 200)...)},
		},
		{
			name: "an undo that has done all, and then the same again by another run", run: filed, listing: both,
			later: [][]journal.Record{
				run("u", "t", moving(a, inbox, uids(10, 11), uids(30, 31), 100, 200)...),
				run("again", "", moving(inbox, a, uids(30, 31), uids(40, 41), 100, 200)...),
			},
		},
		{
			name: "an undo that was undone", run: filed, listing: both, want: []string{"file A 40/100 41/200 to INBOX"},
			later: [][]journal.Record{
				run("u", "t", moving(a, inbox, uids(10, 11), uids(30, 31), 100, 200)...),
				run("v", "u", moving(inbox, a, uids(30, 31), uids(40, 41), 100, 200)...),
			},
		},
		{
			name: "an earlier run was undone", run: filed, listing: both, want: []string{"file A 11/200 to INBOX"},
			later: [][]journal.Record{run("u", "early", moving(a, b, uids(10), uids(20), 100)...)},
		},
		{
			name: "an earlier run was undone, and that as well", run: filed, listing: both, want: []string{"file A 11/200 30/100 to INBOX"},
			later: [][]journal.Record{run("u", "early", moving(a, b, uids(10), uids(20), 100)...), run("v", "u", moving(b, a, uids(20), uids(30), 100)...)},
		},
		{
			name: "flags that an undo has taken back", run: flagged, listing: both, want: []string{"file INBOX 1/100 +[] -[y] first true"},
			later: [][]journal.Record{run("u", "t", flagging(journal.VerbTake, inbox, 1, 100, "x")...)},
		},
		{
			name: "flags that a later run has taken", run: flagged, listing: both, want: []string{"file INBOX 1/100 +[] -[y] first true"},
			later: [][]journal.Record{run("on", "", flagging(journal.VerbTake, inbox, 1, 100, "X")...)},
		},
		{
			name: "flags that a later run has taken, and that was undone", run: flagged, listing: both, want: []string{"file INBOX 1/100 +[] -[x y] first true"},
			later: [][]journal.Record{run("on", "", flagging(journal.VerbTake, inbox, 1, 100, "x")...), run("off", "on", flagging(journal.VerbAdd, inbox, 1, 100, "x")...)},
		},
		{
			name: "flags that later runs have taken and added", run: flagged, listing: both,
			later: [][]journal.Record{run("on", "", flagging(journal.VerbTake, inbox, 1, 100, "x")...), run("more", "", flagging(journal.VerbAdd, inbox, 1, 100, "x")...)},
			want:  []string{"file INBOX 1/100 +[] -[y] first true", `left: 1 message in folder "INBOX": later runs have changed their flags again (x), which stay`},
		},
		{
			name: "deleted for good by a later run", run: filed, listing: both,
			later: [][]journal.Record{run("on", "", expunged(a, 10, 100, "1.eml")...)},
			want:  []string{"file A 11/200 to INBOX", `left: 1 message in folder "A": a later run deleted them for good`},
		},
		{
			name: "deleted for good by a later run, and brought back", run: filed, listing: both, want: []string{"file A 11/200 30/100 to INBOX"},
			later: [][]journal.Record{run("on", "", expunged(a, 10, 100, "1.eml")...), run("off", "on", appended(a, 30, "1.eml"))},
		},
		{
			name: "deleted for good by a later run, and something brought back", run: filed, listing: both,
			later: [][]journal.Record{run("on", "", expunged(a, 10, 100, "1.eml")...), run("off", "on", appended(a, 30, ""), appended(a, 31, "2.eml"))},
			want:  []string{"file A 11/200 to INBOX", `left: 1 message in folder "A": a later run deleted them for good`},
		},
		{
			name: "two were kept in one file", run: filed, listing: both,
			later: [][]journal.Record{run("on", "", append(expunged(a, 10, 100, "1.eml"), expunged(a, 11, 200, "1.eml")...)...), run("off", "on", appended(a, 30, "1.eml"))},
			want:  []string{`left: 2 messages in folder "A": a later run deleted them for good`},
		},
		{
			name: "deleted for good by the run, brought back by an undo, and moved on", listing: both,
			run:   run("t", "", append(expunged(inbox, 1, 100, "1.eml"), expunged(inbox, 2, 200, "2.eml")...)...),
			later: [][]journal.Record{run("u", "t", appended(inbox, 30, "1.eml")), run("on", "", moving(inbox, b, uids(30), uids(40), 100)...)},
			want:  []string{"restore [2.eml] from /b to INBOX"},
		},
		{
			name: "renamed on", run: run("t", "", made(journal.VerbRename, "B", "C")), listing: listing(folderOf("D", 3, 9)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRename, "C", "D"))},
			want:  []string{`left: folder "D": the run renamed "B" to "C", and a later one to this, which stays`},
		},
		{
			name: "renamed on, and another has its name", run: run("t", "", made(journal.VerbRename, "B", "C")), listing: listing(folderOf("D", 3, 9), folderOf("C", 4, 9)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRename, "C", "D"), made(journal.VerbCreate, "C"))},
			want:  []string{`left: folder "D": the run renamed "B" to "C", and a later one to this, which stays`},
		},
		{
			name: "renamed on, and back", run: run("t", "", made(journal.VerbRename, "B", "C")), listing: listing(folderOf("C", 3, 9)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRename, "C", "D")), run("off", "on", made(journal.VerbRename, "D", "C"))},
			want:  []string{"rename C to B, 0 children, subscribed []"},
		},
		{
			name: "renamed back by an undo", run: run("t", "", made(journal.VerbCreate, "X"), made(journal.VerbRename, "B", "C")), listing: listing(folderOf("B", 3, 9), folderOf("X", 4, 0)),
			later: [][]journal.Record{run("u", "t", made(journal.VerbRename, "C", "B"))},
			want:  []string{"remove X"},
		},
		{
			name: "moved to a folder that has another name, and is numbered anew", run: filed, listing: listing(folderOf("Z", 77, 9)),
			later: [][]journal.Record{run("on", "", append([]journal.Record{made(journal.VerbRename, "A", "Z")}, flagging(journal.VerbAdd, spot{"Z", 77}, 10, 100, "z")...)...)},
			want:  []string{"file Z 10/100 11/200 to INBOX"},
		},
		{
			name: "removed in a folder that an undo has given its name again", listing: listing(folderOf("B", 3, 0), folderOf("B/x", 4, 0)),
			run: run("t", "", made(journal.VerbRename, "B", "C"), made(journal.VerbRemove, "C/x")),
			later: [][]journal.Record{
				run("u", "t", journal.Record{Folder: &journal.Folder{Verb: journal.VerbCreate, Name: "C/x"}}), // not seen
				run("v", "t", made(journal.VerbRename, "C", "B")),
			},
		},
		{
			name: "subscribed, removed by a run that was undone, and subscribed by the server", listing: listing(subscribed(folderOf("A", 4, 0))),
			run: run("t", "", made(journal.VerbSubscribe, "A")),
			later: [][]journal.Record{
				run("on", "", journal.Record{Made: &journal.Folder{Verb: journal.VerbRemove, Name: "A", Subscribed: true}}),
				run("off", "on", made(journal.VerbCreate, "A"), journal.Record{End: &journal.End{Complete: true}}),
			},
			want: []string{"subscribe A false"},
		},
		{
			name: "created, and renamed", run: run("t", "", made(journal.VerbCreate, "X")), listing: listing(folderOf("Y", 4, 0)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRename, "X", "Y"))},
			want:  []string{"remove Y"},
		},
		{
			name: "created, removed, and made anew", run: run("t", "", made(journal.VerbCreate, "X")), listing: listing(folderOf("X", 4, 0)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRemove, "X")), run("more", "", made(journal.VerbCreate, "X"))},
		},
		{
			name: "created, removed, and there again", run: run("t", "", made(journal.VerbCreate, "X")), listing: listing(folderOf("X", 4, 0)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRemove, "X")), run("off", "on", made(journal.VerbCreate, "X"))},
			want:  []string{"remove X"},
		},
		{
			name: "created, removed by somebody, and made anew", run: run("t", "", made(journal.VerbCreate, "X")), listing: listing(folderOf("X", 4, 0)),
			later: [][]journal.Record{run("on", "", made(journal.VerbCreate, "X"))},
		},
		{
			name: "created, made anew by a later run, and that was undone", run: run("t", "", made(journal.VerbCreate, "X")), listing: listing(folderOf("X", 4, 0)),
			later: [][]journal.Record{
				run("on", "", made(journal.VerbCreate, "X")),
				run("off", "on", made(journal.VerbSubscribe, "INBOX"), journal.Record{End: &journal.End{Complete: true}}),
			},
			want: []string{"remove X"},
		},
		{
			name: "renamed, removed by somebody, and made anew", run: run("t", "", made(journal.VerbRename, "B", "C")), listing: listing(folderOf("C", 4, 0)),
			later: [][]journal.Record{run("on", "", made(journal.VerbCreate, "C"))},
			want:  []string{`left: folder "C": the run renamed "B" to this, and there is no such folder any more`},
		},
		{
			name: "renamed, and back by another run", run: run("t", "", made(journal.VerbRename, "B", "C")), listing: listing(folderOf("B", 4, 0)),
			later: [][]journal.Record{run("on", "", made(journal.VerbRename, "C", "B"))},
		},
		{
			name: "removed, made again by an undo, and removed by another run", run: run("t", "", made(journal.VerbRemove, "X")), listing: listing(),
			later: [][]journal.Record{run("u", "t", made(journal.VerbCreate, "X")), run("on", "", made(journal.VerbRemove, "X"))},
		},
		{
			name: "removed, and half made again by an undo", listing: listing(subscribed(folderOf("X", 4, 0))),
			run:   run("t", "", made(journal.VerbRemove, "X")),
			later: [][]journal.Record{run("u", "t", made(journal.VerbCreate, "X"))},
			want:  []string{"subscribe X false"},
		},
		{
			name: "subscribed, and unsubscribed by later runs", run: run("t", "", made(journal.VerbSubscribe, "A")), listing: listing(subscribed(folderOf("A", 2, 0))),
			later: [][]journal.Record{run("on", "", made(journal.VerbUnsubscribe, "A")), run("more", "", made(journal.VerbSubscribe, "A"))},
			want:  []string{`left: folder "A": later runs have changed its subscription again, which stays`},
		},
		{
			name: "subscribed, and unsubscribed by a later run that was undone", run: run("t", "", made(journal.VerbSubscribe, "A")), listing: listing(subscribed(folderOf("A", 2, 0))),
			later: [][]journal.Record{run("on", "", made(journal.VerbUnsubscribe, "A")), run("off", "on", made(journal.VerbSubscribe, "A"))},
			want:  []string{"subscribe A false"},
		},
		{
			name: "copied, and brought back, by later runs", run: filed, listing: both, want: []string{asFiled},
			later: [][]journal.Record{run("on", "", append([]journal.Record{appended(b, 50, "")}, done(journal.VerbCopy, "A", 2, uids(10), journal.Done{To: "B", ToValidity: 3, At: uids(51), Digests: []uint64{100}}))...)},
		},
		{
			name: "what a later run could not find out", run: filed, listing: both, want: []string{asFiled},
			later: [][]journal.Record{run("on", "", journal.Record{Settled: &journal.Settled{Unknown: "whether they were moved"}})},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := New(test.run, test.listing, test.later...).Result("account.a", now)
			got := words(r)
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) || r.Onward != test.onward {
				t.Errorf("got\n  %s\nwant\n  %s\nonward %d, want %d", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "), r.Onward, test.onward)
			}
		})
	}
}

// Where no server says where it puts messages, they are followed by their digests.
func TestLaterSearch(t *testing.T) {
	_, one := letter(0, 1)
	_, two := letter(0, 2)
	filed := run("t", "", moving(inbox, a, uids(1, 2), uids(0, 0), one, two)...)
	const lost = `left: 1 message in folder "A": the server did not say where the run moved them to`
	for _, test := range []struct {
		name  string
		later [][]journal.Record
		there map[mailbox.Name]map[imap.UID]int64 // sizes
		want  []string
	}{
		{
			name:  "moved on, and back",
			later: [][]journal.Record{run("on", "", moving(a, b, uids(12), uids(0), one)...), run("off", "on", moving(b, a, uids(15), uids(0), one)...)},
			there: map[mailbox.Name]map[imap.UID]int64{"A": {13: 2, 20: 1}},
			want:  []string{fmt.Sprintf("file A 13/%d 20/%d to INBOX", two, one)},
		},
		{
			name:  "moved on",
			later: [][]journal.Record{run("on", "", moving(a, b, uids(12), uids(0), one)...)},
			there: map[mailbox.Name]map[imap.UID]int64{"A": {13: 2}, "B": {9: 1, 14: 1, 17: 2}},
			want:  []string{fmt.Sprintf("file A 13/%d to INBOX", two), fmt.Sprintf("file B 14/%d to INBOX", one)},
		},
		{
			name:  "moved on, and not to be told from another there",
			later: [][]journal.Record{run("on", "", moving(a, b, uids(12), uids(0), one)...)},
			there: map[mailbox.Name]map[imap.UID]int64{"A": {13: 2}, "B": {14: 1, 15: 1}},
			want:  []string{fmt.Sprintf("file A 13/%d to INBOX", two), `left: 1 message in folder "B": the server did not say where a later run moved them to`},
		},
		{
			name:  "moved on with another that is the same",
			later: [][]journal.Record{run("on", "", moving(a, b, uids(12, 14), uids(20, 21), one, one)...)},
			there: map[mailbox.Name]map[imap.UID]int64{"A": {13: 2}, "B": {20: 1, 21: 1}},
			want:  []string{lost, fmt.Sprintf("file A 13/%d to INBOX", two)},
		},
		{
			name:  "what was moved on had lain there before",
			later: [][]journal.Record{run("on", "", moving(a, b, uids(5), uids(20), one)...)},
			there: map[mailbox.Name]map[imap.UID]int64{"A": {12: 1, 13: 2}},
			want:  []string{fmt.Sprintf("file A 12/%d 13/%d to INBOX", one, two)},
		},
		{
			name:  "back by an undo",
			later: [][]journal.Record{run("u", "t", moving(a, inbox, uids(12, 13), uids(0, 0), one, two)...)},
		},
		{
			name:  "another run brought one that is the same",
			later: [][]journal.Record{run("on", "", moving(b, a, uids(50), uids(14), one)...)},
			there: map[mailbox.Name]map[imap.UID]int64{"A": {12: 1, 13: 2, 14: 1}},
			want:  []string{fmt.Sprintf("file A 12/%d 13/%d to INBOX", one, two)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := New(filed, listing(folderOf("A", 2, 9), folderOf("B", 3, 9)), test.later...)
			for _, q := range p.Ask() {
				for uid, size := range test.there[q.Folder] {
					m, _ := letter(uid, size)
					p.Tell(q, m)
				}
			}
			got := words(p.Result("account.a", now))
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}

// Folders that were made along with one that stays are told with it.
func TestStayTogether(t *testing.T) {
	for _, test := range []struct {
		name    string
		records []journal.Record
		listing plan.Listing
		want    []string
	}{
		{
			name:    "all can go, in whatever order they were made",
			records: []journal.Record{made(journal.VerbCreate, "A/B"), made(journal.VerbCreate, "A"), made(journal.VerbCreate, "A/B/C")},
			listing: listing(folderOf("A", 2, 0), folderOf("A/B", 3, 0), folderOf("A/B/C", 4, 0)),
			want:    []string{"remove A/B/C", "remove A/B", "remove A"},
		},
		{
			name:    "one holds mail",
			records: []journal.Record{made(journal.VerbCreate, "A/B"), made(journal.VerbCreate, "A"), made(journal.VerbCreate, "A/B/C")},
			listing: listing(folderOf("A", 2, 0), folderOf("A/B", 3, 0), folderOf("A/B/C", 4, 1)),
			want:    []string{`left: folder "A/B/C": the folder that the run created holds mail that is not moved back (1 message); what it lies in stays with it: ["A/B" "A"]`},
		},
		{
			name:    "somebody has made one in it",
			records: []journal.Record{made(journal.VerbCreate, "A"), made(journal.VerbCreate, "A/B")},
			listing: listing(folderOf("A", 2, 0), folderOf("A/B", 3, 0), folderOf("A/B/C", 4, 0)),
			want:    []string{`left: folder "A/B": folder "A/B/C" lies in the folder that the run created; what it lies in stays with it: ["A"]`},
		},
		{
			name:    "another was renamed into it",
			records: []journal.Record{made(journal.VerbRename, "D", "A/D"), made(journal.VerbCreate, "A")},
			listing: listing(folderOf("A", 2, 0), folderOf("A/D", 3, 1)),
			want:    []string{"rename A/D to D, 0 children, subscribed []", "remove A"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := words(Of(test.records, test.listing, "account.a", now)); !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}
