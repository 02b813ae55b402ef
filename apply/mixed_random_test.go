package apply_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A fate is what is to become of a mail.
type fate struct {
	from, to mailbox.Name // to is from: it stays
	purge    bool
	seen     bool // is to be flagged
	first    bool
	copies   mailbox.Name
}

var bigger = flag.Bool("bigger", false, "have many messages, and small commands")

// Whatever happens to a run of steps of all kinds, lost connections, refusals, throttling, a
// process that dies while it runs and while it finishes that, other clients: no mail is lost,
// none is there twice without a word, no more is counted or noted than was done, and a second
// run does the rest.
func TestMixed(t *testing.T) {
	servers := model.Variants()
	clean, unsure := 0, 0
	for seed := *first; seed < *first+*rounds; seed++ {
		v := servers[seed%uint64(len(servers))]
		if !v.Can.Move && !v.Can.UIDPlus {
			continue
		}
		if mixedRun(t, seed, v) {
			clean++
		} else {
			unsure++
		}
		if t.Failed() {
			t.Fatalf("seed %d on %s: go test -run TestMixed -first=%d -rounds=1", seed, v.Name, seed)
		}
	}
	t.Logf("%d clean, %d unsure", clean, unsure)
}

func mixedRun(t *testing.T, seed uint64, v model.Variant) bool {
	w := &dice{rng: rand.New(rand.NewPCG(seed, 77)), t: t}
	a := model.New(v)
	dests := []mailbox.Name{"A", "B", "C"}
	for _, n := range dests {
		fill(a, n)
		if w.chance(30) {
			a.Deliver(n, letter("twin 0"))
		}
	}
	fates := map[int]fate{}
	for mail, places := range a.Census() {
		fates[mail] = fate{from: places[0].Folder, to: places[0].Folder}
	}
	twins := w.chance(60)
	sources := []mailbox.Name{"INBOX", "Else", "Third"}
	big := *bigger && w.chance(50)
	for _, source := range sources {
		a.MakeFolder(source)
		number := w.rng.IntN(9)
		if big {
			number *= 14
		}
		for i := range number {
			subject := fmt.Sprintf("%s %d", source, i)
			if twins && w.chance(60) {
				subject = fmt.Sprintf("twin %d", w.rng.IntN(3))
			}
			mail, _ := a.Deliver(source, letter(subject))
			f := fate{from: source, to: source, first: w.chance(50)}
			switch n := w.rng.IntN(100); {
			case n < 45:
				f.to = pick(w, append(dests, sources...))
				if f.to != source && w.chance(15) {
					f.seen = true
				}
			case n < 65 || strings.HasPrefix(subject, "twin") && n < 85:
				f.seen = true
			case n < 80 && v.Can.UIDPlus:
				f.purge = true
				if w.chance(20) {
					f.copies = pick(w, dests)
				}
			case n < 85:
				f.copies = pick(w, dests)
			}
			fates[mail] = f
		}
	}
	removed := []mailbox.Name{}
	for _, n := range []mailbox.Name{"Old/a", "Old/b", "Zed/c", "Old", "Zed"} {
		if w.chance(50) {
			fill(a, n)
			a.SetSubscribed(n, w.chance(50))
			removed = append(removed, n)
		}
	}
	p := fatedPlan(t, w, a, fates, removed)
	log := &memory{left: -1}
	o := again(a)
	o.Journal = log
	if w.chance(50) {
		o.Listing = a.Listing().Folders
	}
	stop := make(chan struct{})
	o.Stop = stop
	stopAt, stopped := -1, false
	if w.chance(15) {
		stopAt = a.Ops() + 1 + w.rng.IntN(60)
	}
	dies := false
	a.Overrun = w.rng.IntN(5)
	die := func() { a.Before = func(model.Op) error { return model.ErrLost }; a.After = nil }
	if w.chance(40) {
		dies = true
		log.left = w.rng.IntN(60)
		log.died = die
		o.Reconnect = nil
	}
	left := w.rng.IntN(4)
	next, after := 1+w.rng.IntN(30), w.chance(50)
	slow := 0
	if big {
		slow, next = 5, 6+w.rng.IntN(60)
	}
	refusals := w.chance(30)
	var faults []string
	hook := func(late bool) model.Hook {
		return func(op model.Op) error {
			if !late && *rounds == 1 {
				t.Logf("%d %s %s %v to %s %v", op.N, op.Name, op.Folder, op.UIDs, op.To, op.Flags)
			}
			if slow > 0 && !late {
				slow--
				return refusedAs{class: apply.ClassThrottled, after: time.Second}
			}
			if op.N >= stopAt && stopAt > 0 && !stopped {
				stopped = true
				close(stop)
			}
			if left == 0 || op.N < next || late != after {
				return nil
			}
			left--
			next, after = op.N+1+w.rng.IntN(30), w.chance(50)
			var err error = model.ErrLost
			if refusals && !(after) {
				err = []error{refusedAs{class: apply.ClassThrottled}, errRefused, refusedAs{class: apply.ClassQuota}}[w.rng.IntN(3)]
			}
			faults = append(faults, fmt.Sprintf("%s %s late=%t: %v", op.Name, op.Folder, late, err))
			return err
		}
	}
	a.Before, a.After = hook(false), hook(true)
	meddled := map[int]bool{}
	if seed%2 == 1 {
		was := a.Before
		at := a.Ops() + 1 + w.rng.IntN(50)
		times := 3
		a.Before = func(op model.Op) error {
			if op.N >= at && times > 0 {
				times--
				at = op.N + 1 + w.rng.IntN(20)
				meddleWith(w, a, fates, meddled)
			}
			return was(op)
		}
	}
	begun, ended := map[int]int{}, map[int]int{}
	o.Report = func(e apply.Event) {
		switch e.Kind {
		case apply.StepBegun:
			begun[e.Step]++
		case apply.StepEnded:
			ended[e.Step]++
		}
	}
	r, err := apply.Run(t.Context(), p, a, o)
	a.Before, a.After = nil, nil
	a.Reconnect()
	log.left = -1
	sure := err == nil && !slices.ContainsFunc(r.Steps, func(o apply.Outcome) bool { return o.Err != nil })
	said := fmt.Sprint(err) + told(r)
	counts := r.Messages
	if err == nil {
		for i := range p.Steps {
			if begun[i] != ended[i] {
				t.Errorf("step %d begun %d ended %d", i, begun[i], ended[i])
			}
		}
	}
	var resumed *apply.Resumed
	var final *memory
	if err != nil {
		rest := again(a)
		rest.Journal = &memory{left: -1}
		lostAt := -1
		if w.chance(50) {
			lostAt = a.Ops() + 1 + w.rng.IntN(20)
		}
		records := slices.Clone(log.records)
		twice := w.chance(30)
		j := &memory{left: -1, records: records}
		if twice { // resuming dies, too
			j.left = w.rng.IntN(8)
			j.died = die
			rest.Reconnect = nil
		}
		rest.Journal = j
		final = j
		a.Before = func(op model.Op) error {
			if op.N == lostAt {
				return model.ErrLost
			}
			return nil
		}
		resumed, err = apply.Resume(t.Context(), records, a, rest)
		a.Before = nil
		a.Reconnect()
		add := func() {
			counts.Moved += resumed.Done.Moved
			counts.Deleted += resumed.Done.Deleted
			counts.Copied += resumed.Done.Copied
			counts.Flagged += resumed.Done.Flagged
		}
		add()
		if twice && err != nil {
			rest := again(a)
			final = &memory{left: -1, records: j.records}
			rest.Journal = final
			resumed, err = apply.Resume(t.Context(), slices.Clone(j.records), a, rest)
			add()
		}
		said += fmt.Sprint(err)
		sure = err == nil
		for _, o := range r.Steps {
			if o.Err != nil && !strings.Contains(o.Err.Error(), "reset by peer") && !strings.Contains(o.Err.Error(), "process is dead") || o.Err != nil && strings.Contains(o.Err.Error(), "NO ") {
				sure = false
			}
		}
	}
	for _, v := range a.Violations() {
		if !strings.Contains(v, "another client") {
			t.Errorf("violation: %s", v)
		}
	}
	real := apply.Counts{}
	census := a.Census()
	for mail, f := range fates {
		places := census[mail]
		n := len(places)
		if meddled[mail] {
			continue
		}
		most := 1
		if f.copies != "" {
			most = 2
		}
		if n == 0 && f.purge {
			real.Deleted++
		}
		if f.purge && f.copies != "" && n == 1 && places[0].Folder == f.copies {
			real.Deleted++
			real.Copied++
		}
		if f.copies != "" && n == 2 {
			real.Copied++
		}
		if f.to != f.from && n == 1 && places[0].Folder == f.to {
			real.Moved++
		}
		if n == 0 && (!f.purge || f.copies != "") {
			t.Errorf("mail %d is lost: %+v", mail, f)
		}
		if n > most && len(meddled) == 0 && sure || n > most && len(meddled) == 0 && dies && sure {
			t.Errorf("mail %d is at %v: %+v", mail, places, f)
		}
		foreign := slices.ContainsFunc(places, func(p model.Place) bool { return p.Flags.Has(imap.FlagDeleted) && !p.Ours })
		if n > most && r.Complete() && !foreign {
			t.Errorf("mail %d is doubled without a word: %v, %+v", mail, places, f)
		}
		for _, p := range places {
			if f.from != "" && p.Folder != f.from && p.Folder != f.to && p.Folder != f.copies {
				t.Errorf("mail %d is at %v: %+v", mail, places, f)
			}
		}
		if r.Complete() {
			good := n == 1 && places[0].Folder == f.to
			if f.purge {
				good = n == 0
			}
			if f.copies != "" {
				good = n == most || f.purge && n == 1 && places[0].Folder == f.copies
			}
			if good && f.seen {
				good = places[0].Flags.Has(imap.FlagSeen)
			}
			if !good && len(meddled) == 0 {
				t.Errorf("complete, and mail %d is at %v: %+v", mail, places, f)
			}
		}
	}
	if len(meddled) > 0 {
		sure = false
		real = counts
	}
	if dies && final != nil {
		counts = apply.Counts{}
		for _, rec := range final.records {
			if d := rec.Done; d != nil {
				switch d.Verb {
				case journal.VerbMove:
					counts.Moved += len(d.UIDs)
				case journal.VerbExpunge:
					counts.Deleted += len(d.UIDs)
				case journal.VerbCopy:
					counts.Copied += len(d.UIDs)
				}
			}
		}
	}
	if len(meddled) > 0 {
		counts = real
	}
	if counts.Moved > real.Moved || counts.Deleted > real.Deleted || counts.Copied > real.Copied {
		t.Errorf("counted %+v of %+v", counts, real)
	}
	if sure && (counts.Moved != real.Moved || counts.Deleted != real.Deleted) {
		t.Errorf("sure, and counted %+v of %+v", counts, real)
	}
	if m := a.Marked(); len(m) > 0 && (sure || r.Complete()) {
		t.Errorf("left marked: %v\n", m)
	}
	for _, f := range folders(a) {
		if strings.Contains(f, "imapform") && strings.Contains(f, "exists=true") && !strings.Contains(said, "removed by imapform") && !strings.Contains(said, "list the folders") {
			t.Errorf("left: %s", f)
		}
	}
	if t.Failed() {
		t.Logf("faults %q; overrun %d; dies %t; resumed %+v\n%s", faults, a.Overrun, dies, resumed, said)
		for i, s := range p.Steps {
			t.Logf("step %d: %T %+v", i, s.Op, s.Op)
		}
		return false
	}
	if !sure {
		return false
	}
	// the second run
	for mail, f := range fates {
		if places := census[mail]; len(places) == 1 && places[0].Folder == f.copies && f.purge {
			fates[mail] = fate{from: f.copies, to: f.copies}
		} else if len(places) == 2 && f.purge {
			f.copies = ""
			fates[mail] = f
		} else if len(places) == 2 {
			delete(fates, mail)
		}
	}
	removed = slices.DeleteFunc(removed, func(n mailbox.Name) bool {
		return !slices.ContainsFunc(a.Listing().Folders, func(f plan.Folder) bool { return f.Name == n && f.Exists })
	})
	p.Made = made.Add(time.Hour)
	before := a.Census()
	p = fatedPlan(t, w, a, fates, removed)
	want := expect(a, p)
	r, err = apply.Run(context.Background(), p, a, apply.Options{})
	if err != nil || !r.Complete() {
		t.Errorf("the second run: %v\n%s", err, told(r))
	}
	for mail, n := range want {
		if got := len(a.Census()[mail]); got != n {
			t.Errorf("after the second run mail %d is at %v, before %v, want %d", mail, a.Census()[mail], before[mail], n)
		}
	}
	if m := a.Marked(); len(m) > 0 {
		t.Errorf("left marked in the end: %v\n", m)
	}
	return true
}

