package apply_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

var (
	rounds = flag.Uint64("rounds", 2500, "random configurations that TestConverge tries")
	first  = flag.Uint64("first", 0, "the seed of the first of them")
)

// After an apply a plan with the same clock is empty, on every kind of server, for
// whatever configuration and mailbox; every message is as often there as the plan
// says, and other clients' \Deleted mail is where it was.
func TestConverge(t *testing.T) {
	rounds := *rounds
	servers := model.Variants()
	var tried, refused, empty, broken int
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		switch converge(t, seed, v) {
		case errorsInPlan:
			refused++
		case nothingToDo:
			empty++
		case railBroken:
			broken++
		default:
			tried++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestConverge -first=%d -rounds=1", seed, v.Name, seed)
		}
	}
	t.Logf("%d applied, %d had nothing to do, %d were refused by the plan, %d broke a rail", tried, empty, refused, broken)
	if rounds > 100 && tried < int(rounds)/3 {
		t.Errorf("only %d of %d configurations had anything to apply: they are too wild to show much", tried, rounds)
	}
}

type convergence int

const (
	converged convergence = iota
	nothingToDo
	errorsInPlan
	railBroken
)

func converge(t *testing.T, seed uint64, v model.Variant) convergence {
	w := &dice{rng: rand.New(rand.NewPCG(seed, 7)), t: t}
	a := w.mailbox(v)
	account := w.account()
	before := a.Dump()
	p, diags := makePlan(t, a, account)
	if a.Dump() != before || a.Ops() > 0 {
		t.Errorf("seed %d: the plan changed something", seed)
	}
	if diags.HasErrors() {
		return errorsInPlan
	}
	if p.Empty() {
		return nothingToDo
	}
	if len(p.Broken) > 0 {
		if _, err := apply.Run(t.Context(), p, a, apply.Options{}); err == nil || a.Dump() != before {
			t.Errorf("seed %d: applied although %v is broken: %v", seed, p.Broken, err)
		}
		return railBroken
	}
	if seed%3 == 1 { // as from a file
		p = reread(t, p)
	}
	census, listed := a.Census(), a.Listing()
	want := expect(a, p)
	r, err := apply.Run(t.Context(), p, a, apply.Options{})
	if !able(v, plan.File{Away: plan.AwayPermanent}) && deletes(p) {
		if err == nil || a.Dump() != before {
			t.Errorf("seed %d: applied without UIDPLUS: %v", seed, err)
		}
		return converged
	}
	if err != nil || !r.Complete() {
		t.Errorf("seed %d: %v", seed, err)
		for i, o := range r.Steps {
			t.Errorf("seed %d: step %d %+v: status %d, %v, skipped %+v", seed, i, p.Steps[i].Op, o.Status, o.Err, o.Skipped)
		}
	}
	careful(t, a)
	if s := p.Summary(); s.Add != r.Added || s.Change != r.Changed || s.Destroy != r.Destroyed ||
		r.Messages != (apply.Counts{Copied: s.Messages.Copy, Moved: s.Messages.Move, Trashed: s.Messages.Trash, Deleted: s.Messages.Delete, Flagged: s.Messages.Flag}) {
		t.Errorf("seed %d: planned %+v, done %+v", seed, s, r)
	}
	after := a.Census()
	for mail, n := range want {
		if len(after[mail]) != n {
			t.Errorf("seed %d: mail %d is at %v, want %d", seed, mail, after[mail], n)
		}
		for _, at := range census[mail] {
			if at.Flags.Has(imap.FlagDeleted) && !slices.ContainsFunc(after[mail], func(now model.Place) bool {
				return now.UID == at.UID && now.Flags.Equal(at.Flags) && !now.Ours && now.Folder == renamedTo(p, at.Folder)
			}) {
				t.Errorf("seed %d: foreign mail %d was at %v, is at %v", seed, mail, at, after[mail])
			}
		}
	}
	w.guarded(p, census, after, listed, a.Listing())
	if marked := a.Marked(); len(marked) > 0 {
		t.Errorf(`seed %d: left marked \Deleted: %v`, seed, marked)
	}
	again, diags := makePlan(t, a, account)
	if diags.HasErrors() {
		t.Errorf("seed %d: second plan: %v", seed, diags)
	} else if !again.Empty() {
		for _, s := range again.Steps {
			t.Errorf("seed %d: the second plan has a step: %T %+v because %+v", seed, s.Op, s.Op, s.Because)
		}
	}
	applyAgain(t, seed, a, p)
	if t.Failed() {
		t.Logf("before:\n%s\nafter:\n%s\nconfiguration: %s", before, a.Dump(), w.said.String())
		for _, s := range p.Steps {
			t.Logf("step: %T %+v", s.Op, s.Op)
		}
	}
	return converged
}

