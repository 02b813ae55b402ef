package apply_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

// A part of a plan, and then a plan of all, lead where one plan of all leads: whatever
// is targeted, each message goes all its way or stays, none is lost or doubled, and the
// part does nothing that the whole plan would not do.
func TestTargetConverge(t *testing.T) {
	rounds := *rounds / 3
	servers := model.Variants()
	var parts, nothing int
	for seed := *first; seed < *first+rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		switch targeted(t, seed, v) {
		case partApplied:
			parts++
		case partEmpty:
			nothing++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestTargetConverge -first=%d -rounds=1", seed, v.Name, seed)
		}
	}
	t.Logf("of %d parts were applied of a plan, of %d nothing was left", parts, nothing)
	if rounds > 100 && parts < int(rounds)/8 {
		t.Errorf("only %d of %d plans were applied in parts: that shows little", parts, rounds)
	}
}

type parted int

const (
	partNone    parted = iota // there is no plan to take a part of
	partEmpty                 // all or nothing is left of it
	partApplied               // a true part was
)

func targeted(t *testing.T, seed uint64, v model.Variant) parted {
	deal := func() (*dice, *model.Account, *config.Account) {
		d := &dice{rng: rand.New(rand.NewPCG(seed, 13)), t: t}
		a := d.mailbox(v)
		d.twins(a)
		account := d.account()
		d.claim(account)
		return d, a, account
	}
	d, a, account := deal()
	whole, diags := makePlan(t, a, account)
	if !diags.HasErrors() {
		judgedAgain(t, a, account, whole)
	}
	if diags.HasErrors() || whole.Empty() || len(whole.Broken) > 0 || !able(v, plan.File{Away: plan.AwayPermanent}) && deletes(whole) {
		return partNone
	}
	targets, excludes := d.targets(account)
	target, err := plan.NewTargeting(targets, excludes)
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Check([]*config.Account{account}); err != nil {
		t.Fatal(err)
	}
	kept := reflect.ValueOf(whole).Elem().Interface().(plan.Plan)
	part, hidden := target.Narrow(whole)
	if !reflect.DeepEqual(kept, *whole) {
		t.Errorf("the whole plan was changed")
	}
	isPart(t, whole, part, hidden, targets, excludes)
	if part.Empty() || hidden.Steps+hidden.Messages == 0 {
		return partEmpty
	}
	if seed%3 == 1 {
		part = reread(t, part)
	}
	before, want := a.Dump(), expect(a, part)
	run := func(what string, a *model.Account, p *plan.Plan) {
		r, err := apply.Run(t.Context(), p, a, apply.Options{})
		if err != nil || !r.Complete() {
			t.Errorf("%s: %v", what, err)
			for i, o := range r.Steps {
				t.Errorf("%s: step %d %+v: status %d, %v, skipped %+v", what, i, p.Steps[i].Op, o.Status, o.Err, o.Skipped)
			}
		}
	}
	run("the part", a, part)
	careful(t, a)
	for mail, places := range a.Census() {
		if len(places) != want[mail] {
			t.Errorf("mail %d is at %v after the part, want %d", mail, places, want[mail])
		}
	}
	between, alive := a.Dump(), lives(a)
	rest, diags := makePlan(t, a, account)
	switch {
	case diags.HasErrors():
		t.Errorf("there is no plan of the rest: %v", diags)
	case len(rest.Broken) > 0:
		t.Errorf("the plan of the rest breaks a rail: %v", rest.Broken)
	default:
		run("the rest", a, rest)
	}
	_, other, same := deal()
	all, diags := makePlan(t, other, same)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	run("all", other, all)
	// Of messages that are the same the server may be left with fewer where moves are
	// finished that nobody has begun.
	finishes := finishing(whole) || rest != nil && finishing(rest)
	if got, want := outcome(a), outcome(other); got != want && !finishes {
		t.Errorf("by parts:\n%s\nat once:\n%s", got, want)
	}
	for letter := range lives(other) {
		if !alive[letter] {
			t.Errorf("after the part there is no %q, which the whole plan keeps", letter)
		}
	}
	if t.Failed() {
		t.Logf("targets %q excludes %q\nbefore:\n%s\nbetween:\n%s\nafter:\n%s\nconfiguration: %s", targets, excludes, before, between, a.Dump(), d.said.String())
		for _, s := range whole.Steps {
			t.Logf("whole: %T %+v %+v", s.Op, s.Op, s.Because)
		}
		for _, s := range part.Steps {
			t.Logf("part: %T %+v", s.Op, s.Op)
		}
	}
	return partApplied
}

func finishing(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Steps, func(s plan.Step) bool {
		f, ok := s.Op.(plan.File)
		return ok && f.Finish
	})
}

// judgedAgain checks that a plan that breaks no rail breaks none later without a change of
// the configuration, and that what becomes protected later is held against it as if it
// had been before.
func judgedAgain(t *testing.T, a *model.Account, account *config.Account, whole *plan.Plan) {
	t.Helper()
	policy := config.DefaultPolicy()
	policy.MoveThenDelete, policy.MaxRemovedFolders = true, 100
	if len(whole.Broken) == 0 {
		if broken := whole.Beyond(account, policy); len(broken) > 0 {
			t.Errorf("judged again without a change, the plan breaks %+v", broken)
		}
		return
	}
	open := *account
	open.Protected = nil
	without, diags := makePlan(t, a, &open)
	if diags.HasErrors() || len(without.Broken) > 0 {
		return
	}
	for _, p := range []*plan.Plan{without, reread(t, without)} {
		if broken := p.Beyond(account, policy); len(broken) == 0 {
			t.Errorf("with %v protected the plan breaks %+v, and held against it later nothing", account.Protected, whole.Broken)
		}
	}
}

