package undo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func made(verb journal.Verb, name mailbox.Name, to ...mailbox.Name) journal.Record {
	f := journal.Folder{Verb: verb, Name: name}
	if len(to) > 0 {
		f.To = to[0]
	}
	return journal.Record{Made: &f}
}

// batch is one of messages of INBOX.
func batch(b journal.Batch, to mailbox.Name) journal.Record {
	b.Folder, b.UIDValidity = "INBOX", 1
	if to != "" {
		b.Away, b.To = journal.VerbMove, &journal.Into{Name: to, UIDValidity: 2, UIDNext: 10}
	}
	if b.Because == nil {
		b.Because = []string{"rule.r"}
	}
	return journal.Record{Batch: &b}
}

// done is about messages whose digests are a hundred times their first UIDs.
func done(verb journal.Verb, folder mailbox.Name, validity uint32, uids []imap.UID, more journal.Done) journal.Record {
	more.Verb, more.Folder, more.UIDValidity, more.UIDs = verb, folder, validity, uids
	if more.Digests == nil {
		for _, uid := range uids {
			more.Digests = append(more.Digests, uint64(uid)*100)
		}
	}
	return journal.Record{Done: &more}
}

func movedTo(to mailbox.Name, uids, at []imap.UID) journal.Record {
	return done(journal.VerbMove, "INBOX", 1, uids, journal.Done{To: to, ToValidity: 2, At: at})
}

func folderOf(name mailbox.Name, validity uint32, messages uint32) plan.Folder {
	return plan.Folder{Name: name, Exists: true, Selectable: true, UIDValidity: validity, UIDNext: 100, Messages: messages}
}

func subscribed(f plan.Folder) plan.Folder {
	f.Subscribed = true
	return f
}

func listing(folders ...plan.Folder) plan.Listing {
	return plan.Listing{Folders: append([]plan.Folder{folderOf("INBOX", 1, 5)}, folders...)}
}

// words are a result in words, a line each.
func words(r *Result) []string {
	var all []string
	for _, s := range r.Plan.Steps {
		all = append(all, stepWords(s))
	}
	for _, back := range r.Restore {
		all = append(all, fmt.Sprintf("restore %v from %s to %s", back.Files, back.Dir, back.Folder))
	}
	for _, l := range r.Left {
		all = append(all, "left: "+l.String())
	}
	return all
}

func stepWords(s plan.Step) string {
	switch op := s.Op.(type) {
	case plan.Create:
		return fmt.Sprintf("create %s", op.Name)
	case plan.Remove:
		return fmt.Sprintf("remove %s", op.Name)
	case plan.Rename:
		return fmt.Sprintf("rename %s to %s, %d children, subscribed %v", op.From, op.To, op.Children, op.Subscribed)
	case plan.Set:
		return fmt.Sprintf("subscribe %s %t", op.Name, op.Subscribed)
	case plan.File:
		w := "file " + string(op.Folder)
		if op.Was != op.Folder {
			w += " (" + string(op.Was) + ")"
		}
		for _, m := range op.Messages {
			w += fmt.Sprintf(" %d/%d", m.UID, m.Digest)
		}
		if op.Away == plan.AwayMove {
			w += " to " + string(op.To)
		}
		if len(op.Add)+len(op.Remove) > 0 {
			w += fmt.Sprintf(" +[%s] -[%s] first %t", op.Add, op.Remove, op.FlagsFirst)
		}
		return w
	}
	return fmt.Sprintf("%T", s.Op)
}

var uids = func(all ...imap.UID) []imap.UID { return all }

