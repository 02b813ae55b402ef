package suite

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// faultsVariable is the environment variable that, set to "all", has every fault tried
// at every place on every server, which takes minutes. Without it a part of the places
// is tried, a small one where the server is slow.
const faultsVariable = "IMAPFORM_TEST_FAULTS"

func allFaults() bool { return os.Getenv(faultsVariable) == "all" }

// A faulty is a target for faults.
type faulty struct {
	target
	exclusive bool // a MOVE ends before another begins
	workers   int  // trials at once: where the server waits rather than works, more
	thin      int  // one in so many trials of a kind is made

	silence time.Duration // what is too long; 0: a second
	forgets bool          // RENAME ends subscriptions, so that without a journal nobody knows of them if what comes behind it is cut off

	places []place          // the commands of an apply in which nothing goes wrong
	events int              // what it reports
	counts apply.Counts     // what it does
	spent  [2]imaptest.Cost // before it and after it
	tally  tally
}

// faulties are the targets that faults are tried on.
func faulties() []*faulty {
	all := []*faulty{
		{target: target{name: "maildir"}, exclusive: true, workers: 2, thin: 17},
		{target: target{name: "dovecot"}, workers: 2, thin: 17},
		{target: target{name: "dovecot-without-MOVE"}, workers: 2, thin: 17},
		{target: target{name: "cyrus"}, workers: 2, thin: 37, forgets: true},
		{target: target{name: "courier"}, workers: 16, thin: 61, silence: 10 * time.Second}, // it waits for seconds by itself,
	}
	for _, f := range all {
		f.target = targets[slices.IndexFunc(targets, func(t target) bool { return t.name == f.name })]
	}
	return all
}

// An attempt is one trial.
type attempt struct {
	name string
	run  func(t *testing.T)
}

// attempts are the kinds of trouble. Each returns all trials of its kind.
var attempts = map[string]func(f *faulty) []attempt{
	"cut":        cutting,
	"refuse":     refusing,
	"stop":       stopping,
	"cancel":     cancelling,
	"black hole": silencing,
	"meanwhile":  meddling,
	"two":        doubling,
}

// Whatever goes wrong in an apply, and wherever, no message is lost, the next plan is
// right, and nothing that was not planned has changed.
func TestFaults(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.clean(t)
			var chosen []attempt
			of := 0
			for _, kind := range slices.Sorted(maps.Keys(attempts)) {
				for i, a := range attempts[kind](f) {
					if of++; i%f.thin == 0 || allFaults() {
						chosen = append(chosen, attempt{kind + "/" + a.name, a.run})
					}
				}
			}
			f.each(t, chosen)
			t.Logf("%d trials of %d, %d messages counted; %d left there twice and %d left behind otherwise, where that can be",
				f.tally.trials.Load(), of, f.tally.messages.Load(), f.tally.doubled.Load(), f.tally.left.Load())
		})
	}
}

// A tally counts what the trials have seen.
type tally struct{ trials, messages, doubled, left atomic.Int64 }

// each makes the trials, as many at once as are good for the target.
func (f *faulty) each(t *testing.T, all []attempt) {
	t.Helper()
	todo := make(chan attempt)
	var working sync.WaitGroup
	for range f.workers {
		working.Go(func() {
			for a := range todo {
				t.Run(a.name, func(t *testing.T) {
					f.tally.trials.Add(1)
					a.run(t)
				})
			}
		})
	}
	for _, a := range all {
		todo <- a
	}
	close(todo)
	working.Wait()
}

// A place is a command of an apply, at which something can go wrong.
type place struct {
	imaptest.Command
	nth     int // of the apply's commands, from 1
	changes int // commands before it that change something
}

// applying matches the commands of the first apply through a recorder.
func applying() func(imaptest.Command) bool {
	planned := false
	return func(c imaptest.Command) bool {
		planned = planned || c.ReadOnly
		return planned && !c.ReadOnly && c.Conn == 1
	}
}

// clean makes a run in which nothing goes wrong.
func (f *faulty) clean(t *testing.T) {
	t.Helper()
	tr := newTrial(t, f.start, imaptest.Script{})
	made, s := tr.look()
	f.spent[0] = tr.recorder.Cost()
	_, r, err := tr.run(t.Context(), made, s, apply.Options{Report: func(apply.Event) { f.events++ }})
	f.counts, f.spent[1] = r.Messages, tr.recorder.Cost()
	if err != nil || !r.Complete() {
		t.Fatalf("%v %s", err, describe(made, r))
	}
	tr.honest(r)
	tr.want(tr.judge(), outcome())
	match, done := applying(), 0
	for _, c := range tr.recorder.Commands() {
		if !match(c) {
			continue
		}
		f.places = append(f.places, place{Command: c, nth: len(f.places) + 1, changes: done})
		if changes(c) {
			done++
		}
	}
	if again, _ := tr.look(); !again.Empty() {
		t.Fatalf("a plan right after the apply finds something to do: %s", describeSteps(again))
	}
}

