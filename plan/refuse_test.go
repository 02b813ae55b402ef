package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// Each of these must have no plan, and say why.
func TestRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		box     func() *box
		account config.Account
		want    string
	}{
		"a moved folder for special use": {
			box:     func() *box { return newBox("INBOX", "Bin trash") },
			account: config.Account{Moved: []*config.Moved{moved("Bin", "Trash")}},
			want:    "Folder cannot be moved",
		},
		"a folder moved into itself": {
			box:     func() *box { return newBox("INBOX", "A") },
			account: config.Account{Moved: []*config.Moved{moved("A", "A/B")}},
			want:    "Folder cannot be moved into itself",
		},
		"a folder renamed onto an existing one": {
			box: func() *box {
				b := newBox("INBOX", "A", "B")
				b.put("A", "x")
				return b
			},
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}},
			want:    "Both folders of a moved block exist",
		},
		"an empty one with children renamed onto an existing one": {
			box:     func() *box { return newBox("INBOX", "A", "A/x", "B") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}},
			want:    "Both folders of a moved block exist",
		},
		"two folders renamed to one": {
			box:     func() *box { return newBox("INBOX", "A", "B") },
			account: config.Account{Moved: []*config.Moved{moved("A", "C"), moved("B", "C")}},
			want:    "Two folders cannot become one",
		},
		"two folders that would meet below a renamed one": {
			box:     func() *box { return newBox("INBOX", "A", "A/x", "C") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B"), moved("C", "B/x")}},
			want:    "Two folders cannot become one",
		},
		"a folder in its two spellings where all lie below INBOX": {
			box: func() *box {
				b := newBox("INBOX")
				b.inInbox = true
				return b
			},
			account: config.Account{Folders: []*config.Folder{folder("a", "A"), folder("b", "INBOX/A")}},
			want:    "Folder is declared twice",
		},
		"an exception by a use that nobody knows": {
			box: func() *box { return newBox("INBOX", "Archive", "Archives") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) {
				r.MoveTo, r.NotIn = ref("INBOX"), patterns(mailbox.UseArchive.Token())
			}, "**")}},
			want: "special.archive is not known",
		},
		"an exception by a use that is guessed, from a permanent delete": {
			box: func() *box { return newBox("INBOX", "Archive") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) {
				r.Delete, r.NotIn = rules.DeletePermanent, patterns(mailbox.UseArchive.Token())
			}, "**")}},
			want: "A guess is not enough",
		},
		"a destination by use that is moved away": {
			box: func() *box { return newBox("INBOX", "Archive archive") },
			account: config.Account{
				Moved: []*config.Moved{moved("Archive/2024", "Years/2024")},
				Rules: []*rules.Rule{rule("a", subject("x"), moveTo(mailbox.UseArchive.Token()+"/2024"))},
			},
			want: "Destination is moved away",
		},
		"a special folder that would move along": {
			box:     func() *box { return newBox("INBOX", "Mail", "Mail/Trash trash") },
			account: config.Account{Moved: []*config.Moved{moved("Mail", "X")}},
			want:    "is a folder for special use",
		},
		"a folder moved below one that can have none": {
			box:     func() *box { return newBox("INBOX", "A noinferiors", "X") },
			account: config.Account{Moved: []*config.Moved{moved("X", "A/B/X")}},
			want:    "The server allows no folders below",
		},
		"a destination far below one that can have none": {
			box:     func() *box { return newBox("INBOX", "A noinferiors") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A/B/C"))}},
			want:    "Folder cannot be created",
		},
		"two moved blocks that meet in another spelling": {
			box: func() *box {
				b := newBox("INBOX")
				b.inInbox = true
				return b
			},
			account: config.Account{Moved: []*config.Moved{moved("INBOX/Old", "A"), moved("Old", "B")}},
			want:    "Folder is named twice",
		},
		"a folder that is removed in another spelling": {
			box: func() *box {
				b := newBox("INBOX")
				b.inInbox = true
				return b
			},
			account: config.Account{
				Removed: []*config.Removed{removed("Old")},
				Folders: []*config.Folder{folder("x", "INBOX/Old/x")},
			},
			want: "Folder is named twice",
		},
		"a folder below one that can have none": {
			box:     func() *box { return newBox("INBOX noinferiors") },
			account: config.Account{Folders: []*config.Folder{folder("x", "INBOX/x")}},
			want:    "Folder cannot be created",
		},
		"a source that does not exist": {
			box:     func() *box { return newBox("INBOX", "Lists") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("INBOX"), "List")}},
			want:    `Did you mean "Lists"?`,
		},
		"a use that nobody has": {
			box:     func() *box { return newBox("INBOX") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) { r.Delete = rules.DeleteTrash })}},
			want:    "special.trash is not known",
		},
		"a use that several have": {
			box:     func() *box { return newBox("INBOX", "Trash", "Deleted Items") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) { r.Delete = rules.DeleteTrash })}},
			want:    "Several folders could be it",
		},
		"a permanent delete from a folder that is guessed": {
			box: func() *box { return newBox("INBOX", "Trash") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) {
				r.Delete = rules.DeletePermanent
			}, mailbox.UseTrash.Token())}},
			want: "A guess is not enough",
		},
		"a permanent delete below a folder that is guessed": {
			box: func() *box { return newBox("INBOX", "Trash", "Trash/Old") },
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) {
				r.Delete = rules.DeletePermanent
			}, mailbox.UseTrash.Token()+"/**")}},
			want: "A guess is not enough",
		},
		"time in the folder on a server that does not know it": {
			box:     func() *box { return newBox("INBOX") },
			account: config.Account{Rules: []*rules.Rule{rule("a", saved{}, moveTo("A"))}},
			want:    "in_folder_for cannot be told here",
		},
		"copies into a folder where a rule looks": {
			box: func() *box { return newBox("INBOX", "A") },
			account: config.Account{Rules: []*rules.Rule{
				rule("copy", subject("x"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("A")} }),
				rule("all", subject("y"), moveTo("INBOX"), "**"),
			}},
			want: "Copies would be filed again",
		},
		"a removed folder that holds mail": {
			box: func() *box {
				b := newBox("INBOX", "Old")
				b.put("Old", "x")
				return b
			},
			account: config.Account{Removed: []*config.Removed{removed("Old")}},
			want:    "Folder still holds messages",
		},
		"a removed folder that holds mail marked \\Deleted": {
			box: func() *box {
				b := newBox("INBOX", "Old")
				b.put("Old", "x", imap.FlagDeleted)
				return b
			},
			account: config.Account{Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Messages = config.RemoveDelete })}},
			want:    "unmark them in a mail program first",
		},
		"a removed folder whose mail cannot be read": {
			box: func() *box {
				b := newBox("INBOX", "Old")
				b.put("Old", "x")
				b.withhold = message.Parts{Size: true}
				return b
			},
			account: config.Account{Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Messages = config.RemoveDelete })}},
			want:    "Folder still holds messages",
		},
		"a removed folder that nobody may look into": {
			box:     func() *box { return newBox("INBOX", "Old closed") },
			account: config.Account{Removed: []*config.Removed{removed("Old")}},
			want:    "nobody can tell whether it holds mail",
		},
		"a removed folder with children": {
			box:     func() *box { return newBox("INBOX", "Old", "Old/x") },
			account: config.Account{Removed: []*config.Removed{removed("Old")}},
			want:    "Folder has children",
		},
		"a removed folder for special use": {
			box:     func() *box { return newBox("INBOX", "Old", "Old/x junk") },
			account: config.Account{Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Children = true })}},
			want:    "Folder cannot be removed",
		},
		"a declared folder below a removed one": {
			box: func() *box { return newBox("INBOX", "Old") },
			account: config.Account{
				Removed: []*config.Removed{removed("Old")},
				Folders: []*config.Folder{folder("x", "Old/x")},
			},
			want: "Folder is both declared and removed",
		},
		"a destination that is removed": {
			box: func() *box { return newBox("INBOX", "Old") },
			account: config.Account{
				Removed: []*config.Removed{removed("Old")},
				Rules:   []*rules.Rule{rule("a", subject("x"), moveTo("old"))},
			},
			want: "Destination is removed",
		},
		"mail of a removed folder moved into another one": {
			box: func() *box { return newBox("INBOX", "Old", "Older") },
			account: config.Account{Removed: []*config.Removed{
				removed("Older"),
				removed("Old", func(r *config.Removed) { r.Messages, r.MoveTo = config.RemoveMove, ref("Older") }),
			}},
			want: "Destination is removed",
		},
		"changes to messages that have no lasting UIDs": {
			box: func() *box {
				b := newBox("INBOX fleeting", "A")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"))}},
			want:    "Folder has no lasting UIDs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := c.box().plan(t, &c.account, config.DefaultPolicy())
			if !diags.HasErrors() {
				t.Fatalf("there is a plan:\n%s", describe(p))
			}
			if p != nil {
				t.Error("there is a plan beside the errors")
			}
			if len(diags) != 1 || !strings.Contains(diags[0].Summary+": "+diags[0].Detail, c.want) {
				t.Errorf("got %v, want one error with %q", diags, c.want)
			}
		})
	}
}

