package suite

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
)

// The trouble that this file makes, as the page calls it.
const (
	serverKilled = "Server killed"
	serverDown   = "Server shut down"
	serverHung   = "Server hung"
	serverGone   = "Server hung for good"
	networkGone  = "Network gone"
)

const (
	// impatience is how long the servers of these trials may say nothing.
	impatience = 700 * time.Millisecond

	// hopeless is how long a run may last when nothing answers any more: it tries to
	// connect a few times, each as long as a server may say nothing, and waits between.
	hopeless = 30 * time.Second
)

// An outage is what becomes of a server in the middle of an apply.
type outage struct {
	fail  func(*imaptest.Server) error
	mend  func(*imaptest.Server) error
	after time.Duration // until it is mended; 0: until the run is over
}

var outages = map[string]outage{
	serverKilled: {(*imaptest.Server).Kill, (*imaptest.Server).Restart, 100 * time.Millisecond},
	serverDown:   {(*imaptest.Server).ShutDown, (*imaptest.Server).Restart, 100 * time.Millisecond},
	serverHung:   {(*imaptest.Server).Pause, (*imaptest.Server).Continue, 2 * impatience},
	serverGone:   {(*imaptest.Server).Pause, (*imaptest.Server).Continue, 0},
}

// alone are the targets that a trial can have a server of its own of.
var alone = map[string][]imaptest.Option{"dovecot": nil, "dovecot-without-MOVE": {imaptest.Hide("MOVE")}}

// A server that is killed, shut down or hangs comes back, and the run goes on. If
// nothing comes back, the run ends in time and says so, and the next one finishes it.
func TestOutages(t *testing.T) {
	for _, f := range faulties() {
		if f.name == "maildir" || f.name == "courier" {
			continue // the page says why
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.clean(t)
			scores := map[string]*score{networkGone: {}}
			trials := map[string][]attempt{networkGone: f.networkGoes(scores[networkGone])}
			if options, ok := alone[f.name]; ok {
				for name, o := range outages {
					scores[name] = &score{}
					trials[name] = f.serverFails(o, options, scores[name])
				}
			}
			var chosen []attempt
			for i, name := range slices.Sorted(maps.Keys(trials)) {
				for n, a := range trials[name] {
					if (i+len(f.name))%2 == 0 && n == (7*i+len(f.name))%len(trials[name]) || allFaults() {
						chosen = append(chosen, attempt{name + "/" + a.name, a.run})
					}
				}
			}
			f.each(t, chosen)
			for name, s := range scores {
				report(t, f.name, name, s, len(trials[name]))
			}
		})
	}
}

// strikes are the points at which a server fails: one for each command that changes
// something.
func (f *faulty) strikes() (all []cut) {
	points := []imaptest.Point{imaptest.AfterCommand, imaptest.BeforeAnswer, imaptest.BeforeCommand}
	for i, p := range f.changing() {
		all = append(all, cut{p, points[i%len(points)]})
	}
	return all
}

// serverFails has the server fail at each change.
func (f *faulty) serverFails(o outage, options []imaptest.Option, s *score) (all []attempt) {
	for _, c := range f.strikes() {
		all = append(all, attempt{c.String(), func(t *testing.T) {
			var server *imaptest.Server
			start := func(t *testing.T) imaptest.Account {
				server = imaptest.StartAlone(t, options...)
				return server.Account(t)
			}
			over, mended := make(chan struct{}), make(chan error, 1)
			fail := func() {
				if err := o.fail(server); err != nil {
					t.Errorf("fail: %v", err)
				}
				go func() {
					if o.after > 0 {
						time.Sleep(o.after)
					} else {
						<-over
					}
					mended <- o.mend(server)
				}()
			}
			l := newLasting(t, start, imaptest.Script{Faults: []imaptest.Fault{{
				At: c.at, Match: applying(), Nth: c.nth, Func: fail, Do: imaptest.Nothing,
			}}}, impatient)
			dial := l.tap.dial
			l.tap.dial = func() (net.Conn, error) {
				conn, err := dial()
				if err != nil {
					err = unreachable{err}
				}
				return conn, err
			}
			l.waits = shortly
			l.mend = func() {
				close(over)
				if err := <-mended; err != nil {
					t.Fatalf("mend: %v", err)
				}
			}
			f.outlast(l, c, o.after > 0, s)
		}})
	}
	return all
}

