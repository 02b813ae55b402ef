package plan

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

var update = flag.Bool("update", false, "write the golden files")

// everything is a saved plan with every operation and every field.
func everything() *Saved {
	at := func(line int) hcl.Range {
		return hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: line, Column: 3, Byte: 70}, End: hcl.Pos{Line: line, Column: 9, Byte: 76}}
	}
	by := func(rule string, line int) []Cause { return []Cause{{Address: "rule." + rule, Declared: at(line)}} }
	message := func(uid imap.UID, flags, add, remove mailbox.Flags) Message {
		return Message{
			UID: uid, Flags: flags, Add: add, Remove: remove, From: "ada@private.example", Subject: "very private",
			Identity: Identity{Size: 1000 + int64(uid), Received: clock.Add(-time.Duration(uid) * time.Hour), MessageID: fmt.Sprintf("<%d@private.example>", uid), Hash: uint64(uid) << 40},
		}
	}
	seen, none := mailbox.NewFlags(imap.FlagSeen), mailbox.Flags(nil)
	work := &Plan{
		Account: "account.work", Made: clock,
		Steps: []Step{
			{Op: Rename{From: "News", To: "Lists/News", Children: 2, Messages: 214, Subscribed: []mailbox.Name{"News", "News/<a&b>"}}, Because: []Cause{{Address: "folder.news", Declared: at(10)}, {Block: "moved", Declared: at(20)}}},
			{Op: Rename{From: "x", To: "y"}, Because: []Cause{{Block: "moved"}}},
			{Op: Create{Name: "Bin", Use: mailbox.UseTrash}, Because: []Cause{{Address: "folder.bin", Declared: at(30)}}},
			{Op: Create{Name: "Lists/Go"}, Because: []Cause{{Address: `folder.list["golang"]`, Declared: at(31)}}},
			{Op: Set{Name: "Lists/Go", Subscribed: true, Created: true}, Because: []Cause{{Address: `folder.list["golang"]`, Declared: at(31)}}},
			{Op: File{Folder: "Lists/News", Was: "News", Copies: []mailbox.Name{"A", "Ü/日本"}, Messages: []Message{message(1, seen, none, none), message(2, none, none, none), message(7, none, none, none)}}, Because: by("copies", 40)},
			{Op: File{
				Folder: "INBOX", Was: "INBOX", Away: AwayMove, To: "Lists/Go", FlagsFirst: true,
				Add: mailbox.NewFlags("$Done", imap.FlagSeen), Remove: mailbox.NewFlags(imap.FlagFlagged),
				Messages: []Message{
					message(5, mailbox.NewFlags("$Private", imap.FlagFlagged), mailbox.NewFlags("$Done", imap.FlagSeen), mailbox.NewFlags(imap.FlagFlagged)),
					message(6, seen, mailbox.NewFlags("$Done"), none), message(7, seen, mailbox.NewFlags("$Done"), none),
					message(8, mailbox.NewFlags("$Done", imap.FlagSeen), none, none), message(4000000000, seen, mailbox.NewFlags("$Done"), none),
				},
			}, Because: slices.Concat(by("go", 50), by("done", 60))},
			{Op: File{Folder: "INBOX", Was: "INBOX", Away: AwayMove, To: "Bin", Trash: true, Via: []mailbox.Name{"Lists/Go", "Ü/日本"}, Messages: []Message{message(9, none, none, none)}}, Because: by("old", 70)},
			{Op: File{Folder: "INBOX", Was: "INBOX", Add: seen, Messages: []Message{message(11, mailbox.NewFlags(imap.FlagDraft), seen, none)}}, Because: by("seen", 80)},
			{Op: File{Folder: "Bin", Was: "Bin", Away: AwayPermanent, Messages: []Message{message(12, none, none, none)}}, Because: by("gone", 90)},
			{Op: Set{Name: "Old"}, Because: []Cause{{Block: "removed", Declared: at(100)}}},
			{Op: Remove{Name: "Old/2019", Messages: 3, Subscribed: true}, Because: []Cause{{Block: "removed", Declared: at(100)}}},
			{Op: Remove{Name: "Empty"}, Because: []Cause{{Block: "exclusive", Declared: at(1)}}},
		},
		Folders: []Before{
			{Name: "INBOX", UIDValidity: 1700000000, UIDNext: 4000000001, Messages: 12000},
			{Name: "News", UIDValidity: 3, UIDNext: 8, Messages: 214}, {Name: "Bin", UIDValidity: 1, UIDNext: 13, Messages: 1}, {Name: "Lists", UIDNext: 1},
		},
		Resolved: []Resolved{{Use: mailbox.UseTrash, Name: "Bin"}},
		Matched: []Matched{
			{Rule: "rule.go", Folder: "INBOX", Looked: 12000, Messages: 11, Left: []Left{{"no value for move_to", 6}}, Rivals: []Rival{{"rule.done", 2}}},
			{Rule: "rule.old", Folder: "INBOX", Looked: 12000, Messages: 1},
		},
		Notes:   []Note{{Summary: "very private", Detail: "very private", Subject: at(3)}},
		Broken:  []Broken{{Rail: "max_messages", Of: "rule.go", Detail: "rule.go changes 5 messages; its own rail allows 4.", Allow: "max_messages = 5", Subject: at(51)}, {Rail: "protected", Detail: "no"}},
		Watched: mailbox.NewFlags("$Done", imap.FlagSeen), Protected: []string{"Clients/**", "${special.archive}"},
	}
	home := &Plan{
		Account: `account.home["a"]`, Made: clock, Watched: mailbox.EveryFlag(), Folders: []Before{{Name: "INBOX", UIDValidity: 1}},
		Steps: []Step{{Op: File{Folder: "INBOX", Was: "INBOX", Away: AwayPermanent, Messages: []Message{message(1, mailbox.NewFlags("$Label"), none, none)}}}},
	}
	return &Saved{
		FormatVersion: FormatVersion, ID: "01HZX-abc", Made: clock.In(time.FixedZone("", 3600)), Tool: "imapform 1.2.0",
		Hidden: Hidden{Targets: []string{"rule.go"}, Excludes: []string{"folder.*"}, Steps: 2, Messages: 17},
		Accounts: []SavedAccount{
			{Place: Place{Host: "imap.example.com", Port: 993, Username: "ada", AuthorizeAs: "team", InboxUIDValidity: 1700000000}, Plan: work},
			{Place: Place{Host: "imap.example.org", Port: 143, UsernameSensitive: true, InboxUIDValidity: 1}, Plan: home},
			{Place: Place{Maildir: "/home/ada/Maildir"}, Plan: &Plan{Account: "account.local", Made: clock}},
		},
	}
}