// changing are the places at which something is changed.
func (f *faulty) changing() []place {
	return slices.DeleteFunc(slices.Clone(f.places), func(p place) bool { return !changes(p.Command) })
}

// A cut is where a connection is cut.
type cut struct {
	place
	at imaptest.Point
}

var pointNames = map[imaptest.Point]string{
	imaptest.BeforeCommand: "before it",
	imaptest.InCommand:     "in it",
	imaptest.AfterCommand:  "after it",
	imaptest.BeforeAnswer:  "before its answer",
	imaptest.BeforeReply:   "before its reply",
}

func (c cut) String() string {
	return fmt.Sprintf("%d %s, %s", c.nth, c.Name, pointNames[c.at])
}

// cuts are all the places and points.
func cuts(places []place) (all []cut) {
	for _, p := range places {
		points := []imaptest.Point{imaptest.BeforeCommand, imaptest.BeforeAnswer}
		if changes(p.Command) {
			points = []imaptest.Point{imaptest.BeforeCommand, imaptest.InCommand, imaptest.AfterCommand, imaptest.BeforeAnswer, imaptest.BeforeReply}
		}
		for _, at := range points {
			all = append(all, cut{p, at})
		}
	}
	return all
}

// carriedOut says how many of the commands that change something the server can have
// carried out, at least and at most.
func (c cut) carriedOut() (least, most int) {
	switch {
	case !changes(c.Command) || c.at == imaptest.BeforeCommand || c.at == imaptest.InCommand:
		return c.changes, c.changes
	case c.at == imaptest.AfterCommand:
		return c.changes, c.changes + 1
	default:
		return c.changes + 1, c.changes + 1
	}
}

// cutting cuts the connection.
func cutting(f *faulty) (all []attempt) {
	for _, c := range cuts(f.places) {
		all = append(all, attempt{c.String(), func(t *testing.T) {
			tr := newTrial(t, f.start, imaptest.Script{Faults: []imaptest.Fault{{At: c.at, Match: applying(), Nth: c.nth, Do: imaptest.Cut}}})
			made, r, err := tr.try(apply.Options{})
			tr.struck(c.place)
			var unknown *apply.UnknownError
			said := errors.As(err, &unknown)
			answered := c.at == imaptest.AfterCommand // perhaps: then the next command finds out, if there is one
			switch {
			case err == nil && answered && c.nth == len(f.places):
			case !apply.Lost(err), !said && changes(c.Command) && !answered:
				t.Errorf("the error does not say that the connection was lost and something is unknown: %v %s", err, describe(made, r))
			}
			tr.judge()
			tr.honest(r)
			f.end(tr, c)
		}})
	}
	return all
}

// struck fails the test if the trouble was somewhere else than meant.
func (tr *trial) struck(p place) {
	tr.Helper()
	match, n := applying(), 0
	for _, c := range tr.recorder.Commands() {
		if match(c) {
			if n++; n == p.nth && c.Name != p.Name {
				tr.Errorf("%q was hit instead of %q", c.Line, p.Line)
			}
		}
	}
}

// end finishes the work after a run that ended at the place. What must then be there
// follows from the last change that the server has carried out.
func (f *faulty) end(tr *trial, c cut) {
	tr.Helper()
	least, most := c.carriedOut()
	changing := f.changing()
	for most > c.changes && most < len(changing) && changing[most].Burst == c.Burst {
		most++ // it was sent along
	}
	for least == c.changes && least > 0 && changing[least-1].Burst == c.Burst {
		least-- // it may not have come to it when the connection was cut
	}
	var wants []leftover
	for n := least; n <= most; n++ {
		wants = append(wants, left(changing[:n]))
	}
	if f.forgets && slices.ContainsFunc(changing, func(p place) bool { return p.Name == "RENAME" && p.Burst == c.Burst }) {
		for _, w := range wants {
			wants = append(wants, w.unsubscribed("Lists/News/Old"), w.unsubscribed("Lists/News", "Lists/News/Old"))
		}
	}
	f.endAs(tr, wants...)
}

// unsubscribed is the same without some subscriptions.
func (l leftover) unsubscribed(names ...string) leftover {
	l.view = maps.Clone(l.view)
	l.view[subscribed] = slices.DeleteFunc(slices.Clone(l.view[subscribed]), func(n string) bool { return slices.Contains(names, n) })
	return l
}

