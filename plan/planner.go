package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A Listing is an account's folders as the server tells them, with what the server
// can do as far as a plan hangs on it.
type Listing struct {
	Folders   []Folder
	SaveDate  bool     // the server knows SAVEDATE (RFC 8514)
	CreateUse bool     // a new folder can be given a use (CREATE-SPECIAL-USE, RFC 6154 section 3)
	InInbox   bool     // all folders lie below INBOX: "INBOX/Lists" is "Lists", as which it is listed
	Delimiter string   // what separates levels on the server; empty: nothing does
	Server    string   // for people: "Dovecot", "imap.example.com"
	Warnings  []string // folders that could not be told, and why

	Labels bool // folders are labels: a message lies in several, and leaves all of them on its way to the trash
	// MovesByCopy says that the server has no MOVE: messages are copied, and then deleted
	// where they were. A run that was cut short may have left both.
	MovesByCopy bool
	CopyMoves   bool         // with Labels: a COPY would take the message out of the folder it is in
	Additive    mailbox.Name // with Labels: below it a move adds a label and takes none away; empty: nowhere
}

// A Folder is one that the server lists.
type Folder struct {
	Name        mailbox.Name
	Selectable  bool // false: it only has a place in the hierarchy, or a subscription
	Closed      bool // not Selectable, though it holds mail: the server does not let this user look into it
	Exists      bool // false: only subscribed (\NonExistent)
	Subscribed  bool
	NoInferiors bool // it can have no children
	HasChildren bool // the server says that it has (RFC 3348), be they listed or not
	Uses        []mailbox.Use
	UIDValidity uint32 // of a selectable folder; 0: the server gives none that lasts
	UIDNext     imap.UID
	Messages    uint32
	// HighestModSeq (RFC 7162) is not what it was if anything has changed in the folder;
	// 0: the server does not tell, or the folder cannot be told from others of its
	// UIDVALIDITY.
	HighestModSeq uint64
}

// A Question is one visit to one folder.
type Question struct {
	Folder mailbox.Name // as it is on the server now, before renames
	UIDs   imap.UIDSet  // empty: all messages
	Fetch  message.Parts
	// Since is what is known of the folder, so that not all of its messages need be told;
	// nil: nothing is.
	Since *Since
}

// A Since is what is known of a folder since an earlier visit. To tell all messages is
// as right; where only some are told, they must be those that are not in Known, those in
// Again, and those that have changed since State (RFC 7162 section 3.1.4.1).
type Since struct {
	State State       // of the folder then
	Known imap.UIDSet // the messages that were in it
	Again imap.UIDSet // some of these
}

// An Answer is what a visit to a folder shows once its messages are told.
type Answer struct {
	State State
	// Since says that of a question with Since not all messages were told that there are.
	Since bool
	There imap.UIDSet // then, those that there are
}

// A State is what a visit to a folder shows besides its messages.
type State struct {
	UIDValidity   uint32
	UIDNext       imap.UID
	Messages      uint32
	HighestModSeq uint64 // RFC 7162, where the folder was opened; 0: it has none, or that was not told
}

// A Planner works out the plan of one account by asking until it knows enough.
// Messages are judged as they are told, and what no rule takes is forgotten at
// once. It performs no I/O and reads no clock; it is used by one goroutine.
type Planner struct {
	account *config.Account
	policy  config.Policy
	now     time.Time
	listing Listing
	diags   hcl.Diagnostics
	notes   []Note

	world    world
	rules    []*bound
	index    ruleIndex
	cur      message.Message // the one whose way is worked out, as the rules see it
	way      way             // its way
	seen     []state         // on it
	once     once
	lasting  *lasting                       // of the visit to which that message belongs; nil: it belongs to none
	sum      string                         // worldSum; empty: not worked out yet
	shared   map[string]*candidates         // by the rules' places
	needs    map[mailbox.Name]message.Parts // of each destination
	watched  mailbox.Flags                  // the flags on which what happens to a message may hang
	renames  []Step
	removals []*removal
	ghost    map[mailbox.Name]bool
	visits   map[mailbox.Name]*visit // by the name before renames
	order    []mailbox.Name          // of the visits
	copies   copies
	circles  map[string]*circle
	deleted  []deletedLater
	shield   *shield
	breaches []*breach
	swept    []*place // what exclusive removes
	idle     []idleMove
	searched map[*message.TextTest]bool         // texts that were asked for and that the server may search
	labelled map[faultKey]bool                  // what was reported of servers with labels
	kept     map[mailbox.Name]map[Identity]bool // on a server with labels, what lies in protected folders
}