func deletes(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Steps, func(s plan.Step) bool {
		f, ok := s.Op.(plan.File)
		return ok && f.Away == plan.AwayPermanent
	})
}

// expect is how often each mail shall be there once the plan is applied.
func expect(a *model.Account, p *plan.Plan) map[int]int {
	type place struct {
		folder mailbox.Name
		uid    imap.UID
	}
	at, want := map[place]int{}, map[int]int{}
	for mail, places := range a.Census() {
		want[mail] = len(places)
		for _, pl := range places {
			at[place{pl.Folder, pl.UID}] = mail
		}
	}
	for _, s := range p.Steps {
		if f, ok := s.Op.(plan.File); ok {
			for _, m := range f.Messages {
				mail := at[place{f.Was, m.UID}]
				want[mail] += len(f.Copies)
				if f.Away == plan.AwayPermanent || f.Finish {
					want[mail]--
				}
			}
		}
	}
	return want
}

// renamedTo is the name of a folder once the plan's renames are done.
func renamedTo(p *plan.Plan, n mailbox.Name) mailbox.Name {
	for _, s := range p.Steps {
		if op, ok := s.Op.(plan.Rename); ok {
			n = n.Rebase(op.From, op.To)
		}
	}
	return n
}

func makePlan(t *testing.T, a *model.Account, account *config.Account) (*plan.Plan, hcl.Diagnostics) {
	policy := config.DefaultPolicy()
	policy.MoveThenDelete, policy.MaxRemovedFolders = true, 100
	planner, diags := plan.New(account, policy, a.Listing(), made)
	if diags.HasErrors() {
		return nil, diags
	}
	for rounds := 0; ; rounds++ {
		round := planner.Ask()
		if len(round) == 0 {
			break
		}
		if rounds > 50 {
			t.Fatal("the planner asks without end")
		}
		for _, q := range round {
			state, err := a.Answer(t.Context(), q, func(m *message.Message) { planner.Tell(q, m) })
			if err != nil {
				t.Fatalf("question %+v: %v", q, err)
			}
			planner.Told(q, state)
		}
	}
	return planner.Plan()
}

// dice makes random mailboxes and configurations.
type dice struct {
	rng  *rand.Rand
	t    *testing.T
	said strings.Builder // the configuration in words

	protected, exclusive []territory
	declared             []mailbox.Name
}

var (
	inUse = []mailbox.Name{"INBOX", "A", "A/B", "Lists", "Lists/x", "Lists/y", "Old", "Old/2020", "Trash", "Archive"}
	news  = []mailbox.Name{"New", "New/Deep", "Lists/z", "Archive/2024"}
	words = []string{"one", "two", "three", "four"}
	marks = []imap.Flag{imap.FlagSeen, imap.FlagFlagged, imap.FlagAnswered, "$Work", "$Later"}
)

func (d *dice) chance(percent int) bool { return d.rng.IntN(100) < percent }

func pick[T any](d *dice, from []T) T { return from[d.rng.IntN(len(from))] }

func (d *dice) mailbox(v model.Variant) *model.Account {
	a := model.New(v)
	a.Now = made
	a.MakeFolder("Trash", mailbox.UseTrash)
	for _, n := range inUse {
		if n != "Trash" && d.chance(70) {
			a.MakeFolder(n)
			a.SetSubscribed(n, d.chance(50))
		}
	}
	a.SetSubscribed("Ghost", d.chance(10))
	a.SetSubscribed("Old/Ghost", d.chance(20))
	for _, f := range a.Listing().Folders {
		for range d.rng.IntN(7) * d.rng.IntN(4) / 2 {
			if f.Selectable {
				a.Deliver(f.Name, d.mail())
			}
		}
	}
	return a
}

