package suite

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/internal/state"
	"github.com/imapform/imapform/plan"
)

// A lasting is a trial whose applies keep a journal and go on after lost connections,
// as those of the command line do.
type lasting struct {
	*trial
	dir     string // of the journals
	tree    string // of a Maildir that another process works on; empty: none does
	taught  []func(*config.Config)
	wrap    func(apply.Journal) apply.Journal          // around the journal; nil: nothing
	waits   func(context.Context, time.Duration) error // nil: wait
	planned func()                                     // called before the run; nil: nothing
	mend    func()                                     // called after the run, before the server must answer again; nil: nothing

	mu       sync.Mutex
	sessions []*server.Session
}

// newLasting fills a mailbox; script says what goes wrong between it and the program.
func newLasting(t *testing.T, start func(*testing.T) imaptest.Account, script imaptest.Script, settings ...func(*config.Config)) *lasting {
	t.Helper()
	return &lasting{trial: newTrial(t, start, script), dir: t.TempDir(), taught: settings}
}

// trialKey is the account's name among journals.
var trialKey = state.Key{Host: "localhost", Port: 143, Username: "trial"}

// beginJournal begins one, in a directory for journals.
func beginJournal(dir string) (*journal.Writer, error) {
	first := journal.Run{ID: journal.NewRunID(time.Now()), Tool: "imapform", Command: "apply", Account: "account.test"}
	return journal.Create(dir, trialKey, first, time.Now)
}

// journal begins one.
func (l *lasting) journal() *journal.Writer {
	l.Helper()
	w, err := beginJournal(l.dir)
	if err != nil {
		l.Fatal(err)
	}
	return w
}

// persist plans and applies, and goes on after lost connections. The journal is ended
// as the command line does: not while something is in doubt.
func (l *lasting) persist(ctx context.Context) (*plan.Plan, *apply.Result, error) {
	l.Helper()
	made, s := l.look(l.taught...)
	l.keep(s)
	if l.planned != nil {
		l.planned()
	}
	w := l.journal()
	o := apply.Options{Journal: w, Reconnect: l.reconnect(), Wait: l.wait}
	if l.waits != nil {
		o.Wait = l.waits
	}
	if l.wrap != nil {
		o.Journal = l.wrap(w)
	}
	r, err := apply.Run(ctx, made, s, o)
	if l.mend != nil {
		l.mend()
	}
	l.hangUp()
	end := w.Leave
	if !apply.Lost(err) {
		end = func() error { return w.Close(journal.End{Complete: r.Complete()}) }
	}
	if err := end(); err != nil {
		l.Errorf("end the journal: %v", err)
	}
	return made, r, err
}

// keep remembers a session until hangUp.
func (l *lasting) keep(s *server.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions = append(l.sessions, s)
}

// reconnect makes another session.
func (l *lasting) reconnect() func(context.Context) (apply.Server, error) {
	cfg := l.load(everything)
	for _, set := range l.taught {
		set(cfg)
	}
	return func(ctx context.Context) (apply.Server, error) {
		l.logout()
		s, err := server.Dial(ctx, cfg.Accounts[0], server.Options{Connect: l.connect})
		if err != nil {
			return nil, err
		}
		l.keep(s)
		if _, err := s.List(ctx); err != nil {
			return nil, err
		}
		return s, nil
	}
}

// logout ends all sessions.
func (l *lasting) logout() {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, s := range l.sessions {
		_ = s.Logout(ctx) // it may be lost
	}
	l.sessions = nil
}

// hangUp ends all sessions and waits until the server has noticed.
func (l *lasting) hangUp() {
	l.Helper()
	l.logout()
	for _, c := range l.tap.all() {
		select {
		case <-c.ended:
		case <-time.After(30 * time.Second):
			l.Error("the server has not noticed that its client is gone")
		}
	}
}