// endAs finishes the work, which must lead to one of the ends.
func (f *faulty) endAs(tr *trial, wants ...leftover) {
	tr.Helper()
	isStuck := func(l leftover) bool { return l.stuck }
	if slices.ContainsFunc(wants, isStuck) && tr.isStuck() {
		f.tally.left.Add(1)
		imaptest.Do(tr, tr.account, "SELECT "+imaptest.FolderName(tr, tr.account, "Gone"), "EXPUNGE") // as people are told to
		wants = []leftover{{view: outcome()}}
	} else if wants = slices.DeleteFunc(wants, isStuck); len(wants) == 0 {
		tr.Fatal("mail that is marked \\Deleted lies in a folder that is to be removed, and the plan does not refuse")
	}
	got := tr.finish()
	for _, lines := range got {
		f.tally.messages.Add(int64(len(lines)))
	}
	for _, w := range wants {
		if cmp.Equal(w.view, got, emptyIsNil) {
			f.tally.doubled.Add(int64(w.doubled))
			f.tally.left.Add(int64(w.left))
			return
		}
	}
	tr.want(got, wants[0].view)
}

// A leftover is how a mailbox ends after a run that was cut short.
type leftover struct {
	view
	doubled int  // messages that are there twice
	left    int  // messages that a rule is not done with, and that no plan will find
	stuck   bool // the next plan must refuse to remove Gone, for what lies in it
}

// A batch is what a move or a deletion of the scenario does.
type batch struct {
	from, to string // to "": nowhere
	messages []imaptest.Message
	first    string // flag that they get before
	after    string // flag that they get where they then lie
}

// batches are those of the scenario in its order; by MOVE, those of one folder go together.
func batches(byMove bool) []batch {
	c := contents()
	all := []batch{
		{from: "INBOX", to: "Filed", messages: c["INBOX"][0:3], first: "$Filed"},
		{from: "INBOX", to: "Filed", messages: c["INBOX"][3:5], after: `\Seen`},
		{from: "Gone", to: "Filed", messages: c["Gone"]},
		{from: "INBOX", to: "Bin", messages: c["INBOX"][7:9]},
		{from: "Logs", messages: c["Logs"][:2]},
	}
	if byMove {
		all[2], all[3] = all[3], all[2]
	}
	return all
}

// left says how the mailbox ends if just these changes were carried out by a run and
// the next one does what its plan finds: as it should, but for what nobody can find.
//
//   - Without MOVE, messages that were copied and not removed are found to be in both, and
//     are not copied again.
//   - Those that were marked \Deleted look like somebody else's from then on.
//   - A flag that a rule reads is set after the move, and not at all if the run ends
//     between the two.
func left(carriedOut []place) leftover {
	end := leftover{view: outcome()}
	if len(carriedOut) == 0 {
		return end
	}
	all := batchesOf(carriedOut)
	ended, unfinished := 0, -1 // which batch's messages have no flag where they lie
	for _, c := range carriedOut {
		switch {
		case c.ends():
			if all[ended].after != "" {
				unfinished = ended
			}
			ended++
		case unfinished >= 0 && strings.Contains(c.Line, all[unfinished].after):
			unfinished = -1
		}
	}
	last := carriedOut[len(carriedOut)-1]
	b := underWay(carriedOut[:len(carriedOut)-1])
	plain := b.lines()
	if last.Name == "UID STORE" && strings.Contains(last.Line, `\Deleted`) {
		end.add(b.from, b.lines(`\Deleted`)...)
		end.stuck = b.from == "Gone"
		if b.to != "" {
			end.replace(b.to, b.lines(b.after), plain)
			end.doubled = len(plain)
		} else {
			end.left = len(plain)
		}
	}
	if unfinished >= 0 {
		b := all[unfinished]
		end.replace(b.to, b.lines(b.after), b.lines())
		end.left += len(b.messages)
	}
	return end
}

// ends says whether the command takes the messages of a batch out of their folder.
func (p place) ends() bool { return p.Name == "UID MOVE" || p.Name == "UID EXPUNGE" }

// batchesOf are batches in the order in which a run deals with them that does these changes.
func batchesOf(all []place) []batch {
	return batches(slices.ContainsFunc(all, func(p place) bool { return p.Name == "UID MOVE" }))
}

// underWay is the batch that comes after these changes.
func underWay(carriedOut []place) batch {
	all, ended := batchesOf(carriedOut), 0
	for _, c := range carriedOut {
		if c.ends() {
			ended++
		}
	}
	return all[min(ended, len(all)-1)]
}

// lines are those of the batch's messages, with a flag more.
func (b batch) lines(more ...string) (all []string) {
	for _, m := range b.messages {
		flags := append(slices.Clone(m.Flags), b.first)
		flags = append(flags, more...)
		all = append(all, line(m, slices.DeleteFunc(flags, func(f string) bool { return f == "" })...))
	}
	return all
}

func (v view) add(folder string, lines ...string) {
	v[folder] = append(v[folder], lines...)
	slices.Sort(v[folder])
}

func (v view) replace(folder string, old, new []string) {
	for i, l := range old {
		v[folder][slices.Index(v[folder], l)] = new[i]
	}
	slices.Sort(v[folder])
}

// isStuck reports whether the plan refuses to remove a folder that holds mail.
func (tr *trial) isStuck() bool {
	tr.Helper()
	_, _, err := tr.plan(everything)
	return err != nil && strings.Contains(err.Error(), `would be left in "Gone"`)
}