// Moved blocks that lead round in another spelling.
func TestRoundInInbox(t *testing.T) {
	b := newBox("INBOX", "A")
	b.inInbox = true
	_, diags := b.plan(t, &config.Account{Moved: []*config.Moved{moved("A", "INBOX/B"), moved("B", "A")}}, config.DefaultPolicy())
	if !diags.HasErrors() || !strings.Contains(diags.Error(), "lead round") {
		t.Errorf("got %v", diags)
	}
}

// An exception that names no folder is mentioned.
func TestExceptionOfNothing(t *testing.T) {
	b := newBox("INBOX", "Clients")
	p, diags := b.plan(t, &config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) {
		r.MoveTo, r.NotIn = ref("INBOX"), patterns("clients")
	}, "**")}}, config.DefaultPolicy())
	if diags.HasErrors() || len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Detail, `Did you mean "Clients"?`) {
		t.Errorf("got %v, %v", diags, p)
	}
}

func patterns(all ...string) []mailbox.Pattern {
	var parsed []mailbox.Pattern
	for _, s := range all {
		p, err := mailbox.ParsePattern(s)
		if err != nil {
			panic(err)
		}
		parsed = append(parsed, p)
	}
	return parsed
}

// Rails are broken by exactly what goes over them.
func TestRails(t *testing.T) {
	t.Run("renamed into the trash, then deleted", func(t *testing.T) {
		b := newBox("INBOX", "Trash trash", "Old")
		b.put("Old", "x")
		a := &config.Account{
			Moved: []*config.Moved{moved("Old", "Trash/Old")},
			Rules: []*rules.Rule{rule("empty", subject("x"), func(r *rules.Rule) { r.Delete = rules.DeletePermanent }, "Trash/**")},
		}
		p, diags := b.plan(t, a, config.DefaultPolicy())
		if diags.HasErrors() || len(p.Broken) != 1 || p.Broken[0].Rail != "move_then_delete" {
			t.Errorf("got %v, %v", diags, p)
		}
	})

	several := func() *box {
		b := newBox("INBOX", "A", "B")
		for range 3 {
			b.put("INBOX", "x")
		}
		return b
	}
	remove := func(r *rules.Rule) { r.Delete = rules.DeletePermanent }
	for name, c := range map[string]struct {
		policy config.Policy
		rules  []*rules.Rule
		gone   []*config.Removed
		want   string
	}{
		"as many as allowed": {
			policy: config.Policy{MaxMessages: 3, MaxDeleted: 3},
			rules:  []*rules.Rule{rule("a", subject("x"), remove)},
		},
		"too many messages": {
			policy: config.Policy{MaxMessages: 2},
			rules:  []*rules.Rule{rule("a", subject("x"), moveTo("A"))},
			want:   "max_messages = 3",
		},
		"too many deleted": {
			policy: config.Policy{MaxMessages: 3, MaxDeleted: 2},
			rules:  []*rules.Rule{rule("a", subject("x"), remove)},
			want:   "max_deleted = 3",
		},
		"too many for the rule": {
			policy: config.Policy{MaxMessages: 3},
			rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) {
				r.MoveTo, r.MaxMessages = ref("A"), 2
			})},
			want: "max_messages = 3",
		},
		"too many folders": {
			policy: config.Policy{MaxMessages: 3, MaxRemovedFolders: 1},
			gone:   []*config.Removed{removed("A"), removed("B")},
			want:   "max_removed_folders = 2",
		},
		"moved, then deleted": {
			policy: config.Policy{MaxMessages: 3, MaxDeleted: 3},
			rules:  []*rules.Rule{rule("a", subject("x"), moveTo("A")), rule("b", subject("x"), remove, "A")},
			want:   "move_then_delete = true",
		},
		"moved, then deleted, as allowed": {
			policy: config.Policy{MaxMessages: 3, MaxDeleted: 3, MoveThenDelete: true},
			rules:  []*rules.Rule{rule("a", subject("x"), moveTo("A")), rule("b", subject("x"), remove, "A")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := several().plan(t, &config.Account{Rules: c.rules, Removed: c.gone}, c.policy)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			got := ""
			for _, b := range p.Broken {
				got += b.Allow
			}
			if got != c.want {
				t.Errorf("got %q, want %q (%v)", got, c.want, p.Broken)
			}
		})
	}
}

