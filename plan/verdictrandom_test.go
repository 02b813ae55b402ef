package plan

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// Whatever the rules, whatever happens to the mailbox, and whenever the next plan is
// made: by the verdicts of any earlier one it is the plan that is made anew.
func TestVerdictsComeToTheSame(t *testing.T) {
	seeds := uint64(250)
	if testing.Short() {
		seeds = 40
	}
	spared := 0
	for seed := range seeds {
		g := newGame(t, seed)
		for range 12 {
			g.change()
			if g.IntN(2) == 0 {
				g.planAmid()
			}
			spared += g.compare()
		}
	}
	if spared < int(seeds) {
		t.Errorf("only %d visits were spared", spared)
	}
}

// A game is a mailbox with rules, other clients and a clock, all at random.
type game struct {
	*testing.T
	*rand.Rand
	seed    uint64
	box     *box
	account *config.Account
	texts   []*message.TextTest
	now     time.Time
	modSeq  uint64 // the last one given out
	kept    [][]byte
	story   []string
}

var (
	gameWords = []string{"a", "b", "one", "ONE", "two", "none"}
	gameFlags = []imap.Flag{"x", imap.FlagSeen}
	gameTrash = mailbox.UseTrash.Token()
)

func newGame(t *testing.T, seed uint64) *game {
	g := &game{T: t, Rand: rand.New(rand.NewPCG(seed, 5)), seed: seed, now: clock, kept: [][]byte{nil}}
	g.box = newBox("INBOX", "A", "B", "Lists", "Lists/one", "Bin trash")
	g.box.saveDate = true
	g.box.changed = map[mailbox.Name]map[imap.UID]uint64{}
	g.box.whole = func() bool { return g.IntN(8) == 0 }
	for valid := false; !valid; {
		g.account, g.story = &config.Account{Address: "account.test"}, nil
		g.spice()
		for i := range 2 + g.IntN(5) {
			g.account.Rules = append(g.account.Rules, g.rule(fmt.Sprintf("r%d", i)))
		}
		_, diags := New(g.account, config.DefaultPolicy(), g.box.listing(), clock)
		valid = !diags.HasErrors()
	}
	for _, r := range g.account.Rules {
		g.texts = append(g.texts, r.Match.Needs().Texts...)
	}
	for i := range g.box.folders {
		f := &g.box.folders[i]
		g.touch(f)
		for range g.IntN(5) {
			g.deliver(f)
		}
	}
	return g
}

func choose[E any](rng interface{ IntN(int) int }, all ...E) E { return all[rng.IntN(len(all))] }

func (g *game) tell(format string, args ...any) {
	g.story = append(g.story, fmt.Sprintf(format, args...))
}

// spice gives the account and its server more of what rules can hang on.
func (g *game) spice() {
	a := g.account
	g.box.labels, g.box.copyMoves, g.box.byCopy, g.box.inInbox = false, false, false, false
	if g.IntN(5) == 0 {
		g.box.labels = true
		g.box.copyMoves = g.IntN(3) == 0
	}
	g.box.byCopy = g.IntN(3) == 0
	a.WarnUnmanaged = g.IntN(3) == 0
	a.BodySearch = g.IntN(3) == 0
	if g.IntN(3) == 0 {
		a.Protected = patterns(choose(g, "A", "B", "Lists/*", "INBOX"))
	}
	if g.IntN(4) == 0 {
		a.Exclusive = patterns(choose(g, "A", "Lists", "B"))
	}
	if g.IntN(4) == 0 {
		a.Moved = append(a.Moved, moved(choose(g, "A", "Lists", "Lists/one"), choose(g, "D", "Lists/three")))
	}
	if g.IntN(4) == 0 {
		a.Removed = append(a.Removed, removed(choose(g, "B", "Lists/two", "C"), func(r *config.Removed) {
			if g.IntN(2) == 0 {
				r.Messages, r.MoveTo = config.RemoveMove, ref("INBOX")
			}
		}))
	}
	if g.IntN(4) == 0 {
		g.box.withhold = choose(g, message.Parts{Saved: true}, message.Parts{Saved: true}, message.Parts{Received: true})
	}
	g.tell("labels %t by copy %t %v %v moved %v removed %v search %t withhold %+v", g.box.labels, g.box.byCopy, a.Protected, a.Exclusive, len(a.Moved), len(a.Removed), a.BodySearch, g.box.withhold)
}