// wait waits a tenth of the time, and what is left of it for as long as the server has
// not noticed yet that an earlier connection was lost.
func (l *lasting) wait(ctx context.Context, d time.Duration) error {
	whole, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	sleep := func(ended <-chan struct{}, d time.Duration) {
		select {
		case <-ended:
		case <-time.After(d):
		case <-whole.Done():
		}
	}
	sleep(nil, d/10)
	if conns := l.tap.all(); len(conns) > 0 {
		for _, c := range conns[:len(conns)-1] {
			sleep(c.ended, d)
		}
	}
	return context.Cause(ctx)
}

// all are the connections so far.
func (p *tap) all() []*tapped {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*tapped(nil), p.conns...)
}

// resume finishes what a run that died has left in doubt, by its journal, and ends that.
// It returns whether there was one, and what could not be found out.
func (l *lasting) resume() (found bool, unsure error) {
	l.Helper()
	path, open, err := journal.Unfinished(l.dir, trialKey)
	if err != nil {
		l.Fatal(err)
	}
	if !open {
		return false, nil
	}
	s := l.dial(l.load(everything))
	l.keep(s)
	_, unsure, err = resume(l.Context(), path, s, apply.Options{Reconnect: l.reconnect(), Wait: l.wait}, nil)
	l.hangUp()
	if err != nil {
		l.Fatalf("resume: %v", err)
	}
	return true, unsure
}

// resume does what the command line does with a journal without an end. The Journal
// that is wrapped around the writer is for tests; nil: none.
func resume(ctx context.Context, path string, s apply.Server, o apply.Options, wrap func(apply.Journal) apply.Journal) (done *apply.Resumed, unsure, err error) {
	w, j, err := journal.Reopen(path, time.Now)
	if err != nil {
		return nil, nil, err
	}
	if len(j.Records) == 1 {
		return nil, nil, w.Close(journal.End{})
	}
	o.Journal = w
	if wrap != nil {
		o.Journal = wrap(w)
	}
	done, unsure = apply.Resume(ctx, j.Records, s, o)
	if apply.Lost(unsure) {
		_ = w.Leave() // the first error tells more
		return done, nil, unsure
	}
	return done, unsure, w.Close(journal.End{Error: "it was cut short"})
}

// A score counts what trials have seen.
type score struct{ trials, times, messages, lost, doubled, doubt atomic.Int64 }

// take counts what a mailbox holds in the end.
func (s *score) take(got view) {
	s.trials.Add(1)
	have, want := got.hashes(), outcome().hashes()
	for hash, n := range want {
		s.lost.Add(int64(max(n-have[hash], 0)))
	}
	for hash, n := range have {
		s.messages.Add(int64(n))
		s.doubled.Add(int64(max(n-want[hash], 0)))
	}
}

func (s *score) String() string {
	return fmt.Sprintf("%d trials, %d messages counted: %d lost, %d doubled, %d in doubt",
		s.trials.Load(), s.messages.Load(), s.lost.Load(), s.doubled.Load(), s.doubt.Load())
}

// hashes counts the messages by what they hold.
func (v view) hashes() map[string]int {
	n := map[string]int{}
	for folder, lines := range v {
		if folder == subscribed {
			continue
		}
		for _, line := range lines {
			hash, _, _ := strings.Cut(line, " ")
			n[hash]++
		}
	}
	return n
}

var someMessages = regexp.MustCompile(`(\d+) messages`)

// inDoubt is how many messages a run says that it does not know what became of. Only of
// those that are the same to the last octet may it.
func (l *lasting) inDoubt(made *plan.Plan, r *apply.Result) (n int) {
	l.Helper()
	for i, o := range r.Steps {
		if o.Err == nil || o.Status == apply.StatusBlocked {
			continue
		}
		file, ok := made.Steps[i].Op.(plan.File)
		if twins := ok && file.Folder == "INBOX" && file.To == "Filed"; !twins || !strings.Contains(o.Err.Error(), "unknown") {
			l.Errorf("a step failed: %T: %v", made.Steps[i].Op, o.Err)
			continue
		}
		n += doubtful(o.Err)
	}
	return n
}

// doubtful is how many messages an error names.
func doubtful(err error) int {
	if err == nil {
		return 0
	}
	most := 0
	for _, m := range someMessages.FindAllStringSubmatch(err.Error(), -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			most = max(most, n)
		}
	}
	return most
}