func TestOf(t *testing.T) {
	seen, work := mailbox.NewFlags(imap.FlagSeen), mailbox.NewFlags("$Work")
	aside := mailbox.Name("D").SetAside(now)
	for _, test := range []struct {
		name    string
		records []journal.Record
		listing plan.Listing
		want    []string
	}{
		{
			name:    "nothing",
			listing: listing(),
		},
		{
			name:    "only intended",
			records: []journal.Record{batch(journal.Batch{Messages: []journal.Message{{UID: 1, Digest: 100}}}, "A"), {Command: &journal.Command{Verb: journal.VerbMove, Folder: "INBOX", To: "A", UIDs: uids(1)}}},
			listing: listing(folderOf("A", 2, 1)),
		},
		{
			name:    "moved",
			records: []journal.Record{batch(journal.Batch{}, "A"), movedTo("A", uids(1, 3), uids(11, 10))},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"file A 10/300 11/100 to INBOX"},
		},
		{
			name: "the digest stands in the batch",
			records: []journal.Record{
				batch(journal.Batch{Messages: []journal.Message{{UID: 1, Digest: 4}}}, "A"),
				done(journal.VerbMove, "INBOX", 1, uids(1), journal.Done{To: "A", ToValidity: 2, At: uids(10), Digests: []uint64{}}),
			},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"file A 10/4 to INBOX"},
		},
		{
			name: "moved twice",
			records: []journal.Record{
				batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10)),
				done(journal.VerbMove, "A", 2, uids(10), journal.Done{To: "B", ToValidity: 3, At: uids(20)}),
			},
			listing: listing(folderOf("A", 2, 9), folderOf("B", 3, 9)),
			want:    []string{"file B 20/100 to INBOX"},
		},
		{
			name: "moved there and back",
			records: []journal.Record{
				batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10)),
				done(journal.VerbMove, "A", 2, uids(10), journal.Done{To: "INBOX", ToValidity: 1, At: uids(20)}),
			},
			listing: listing(folderOf("A", 2, 9)),
		},
		{
			name: "moved, then flagged",
			records: []journal.Record{
				batch(journal.Batch{}, "A"), movedTo("A", uids(1, 2), uids(10, 11)),
				done(journal.VerbAdd, "A", 2, uids(10, 11), journal.Done{Flags: seen, Digests: []uint64{100, 200}}),
				done(journal.VerbTake, "A", 2, uids(11), journal.Done{Flags: work, Digests: []uint64{200}}),
			},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"file A 10/100 to INBOX +[] -[seen] first true", "file A 11/200 to INBOX +[$Work] -[seen] first true"},
		},
		{
			name: "flagged, then moved",
			records: []journal.Record{
				batch(journal.Batch{FlagsFirst: true}, "A"),
				done(journal.VerbTake, "INBOX", 1, uids(1), journal.Done{Flags: work}),
				movedTo("A", uids(1), uids(10)),
			},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"file A 10/100 to INBOX +[$Work] -[] first false"},
		},
		{
			name: "flagged only, and some of it taken back",
			records: []journal.Record{
				batch(journal.Batch{}, ""),
				done(journal.VerbAdd, "INBOX", 1, uids(1, 2), journal.Done{Flags: seen.With(work)}),
				done(journal.VerbTake, "INBOX", 1, uids(1, 2), journal.Done{Flags: work}),
				done(journal.VerbTake, "INBOX", 1, uids(2), journal.Done{Flags: seen}),
			},
			listing: listing(),
			want:    []string{"file INBOX 1/100 +[] -[seen] first true"},
		},
		{
			name: "moved by copying",
			records: []journal.Record{
				batch(journal.Batch{ByCopy: true}, "A"),
				done(journal.VerbCopy, "INBOX", 1, uids(1, 2, 3), journal.Done{To: "A", ToValidity: 2, At: uids(10, 11, 12)}),
				done(journal.VerbMark, "INBOX", 1, uids(1, 2), journal.Done{}),
				done(journal.VerbExpunge, "INBOX", 1, uids(1, 2), journal.Done{}),
				movedTo("A", uids(2), uids(11)),
			},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"file A 10/100 11/200 to INBOX"},
		},
		{
			name: "moved by copying, seen as moved first",
			records: []journal.Record{
				batch(journal.Batch{ByCopy: true}, "A"), movedTo("A", uids(1), uids(10)),
				done(journal.VerbExpunge, "INBOX", 1, uids(1), journal.Done{}),
			},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"file A 10/100 to INBOX"},
		},
		{
			name: "copies",
			records: []journal.Record{
				batch(journal.Batch{Copies: []journal.Into{{Name: "C", UIDNext: 5}}}, "A"),
				done(journal.VerbCopy, "INBOX", 1, uids(1, 2), journal.Done{To: "C", ToValidity: 7, At: uids(5, 6)}),
				done(journal.VerbAdd, "C", 7, uids(5), journal.Done{Flags: seen}),
				movedTo("A", uids(1), uids(10)),
			},
			listing: listing(folderOf("A", 2, 9), folderOf("C", 7, 2)),
			want:    []string{"file A 10/100 to INBOX", `left: 2 messages in folder "C": the run copied them there: to remove them would be to delete mail`},
		},
		{
			name:    "numbered anew",
			records: []journal.Record{batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10))},
			listing: listing(folderOf("A", 4, 9)),
			want:    []string{`left: 1 message in folder "A": their folder was numbered or made anew since`},
		},
		{
			name:    "no UIDVALIDITY",
			records: []journal.Record{done(journal.VerbMove, "INBOX", 1, uids(1), journal.Done{To: "A", At: uids(10)})},
			listing: listing(folderOf("A", 0, 9)),
			want:    []string{`left: 1 message in folder "A": the journal does not say enough`},
		},
		{
			name:    "no digest",
			records: []journal.Record{done(journal.VerbMove, "INBOX", 1, uids(1), journal.Done{To: "A", ToValidity: 2, At: uids(10), Digests: []uint64{}})},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{`left: 1 message in folder "A": the journal does not say enough`},
		},
		{
			name:    "the folder is gone",
			records: []journal.Record{batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10))},
			listing: listing(),
			want:    []string{`left: 1 message in folder "A": the folder in which the run left them is gone`},
		},
		{
			name:    "the folder that they came from is gone",
			records: []journal.Record{done(journal.VerbMove, "B", 7, uids(1), journal.Done{To: "A", ToValidity: 2, At: uids(10)})},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{`left: 1 message in folder "A": the folder that they came from, "B", is gone`},
		},
		{
			name:    "it had the label before",
			records: []journal.Record{batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(9))},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{`left: 1 message in folder "A": they lay there before the run too, so that to move them to "INBOX" would take them from there`},
		},
		{
			name: "deleted for good",
			records: []journal.Record{
				batch(journal.Batch{Away: journal.VerbExpunge}, ""),
				done(journal.VerbExpunge, "INBOX", 1, uids(1, 2, 3), journal.Done{Dir: "/b", Backup: []string{"1.eml", "", "3.eml"}}),
				done(journal.VerbExpunge, "Old", 5, uids(4), journal.Done{Dir: "/b", Backup: []string{"4.eml"}}),
			},
			listing: listing(),
			want: []string{
				"restore [1.eml 3.eml] from /b to INBOX",
				`left: 1 message in folder "INBOX": the run deleted them for good, and there is no backup of them`,
				`left: 1 message in folder "Old": the run deleted them for good, and their folder is gone`,
			},
		},
		{
			name: "restored from a backup",
			records: []journal.Record{
				batch(journal.Batch{}, ""), done(journal.VerbAppend, "INBOX", 1, uids(0, 7), journal.Done{}),
			},
			listing: listing(),
			want:    []string{`left: 2 messages in folder "INBOX": the run brought them back from a backup`},
		},
		{
			name:    "not known to the run itself",
			records: []journal.Record{batch(journal.Batch{}, "A"), {Settled: &journal.Settled{Unknown: "whether they were moved"}}},
			listing: listing(),
			want:    []string{"left: the run could not find out itself: whether they were moved"},
		},
		{
			name:    "a folder created and subscribed",
			records: []journal.Record{made(journal.VerbCreate, "A"), made(journal.VerbCreate, "A/B"), made(journal.VerbSubscribe, "A"), batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10))},
			listing: listing(subscribed(folderOf("A", 2, 1)), folderOf("A/B", 3, 0)),
			want:    []string{"file A 10/100 to INBOX", "remove A/B", "remove A"},
		},
		{
			name:    "a folder created that holds other mail",
			records: []journal.Record{made(journal.VerbCreate, "A"), made(journal.VerbSubscribe, "A"), batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10))},
			listing: listing(subscribed(folderOf("A", 2, 3))),
			want:    []string{"file A 10/100 to INBOX", `left: folder "A": the folder that the run created holds mail that is not moved back (2 messages)`},
		},
		{
			name:    "a folder created in which there is another",
			records: []journal.Record{made(journal.VerbCreate, "A")},
			listing: listing(folderOf("A", 2, 0), folderOf("A/B", 3, 0)),
			want:    []string{`left: folder "A": folder "A/B" lies in the folder that the run created`},
		},
		{
			name:    "folders created that are gone or are for something by now",
			records: []journal.Record{made(journal.VerbCreate, "A"), made(journal.VerbCreate, "B"), made(journal.VerbCreate, "INBOX")},
			listing: plan.Listing{Folders: []plan.Folder{folderOf("INBOX", 1, 0), {Name: "B", Exists: true, Selectable: true, Uses: []mailbox.Use{mailbox.UseJunk}}}},
			want: []string{
				`left: folder "INBOX": INBOX cannot be removed`,
				`left: folder "B": the folder that the run created is one for special use by now ([junk])`,
			},
		},
		{
			name:    "renamed, and what lies below",
			records: []journal.Record{made(journal.VerbRename, "B", "C"), batch(journal.Batch{}, "C/x"), movedTo("C/x", uids(1), uids(10))},
			listing: listing(subscribed(folderOf("C", 5, 7)), subscribed(folderOf("C/x", 2, 9))),
			want:    []string{"file C/x 10/100 to INBOX", "rename C to B, 1 children, subscribed [C C/x]"},
		},
		{
			name:    "renamed deepest first",
			records: []journal.Record{made(journal.VerbRename, "B/x", "D"), made(journal.VerbRename, "B", "C")},
			listing: listing(folderOf("C", 5, 7), folderOf("D", 2, 9)),
			want:    []string{"rename C to B, 0 children, subscribed []", "rename D to B/x, 0 children, subscribed []"},
		},
		{
			name:    "renamed, and a new one made",
			records: []journal.Record{made(journal.VerbRename, "B", "C"), made(journal.VerbCreate, "B")},
			listing: listing(folderOf("C", 5, 7), folderOf("B", 6, 0)),
			want:    []string{"remove B", "rename C to B, 0 children, subscribed []"},
		},
		{
			name:    "renamed, and a new one made that holds mail",
			records: []journal.Record{made(journal.VerbRename, "B", "C"), made(journal.VerbCreate, "B")},
			listing: listing(folderOf("C", 5, 7), folderOf("B", 6, 1)),
			want: []string{
				`left: folder "B": the folder that the run created holds mail`,
				`left: folder "C": its name before the run, "B", is that of another folder by now`,
			},
		},
		{
			name:    "renamed, and gone, or renamed to what cannot be turned around",
			records: []journal.Record{made(journal.VerbRename, "B", "C"), made(journal.VerbRename, "INBOX", "X"), made(journal.VerbRename, "Y/z", "Y")},
			listing: listing(folderOf("X", 5, 7), folderOf("Y", 6, 0)),
			want: []string{
				`left: folder "Y": it cannot be renamed to "Y/z"`, `left: folder "X": it cannot be renamed to "INBOX"`,
				`left: folder "C": the run renamed "B" to this, and there is no such folder any more`,
			},
		},
		{
			name: "messages of a folder that was renamed back",
			records: []journal.Record{
				batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10)),
				made(journal.VerbRename, "A", "Z"),
			},
			listing: listing(folderOf("Z", 77, 9)), // Courier numbers it anew
			want:    []string{"rename Z to A, 0 children, subscribed []", "file A (Z) 10/100 to INBOX"},
		},
		{
			name: "removed, and its mail moved before",
			records: []journal.Record{
				done(journal.VerbMove, "D", 5, uids(1), journal.Done{To: "A", ToValidity: 2, At: uids(10)}),
				{Made: &journal.Folder{Verb: journal.VerbRemove, Name: "D", Subscribed: true}},
			},
			listing: listing(folderOf("A", 2, 9)),
			want:    []string{"create D", "file A 10/100 to D", "subscribe D true"},
		},
		{
			name: "removed, and there again",
			records: []journal.Record{
				done(journal.VerbMove, "D", 5, uids(1), journal.Done{To: "A", ToValidity: 2, At: uids(10)}),
				made(journal.VerbRemove, "D"),
			},
			listing: listing(folderOf("A", 2, 9), folderOf("D", 50, 0)),
			want:    []string{"file A 10/100 to D"},
		},
		{
			name:    "removed by way of another name",
			records: []journal.Record{made(journal.VerbRename, "D", aside), made(journal.VerbRemove, aside)},
			listing: listing(),
			want:    []string{"create D"},
		},
		{
			name:    "removed, with the other name noted before",
			records: []journal.Record{made(journal.VerbRename, "D", aside), made(journal.VerbRemove, "D")},
			listing: listing(),
			want:    []string{"create D"},
		},
		{
			name:    "not removed after all",
			records: []journal.Record{made(journal.VerbRename, "D", aside), made(journal.VerbRename, aside, "D")},
			listing: listing(folderOf("D", 5, 1)),
		},
		{
			name:    "created and removed",
			records: []journal.Record{made(journal.VerbCreate, "D"), made(journal.VerbRemove, "D")},
			listing: listing(),
		},
		{
			name: "all of it, the last first",
			records: []journal.Record{
				made(journal.VerbRename, "B", "C"), made(journal.VerbCreate, "A"), made(journal.VerbSubscribe, "A"),
				batch(journal.Batch{}, "A"), movedTo("A", uids(1), uids(10)),
				made(journal.VerbUnsubscribe, "C"),
				{Made: &journal.Folder{Verb: journal.VerbRemove, Name: "C/d", Subscribed: true}},
			},
			listing: listing(subscribed(folderOf("A", 2, 1)), folderOf("C", 5, 0)),
			want: []string{
				"create C/d", "file A 10/100 to INBOX", "remove A", "rename C to B, 1 children, subscribed []",
				"subscribe B true", "subscribe B/d true",
			},
		},
		{
			name:    "subscriptions",
			records: []journal.Record{made(journal.VerbSubscribe, "A"), made(journal.VerbUnsubscribe, "B"), made(journal.VerbUnsubscribe, "Ghost"), made(journal.VerbSubscribe, "D"), made(journal.VerbUnsubscribe, "D")},
			listing: listing(subscribed(folderOf("A", 2, 1)), folderOf("B", 5, 0), folderOf("D", 6, 0)),
			want:    []string{"subscribe A false", "subscribe B true", `left: folder "Ghost": it was subscribed, and there is no such folder to subscribe to`},
		},
		{
			name: "sent by a run that died",
			records: []journal.Record{
				{Folder: &journal.Folder{Verb: journal.VerbRename, Name: "B", To: "C"}}, {Folder: &journal.Folder{Verb: journal.VerbCreate, Name: "A"}},
				{Folder: &journal.Folder{Verb: journal.VerbCreate, Name: "X"}}, {Folder: &journal.Folder{Verb: journal.VerbSubscribe, Name: "INBOX"}},
				{Folder: &journal.Folder{Verb: journal.VerbRename, Name: "D", To: aside}},
			},
			listing: listing(folderOf("A", 2, 0), folderOf("C", 5, 0), folderOf(aside, 6, 0)),
			want:    []string{"remove A", "rename C to B, 0 children, subscribed []"},
		},
		{
			name: "sent, refused, and made by somebody",
			records: []journal.Record{
				{Folder: &journal.Folder{Verb: journal.VerbCreate, Name: "A"}}, batch(journal.Batch{}, "Z"),
			},
			listing: listing(folderOf("A", 2, 0)),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := words(Of(test.records, test.listing, "account.a", now))
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}