// meddleWith does what another client does.
func meddleWith(w *dice, a *model.Account, fates map[int]fate, meddled map[int]bool) {
	all := a.Listing().Folders
	f := all[w.rng.IntN(len(all))]
	if !f.Exists || !f.Selectable || strings.Contains(string(f.Name), "imapform") {
		return
	}
	uids := a.UIDs(f.Name)
	switch n := w.rng.IntN(3); {
	case n == 0 || len(uids) == 0:
		mail, _ := a.Deliver(f.Name, letter(fmt.Sprintf("meddled %d", w.rng.IntN(3))))
		if *rounds == 1 {
			w.t.Logf("meddle: deliver %d to %s", mail, f.Name)
		}
		fates[mail] = fate{} // it must stay somewhere
		meddled[-mail] = true
	case n == 1:
		uid := uids[w.rng.IntN(len(uids))]
		for mail, places := range a.Census() {
			for _, p := range places {
				if p.Folder == f.Name && p.UID == uid {
					if f.Name != fates[mail].from {
						return // copies are left alone
					}
					meddled[mail] = true
				}
			}
		}
		a.Vanish(f.Name, uid)
	case n == 2:
		uid := uids[w.rng.IntN(len(uids))]
		for mail, places := range a.Census() {
			for _, p := range places {
				if p.Folder == f.Name && p.UID == uid {
					meddled[mail] = false // others must not suffer, nor it
				}
			}
		}
		a.Flag(f.Name, uid, mailbox.Flags{imap.FlagDeleted}, nil)
	}
}