// What nothing happens to, and somebody should know, is in the notes.
func TestNotes(t *testing.T) {
	for name, c := range map[string]struct {
		box     func() *box
		account config.Account
		want    string
	}{
		"rules that undo each other": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("there", subject("x"), moveTo("A")), rule("back", subject("x"), moveTo("INBOX"), "A"),
			}},
			want: `1 message would come back to where they were, by rule.there (to "A"), rule.back (to "INBOX").`,
		},
		"flags that undo each other": {
			box: func() *box {
				b := newBox("INBOX")
				b.put("INBOX", "x")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{
				rule("on", lacks("$A"), func(r *rules.Rule) { r.AddFlags, r.Stop = mailbox.NewFlags("$A"), true }),
				rule("off", has("$A"), func(r *rules.Rule) { r.RemoveFlags = mailbox.NewFlags("$A") }),
			}},
			want: "rule.on (adds $A), rule.off (removes $A)",
		},
		"flags that cannot be told": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x")
				b.withhold = message.Parts{Flags: true}
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"))}},
			want:    `What rules must know of 1 message in "INBOX" could not be read`,
		},
		"a header that cannot be told": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x")
				b.withhold = message.Fields("subject")
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"))}},
			want:    `could not be read`,
		},
		"an identity that cannot be told": {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("INBOX", "x")
				b.withhold = message.Parts{Received: true}
				return b
			},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"))}},
			want:    `could not be read`,
		},
		"an empty folder that is not renamed": {
			box:     func() *box { return newBox("INBOX", "A unsubscribed", "B") },
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}},
			want:    "which exists already",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, diags := c.box().plan(t, &c.account, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if !p.Empty() {
				t.Errorf("something is planned:\n%s", describe(p))
			}
			if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Detail, c.want) {
				t.Errorf("got %v, want one note with %q", p.Notes, c.want)
			}
		})
	}
}