func (d *dice) mail() model.Mail {
	m := model.Mail{
		Header:   []string{"Subject: " + pick(d, words) + " " + pick(d, words), "From: " + pick(d, words) + "@example.com"},
		Received: made.Add(-time.Duration(d.rng.IntN(100)) * 24 * time.Hour),
		Size:     int64(d.rng.IntN(4)+1) * 1000,
	}
	m.Saved = m.Received.Add(time.Hour)
	if d.chance(80) {
		m.Header = append(m.Header, fmt.Sprintf("Message-ID: <%d@example.com>", d.rng.IntN(40)))
	}
	for _, flag := range marks {
		if d.chance(25) {
			m.Flags = m.Flags.With(mailbox.Flags{flag})
		}
	}
	if d.chance(10) {
		m.Flags = m.Flags.With(mailbox.Flags{imap.FlagDeleted})
	}
	return m
}

func (d *dice) account() *config.Account {
	account := &config.Account{Address: "account.test", Label: "test"}
	named := map[mailbox.Name]bool{mailbox.Inbox: true, "Trash": true}
	free := func(from []mailbox.Name) (mailbox.Name, bool) {
		n := pick(d, from)
		for other := range named {
			if other == n || other.Below(n) && other != mailbox.Inbox || n.Below(other) && other != mailbox.Inbox {
				return "", false
			}
		}
		named[n] = true
		return n, true
	}
	for range d.rng.IntN(3) {
		if from, ok := free(inUse); ok && d.chance(50) {
			if to, ok := free(append(news, "Old", "Lists/y", "A")); ok {
				account.Moved = append(account.Moved, &config.Moved{From: from, To: to, Declared: d.at()})
				fmt.Fprintf(&d.said, "moved %q to %q; ", from, to)
			}
		}
	}
	if n := len(account.Moved); n > 0 && d.chance(30) { // a chain
		if to, ok := free([]mailbox.Name{"End", "End/Deep"}); ok {
			account.Moved = append(account.Moved, &config.Moved{From: account.Moved[n-1].To, To: to, Declared: d.at()})
			fmt.Fprintf(&d.said, "moved %q to %q; ", account.Moved[n-1].To, to)
		}
	}
	if n, ok := free(inUse); ok && d.chance(25) {
		r := &config.Removed{Folder: n, Messages: config.RemovedMessages(d.rng.IntN(3)), Children: d.chance(70), Declared: d.at()}
		if r.Messages == config.RemoveMove {
			r.MoveTo = mailbox.Ref{Name: "INBOX"}
		}
		account.Removed = append(account.Removed, r)
		fmt.Fprintf(&d.said, "removed %q %d; ", n, r.Messages)
	}
	var places []mailbox.Name
	for _, n := range append(slices.Clone(inUse), news...) {
		if gone := slices.ContainsFunc(slices.Collect(maps.Keys(named)), func(o mailbox.Name) bool {
			return o != mailbox.Inbox && o != "Trash" && (n == o || n.Below(o))
		}); gone {
			continue
		}
		places = append(places, n)
		if d.chance(60) {
			f := &config.Folder{Address: "folder." + string(n), Label: string(n), Name: n, Declared: d.at()}
			if d.chance(50) {
				subscribed := d.chance(60)
				f.Subscribed = &subscribed
			}
			if n == "Archive" {
				f.Use = mailbox.UseArchive
			}
			account.Folders = append(account.Folders, f)
			fmt.Fprintf(&d.said, "folder %q; ", n)
		}
	}
	for i := range 1 + d.rng.IntN(6) {
		account.Rules = append(account.Rules, d.rule(i, places))
	}
	d.reserve(account)
	return account
}

// at is a place in a file that nothing else has.
func (d *dice) at() hcl.Range {
	n := d.rng.IntN(1 << 30)
	return hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: n, Byte: n}, End: hcl.Pos{Line: n, Byte: n + 1}}
}