// roundTrip encodes, decodes and compares.
func roundTrip(t *testing.T, f *Saved) []byte {
	t.Helper()
	data, err := Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if want := f.Stripped(); !reflect.DeepEqual(back, want) {
		t.Fatalf("read back as\n%+v\nwant\n%+v\nof %s", back, want, data)
	}
	again, err := Encode(back)
	if err != nil || !bytes.Equal(again, data) {
		t.Fatalf("encoded again, %v:\n%s\nwant\n%s", err, again, data)
	}
	return data
}

func TestSavedGolden(t *testing.T) {
	const golden = "testdata/saved.json"
	data := roundTrip(t, everything())
	if *update {
		if err := os.WriteFile(golden, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, want) {
		t.Errorf("the format has changed, so that FormatVersion must, too: got\n%s\nwant\n%s", data, want)
	}
	for _, private := range []string{"private", "Private", "ada@"} {
		if bytes.Contains(data, []byte(private)) {
			t.Errorf("the file holds %q:\n%s", private, data)
		}
	}
	f, err := Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := f.Account("account.local"); !ok || a.Place.Maildir != "/home/ada/Maildir" {
		t.Errorf("got %+v, %v", a, ok)
	}
	if _, ok := f.Account("account.other"); ok {
		t.Error("it holds an account that it does not hold")
	}
}

func TestStripped(t *testing.T) {
	f := everything()
	once := f.Stripped()
	if twice := once.Stripped(); !reflect.DeepEqual(once, twice) {
		t.Errorf("got %+v, want %+v", twice, once)
	}
	if !reflect.DeepEqual(f, everything()) {
		t.Error("the plan itself was changed")
	}
	if got, want := once.Accounts[0].Plan.Summary(), f.Accounts[0].Plan.Summary(); got != want {
		t.Errorf("the summary is %+v, was %+v", got, want)
	}
}

// What planners make can be saved.
func TestSavedFromPlanner(t *testing.T) {
	b := newBox("INBOX", "News", "News/Old", "Old", "Bin trash")
	for i := range 50 {
		b.put("INBOX", fmt.Sprintf("%s %d", []string{"go", "rust", "spam"}[i%3], i), [][]imap.Flag{nil, {imap.FlagSeen}, {"$Work", imap.FlagFlagged}}[i%7%3]...)
	}
	a := &config.Account{
		Address: "account.test",
		Folders: []*config.Folder{folder("news", "Lists/News"), folder("new", "New")},
		Moved:   []*config.Moved{moved("News", "Lists/News")},
		Removed: []*config.Removed{removed("Old")},
		Rules: []*rules.Rule{
			rule("go", subject("go"), func(r *rules.Rule) {
				r.MoveTo = ref("Lists/News")
				r.AddFlags = mailbox.NewFlags(imap.FlagSeen)
			}),
			rule("rust", subject("rust"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("New")} }),
			rule("spam", subject("spam"), func(r *rules.Rule) { r.Delete = rules.DeletePermanent }),
			rule("unread", lacks("$Work"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$Work") }),
		},
	}
	made, diags := b.plan(t, a, config.Policy{MaxMessages: 10, MaxDeleted: 100, MaxRemovedFolders: 5})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	kinds := map[string]bool{}
	for _, s := range made.Steps {
		kinds[fmt.Sprintf("%T", s.Op)] = true
	}
	if len(kinds) != 5 || len(made.Broken) == 0 || len(made.Matched) == 0 {
		t.Fatalf("the plan does not show enough: %v\n%s", kinds, describe(made))
	}
	roundTrip(t, &Saved{
		FormatVersion: FormatVersion, ID: "1", Tool: "imapform", Made: made.Made,
		Accounts: []SavedAccount{{Place: PlaceOf(&config.Account{Host: "h", Port: 993, Username: "u"}, 100), Plan: made}},
	})
}

func TestSavedRandom(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { roundTrip(t, randomSaved(rand.New(rand.NewPCG(seed, 1)))) })
	}
}