func (g *game) rule(name string) *rules.Rule {
	test, match := g.match(2)
	into := choose(g, "INBOX", "A", "B", "Lists/one", gameTrash)
	changes := map[string]func(*rules.Rule){
		"move to " + into:                    moveTo(into),
		"move by subject, spelled otherwise": moveBy(choose(g, "lists/", "Others/", "others/")),
		"move by subject":                    moveBy("Lists/"),
		"copy to B":                          copyInto("B"),
		"copy by subject":                    copyBy("Copies/"),
		"stop":                               func(r *rules.Rule) { r.Stop = true },
		"set x":                              func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") },
		"remove x, and stop":                 func(r *rules.Rule) { r.RemoveFlags, r.Stop = mailbox.NewFlags("x"), true },
		"throw away":                         toTrash,
		"delete":                             permanent,
		"set x, move to " + into:             both(func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }, moveTo(into)),
	}
	change := choose(g, slices.Sorted(maps.Keys(changes))...)
	var in []string
	for range 1 + g.IntN(2) {
		in = append(in, choose(g, "INBOX", "INBOX", "A", "B", "Lists/*", "Others/*", "*", "**", gameTrash))
	}
	g.tell("%s in %q: %s, %s", name, in, match, change)
	return rule(name, test, changes[change], in...)
}

func (g *game) match(depth int) (rules.Test, string) {
	if depth > 0 && g.IntN(2) == 0 {
		one, oneText := g.match(depth - 1)
		other, otherText := g.match(depth - 1)
		switch g.IntN(4) {
		case 0:
			return rules.Not(one), "not(" + oneText + ")"
		case 1:
			return rules.Any(one, other), "any(" + oneText + ", " + otherText + ")"
		default:
			return rules.All(one, other), "all(" + oneText + ", " + otherText + ")"
		}
	}
	word := choose(g, append(gameWords, "")...)
	flag := choose(g, gameFlags...)
	hours := fmt.Sprintf("%dh", 1+g.IntN(72))
	switch name := choose(g, "subject", "lacks", "has", "older_than", "newer_than", "in_folder_for", "older_than", "body"); name {
	case "subject":
		return subject(word), fmt.Sprintf("subject %q", word)
	case "lacks":
		return lacks(flag), fmt.Sprintf("lacks %s", flag)
	case "has":
		return has(flag), fmt.Sprintf("has %s", flag)
	case "body":
		return body(g.T, "word"), "body"
	default:
		return age(g.T, name, hours), name + " " + hours
	}
}

// touch has the folder show that it has changed.
func (g *game) touch(f *Folder) {
	g.modSeq++
	f.HighestModSeq = g.modSeq
}

// changed is touch for what has changed in one of its messages.
func (g *game) changed(f *Folder, uid imap.UID) {
	g.touch(f)
	if g.box.changed[f.Name] == nil {
		g.box.changed[f.Name] = map[imap.UID]uint64{}
	}
	g.box.changed[f.Name][uid] = g.modSeq
}

func (g *game) deliver(f *Folder) {
	m := g.box.put(string(f.Name), choose(g, gameWords...))
	if g.IntN(2) == 0 {
		m.Flags = mailbox.NewFlags(choose(g, gameFlags...))
	}
	m.Received = g.now.Add(-time.Duration(g.IntN(80*60)) * time.Minute)
	m.Saved = m.Received.Add(time.Duration(g.IntN(60)) * time.Minute)
	m.Texts = map[*message.TextTest]message.Verdict{}
	for _, text := range g.texts {
		m.Texts[text] = choose(g, message.Fails, message.Fails, message.Fails, message.Fails, message.Passes)
	}
	if g.IntN(40) == 0 {
		for _, text := range g.texts {
			m.Texts[text] = message.Unreadable
		}
	}
	g.changed(f, m.UID)
}

