package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// Options say how a run goes. The zero value runs to its end and tells nobody.
type Options struct {
	// Stop, once closed, ends the run softly: the command in flight and what must
	// follow it to leave a safe mailbox are finished, nothing else is begun.
	Stop <-chan struct{}
	// Report is called as the run goes, from the goroutine of Run.
	Report func(Event)
	// Journal is told of every change before it is made. Nil: none is kept, and what a
	// run that dies leaves in doubt nobody can finish.
	Journal Journal
	// Listing are the folders as they were listed a moment ago on the same connection, on
	// which nothing was done since but reading. Empty: they are listed anew.
	Listing []plan.Folder
	// Backup keeps messages before they are deleted for good; one that it cannot keep is
	// not deleted. Nil: none are kept.
	Backup Backup
	// Reconnect makes another connection to the same account after one was lost, on
	// which the folders were listed. Nil: a lost connection ends the run.
	Reconnect func(context.Context) (Server, error)
	// Wait waits until a server may have ended what it does, or may be asked again, and
	// returns early only with why. Nil: by the clock.
	Wait func(context.Context, time.Duration) error
}

// ErrStopped is the error of a step that Options.Stop ended part way.
var ErrStopped = errors.New("stopped on request; a new plan shows what is left")

// Run carries the plan out and returns what was done; the Result is never nil. It may
// leave a folder open. A
// step that fails stops only the steps that depend on it; the error is what
// stopped the run altogether: a plan that is refused before anything was changed,
// or a connection that was lost, where what the last command did is unknown and
// said to be (UnknownError). Cancelling ctx stops at once, like a lost connection.
//
// However a run ends, no message is lost. None is doubled either, unless somebody else
// moves the same message at that moment (Dovecot and Cyrus let both). A connection that
// breaks is made again, and what is half done is finished. What a run that died, or could
// not connect again, has left half done, Resume finishes by its journal: a message that
// was copied and not yet removed where the server has no MOVE, flags that were still to
// be set where a message was moved to, messages that were marked \Deleted and not yet
// expunged.
func Run(ctx context.Context, p *plan.Plan, s Server, o Options) (*Result, error) {
	r := newRun(p, s, o)
	if err := check(p, s.Can()); err != nil {
		return r.result, err
	}
	err := r.persist(ctx, func() error { return r.tryOut(ctx) })
	if err == nil {
		err = r.all(ctx)
	}
	r.result.count(p)
	return r.result, err
}

// A run is one apply in progress.
type run struct {
	plan    *plan.Plan
	server  *patient
	can     Can // of every connection
	options Options
	result  *Result
	ledger  ledger

	before  map[mailbox.Name]plan.Before
	known   listing                // the folders as last listed; nil: to be listed again
	renamed map[mailbox.Name]bool  // new names of folders that were renamed, and so may be renumbered
	along   map[mailbox.Name]bool  // folders that came to be with one below them
	broken  map[mailbox.Name]error // folders that are not what later steps count on
	spoiled map[mailbox.Name]error // folders whose mail is not what the plan knows

	connection int // how often the connection was made again
	waits      int // how often time has passed since what was seen, in waiting or connecting

	doubtful []mailbox.Name        // of which a command without an answer may still change something
	calm     map[mailbox.Name]bool // of these, and others: nothing does any more, as seen on this connection

	at       int      // the step that was begun last; -1: none
	most     int      // messages that are changed by one command
	unmarked int      // messages that \Deleted was taken back from
	patience patience // with a server that wants to be asked later
	full     error    // the server's words that there is no room for copies; nil: it has not said so

	tells    bool         // the server has said COPYUID in this run
	open     mailbox.Name // empty: none
	ajar     bool         // a folder may be open: one that could not be closed, or was before the run
	opened   Opened
	rows     map[imap.UID]*row       // what was fetched of the open folder; nil: it is not there
	validity map[mailbox.Name]uint32 // what each folder's UIDVALIDITY must be
	used     map[mailbox.Name]map[imap.UID]bool
	setAside map[mailbox.Name]bool // folders that were renamed to be deleted, or may have been
	quietOn  int                   // the connection on which it was waited until such commands had ended
}