// New starts a plan of the account, whose folders are as listed. now is the run's
// one clock. The diagnostics are the problems that folders alone show; with errors
// among them the planner asks nothing and has no plan.
func New(account *config.Account, policy config.Policy, listing Listing, now time.Time) (*Planner, hcl.Diagnostics) {
	p := &Planner{
		account: account, policy: policy, listing: listing, now: now,
		visits: map[mailbox.Name]*visit{}, circles: map[string]*circle{},
		shared: map[string]*candidates{}, once: newOnce(),
	}
	for _, w := range listing.Warnings {
		p.note(hcl.Range{}, "A folder is left out", w)
	}
	if listing.InInbox {
		p.outOfInbox()
	}
	p.rename()
	p.declare()
	p.shield = newShield(account.Protected, p.world.patterns)
	p.findRemovals()
	p.bindRules()
	p.checkRemovals()
	p.checkProtected()
	p.checkExclusive()
	p.checkLabels()
	if !p.diags.HasErrors() {
		p.planVisits()
	}
	return p, p.diags
}

// Ask returns the next round of questions; none: the plan is complete. All of a
// round are answered, each by Tell for its messages and one Told, before the next
// is asked for. Nothing is asked twice.
func (p *Planner) Ask() []Question {
	if p.diags.HasErrors() {
		return nil
	}
	var round []Question
	for _, name := range p.order {
		if q, ok := p.visits[name].ask(); ok {
			round = append(round, q)
		}
	}
	p.noteAsked(round)
	if len(round) > 0 {
		return round
	}
	return p.copies.ask(p)
}

// Tell tells one message of a question.
func (p *Planner) Tell(q Question, m *message.Message) {
	if p.copies.asked(q.Folder) {
		p.copies.tell(p, q, m)
		return
	}
	p.visits[q.Folder].tell(q, m)
}

// Told ends the answer to a question: every message of it that is there has been
// told, and the folder is in this state.
func (p *Planner) Told(q Question, s State) {
	if p.copies.asked(q.Folder) {
		p.copies.told(q, s)
		return
	}
	v := p.visits[q.Folder]
	if !v.begun {
		v.since = nil
	}
	v.told(s)
}

// Answered is Told for an answer that may be of what has changed only.
func (p *Planner) Answered(q Question, a Answer) {
	if q.Since == nil || !a.Since {
		p.Told(q, a.State)
		return
	}
	p.visits[q.Folder].toldSince(a.State, a.There)
}

// Plan returns the plan, once Ask has no question left. With errors among the
// diagnostics there is none.
func (p *Planner) Plan() (*Plan, hcl.Diagnostics) {
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	made := p.build()
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	slices.SortStableFunc(made.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Subject.Filename, b.Subject.Filename), cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte))
	})
	return made, p.diags
}

func (p *Planner) fail(subject hcl.Range, summary, detail string) {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail}
	if subject != (hcl.Range{}) {
		d.Subject = subject.Ptr()
	}
	p.diags = append(p.diags, d)
}

func (p *Planner) note(subject hcl.Range, summary, detail string) {
	p.notes = append(p.notes, Note{Summary: summary, Detail: detail, Subject: subject})
}
