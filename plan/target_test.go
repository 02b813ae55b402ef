package plan

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

func TestTargetingRefuses(t *testing.T) {
	accounts := []*config.Account{{
		Address: "account.work",
		Folders: []*config.Folder{{Address: `folder.list["golang"]`}, {Address: `folder.list["a.b]\"c"]`}},
		Rules:   []*rules.Rule{{Address: "rule.newsletters"}, {Address: `module.hygiene["x"].rule.old`}},
	}}
	for _, c := range []struct{ address, want string }{
		{"", "It is empty"},
		{"rule", "It is no address"},
		{"rule.", "It is no address"},
		{".old", "It is no address"},
		{"rule..old", "It is no address"},
		{"rule.old.x", "It is no address"},
		{"*", "It is no address"},
		{`rule["x"].old`, "It is no address"},
		{`folder.list["golang"`, "It is no address"},
		{`folder.list["golang]`, "It is no address"},
		{`folder.list["golang"]x`, "It is no address"},
		{"folder.list[]", "It is no address"},
		{`folder.list["golang\`, "It is no address"},
		{"rule.newsleters", "names nothing in the configuration. Did you mean rule.newsletters?"},
		{"rule.Newsletters", "Did you mean rule.newsletters?"},
		{`folder.list["golan"]`, `Did you mean folder.list["golang"]?`},
		{"folder.lists", "Did you mean folder.list?"},
		{"module.hygeine", "Did you mean module.hygiene?"},
		{"account.wrok", "Did you mean account.work?"},
		{"rule.x*", "names nothing in the configuration."},
		{"rule.old", "names nothing in the configuration."},
		{"folder.newsletters", "names nothing in the configuration."},
	} {
		for i, lists := range [][2][]string{{{c.address}, nil}, {nil, {c.address}}, {{"rule.newsletters"}, {c.address}}} {
			target, err := NewTargeting(lists[0], lists[1])
			if err == nil {
				err = target.Check(accounts)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q, %d: %v, want %q", c.address, i, err, c.want)
			}
		}
	}
}

func TestAddressCovers(t *testing.T) {
	all := []string{
		"account.work", `account.staff["ada"]`, "rule.old", "rule.news_a", "rule.news_b", `rule.old_2["k"]`, `folder.list["golang"]`, `folder.list["a.b]\"c"]`, "folder.lists",
		"module.hygiene.rule.old", `module.hygiene.folder.list["x"]`, `module.many["k"].rule.old`, "module.a.module.b.rule.old",
	}
	for _, c := range []struct{ pattern, want string }{
		{"rule.old", "rule.old"},
		{"rule.*", `rule.old rule.news_a rule.news_b rule.old_2["k"]`},
		{"rule.news_*", "rule.news_a rule.news_b"},
		{"rule.*_*", `rule.news_a rule.news_b rule.old_2["k"]`},
		{"rule.old_2", `rule.old_2["k"]`},
		{"folder.list", `folder.list["golang"] folder.list["a.b]\"c"]`},
		{`folder.list["golang"]`, `folder.list["golang"]`},
		{`folder.list["go*"]`, `folder.list["golang"]`},
		{`folder.list["a.b]\"c"]`, `folder.list["a.b]\"c"]`},
		{"module.hygiene", `module.hygiene.rule.old module.hygiene.folder.list["x"]`},
		{"module.hygiene.rule.old", "module.hygiene.rule.old"},
		{"module.hygiene.folder.list", `module.hygiene.folder.list["x"]`},
		{"module.many", `module.many["k"].rule.old`},
		{`module.many["k"]`, `module.many["k"].rule.old`},
		{`module.many["l"]`, ""},
		{"module.*.rule.old", `module.hygiene.rule.old module.many["k"].rule.old`},
		{"module.a.module.b", "module.a.module.b.rule.old"},
		{"account.work", "account.work"},
		{"account.staff", `account.staff["ada"]`},
		{"*.old", "rule.old"},
		{"rule.ol", ""},
	} {
		p, err := parseAddress(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var got []string
		for _, address := range all {
			if p.covers(address) {
				got = append(got, address)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s covers %q, want %q", c.pattern, got, c.want)
		}
	}
}

// apart makes rules and folders tell where they are declared, each elsewhere.
func apart(a *config.Account) *config.Account {
	line := 100
	next := func() hcl.Range {
		line++
		return at(line)
	}
	for _, r := range a.Rules {
		r.Declared = next()
	}
	for _, f := range a.Folders {
		f.Declared = next()
	}
	for _, m := range a.Moved {
		m.Declared = next()
	}
	for _, r := range a.Removed {
		r.Declared = next()
	}
	return a
}

func copyThen(change func(*rules.Rule), to ...string) func(*rules.Rule) {
	return func(r *rules.Rule) {
		for _, name := range to {
			r.CopyTo = append(r.CopyTo, ref(name))
		}
		change(r)
	}
}

func TestNarrow(t *testing.T) {
	trash, permanent := deleteTo(rules.DeleteTrash), deleteTo(rules.DeletePermanent)
	stop := func(r *rules.Rule) { r.Stop = true }
	plain := func(f *config.Folder) { f.Subscribed = nil }
	subscribe := func(to bool) func(*config.Folder) { return func(f *config.Folder) { f.Subscribed = &to } }
	for name, c := range map[string]struct {
		box               *box
		messages          string // "FOLDER SUBJECT", with commas
		account           config.Account
		targets, excludes []string
		want              []string
		hidden            [2]int // steps, messages
	}{
		"a delete leaves alone what an earlier rule keeps": {
			box: newBox("INBOX", "Bin trash", "Archive"), messages: "INBOX x keep,INBOX x invoice,INBOX x",
			account: config.Account{Rules: []*rules.Rule{rule("keep", subject("keep"), stop), rule("save", subject("invoice"), moveTo("Archive")), rule("old", subject("x"), trash)}},
			targets: []string{"rule.old"},
			want:    []string{"file INBOX 3 trash=Bin <rule.old>"},
			hidden:  [2]int{1, 1},
		},
		"a way of two rules, of which one is targeted": {
			box: newBox("INBOX", "Old"), messages: "INBOX x,Old x",
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("gone", subject("x"), permanent, "Old")}},
			targets: []string{"rule.gone"},
			want:    []string{"file Old 1 delete <rule.gone>"},
			hidden:  [2]int{1, 1},
		},
		"a way of two rules, of which one is excluded": {
			box: newBox("INBOX", "Old"), messages: "INBOX x,Old x",
			account:  config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("gone", subject("x"), permanent, "Old")}},
			excludes: []string{"rule.out"},
			want:     []string{"file Old 1 delete <rule.gone>"},
			hidden:   [2]int{1, 1},
		},
		"a way of two rules, both targeted": {
			box: newBox("INBOX", "Old"), messages: "INBOX x,Old x",
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("gone", subject("x"), permanent, "Old")}},
			targets: []string{"rule.gone", "rule.out"},
			want:    []string{"file INBOX 1 delete <rule.out> <rule.gone>", "file Old 1 delete <rule.gone>"},
		},
		"the folder that a message goes to, and those above it": {
			box: newBox("INBOX"), messages: "INBOX x",
			account: config.Account{
				Folders: []*config.Folder{folder("up", "Lists", subscribe(true)), folder("list", "Lists/Go", plain), folder("other", "Other", plain)},
				Rules:   []*rules.Rule{rule("go", subject("x"), moveTo("Lists/Go"))},
			},
			targets: []string{"rule.go"},
			want:    []string{"create Lists <folder.up>", "create Lists/Go <folder.list>", "set Lists subscribed=true <folder.up>", "file INBOX 1 move=Lists/Go <rule.go>"},
			hidden:  [2]int{1, 0},
		},
		"a folder that is made for mail is made for what is left of it": {
			box: newBox("INBOX"), messages: "INBOX x,INBOX y",
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), moveTo("New")), rule("y", subject("y"), moveTo("New"))}},
			targets: []string{"rule.y"},
			want:    []string{"create New <rule.y>", "set New subscribed=true <rule.y>", "file INBOX 2 move=New <rule.y>"},
			hidden:  [2]int{1, 1},
		},
		"a folder that is made for mail of which none is left": {
			box: newBox("INBOX"), messages: "INBOX x",
			account: config.Account{Rules: []*rules.Rule{
				rule("mark", subject("x"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$X") }), rule("x", subject("x"), moveTo("New")),
			}},
			targets: []string{"rule.x"},
			hidden:  [2]int{3, 1},
		},
		"a rename, because a rule speaks of the new name": {
			box: newBox("INBOX", "News", "Old"), messages: "INBOX x",
			account: config.Account{
				Moved: []*config.Moved{{From: "News", To: "Lists/News"}, {From: "Old", To: "Older"}},
				Rules: []*rules.Rule{rule("go", subject("x"), moveTo("Lists/News"))},
			},
			targets: []string{"rule.go"},
			want:    []string{"rename News -> Lists/News children=0 subscribed=[News] <>", "file INBOX 1 move=Lists/News <rule.go>"},
			hidden:  [2]int{1, 0},
		},
		"a rename, because a rule looks in the folder": {
			box: newBox("INBOX", "News", "News/Go", "Old"), messages: "News/Go x",
			account: config.Account{
				Moved: []*config.Moved{{From: "News", To: "Lists"}, {From: "Old", To: "Older"}},
				Rules: []*rules.Rule{rule("go", subject("x"), moveTo("INBOX"), "Lists/*")},
			},
			targets: []string{"rule.go"},
			want:    []string{"rename News -> Lists children=1 subscribed=[News News/Go] <>", "file Lists/Go 1 move=INBOX <rule.go>"},
			hidden:  [2]int{1, 0},
		},
		"a rename that makes room for a folder": {
			box: newBox("INBOX", "A", "C"), messages: "INBOX x",
			account: config.Account{
				Folders: []*config.Folder{folder("d", "D", plain), folder("e", "E/New", plain)},
				Moved:   []*config.Moved{{From: "C", To: "E"}, {From: "A", To: "B"}},
			},
			targets: []string{"folder.*"}, excludes: []string{"folder.d"},
			want:   []string{"rename C -> E children=0 subscribed=[C] <>", "create E/New <folder.e>"},
			hidden: [2]int{2, 0},
		},
		"a folder and the one in it, both renamed": {
			box: newBox("INBOX", "A", "A/B", "X"), messages: "INBOX x",
			account: config.Account{
				Folders: []*config.Folder{folder("new", "New", plain)},
				Moved:   []*config.Moved{{From: "A", To: "New"}, {From: "A/B", To: "Kept"}, {From: "X", To: "Y"}},
			},
			targets: []string{"folder.new"},
			want:    []string{"rename A/B -> Kept children=0 subscribed=[A/B] <>", "rename A -> New children=0 subscribed=[A] <folder.new> <>"},
			hidden:  [2]int{1, 0},
		},
		"what depends on an excluded folder": {
			box: newBox("INBOX"), messages: "INBOX x,INBOX y",
			account: config.Account{
				Folders: []*config.Folder{folder("up", "Lists", plain), folder("list", "Lists/Go", plain), folder("other", "Other", plain)},
				Rules:   []*rules.Rule{rule("go", subject("x"), moveTo("Lists/Go")), rule("other", subject("y"), copyThen(moveTo("Other"), "Lists/Copy"))},
			},
			excludes: []string{"folder.up"},
			want:     []string{"create Other <folder.other>"},
			hidden:   [2]int{6, 2},
		},
		"what depends on an excluded rename": {
			box: newBox("INBOX", "News", "News/Go", "Bin trash"), messages: "INBOX x,News/Go y",
			account: config.Account{
				Folders: []*config.Folder{folder("lists", "Lists", plain)}, Moved: []*config.Moved{{From: "News", To: "Lists"}},
				Rules: []*rules.Rule{rule("go", subject("x"), moveTo("Lists/Go")), rule("y", subject("y"), trash, "Lists/Go"), rule("seen", subject("y"), moveTo("INBOX"), "Lists/Go")},
			},
			excludes: []string{"folder.lists", "rule.y"},
			hidden:   [2]int{3, 2},
		},
		"a removal waits for what empties the folder": {
			box: newBox("INBOX", "Old", "Gone"), messages: "Old x,Old y",
			account: config.Account{
				Rules:   []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "Old"), rule("y", subject("y"), moveTo("INBOX"), "Old")},
				Removed: []*config.Removed{{Folder: "Old"}, {Folder: "Gone"}},
			},
			excludes: []string{"rule.y"},
			want:     []string{"file Old 1 move=INBOX <rule.x>", "remove Gone <>"},
			hidden:   [2]int{2, 1},
		},
		"a removal waits for the folder that leaves it": {
			box: newBox("INBOX", "Old", "Old/x", "Gone", "Gone/y"), messages: "Gone/y x",
			account: config.Account{
				Folders: []*config.Folder{folder("kept", "Kept", plain)}, Moved: []*config.Moved{{From: "Old/x", To: "Kept"}},
				Rules:   []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "Gone/y")},
				Removed: []*config.Removed{{Folder: "Old"}, {Folder: "Gone", Children: true}},
			},
			excludes: []string{"folder.kept", "rule.x"},
			hidden:   [2]int{5, 1},
		},
		"a removal has no address": {
			box: newBox("INBOX", "Gone"), messages: "INBOX x",
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), trash)}, Removed: []*config.Removed{{Folder: "Gone"}}, Folders: []*config.Folder{
				folder("bin", "Bin", func(f *config.Folder) { f.Use = mailbox.UseTrash }),
			}},
			targets: []string{"rule.x"},
			want:    []string{"create Bin trash <folder.bin>", "set Bin subscribed=true <folder.bin>", "file INBOX 1 trash=Bin <rule.x>"},
			hidden:  [2]int{1, 0},
		},
		"the account is all of it": {
			box: newBox("INBOX", "Gone", "Bin trash"), messages: "INBOX x,Gone y",
			account: config.Account{
				Rules:   []*rules.Rule{rule("x", subject("x"), trash)},
				Removed: []*config.Removed{{Folder: "Gone", Messages: config.RemoveDelete}},
			},
			targets: []string{"account.test"},
			want:    []string{"file INBOX 1 trash=Bin <rule.x>", "file Gone 1 delete <>", "remove Gone <>"},
		},
		"the account is excluded": {
			box: newBox("INBOX", "Gone", "Bin trash"), messages: "INBOX x,Gone y",
			account: config.Account{
				Rules:   []*rules.Rule{rule("x", subject("x"), trash)},
				Removed: []*config.Removed{{Folder: "Gone", Messages: config.RemoveDelete}},
			},
			targets: []string{"rule.x"}, excludes: []string{"account.test"},
			hidden: [2]int{3, 2},
		},
		"subscriptions are tidied once every name is lost": {
			box: newBox("INBOX", "Old", "Gone/x ghost"), messages: "Old x",
			account: config.Account{
				Rules:   []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "Old")},
				Removed: []*config.Removed{{Folder: "Old"}, {Folder: "Gone"}},
			},
			excludes: []string{"rule.x"},
			hidden:   [2]int{3, 1},
		},
		"a delete whose copy is another message's": {
			box: newBox("INBOX", "A", "Backup"), messages: "INBOX same,A same,A x",
			account: config.Account{Rules: []*rules.Rule{
				rule("save", subject("same"), copyThen(permanent, "Backup"), "A"),
				rule("x", subject("x"), permanent, "A"),
				rule("save_too", subject("same"), copyThen(permanent, "Backup")),
			}},
			excludes: []string{"rule.save"},
			want:     []string{"file A 2 delete <rule.x>"},
			hidden:   [2]int{2, 2},
		},
		"a delete whose copy is where another message goes": {
			box: newBox("INBOX", "A", "Backup"), messages: "INBOX same,A same",
			account: config.Account{Rules: []*rules.Rule{
				rule("go", subject("same"), moveTo("Backup"), "A"),
				rule("save", subject("same"), copyThen(permanent, "Backup")),
			}},
			targets: []string{"rule.save"},
			hidden:  [2]int{2, 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for spec := range strings.SplitSeq(c.messages, ",") {
				in, words, _ := strings.Cut(spec, " ")
				c.box.put(in, words)
			}
			policy := config.DefaultPolicy()
			policy.MoveThenDelete = true
			whole, diags := c.box.plan(t, apart(&c.account), policy)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			target, err := NewTargeting(c.targets, c.excludes)
			if err != nil {
				t.Fatal(err)
			}
			before := describe(whole)
			part, hidden := target.Narrow(whole)
			if got := describe(part); got != strings.Join(c.want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s\nof:\n%s", got, strings.Join(c.want, "\n"), before)
			}
			if want := (Hidden{Targets: c.targets, Excludes: c.excludes, Steps: c.hidden[0], Messages: c.hidden[1]}); !reflect.DeepEqual(hidden, want) {
				t.Errorf("hidden are %+v, want %+v", hidden, want)
			}
			if describe(whole) != before {
				t.Error("the whole plan has changed")
			}
			if _, err := Encode(&Saved{FormatVersion: FormatVersion, ID: "1", Tool: "x", Made: part.Made, Hidden: hidden, Accounts: []SavedAccount{{Place: Place{Maildir: "/x"}, Plan: part}}}); err != nil {
				t.Error(err)
			}
		})
	}
}

// What else a plan says fits what is left, but the rails, which see everything.
func TestNarrowRest(t *testing.T) {
	b := newBox("INBOX", "A", "B", "Keep")
	for range 3 {
		b.put("INBOX", "x")
	}
	b.put("INBOX", "y")
	b.put("A", "x")
	b.put("B", "y")
	account := apart(&config.Account{
		Protected: patterns("Keep"),
		Rules: []*rules.Rule{
			rule("mark", subject("y"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$Y") }),
			rule("y", subject(""), moveTo("Keep"), "INBOX", "B"),
			rule("a", subject("x"), deleteTo(rules.DeletePermanent), "A"),
		},
	})
	policy := config.DefaultPolicy()
	policy.MaxDeleted = 0
	whole, diags := b.plan(t, account, policy)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	target, err := NewTargeting([]string{"rule.y"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	part, _ := target.Narrow(whole)
	var folders []string
	for _, f := range part.Folders {
		folders = append(folders, string(f.Name))
	}
	if want := []string{"B", "INBOX"}; !slices.Equal(slices.Sorted(slices.Values(folders)), want) {
		t.Errorf("folders are %q, want %q", folders, want)
	}
	var left []string
	for _, m := range part.Matched {
		for _, l := range m.Left {
			left = append(left, m.Rule+" "+string(m.Folder)+" "+plural(l.Messages, l.Reason))
		}
	}
	if want := []string{"rule.y INBOX 1 hidden by -target or -exclude"}; !slices.Equal(left, want) || len(part.Matched) != 2 {
		t.Errorf("left alone are %q, want %q, of %+v", left, want, part.Matched)
	}
	if !reflect.DeepEqual(part.Broken, whole.Broken) || len(part.Broken) == 0 {
		t.Errorf("broken are %v, want those of the whole plan: %v", part.Broken, whole.Broken)
	}
	if !reflect.DeepEqual(part.Protected, []string{"Keep"}) || !part.Watched.Equal(whole.Watched) {
		t.Errorf("protected %q watched %v", part.Protected, part.Watched)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"rule.old", `folder.list["a.b]\"c"]`, "module.*.rule.x", "rule.[", "..", `a.b["`} {
		f.Add(s, "rule.old")
	}
	f.Fuzz(func(t *testing.T, s, address string) {
		p, err := parseAddress(s)
		if err != nil {
			return
		}
		if !p.covers(s) {
			t.Errorf("%q does not cover itself", s)
		}
		if p.covers(address) && !strings.Contains(s, "*") && address != s && !strings.HasPrefix(address, strings.SplitN(s, "[", 2)[0]) {
			t.Errorf("%q covers %q", s, address)
		}
	})
}