func randomSaved(r *rand.Rand) *Saved {
	f := &Saved{FormatVersion: FormatVersion, ID: "a-1", Made: time.Unix(r.Int64N(4e9), r.Int64N(1e9)), Tool: odd(r)}
	if r.IntN(2) == 0 {
		f.Hidden = Hidden{Targets: []string{odd(r)}, Steps: r.IntN(3), Messages: r.IntN(1000)}
	}
	for i := range r.IntN(3) {
		place := Place{Host: odd(r), Port: 1 + r.IntN(65535), Username: odd(r), InboxUIDValidity: r.Uint32()}
		f.Accounts = append(f.Accounts, SavedAccount{Place: place, Plan: randomPlan(r, fmt.Sprintf("account.a%d", i), f.Made)})
	}
	return f
}

func randomPlan(r *rand.Rand, address string, made time.Time) *Plan {
	p := &Plan{Account: address, Made: made}
	sometimes := func(n int, do func()) {
		for range r.IntN(n) {
			do()
		}
	}
	if r.IntN(5) == 0 {
		p.Watched = mailbox.EveryFlag()
	}
	sometimes(3, func() { p.Watched = p.Watched.With(randomFlags(r)) })
	sometimes(3, func() { p.Protected = append(p.Protected, odd(r)) })
	sometimes(4, func() {
		p.Folders = append(p.Folders, Before{mailbox.Name(fmt.Sprint("F", len(p.Folders))), r.Uint32(), imap.UID(r.Uint32()), r.Uint32()})
	})
	sometimes(3, func() { p.Resolved = append(p.Resolved, Resolved{mailbox.UseTrash, oddName(r)}) })
	sometimes(3, func() {
		p.Matched = append(p.Matched, Matched{Rule: odd(r), Folder: oddName(r), Looked: r.IntN(99), Messages: r.IntN(99), Left: []Left{{odd(r), 1}}, Rivals: make([]Rival, 0)})
	})
	sometimes(2, func() { p.Broken = append(p.Broken, Broken{Rail: odd(r), Detail: odd(r), Subject: oddRange(r)}) })
	add := func(op Operation) {
		s := Step{Op: op}
		sometimes(3, func() { s.Because = append(s.Because, Cause{Address: odd(r), Block: "moved", Declared: oddRange(r)}) })
		p.Steps = append(p.Steps, s)
	}
	sometimes(3, func() {
		from := oddName(r)
		add(Rename{From: from, To: "to/" + from, Children: r.IntN(3), Messages: r.Uint32(), Subscribed: []mailbox.Name{from, from + "/x"}})
	})
	sometimes(3, func() { add(Create{Name: oddName(r), Use: []mailbox.Use{"", mailbox.UseJunk}[r.IntN(2)]}) })
	sometimes(3, func() { add(Set{Name: oddName(r), Subscribed: r.IntN(2) == 0, Created: r.IntN(2) == 0}) })
	for _, b := range p.Folders {
		sometimes(3, func() { add(randomFile(r, b.Name)) })
	}
	sometimes(3, func() { add(Set{Name: oddName(r)}) })
	sometimes(3, func() { add(Remove{Name: oddName(r), Messages: r.Uint32(), Subscribed: r.IntN(2) == 0}) })
	return p
}