// fatedPlan is a plan that does to mails what is to become of them, in random steps.
func fatedPlan(t *testing.T, w *dice, a *model.Account, fates map[int]fate, removed []mailbox.Name) *plan.Plan {
	of := map[fate][]imap.UID{}
	var order []fate
	census := a.Census()
	for mail := range len(census) * 3 {
		f, known := fates[mail]
		if !known {
			continue
		}
		for _, p := range census[mail] {
			if p.Folder != f.from || p.Flags.Has(imap.FlagDeleted) {
				continue
			}
			if f.seen && f.to == f.from && p.Flags.Has(imap.FlagSeen) || !f.seen && !f.purge && f.copies == "" && f.to == f.from {
				continue
			}
			if of[f] == nil {
				order = append(order, f)
			}
			of[f] = append(of[f], p.UID)
		}
	}
	var steps []plan.Step
	for _, f := range order {
		op := plan.File{Folder: f.from, FlagsFirst: f.first}
		if f.seen {
			op.Add = mailbox.Flags{imap.FlagSeen}
		}
		if f.copies != "" {
			op.Copies = []mailbox.Name{f.copies}
		}
		if f.to != f.from {
			op.Away, op.To = plan.AwayMove, f.to
		}
		if f.purge {
			op.Away = plan.AwayPermanent
		}
		for uids := of[f]; len(uids) > 0; {
			k := 1 + w.rng.IntN(len(uids))
			steps = append(steps, file(t, a, op, uids[:k]...))
			uids = uids[k:]
		}
	}
	w.rng.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	for _, n := range removed {
		steps = append(steps, step(plan.Remove{Name: n}))
	}
	return planned(a, steps...)
}