func (d *dice) rule(i int, places []mailbox.Name) *rules.Rule {
	r := &rules.Rule{Address: fmt.Sprintf("rule.r%d", i), Type: "rule", Label: fmt.Sprintf("r%d", i), Declared: d.at()}
	var in []string
	for range 1 + d.rng.IntN(2) {
		n := pick(d, []string{"INBOX", "INBOX", "A", "Lists/*", "**", "*", "Old", "Trash"})
		if !strings.Contains(n, "*") && !slices.Contains(places, mailbox.Name(n)) {
			n = "INBOX" // a folder that is gone by the second plan would be an error then
		}
		in = append(in, n)
	}
	r.In, r.NotIn = d.patterns(in), d.patterns([]string{"Copies/*"})
	var match string
	r.Match, match = d.match(2)
	switch d.rng.IntN(9) {
	case 0, 1, 2:
		r.MoveTo = mailbox.Ref{Name: pick(d, places)}
		if d.chance(15) {
			r.MoveTo = mailbox.Ref{Use: mailbox.UseTrash, Name: pick(d, []mailbox.Name{"", "Below"})}
		}
	case 3:
		r.Delete = rules.DeleteTrash
	case 4:
		r.Delete, r.ByArrival = rules.DeletePermanent, true
	case 5:
		r.CopyTo = []mailbox.Ref{{Name: mailbox.Name("Copies/" + pick(d, words))}}
		if d.chance(40) {
			r.MoveTo = mailbox.Ref{Name: pick(d, places)}
		}
	case 6:
		r.Stop = true
	case 7:
		r.MoveBy = d.template(places)
	case 8:
		r.CopyBy = []rules.Template{byWord{prefix: mailbox.Ref{Name: "Copies"}, none: pick(d, words), flags: d.chance(30)}}
	}
	if d.chance(40) {
		r.AddFlags = mailbox.NewFlags(pick(d, marks))
	}
	if d.chance(25) {
		r.RemoveFlags = mailbox.NewFlags(pick(d, marks)).Without(r.AddFlags)
	}
	fmt.Fprintf(&d.said, "\n%s in %q match %s: add %v remove %v copy %v %v move %v %v delete %d stop %t", r.Address, in, match, r.AddFlags, r.RemoveFlags, r.CopyTo, r.CopyBy, r.MoveTo, r.MoveBy, r.Delete, r.Stop)
	return r
}

func (d *dice) patterns(all []string) []mailbox.Pattern {
	var patterns []mailbox.Pattern
	for _, s := range all {
		p, err := mailbox.ParsePattern(s)
		if err != nil {
			d.t.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	return patterns
}

// match is a random match, and how it reads.
func (d *dice) match(depth int) (rules.Test, string) {
	if depth > 0 && d.chance(40) {
		a, x := d.match(depth - 1)
		b, y := d.match(depth - 1)
		switch d.rng.IntN(3) {
		case 0:
			return rules.All(a, b), "all(" + x + ", " + y + ")"
		case 1:
			return rules.Any(a, b), "any(" + x + ", " + y + ")"
		default:
			return rules.Not(a), "not(" + x + ")"
		}
	}
	type criterion struct {
		name  string
		value cty.Value
	}
	word := pick(d, words)
	if d.chance(8) {
		return valueless{word: word}, fmt.Sprintf("where %s", word)
	}
	c := pick(d, []criterion{
		{"subject", cty.StringVal(word)},
		{"from", cty.StringVal(word + "@example.com")},
		{"seen", cty.BoolVal(d.chance(50))},
		{"flagged", cty.BoolVal(d.chance(50))},
		{"flags", cty.TupleVal([]cty.Value{cty.StringVal("$Work")})},
		{"older_than", cty.StringVal("30d")},
		{"newer_than", cty.StringVal("50d")},
		{"in_folder_for", cty.StringVal("20d")},
		{"larger_than", cty.StringVal("2KB")},
		{"everything", cty.True},
	})
	for _, known := range rules.Criteria() {
		if known.Name == c.name {
			test, err := known.Compile(c.value)
			if err != nil {
				d.t.Fatalf("%s: %v", c.name, err)
			}
			return test, fmt.Sprintf("%s=%#v", c.name, c.value)
		}
	}
	d.t.Fatalf("there is no criterion %q", c.name)
	return nil, ""
}