func randomFile(r *rand.Rand, was mailbox.Name) File {
	op := File{Folder: oddName(r), Was: was, Away: Away(r.IntN(3)), FlagsFirst: r.IntN(2) == 0}
	if op.Away == AwayMove {
		op.To, op.Trash, op.Finish = "moved to", r.IntN(2) == 0, r.IntN(3) == 0
	}
	if op.Away != AwayNot && r.IntN(3) == 0 {
		op.Via = []mailbox.Name{oddName(r), "INBOX"}
	}
	if r.IntN(2) == 0 || op.Away == AwayNot {
		op.Copies = []mailbox.Name{"copied to", oddName(r) + "/copies"}
	}
	all := mailbox.NewFlags(imap.FlagSeen, imap.FlagAnswered, "$a", "+x-")
	op.Add = all[:r.IntN(len(all))]
	op.Remove = all[len(op.Add):]
	uid := imap.UID(r.IntN(3))
	if r.IntN(3) == 0 {
		uid = 1<<32 - 1 - 400*50
	}
	for range 1 + r.IntN(50) {
		uid += 1 + imap.UID(max(0, r.IntN(400)-200))
		m := Message{UID: uid, Flags: randomFlags(r), Identity: Identity{Size: r.Int64(), Hash: r.Uint64(), MessageID: odd(r)}, Subject: odd(r)}
		m.Add, m.Remove = op.Add.Without(m.Flags), op.Remove.Common(m.Flags)
		op.Messages = append(op.Messages, m)
	}
	return op
}

func randomFlags(r *rand.Rand) mailbox.Flags {
	var all mailbox.Flags
	for _, f := range []imap.Flag{imap.FlagSeen, imap.FlagFlagged, imap.FlagDraft, imap.FlagDeleted, "$a", "+x-", "Ü*"} {
		if r.IntN(4) == 0 {
			all = append(all, f)
		}
	}
	return mailbox.NewFlags(all...)
}

// odd is some text that JSON might get wrong.
func odd(r *rand.Rand) string {
	return []string{"a", "rule.x", `<&>"\`, "\u2028:1", "\x00\x7f", "日本", "\uFFFD", `,"sha256":"`, "A\u0301", ":", "null"}[r.IntN(11)]
}

// oddName is a name as a server may have it.
func oddName(r *rand.Rand) mailbox.Name {
	return mailbox.Name([]string{"a", "INBOX/x", `<&>"\`, "\u2028", "*%\x01", "日本/Ü", "Lists/inbox", " ", strings.Repeat("x/", 40) + "y"}[r.IntN(9)])
}

func oddRange(r *rand.Rand) hcl.Range {
	return hcl.Range{Filename: []string{"", "main.imap.hcl", "a:b:1", `c:\x.hcl`}[r.IntN(4)], Start: hcl.Pos{Line: r.IntN(3), Column: 2}}
}