// networkGoes lets nothing through any more from each change on, nor on any new
// connection.
func (f *faulty) networkGoes(s *score) (all []attempt) {
	for _, c := range f.strikes() {
		all = append(all, attempt{c.String(), func(t *testing.T) {
			var gone atomic.Bool
			l := newLasting(t, f.start, imaptest.Script{Faults: []imaptest.Fault{{
				At: c.at, Match: applying(), Nth: c.nth, Func: func() { gone.Store(true) }, Do: imaptest.BlackHole,
			}}}, impatient)
			dial := l.tap.dial
			l.tap.dial = func() (net.Conn, error) {
				if gone.Load() {
					return hole{make(chan struct{}), new(sync.Once)}, nil
				}
				return dial()
			}
			l.waits = shortly
			l.mend = func() { gone.Store(false) }
			f.outlast(l, c, false, s)
		}})
	}
	return all
}

// outlast makes the run, and finishes it where it could not go on: that is everywhere
// but at the last change, whose answer may have come through.
func (f *faulty) outlast(l *lasting, at cut, comesBack bool, s *score) {
	l.Helper()
	changing := f.changing()
	last := at.nth == changing[len(changing)-1].nth
	began := time.Now()
	made, r, err := l.persist(l.Context())
	if took := time.Since(began); took > hopeless {
		l.Errorf("the run has lasted %v", took)
	}
	l.lossless(imaptest.Snapshot(l, l.account))
	l.honest(r)
	switch {
	case comesBack && (err != nil || !r.Complete()):
		l.Errorf("the server came back, and the run ended with %v %s", err, describe(made, r))
	case !comesBack && !(last && err == nil) && (!apply.Lost(err) || r.Complete()):
		l.Errorf("nothing answered any more, and the run ended with %v %s", err, describe(made, r))
	}
	l.taught = nil
	found, unsure := l.resume()
	if found != (err != nil) || unsure != nil {
		l.Errorf("the run ended with %v; there is a journal to resume: %t, which says %v", err, found, unsure)
	}
	got := l.finish()
	s.take(got)
	l.want(got, outcome())
}

// impatient gives an account a short timeout.
func impatient(cfg *config.Config) { cfg.Accounts[0].Timeout = impatience }

// shortly waits a fifth of the time.
func shortly(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d / 5):
	case <-ctx.Done():
	}
	return context.Cause(ctx)
}

// An unreachable is the error of a connection that cannot be made, as package server
// has it where the connections are its own.
type unreachable struct{ error }

// Transient says that another attempt is worth while.
func (unreachable) Transient() bool { return true }

// A hole is a connection through which nothing comes.
type hole struct {
	closed chan struct{}
	once   *sync.Once
}

func (h hole) Read([]byte) (int, error) {
	<-h.closed
	return 0, net.ErrClosed
}
func (h hole) Write(p []byte) (int, error) { return len(p), nil }

// CloseWrite ends the other direction, too: nobody is there to do it.
func (h hole) CloseWrite() error { return h.Close() }

// Close implements net.Conn.
func (h hole) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h hole) LocalAddr() net.Addr              { return nil }
func (h hole) RemoteAddr() net.Addr             { return nil }
func (h hole) SetDeadline(time.Time) error      { return nil }
func (h hole) SetReadDeadline(time.Time) error  { return nil }
func (h hole) SetWriteDeadline(time.Time) error { return nil }