func newRun(p *plan.Plan, s Server, o Options) *run {
	r := &run{
		plan: p, can: s.Can(), options: o, ledger: ledger{journal: o.Journal},
		at: -1, most: maxChanged, ajar: true, patience: patience{blamed: map[string]bool{}},
		result:   &Result{Steps: make([]Outcome, len(p.Steps))},
		before:   map[mailbox.Name]plan.Before{},
		renamed:  map[mailbox.Name]bool{},
		along:    map[mailbox.Name]bool{},
		broken:   map[mailbox.Name]error{},
		spoiled:  map[mailbox.Name]error{},
		validity: map[mailbox.Name]uint32{},
		used:     map[mailbox.Name]map[imap.UID]bool{},
		setAside: map[mailbox.Name]bool{},
		calm:     map[mailbox.Name]bool{},
	}
	for _, b := range p.Folders {
		r.before[b.Name] = b
	}
	if len(o.Listing) > 0 {
		r.known = newListing(o.Listing)
	}
	r.server = &patient{Server: s, run: r}
	return r
}

// all runs the steps, those of one kind that follow one another together: they
// share their looks at the folders.
func (r *run) all(ctx context.Context) error {
	for first := 0; first < len(r.plan.Steps); {
		end := first + 1
		for end < len(r.plan.Steps) && kind(r.plan.Steps[end].Op) == kind(r.plan.Steps[first].Op) {
			end++
		}
		if err := r.group(ctx, first, end); err != nil || r.result.Interrupted {
			return err
		}
		first = end
	}
	return nil
}

func (r *run) group(ctx context.Context, first, end int) error {
	switch r.plan.Steps[first].Op.(type) {
	case plan.Rename, plan.Create, plan.Set:
		return r.folderGroup(ctx, first, end)
	case plan.File:
		return r.files(ctx, first, end)
	case plan.Remove:
		return r.removes(ctx, first, end)
	}
	return fmt.Errorf("step %d: %T is no operation that can be carried out", first, r.plan.Steps[first].Op)
}

// kind names the kind of an operation. Folders are subscribed to together with their
// being made.
func kind(op plan.Operation) string {
	if _, ok := op.(plan.Set); ok {
		op = plan.Create{}
	}
	return fmt.Sprintf("%T", op)
}

// stopping says whether somebody asked to stop; the run then is interrupted.
func (r *run) stopping() bool {
	if !r.asked() {
		return false
	}
	r.result.Interrupted = true
	return true
}

// asked says whether somebody asked to stop.
func (r *run) asked() bool {
	select {
	case <-r.options.Stop:
		return true
	default:
		return false
	}
}

// begin starts a step unless something that it depends on has failed.
func (r *run) begin(i int) bool {
	r.at = i
	r.report(Event{Kind: StepBegun, Step: i})
	if err := r.blocked(i); err != nil {
		r.block(i, err)
		return false
	}
	return true
}

// block ends a step for which nothing can be done, because something that it counts on
// failed.
func (r *run) block(i int, why error) {
	o := &r.result.Steps[i]
	o.Status, o.Err = StatusBlocked, why
	r.spoilFolders(i, why)
	r.ended(i)
}

// fail ends a step that was begun. It returns the error if that ends the run too.
func (r *run) fail(i int, err error) error {
	o := &r.result.Steps[i]
	o.Status, o.Err = StatusFailed, errors.Join(o.Err, err)
	r.spoilFolders(i, err)
	r.ended(i)
	if Lost(err) || isJournal(err) {
		return err
	}
	return nil
}

// done ends a step for which nothing can be done any more.
func (r *run) done(i int, notes ...string) {
	o := &r.result.Steps[i]
	o.Status, o.Notes = StatusDone, append(o.Notes, notes...)
	r.ended(i)
}

func (r *run) ended(i int) {
	r.report(Event{Kind: StepEnded, Step: i, Outcome: &r.result.Steps[i]})
}

func (r *run) report(e Event) {
	if r.options.Report != nil {
		r.options.Report(e)
	}
}