// What a plan says of folders is what an apply verifies before it changes them.
func TestBefore(t *testing.T) {
	r := Of([]journal.Record{
		batch(journal.Batch{Because: []string{"rule.a", "removed"}}, "A"), movedTo("A", uids(1, 2), uids(10, 11)),
		done(journal.VerbAdd, "INBOX", 1, uids(5), journal.Done{Flags: mailbox.NewFlags("x")}),
		done(journal.VerbAdd, "Else", 9, uids(5), journal.Done{Flags: mailbox.NewFlags("x")}),
	}, listing(folderOf("A", 2, 9), folderOf("Else", 9, 2), folderOf("Other", 3, 3)), "account.a", now)
	want := []plan.Before{
		{Name: "A", UIDValidity: 2, UIDNext: 100, Messages: 9}, {Name: "INBOX", UIDValidity: 1, UIDNext: 100, Messages: 5},
		{Name: "Else", UIDValidity: 9, UIDNext: 100, Messages: 2},
	}
	if p := r.Plan; p.Account != "account.a" || !p.Made.Equal(now) || !slices.Equal(p.Folders, want) {
		t.Errorf("got %+v", p)
	}
	var causes []string
	for _, s := range r.Plan.Steps {
		var by []string
		for _, c := range s.Because {
			if c.Block != "undo" {
				t.Errorf("the cause %+v is none of an undo", c)
			}
			by = append(by, c.Address)
		}
		causes = append(causes, strings.Join(by, ", "))
	}
	if want := []string{"rule.a, a removed block", "the run", "rule.a, a removed block"}; !slices.Equal(causes, want) {
		t.Errorf("the causes are %q, want %q", causes, want)
	}
}

