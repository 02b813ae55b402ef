// Package undo owns turning a run around: what follows from its journal, and from those of
// the runs since, for a mailbox as it is now, as a plan like any other, and what of the run
// cannot be turned around.
//
// What a journal holds belongs to internal/journal, carrying the plan out to apply,
// which leaves alone what is gone or has changed since. The package performs no I/O and
// reads no clock.
package undo

import (
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// A Planner works out what turns a run around. It is asked for questions, told the
// answers, and then for the result, each once, by one goroutine.
type Planner struct {
	listing plan.Listing
	run     *trail
	asked   map[mailbox.Name]*folder
	found   map[*folder]map[uint64][]imap.UID // by digest: what may be the messages that are looked for
}

// A Result is how a run is turned around.
type Result struct {
	Plan *plan.Plan
	// Restore is what was deleted for good and can be brought back from a backup, once
	// the plan was applied.
	Restore []Restore
	Left    []Left // what is not turned around
	// Onward counts the messages of the plan that go back not from where the run has left
	// them, but from where later runs have.
	Onward int
}

// Empty says that there is nothing to do.
func (r *Result) Empty() bool { return r.Plan.Empty() && len(r.Restore) == 0 }

// A Restore is messages of one folder that a backup holds.
type Restore struct {
	Was    mailbox.Name // as their folder was called when they were deleted
	Folder mailbox.Name // in which they belong, once the plan was applied
	Dir    string       // of the backup; empty: the journal does not say
	Files  []string     // relative to Dir
}

// A Left is something that is not turned around.
type Left struct {
	Messages int          // 0: it is not about messages
	Folder   mailbox.Name // that it is about, as it is called now; empty: none
	Reason   string       // a clause: "they lie in a folder that is gone"
	// Above are, of a folder that the run created, those above it that were created along
	// with it and stay with it.
	Above []mailbox.Name
}

// New follows a run's journal, and then those of later runs of the mailbox, the earliest
// first, undos among them, for a mailbox with these folders.
func New(records []journal.Record, l plan.Listing, later ...[]journal.Record) *Planner {
	return &Planner{
		listing: l, run: follow(records, l, later...),
		asked: map[mailbox.Name]*folder{}, found: map[*folder]map[uint64][]imap.UID{},
	}
}

// Of is what turns a run around if no message has to be looked for.
func Of(records []journal.Record, l plan.Listing, account string, now time.Time) *Result {
	return New(records, l).Result(account, now)
}

// Ask returns the questions for messages of which the run knows no more than the folder
// that they were moved to: what came into it since is to be told.
func (p *Planner) Ask() []plan.Question {
	listed := selectable(p.listing)
	floors := map[*folder]imap.UID{}
	var order []*folder
	for _, m := range p.run.ours {
		at := listed[m.at.now]
		if !m.sought() || !m.unsettled() || !m.in(at) || at.UIDNext <= m.floor {
			continue
		}
		if _, seen := floors[m.at]; !seen {
			order = append(order, m.at)
			floors[m.at] = m.floor
		}
		floors[m.at] = min(floors[m.at], m.floor)
	}
	var all []plan.Question
	for _, f := range order {
		p.asked[f.now], p.found[f] = f, map[uint64][]imap.UID{}
		all = append(all, plan.Question{
			Folder: f.now, Fetch: plan.IdentityParts(),
			UIDs: imap.UIDSet{imap.UIDRange{Start: floors[f], Stop: listed[f.now].UIDNext - 1}},
		})
	}
	return all
}

// Tell tells one message of a question.
func (p *Planner) Tell(q plan.Question, m *message.Message) {
	f := p.asked[q.Folder]
	if f == nil || !q.UIDs.Contains(m.UID) {
		return
	}
	digest := plan.IdentityOf(m).Digest()
	p.found[f][digest] = append(p.found[f][digest], m.UID)
}

// Result returns how the run is turned around, once all questions are answered.
func (p *Planner) Result(account string, now time.Time) *Result {
	p.locate()
	b := newBuilder(p.listing, p.run)
	b.all()
	return &Result{
		Plan:    &plan.Plan{Account: account, Made: now, Steps: b.steps, Folders: b.before},
		Restore: b.restore,
		Left:    b.left.all,
		Onward:  b.onward,
	}
}

// selectable are the folders that can be looked into, by name.
func selectable(l plan.Listing) map[mailbox.Name]plan.Folder {
	all := map[mailbox.Name]plan.Folder{}
	for _, f := range l.Folders {
		if f.Exists && f.Selectable {
			all[f.Name] = f
		}
	}
	return all
}