// A rule whose match holds for a whole folder is mentioned, unless it says so.
func TestMatchesEverything(t *testing.T) {
	for match, want := range map[subject]int{"x": 1, "": 0} {
		b := newBox("INBOX", "A")
		for range 21 {
			b.put("INBOX", "x")
		}
		p, diags := b.plan(t, &config.Account{Rules: []*rules.Rule{rule("a", match, moveTo("A"))}}, config.DefaultPolicy())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if len(p.Notes) != want {
			t.Errorf("%q: got notes %v, want %d", match, p.Notes, want)
		}
	}
}

// What could not be read is named, so that it can be explained.
func TestUnreadIsNamed(t *testing.T) {
	for put, want := range map[int]string{1: "1 message in \"INBOX\" could not be read, so that nothing happens to it. The explain command says what that is: see UID 1.", 7: "see UID 1, 2, 3, 4, 5 and 2 more."} {
		b := newBox("INBOX", "A")
		b.withhold = message.Fields("subject")
		for range put {
			b.put("INBOX", "x")
		}
		p, diags := b.plan(t, &config.Account{Rules: []*rules.Rule{rule("a", subject("x"), moveTo("A"))}}, config.DefaultPolicy())
		if diags.HasErrors() || !p.Empty() {
			t.Fatal(diags, describe(p))
		}
		if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Detail, want) {
			t.Errorf("%d messages: got notes %v, want %q", put, p.Notes, want)
		}
	}
}