// change lets time pass, and other clients and the user's own applies do what they can.
func (g *game) change() {
	g.now = g.now.Add(choose(g, 0, 0, time.Second, 20*time.Minute, 5*time.Hour, 30*time.Hour, -7*time.Hour, 16*24*time.Hour))
	f := &g.box.folders[g.IntN(len(g.box.folders))]
	what := "nothing"
	switch g.IntN(16) {
	case 0, 1, 2, 3, 4:
		what = g.changeIn(f)
	case 5:
		what = "another folder"
		g.create(choose[mailbox.Name](g, "C", "Lists/two", "Trash", "lists"))
	case 6:
		if f.Name != "INBOX" {
			what = "without " + string(f.Name)
			delete(g.box.messages, f.Name)
			g.box.folders = slices.DeleteFunc(g.box.folders, func(other Folder) bool { return other.Name == f.Name })
		}
	case 7, 8, 9:
		what = "uses of " + string(f.Name)
		if len(f.Uses) > 0 {
			f.Uses = nil
		} else {
			f.Uses = []mailbox.Use{choose(g, mailbox.UseTrash, mailbox.UseJunk)}
		}
	case 11:
		f.UIDValidity++
		g.touch(f)
		what = "numbered anew " + string(f.Name)
	case 12:
		f.Subscribed = !f.Subscribed
		what = "subscription of " + string(f.Name)
	case 10:
		f.NoInferiors = !f.NoInferiors
		what = "children of " + string(f.Name)
	}
	g.tell("at %s, %s", g.now.Format(time.DateTime), what)
}

// changeIn does something to the messages of a folder.
func (g *game) changeIn(f *Folder) string {
	all := g.box.messages[f.Name]
	switch what := g.IntN(3); {
	case what == 0 || len(all) == 0:
		g.deliver(f)
		return "mail for " + string(f.Name)
	case what == 1:
		i := g.IntN(len(all))
		m := *all[i]
		m.Flags = mailbox.NewFlags(choose(g, append(gameFlags, imap.FlagDeleted)...))
		all[i] = &m
		g.changed(f, m.UID)
		return "flags in " + string(f.Name)
	default:
		g.take(f, all[g.IntN(len(all))].UID)
		return "fewer in " + string(f.Name)
	}
}

// planAmid plans while something changes, and keeps the verdicts.
func (g *game) planAmid() {
	g.box.listed = func() {
		for range 1 + g.IntN(3) {
			g.tell("meanwhile, %s", g.changeIn(&g.box.folders[g.IntN(len(g.box.folders))]))
		}
	}
	if g.IntN(2) == 0 {
		g.box.between = func() {
			if g.IntN(2) == 0 {
				g.tell("between, %s", g.changeIn(&g.box.folders[g.IntN(len(g.box.folders))]))
			}
		}
	}
	if g.IntN(3) == 0 {
		g.box.listed = nil
	}
	if g.IntN(4) == 0 {
		g.box.twice = func() bool { return g.IntN(4) == 0 }
	}
	_, _, next := g.box.tryPlanBy(g.T, g.account, g.now, g.kept[g.IntN(len(g.kept))])
	g.box.listed, g.box.between, g.box.twice = nil, nil, nil
	g.keep(next)
}

func (g *game) keep(verdicts []byte) {
	if verdicts != nil {
		g.kept = append(g.kept[max(0, len(g.kept)-4):], verdicts)
	}
}

