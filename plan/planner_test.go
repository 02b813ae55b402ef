package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

func yes() *bool { v := true; return &v }
func no() *bool  { v := false; return &v }

func folder(label, name string, change ...func(*config.Folder)) *config.Folder {
	f := &config.Folder{Address: "folder." + label, Label: label, Name: mailbox.Name(name), Subscribed: yes()}
	for _, c := range change {
		c(f)
	}
	return f
}

func moved(from, to string) *config.Moved {
	return &config.Moved{From: mailbox.Name(from), To: mailbox.Name(to)}
}

func removed(name string, change ...func(*config.Removed)) *config.Removed {
	r := &config.Removed{Folder: mailbox.Name(name)}
	for _, c := range change {
		c(r)
	}
	return r
}

func TestPlan(t *testing.T) {
	for name, c := range map[string]struct {
		box     func() *box
		account config.Account
		want    string
	}{
		"nothing declared": {
			box: func() *box { return newBox("INBOX") },
		},
		"create and subscribe, parents first": {
			box: func() *box { return newBox("INBOX") },
			account: config.Account{Folders: []*config.Folder{
				folder("go", "Lists/Go"), folder("lists", "Lists"),
				folder("quiet", "Quiet", func(f *config.Folder) { f.Subscribed = no() }),
				folder("trash", "Bin", func(f *config.Folder) { f.Use, f.Subscribed = mailbox.UseTrash, nil }),
			}},
			want: `
create Bin trash <folder.trash>
create Lists <folder.lists>
create Quiet <folder.quiet>
create Lists/Go <folder.go>
set Lists/Go subscribed=true <folder.go>
set Lists subscribed=true <folder.lists>`,
		},
		"a folder that only has a place is created; a ghost is not subscribed again": {
			box: func() *box { return newBox("INBOX", "Lists noselect unsubscribed", "Old ghost") },
			account: config.Account{Folders: []*config.Folder{
				folder("lists", "Lists"), folder("old", "Old"),
			}},
			want: `
create Lists <folder.lists>
create Old <folder.old>
set Lists subscribed=true <folder.lists>`,
		},
		"a subscription is set and unset, or left alone": {
			box: func() *box { return newBox("INBOX", "A unsubscribed", "B", "C") },
			account: config.Account{Folders: []*config.Folder{
				folder("a", "A"), folder("b", "B", func(f *config.Folder) { f.Subscribed = no() }),
				folder("c", "C", func(f *config.Folder) { f.Subscribed = nil }),
			}},
			want: `
set A subscribed=true <folder.a>
set B subscribed=false <folder.b>`,
		},
		"a rename takes children and subscriptions along; the declared name is there by then": {
			box: func() *box { return newBox("INBOX", "News", "News/Old", "News/New unsubscribed", "News/Gone ghost") },
			account: config.Account{
				Folders: []*config.Folder{folder("news", "Lists/News")},
				Moved:   []*config.Moved{moved("News", "Lists/News")},
			},
			want: `
rename News -> Lists/News children=2 subscribed=[News News/Old] <folder.news> <>
set News/Gone subscribed=false <>`,
		},
		"a chain of renames leads to its end at once": {
			box:     func() *box { return newBox("INBOX", "A") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B"), moved("B", "C")}},
			want:    `rename A -> C children=0 subscribed=[A] <>`,
		},
		"a rename that was done is nothing to do": {
			box:     func() *box { return newBox("INBOX", "B") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}},
		},
		"the deepest rename comes first": {
			box:     func() *box { return newBox("INBOX", "A", "A/x") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B"), moved("A/x", "C")}},
			want: `
rename A/x -> C children=0 subscribed=[A/x] <>
rename A -> B children=0 subscribed=[A] <>`,
		},
		"but not into the place of what must get there": {
			box:     func() *box { return newBox("INBOX", "A", "A/x") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B"), moved("A/x", "B/y")}},
			want: `
rename A -> B children=1 subscribed=[A A/x] <>
rename B/x -> B/y children=0 subscribed=[B/x] <>`,
		},
		"a rename that another one does is left out": {
			box:     func() *box { return newBox("INBOX", "A", "A/x") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B"), moved("A/x", "B/x")}},
			want:    `rename A -> B children=1 subscribed=[A A/x] <>`,
		},
		"an empty folder is left where its new name is taken": {
			box:     func() *box { return newBox("INBOX", "A unsubscribed", "B") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}},
		},
		"mail is filed; what no rule takes stays": {
			box: func() *box {
				b := newBox("INBOX", "Lists unsubscribed")
				b.put("INBOX", "list one")
				b.put("INBOX", "personal")
				b.put("INBOX", "list two")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("list", subject("list"), moveTo("Lists"))}},
			want:    `file INBOX 1 3 move=Lists <rule.list>`,
		},
		"a destination is made when mail needs it": {
			box: func() *box {
				b := newBox("INBOX")
				b.put("INBOX", "list one")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("list", subject("list"), moveTo("Lists/Go")),
				rule("other", subject("other"), moveTo("Other")),
			}},
			want: `
create Lists/Go <rule.list>
set Lists/Go subscribed=true <rule.list>
file INBOX 1 move=Lists/Go <rule.list>`,
		},
		"a destination in another case is the folder that is there": {
			box: func() *box {
				b := newBox("INBOX", "lists")
				b.put("INBOX", "list one")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("list", subject("list"), moveTo("Lists"))}},
			want:    `file INBOX 1 move=lists <rule.list>`,
		},
		"rules are judged as if renames were done; steps name folders as they are then": {
			box: func() *box {
				b := newBox("INBOX", "Old")
				b.put("Old", "list one")
				return b
			},
			account: config.Account{
				Moved: []*config.Moved{moved("Old", "New")},
				Rules: []*rules.Rule{rule("list", subject("list"), moveTo("INBOX"), "New")},
			},
			want: `
rename Old -> New children=0 subscribed=[Old] <>
file New 1 move=INBOX <rule.list>`,
		},
		"a chain is followed to its end in one step": {
			box: func() *box {
				b := newBox("INBOX", "A", "B")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("second", subject("x"), moveTo("B"), "A"),
				rule("first", subject("x"), moveTo("A")),
			}},
			want: `file INBOX 1 move=B <rule.first> <rule.second>`,
		},
		"flags add up, later rules see them, and rules run again": {
			box: func() *box {
				b := newBox("INBOX")
				b.put("INBOX", "x")
				b.put("INBOX", "x", imap.FlagSeen)
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("late", has(imap.FlagFlagged), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$Late") }),
				rule("flag", lacks(imap.FlagSeen), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags(imap.FlagFlagged) }),
			}},
			want: `file INBOX 1 +$Late flagged <rule.flag> <rule.late>`,
		},
		"flags that no rule reads are set first": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x")
				b.put("INBOX", "x", "$Filed")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("a", subject("x"), func(r *rules.Rule) { r.AddFlags, r.MoveTo = mailbox.NewFlags("$Filed"), ref("A") }),
			}},
			want: `file INBOX 1 2 move=A +$Filed flags-first <rule.a>`,
		},
		"flags that a rule reads are set where the message then lies": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("a", lacks(imap.FlagSeen), func(r *rules.Rule) {
					r.AddFlags, r.MoveTo = mailbox.NewFlags(imap.FlagSeen), ref("A")
				}),
			}},
			want: `file INBOX 1 move=A +seen <rule.a>`,
		},
		"stop keeps later rules off": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "keep x")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("keep", subject("keep"), func(r *rules.Rule) { r.Stop = true }),
				rule("a", subject("x"), moveTo("A")),
			}},
			want: `file INBOX 2 move=A <rule.a>`,
		},
		"a move to where the message lies ends the pass": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("A", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("stay", subject("x"), moveTo("A"), "A"),
				rule("away", subject("x"), moveTo("INBOX"), "A"),
			}},
		},
		"messages that are \\Deleted are never taken": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x", imap.FlagDeleted)
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"))}},
		},
		"trash is found by attribute": {
			box: func() *box {
				b := newBox("INBOX", "Papierkorb trash")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) { r.Delete = rules.DeleteTrash })}},
			want:    `file INBOX 1 trash=Papierkorb <rule.a>`,
		},
		"patterns leave trash and junk alone": {
			box: func() *box {
				b := newBox("INBOX", "Bin trash", "Spam", "A")
				b.put("Bin", "x")
				b.put("Spam", "x")
				b.put("A", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("INBOX"), "**")}},
			want:    `file A 1 move=INBOX <rule.a>`,
		},
		"copies are made once, and not where the message ends up": {
			box: func() *box {
				b := newBox("INBOX", "Copies", "A")
				b.put("INBOX", "x")
				b.put("INBOX", "y x")
				copied := b.put("Copies", "y x")
				copied.Received = b.messages["INBOX"][1].Received
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("copy", subject("x"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("Copies"), ref("A")} }),
				rule("a", subject("x"), moveTo("A")),
			}},
			want: `
file INBOX 1 copy=[Copies] move=A <rule.copy> <rule.a>
file INBOX 2 move=A <rule.a>`,
		},
		"two messages that are the same are copied once": {
			box: func() *box {
				b := newBox("INBOX")
				b.put("INBOX", "x")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("copy", subject("x"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("Copies")} }),
			}},
			want: `
create Copies <rule.copy>
set Copies subscribed=true <rule.copy>
file INBOX 1 copy=[Copies] <rule.copy>`,
		},
		"what is moved has been in its folder for no time": {
			box: func() *box {
				b := newBox("INBOX", "Bin trash")
				b.saveDate = true
				b.put("INBOX", "x").Saved = clock.Add(-48 * time.Hour)
				b.put("Bin", "y").Saved = clock.Add(-48 * time.Hour)
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("a", subject("x"), func(r *rules.Rule) { r.Delete = rules.DeleteTrash }),
				rule("empty", saved{}, func(r *rules.Rule) { r.Delete = rules.DeletePermanent }, mailbox.UseTrash.Token()),
			}},
			want: `
file INBOX 1 trash=Bin <rule.a>
file Bin 1 delete <rule.empty>`,
		},
		"what comes back to its folder on its way has never left it": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.saveDate = true
				b.put("INBOX", "x").Saved = clock.Add(-48 * time.Hour)
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("out", lacks("$Seen"), func(r *rules.Rule) { r.AddFlags, r.MoveTo = mailbox.NewFlags("$Seen"), ref("A") }),
				rule("back", has("$Seen"), moveTo("INBOX"), "A"),
				rule("late", saved{}, func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$Late") }),
			}},
			want: `file INBOX 1 +$Late $Seen <rule.out> <rule.back> <rule.late>`,
		},
		"where all folders lie below INBOX, names may say so": {
			box: func() *box {
				b := newBox("INBOX", "Lists", "Old", "A", "Gone")
				b.inInbox = true
				b.put("Lists", "x")
				b.put("A", "y")
				return b
			},
			account: config.Account{
				Folders: []*config.Folder{folder("lists", "INBOX/Lists"), folder("new", "INBOX/New")},
				Moved:   []*config.Moved{moved("INBOX/Old", "INBOX/New")},
				Removed: []*config.Removed{removed("INBOX/Gone")},
				Rules: []*rules.Rule{
					rule("x", subject("x"), moveTo("INBOX/A"), "INBOX/Lists"),
					rule("y", subject("y"), moveTo("Lists"), "INBOX/*"),
				},
			},
			want: `
rename Old -> New children=0 subscribed=[Old] <folder.new> <>
file Lists 1 move=A <rule.x>
file A 1 move=Lists <rule.y>
remove Gone <>`,
		},
		"a copy that is marked \\Deleted is none, before the message is deleted for good": {
			box: func() *box {
				b := newBox("INBOX", "Backup")
				b.put("INBOX", "x")
				b.put("Backup", "x", imap.FlagDeleted)
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), func(r *rules.Rule) {
				r.CopyTo, r.Delete = []mailbox.Ref{ref("Backup")}, rules.DeletePermanent
			})}},
			want: `file INBOX 1 copy=[Backup] delete <rule.x>`,
		},
		"what is deleted for good needs the very same copy, which carries the flags": {
			box: func() *box {
				b := newBox("INBOX", "Backup")
				b.put("INBOX", "x")
				b.put("INBOX", "x").Size = 101
				b.put("Backup", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), func(r *rules.Rule) {
				r.CopyTo, r.Delete, r.AddFlags = []mailbox.Ref{ref("Backup")}, rules.DeletePermanent, mailbox.NewFlags(imap.FlagSeen)
			})}},
			want: `
file INBOX 2 copy=[Backup] delete +seen flags-first <rule.x>
file INBOX 1 delete <rule.x>`,
		},
		"a ghost's subscription holds for what is renamed onto it": {
			box: func() *box { return newBox("INBOX", "Old unsubscribed", "New ghost") },
			account: config.Account{
				Moved:   []*config.Moved{moved("Old", "New")},
				Folders: []*config.Folder{folder("new", "New", func(f *config.Folder) { f.Subscribed = no() })},
			},
			want: `
rename Old -> New children=0 subscribed=[] <folder.new> <>
set New subscribed=false <folder.new>`,
		},
		"a declared trash does not uncover the server's own": {
			box: func() *box {
				b := newBox("INBOX", "Deleted trash", "Mine")
				b.put("Deleted", "x")
				return b
			},
			account: config.Account{
				Folders: []*config.Folder{folder("trash", "Mine", func(f *config.Folder) { f.Use = mailbox.UseTrash })},
				Rules:   []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "**")},
			},
		},
		"a place above others is no guess": {
			box: func() *box {
				b := newBox("INBOX", "Archives", "Archive noselect", "Archive/2024")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), moveTo(mailbox.UseArchive.Token()))}},
			want:    `file INBOX 1 move=Archives <rule.x>`,
		},
		"a place that a rule makes a folder is what its name suggests, before and after": {
			box: func() *box {
				b := newBox("INBOX", "Trash noselect", "Trash/Old", "A")
				b.put("A", "x", imap.FlagSeen)
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("throw", subject("x"), moveTo("Trash"), "**"),
				rule("unsee", has(imap.FlagSeen), func(r *rules.Rule) { r.RemoveFlags = mailbox.NewFlags(imap.FlagSeen) }, "Trash"),
			}},
			want: `
create Trash <rule.throw> <rule.unsee>
file A 1 move=Trash -seen <rule.throw> <rule.unsee>`,
		},
		"a place that vanishes with its last child is not renamed": {
			box:     func() *box { return newBox("INBOX", "A noselect unsubscribed", "A/B") },
			account: config.Account{Moved: []*config.Moved{moved("A/B", "X"), moved("A", "Y")}},
			want:    `rename A/B -> X children=0 subscribed=[A/B] <>`,
		},
		"a source may be a later rule's destination": {
			box: func() *box { return newBox("INBOX", "Archive archive") },
			account: config.Account{Rules: []*rules.Rule{
				rule("a", subject("x"), moveTo("INBOX"), "Archive/2024"),
				rule("b", subject("y"), moveTo(mailbox.UseArchive.Token()+"/2024")),
			}},
		},
		"a removed block may move mail below a special use": {
			box: func() *box {
				b := newBox("INBOX", "Old", "Archive archive")
				b.put("Old", "x")
				return b
			},
			account: config.Account{Removed: []*config.Removed{removed("Old", func(r *config.Removed) {
				r.Messages, r.MoveTo = config.RemoveMove, ref(mailbox.UseArchive.Token()+"/2019")
			})}},
			want: `
create Archive/2019 <>
set Archive/2019 subscribed=true <>
file Old 1 move=Archive/2019 <>
remove Old <>`,
		},
		"a subscription that an apply left behind follows its folder": {
			box: func() *box {
				return newBox("INBOX", "New unsubscribed", "New/x unsubscribed", "Old ghost", "Old/x ghost")
			},
			account: config.Account{
				Moved:   []*config.Moved{moved("Old", "New")},
				Folders: []*config.Folder{folder("new", "New", func(f *config.Folder) { f.Subscribed = no() })},
			},
			want: `
set Old subscribed=false <>
set New/x subscribed=true <>
set Old/x subscribed=false <>`,
		},
		"a folder that an apply set aside is removed": {
			box:     func() *box { return newBox("INBOX", "Old (removed by imapform 20261121T120000Z) unsubscribed") },
			account: config.Account{Removed: []*config.Removed{removed("Old")}},
			want:    `remove Old (removed by imapform 20261121T120000Z) <>`,
		},
		"a use is not asked for where the server cannot give it": {
			box: func() *box {
				b := newBox("INBOX")
				b.noCreateUse = true
				return b
			},
			account: config.Account{Folders: []*config.Folder{folder("trash", "Bin", func(f *config.Folder) { f.Use, f.Subscribed = mailbox.UseTrash, nil })}},
			want:    "create Bin <folder.trash>",
		},
		"a folder that nobody may look into is there all the same": {
			box: func() *box { return newBox("INBOX", "Secret closed") },
			account: config.Account{
				Folders: []*config.Folder{folder("secret", "Secret")},
				Rules:   []*rules.Rule{rule("a", subject("x"), moveTo("INBOX"), "**")},
			},
		},
		"a folder is removed with its children, children first": {
			box: func() *box { return newBox("INBOX", "Old", "Old/x unsubscribed") },
			account: config.Account{Removed: []*config.Removed{
				removed("Old", func(r *config.Removed) { r.Children = true }), removed("Never"),
			}},
			want: `
remove Old/x <>
remove Old <>`,
		},
		"rules go first, then the removed block moves the rest": {
			box: func() *box {
				b := newBox("INBOX", "Old", "A")
				b.put("Old", "x")
				b.put("Old", "y")
				return b
			},
			account: config.Account{
				Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"), "Old")},
				Removed: []*config.Removed{removed("Old", func(r *config.Removed) {
					r.Messages, r.MoveTo = config.RemoveMove, ref("INBOX")
				})},
			},
			want: `
file Old 1 move=A <rule.a>
file Old 2 move=INBOX <>
remove Old <>`,
		},
		"rules may go on naming a folder that was removed": {
			box: func() *box { return newBox("INBOX") },
			account: config.Account{
				Rules:   []*rules.Rule{rule("a", subject("x"), moveTo("A"), "Old", "Old/x")},
				Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Children = true })},
			},
		},
		"mail is deleted with its folder where that is said": {
			box: func() *box {
				b := newBox("INBOX", "Old")
				b.put("Old", "y")
				return b
			},
			account: config.Account{Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Messages = config.RemoveDelete })}},
			want: `
file Old 1 delete <>
remove Old <>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := c.box().plan(t, &c.account, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got, want := describe(p), strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if len(p.Broken) > 0 {
				t.Errorf("broken rails: %v", p.Broken)
			}
		})
	}
}

// has matches messages with a flag.
type has imap.Flag

func (h has) Judge(m *message.Message, now time.Time) (rules.Truth, message.Parts) {
	truth, parts := lacks(h).Judge(m, now)
	return truth.Not(), parts
}
func (h has) Needs() message.Parts                      { return lacks(h).Needs() }
func (h has) Reads() mailbox.Flags                      { return lacks(h).Reads() }
func (h has) Mentions(string) bool                      { return false }
func (has) Until(*message.Message, time.Time) time.Time { return time.Time{} }
func (has) Timed() bool                                 { return false }