// twins delivers some messages twice, so that a copy of one may do for both.
func (d *dice) twins(a *model.Account) {
	folders := a.Listing().Folders
	for range d.rng.IntN(4) {
		m := d.mail()
		for range 2 + d.rng.IntN(2) {
			if f := pick(d, folders); f.Selectable {
				a.Deliver(f.Name, m)
			}
			if d.chance(30) {
				m.Flags = mailbox.NewFlags(pick(d, marks))
			}
		}
	}
}

// claim declares folders that moved blocks rename, and lets rules file into them, copy
// what they delete, and delete what others copy.
func (d *dice) claim(account *config.Account) {
	for i, m := range account.Moved {
		if goesOn := slices.ContainsFunc(account.Moved, func(o *config.Moved) bool { return o.From == m.To }); !goesOn && d.chance(70) {
			account.Folders = append(account.Folders, &config.Folder{Address: fmt.Sprintf("folder.moved%d", i), Name: m.To, Declared: d.at()})
			account.Rules = append(account.Rules, d.rule(len(account.Rules), []mailbox.Name{m.To}))
		}
	}
	for _, r := range account.Rules {
		if r.Delete == rules.DeletePermanent && d.chance(50) {
			r.CopyTo = []mailbox.Ref{{Name: "Copies/kept"}}
		}
	}
	fmt.Fprintf(&d.said, "\nclaimed %d folders", len(account.Folders))
}

// lives are the letters of which there is any, be it a copy.
func lives(a *model.Account) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(a.Dump()) {
		if _, size, ok := strings.Cut(line, " size="); ok && !strings.Contains(line, "deleted") {
			all[size] = true
		}
	}
	return all
}

// targets are random addresses of what is configured.
func (d *dice) targets(account *config.Account) (targets, excludes []string) {
	addresses := []string{"rule.*", "rule.r0", account.Address}
	for _, r := range account.Rules {
		addresses = append(addresses, r.Address, r.Address)
	}
	for _, f := range account.Folders {
		addresses = append(addresses, f.Address, "folder.*")
	}
	for d.chance(70) {
		targets = append(targets, pick(d, addresses))
	}
	for d.chance(30) || len(targets) == 0 && len(excludes) == 0 {
		excludes = append(excludes, pick(d, addresses[3:]))
	}
	return targets, excludes
}

// isPart checks that the part holds nothing that the whole plan does not, and of
// messages only what is targeted with all its causes.
func isPart(t *testing.T, whole, part *plan.Plan, hidden plan.Hidden, targets, excludes []string) {
	t.Helper()
	names := func(all []string, address string) bool {
		return slices.ContainsFunc(all, func(s string) bool {
			star := strings.TrimSuffix(s, "*")
			return s == address || s == whole.Account || star != s && strings.HasPrefix(address, star)
		})
	}
	at, messages := 0, 0
	for _, step := range part.Steps {
		for at < len(whole.Steps) && !isPartOf(step, whole.Steps[at]) {
			at++
		}
		if at == len(whole.Steps) {
			t.Errorf("%T %+v is no step of the whole plan, or comes too late", step.Op, step.Op)
			return
		}
		at++
		f, ok := step.Op.(plan.File)
		if !ok {
			continue
		}
		messages += len(f.Messages)
		if len(f.Messages) == 0 {
			t.Errorf("%+v has no messages", f)
		}
		for _, c := range step.Because {
			if c.Address != "" && (len(targets) > 0 && !names(targets, c.Address) || names(excludes, c.Address)) {
				t.Errorf("%+v is done because of %s, which is not targeted", f, c.Address)
			}
			if c.Address == "" && (len(targets) > 0 && !slices.Contains(targets, whole.Account)) {
				t.Errorf("%+v is done because of a block, which is not targeted", f)
			}
		}
	}
	if hidden.Steps != len(whole.Steps)-len(part.Steps) || hidden.Messages != whole.Total()-messages {
		t.Errorf("hidden are %+v, of %d steps and %d messages %d and %d are left", hidden, len(whole.Steps), whole.Total(), len(part.Steps), messages)
	}
}

func isPartOf(part, whole plan.Step) bool {
	p, ok := part.Op.(plan.File)
	w, also := whole.Op.(plan.File)
	if ok != also {
		return false
	}
	if !ok {
		return reflect.DeepEqual(part.Op, whole.Op)
	}
	for _, m := range p.Messages {
		if !slices.ContainsFunc(w.Messages, func(o plan.Message) bool { return reflect.DeepEqual(o, m) }) {
			return false
		}
	}
	p.Messages, w.Messages = nil, nil
	return reflect.DeepEqual(p, w) && reflect.DeepEqual(part.Because, whole.Because)
}

// outcome is what people see of a mailbox: folders, and where each mail lies with which
// flags. Uses are left out: a folder that a server makes along with one below it, which a
// rename needs, gets none, and does if it is made before. So are folders that only have a
// place above others: exclusive removes one only with what lies below it.
func outcome(a *model.Account) string {
	var b strings.Builder
	for _, f := range a.Listing().Folders {
		if f.Selectable || f.Subscribed {
			fmt.Fprintf(&b, "%q exists=%t subscribed=%t\n", f.Name, f.Exists, f.Subscribed)
		}
	}
	census := a.Census()
	for _, mail := range slices.Sorted(maps.Keys(census)) {
		var places []string
		for _, p := range census[mail] {
			places = append(places, fmt.Sprintf("%q %v", p.Folder, p.Flags))
		}
		slices.Sort(places)
		fmt.Fprintf(&b, "mail %d: %s\n", mail, strings.Join(places, "; "))
	}
	return b.String()
}