func (g *game) create(name mailbox.Name) {
	if slices.ContainsFunc(g.box.folders, func(f Folder) bool { return f.Name == name }) {
		return
	}
	g.modSeq++
	g.box.folders = append(g.box.folders, Folder{
		Name: name, Exists: true, Selectable: true, Subscribed: true, UIDValidity: uint32(1000 + g.modSeq), UIDNext: 1, HighestModSeq: g.modSeq,
	})
}

func (g *game) take(f *Folder, uid imap.UID) *message.Message {
	all := g.box.messages[f.Name]
	i := slices.IndexFunc(all, func(m *message.Message) bool { return m.UID == uid })
	m := all[i]
	g.box.messages[f.Name] = slices.Delete(slices.Clone(all), i, i+1)
	f.Messages--
	g.touch(f)
	return m
}

// compare plans in both ways, and perhaps applies that. It returns how many folders were
// not asked about.
func (g *game) compare() int {
	g.Helper()
	by := g.kept[g.IntN(len(g.kept))]
	got, gotDiags, next := g.box.tryPlanBy(g.T, g.account, g.now, by)
	spared := g.box.askedAbout()
	want, wantDiags, _ := g.box.tryPlanBy(g.T, g.account, g.now, nil)
	if !reflect.DeepEqual(gotDiags, wantDiags) || !reflect.DeepEqual(got, want) || !bytes.Equal(g.encoded(got), g.encoded(want)) {
		g.Fatalf("seed %d: %s\nby %s\nis planned\n%+v %v\nand anew\n%+v %v", g.seed, strings.Join(g.story, "\n"), by, got, gotDiags, want, wantDiags)
	}
	g.keep(next)
	if want != nil && g.IntN(3) == 0 {
		g.apply(want)
	}
	return len(strings.Fields(g.box.askedAbout())) - len(strings.Fields(spared))
}

func (g *game) encoded(p *Plan) []byte {
	if p == nil {
		return nil
	}
	data, err := Encode(&Saved{
		FormatVersion: FormatVersion, ID: "x", Made: p.Made, Tool: "imapform 0.1.0",
		Accounts: []SavedAccount{{Place: Place{Maildir: "/mail"}, Plan: p}},
	})
	if err != nil {
		g.Fatal(err)
	}
	return data
}

func (g *game) apply(p *Plan) {
	g.tell("an apply")
	for _, step := range p.Steps {
		switch op := step.Op.(type) {
		case Create:
			g.create(op.Name)
		case Rename:
			g.renameFolder(op.From, op.To)
		case Remove:
			g.box.folders = slices.DeleteFunc(g.box.folders, func(other Folder) bool { return other.Name == op.Name })
			delete(g.box.messages, op.Name)
		case File:
			for _, planned := range op.Messages {
				f := g.box.folder(string(op.Folder))
				m := g.take(f, planned.UID)
				m.Flags = m.Flags.With(planned.Add).Without(planned.Remove)
				for _, to := range op.Copies {
					g.file(g.box.folder(string(to)), *m)
				}
				switch op.Away {
				case AwayMove:
					g.file(g.box.folder(string(op.To)), *m)
				case AwayNot:
					g.box.messages[f.Name] = append(g.box.messages[f.Name], m)
					f.Messages++
					g.changed(f, m.UID)
				}
			}
		}
	}
}

func (g *game) file(f *Folder, m message.Message) {
	m.UID, m.Saved = f.UIDNext, g.now
	f.UIDNext++
	f.Messages++
	g.box.messages[f.Name] = append(g.box.messages[f.Name], &m)
	g.changed(f, m.UID)
}

// renameFolder renames a folder with those below it.
func (g *game) renameFolder(from, to mailbox.Name) {
	for i := range g.box.folders {
		f := &g.box.folders[i]
		if f.Name == from || f.Name.Below(from) {
			was := f.Name
			f.Name = was.Rebase(from, to)
			g.box.messages[f.Name], g.box.changed[f.Name] = g.box.messages[was], g.box.changed[was]
			delete(g.box.messages, was)
			delete(g.box.changed, was)
		}
	}
}