// What proves identity is asked of all messages along with the header fields that rules
// need, so that one round does; where they need none, in small folders only. Nothing
// else is asked for, and in a large folder only of what something happens to.
func TestAsksLittle(t *testing.T) {
	flags := message.Parts{Flags: true}
	unseen := rule("a", lacks(imap.FlagSeen), moveTo("A"))
	for name, c := range map[string]struct {
		rule     *rules.Rule
		messages int
		want     []message.Parts // of each question
	}{
		"header fields":                   {rule("a", subject("x"), moveTo("A")), 2, []message.Parts{flags.Union(IdentityParts())}},
		"header fields in a large folder": {rule("a", subject("x"), moveTo("A")), smallFolder + 1, []message.Parts{flags.Union(IdentityParts())}},
		"no header field":                 {unseen, smallFolder, []message.Parts{flags.Union(IdentityParts())}},
		"no header field, a large folder": {unseen, smallFolder + 1, []message.Parts{flags, IdentityParts()}},
		"nothing to do in a large folder": {rule("a", lacks("$x"), moveTo("A")), smallFolder + 1, []message.Parts{flags}},
	} {
		b := newBox("INBOX", "A", "Unread", "Empty")
		for i := range c.messages {
			m := b.put("INBOX", fmt.Sprint("y ", i), imap.FlagSeen, "$x")
			if i == 0 {
				m.Flags = mailbox.NewFlags("$x")
			}
		}
		b.put("Unread", "x")
		a := &config.Account{Rules: []*rules.Rule{c.rule, rule("b", subject("x"), moveTo("A"), "Empty")}}
		if _, diags := b.plan(t, a, config.DefaultPolicy()); diags.HasErrors() {
			t.Fatal(diags)
		}
		if len(b.asked) != len(c.want) {
			t.Errorf("%s: got questions %v, want %d", name, b.asked, len(c.want))
			continue
		}
		for i, want := range c.want {
			q, uids := b.asked[i], []string{"", "1"}[i]
			if q.Folder != "INBOX" || q.UIDs.String() != uids || !q.Fetch.Covers(want) || !want.Covers(q.Fetch) {
				t.Errorf("%s: question %d: got %+v, want %+v", name, i, q, want)
			}
		}
	}
}

// A declared folder is created beside one whose name differs only in letter case,
// and that is said.
func TestLetterCase(t *testing.T) {
	p, diags := newBox("INBOX", "lists").plan(t, &config.Account{Folders: []*config.Folder{folder("lists", "Lists")}}, config.DefaultPolicy())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Detail, `there is a folder "lists" already`) {
		t.Errorf("notes: %v", p.Notes)
	}
}