// letter is a message, and its digest.
func letter(uid imap.UID, size int64) (*message.Message, uint64) {
	m := &message.Message{UID: uid, Size: size, Received: now}
	return m, plan.IdentityOf(m).Digest()
}

// Messages of which nobody said where they came to lie are looked for among what came
// to the folder since.
func TestSearch(t *testing.T) {
	_, one := letter(0, 1)
	_, two := letter(0, 2)
	records := func(more ...journal.Record) []journal.Record {
		return append([]journal.Record{
			batch(journal.Batch{}, "A"),
			done(journal.VerbMove, "INBOX", 1, uids(1, 2), journal.Done{To: "A", ToValidity: 2, At: uids(0, 0), Digests: []uint64{one, two}}),
		}, more...)
	}
	const lost = `left: 1 message in folder "A": the server did not say where the run moved them to, and they could not be found for sure`
	for _, test := range []struct {
		name    string
		records []journal.Record
		listing plan.Listing
		asked   string
		there   map[imap.UID]int64 // sizes
		want    []string
	}{
		{
			name: "both are there", records: records(), listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			there: map[imap.UID]int64{10: 7, 12: 2, 13: 1, 50: 8},
			want:  []string{fmt.Sprintf("file A 12/%d 13/%d to INBOX", two, one)},
		},
		{
			name: "one is there twice", records: records(), listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			there: map[imap.UID]int64{12: 2, 13: 1, 14: 1},
			want:  []string{lost, fmt.Sprintf("file A 12/%d to INBOX", two)},
		},
		{
			name: "one is gone", records: records(), listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			there: map[imap.UID]int64{12: 2},
			want:  []string{lost, fmt.Sprintf("file A 12/%d to INBOX", two)},
		},
		{
			name: "what is told was not asked", records: records(), listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			there: map[imap.UID]int64{9: 1, 12: 2},
			want:  []string{lost, fmt.Sprintf("file A 12/%d to INBOX", two)},
		},
		{
			name: "the folder is numbered anew", records: records(), listing: listing(folderOf("A", 3, 9)),
			want: []string{strings.Replace(lost, "1 message", "2 messages", 1)},
		},
		{
			name: "nothing came to the folder", listing: plan.Listing{Folders: []plan.Folder{{Name: "A", Exists: true, Selectable: true, UIDValidity: 2, UIDNext: 10}}},
			records: records(),
			want:    []string{strings.Replace(lost, "1 message", "2 messages", 1)},
		},
		{
			name: "one was seen there later", listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			records: records(done(journal.VerbAdd, "A", 2, uids(15), journal.Done{Flags: mailbox.NewFlags("x"), Digests: []uint64{two}})),
			there:   map[imap.UID]int64{12: 1, 15: 2},
			want:    []string{fmt.Sprintf("file A 15/%d to INBOX +[] -[x] first true", two), fmt.Sprintf("file A 12/%d to INBOX", one)},
		},
		{
			name: "a copy is the same", listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			records: records(done(journal.VerbCopy, "INBOX", 1, uids(3), journal.Done{To: "A", ToValidity: 2, At: uids(0), Digests: []uint64{one}})),
			there:   map[imap.UID]int64{12: 1, 13: 1, 15: 2},
			want:    []string{lost, fmt.Sprintf("file A 15/%d to INBOX", two), `left: 1 message in folder "A": the run copied`},
		},
		{
			name: "where another lies is known", listing: listing(folderOf("A", 2, 9)), asked: "A 10:99",
			records: records(done(journal.VerbMove, "INBOX", 1, uids(3), journal.Done{To: "A", ToValidity: 2, At: uids(12), Digests: []uint64{one}})),
			there:   map[imap.UID]int64{12: 1, 13: 1, 15: 2},
			want:    []string{fmt.Sprintf("file A 12/%d 13/%d 15/%d to INBOX", one, one, two)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := New(test.records, test.listing)
			var asked []string
			for _, q := range p.Ask() {
				asked = append(asked, fmt.Sprintf("%s %s", q.Folder, q.UIDs.String()))
				for uid, size := range test.there {
					m, _ := letter(uid, size)
					p.Tell(q, m)
				}
			}
			if got := strings.Join(asked, "; "); got != test.asked {
				t.Errorf("asked %q, want %q", got, test.asked)
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

func BenchmarkOf(b *testing.B) {
	var records []journal.Record
	for first := range imap.UID(200) {
		var from, to []imap.UID
		for i := range imap.UID(500) {
			from, to = append(from, 1+first*500+i), append(to, 10+first*500+i)
		}
		records = append(records, batch(journal.Batch{}, "A"), movedTo("A", from, to))
	}
	for i := range 100 {
		records = append(records, made(journal.VerbRemove, mailbox.Name(fmt.Sprintf("Old/%d", i))))
	}
	l := listing(folderOf("A", 2, 100_000))
	for b.Loop() {
		if r := Of(records, l, "account.a", now); r.Plan.Total() != 100_000 {
			b.Fatal(r.Plan.Total())
		}
	}
}
