package apply

import (
	"context"
	"io"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A patient is a connection on which what the server refuses for now is sent again
// after a while, as far as sending it twice does no harm: looks, and changes of flags,
// which find nothing to do the second time. Of all else a refusal may hide that it was
// done, wholly or in part, and what must be seen before it is sent may have changed while
// it was waited for, so that somebody must look first: those who send it do.
//
// A look that fails by the server's own fault is tried once more on another
// connection: it ends like one on a connection that is lost.
//
// Refusals are returned with what people can do about them.
type patient struct {
	Server
	run *run
}

var _ Server = (*patient)(nil)

// again sends what may be sent twice.
func (p *patient) again(ctx context.Context, send func() error) error {
	return advise(p.run.patiently(ctx, send))
}

// look is again for what changes nothing on the server.
func (p *patient) look(ctx context.Context, command string, folder mailbox.Name, send func() error) error {
	err := p.again(ctx, send)
	if err == nil || Lost(err) || ClassOf(err) != ClassServerBug || p.run.options.Reconnect == nil {
		return err
	}
	what := command + " " + string(folder)
	if p.run.patience.blamed[what] {
		return err
	}
	p.run.patience.blamed[what] = true
	return &brokenError{err}
}

// lookAfter is look for what was refused once already, together with others.
func (p *patient) lookAfter(ctx context.Context, command string, folder mailbox.Name, refused error, send func() error) error {
	return p.look(ctx, command, folder, func() error {
		if err := refused; err != nil {
			refused = nil
			return err
		}
		return send()
	})
}

// A brokenError is that of a look that may go better on another connection.
type brokenError struct{ error }

// Lost says that this connection is not to be used any more.
func (e *brokenError) Lost() bool { return true }

// Transient says that another one is worth a try.
func (e *brokenError) Transient() bool { return true }

// Unwrap returns what the server said.
func (e *brokenError) Unwrap() error { return e.error }

func (p *patient) List(ctx context.Context) (l plan.Listing, err error) {
	err = p.look(ctx, "LIST", "", func() (err error) {
		l, err = p.Server.List(ctx)
		return err
	})
	return l, err
}

func (p *patient) Status(ctx context.Context, n mailbox.Name) (s plan.State, err error) {
	err = p.look(ctx, "STATUS", n, func() (err error) {
		s, err = p.Server.Status(ctx, n)
		return err
	})
	return s, err
}

// Statuses asks again, one by one and after a while, about folders of which the server
// would not tell for now.
func (p *patient) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	states, errs := p.Server.Statuses(ctx, names)
	if slices.ContainsFunc(errs, Lost) {
		return states, errs
	}
	for i, err := range errs {
		if err == nil {
			continue
		}
		errs[i] = p.lookAfter(ctx, "STATUS", names[i], err, func() (err error) {
			states[i], err = p.Server.Status(ctx, names[i])
			return err
		})
		if Lost(errs[i]) {
			break
		}
	}
	return states, errs
}

// TryOut is done again as a whole: that changes nothing.
func (p *patient) TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error) {
	err := p.look(ctx, "SELECT", names[0], func() error {
		errs, left = p.Server.TryOut(ctx, names)
		all := append(slices.Clone(errs), left)
		if lost := firstLost(all); lost != nil {
			return lost
		}
		for _, err := range all {
			if passing(err) || err != nil && ClassOf(err) == ClassServerBug {
				return err
			}
		}
		return nil
	})
	if Lost(err) {
		return errs, err
	}
	return errs, left
}

func (p *patient) Open(ctx context.Context, n mailbox.Name) (o Opened, err error) {
	err = p.look(ctx, "SELECT", n, func() (err error) {
		o, err = p.Server.Open(ctx, n)
		return err
	})
	return o, err
}

// visit is Visit that finds messages: only what was told by the command that the server did
// not refuse, since what another told may be out of date.
func (p *patient) visit(ctx context.Context, n mailbox.Name, f *finding) (o Opened, seen, err error) {
	err = p.look(ctx, "SELECT", n, func() error {
		f.begin()
		o, seen, err = p.Server.Visit(ctx, n, f.asked, f.parts, f.take)
		return err
	})
	if err != nil {
		return o, nil, err
	}
	if seen != nil && !Lost(seen) { // the folder is open
		seen = p.lookAfter(ctx, "FETCH", n, seen, func() error { return p.fetchOnce(ctx, f) })
	}
	return o, seen, nil
}

// fetch is Fetch that finds messages, as visit does.
func (p *patient) fetch(ctx context.Context, f *finding) error {
	return p.look(ctx, "FETCH", p.run.open, func() error { return p.fetchOnce(ctx, f) })
}

func (p *patient) fetchOnce(ctx context.Context, f *finding) error {
	f.begin()
	return p.Server.Fetch(ctx, f.asked, f.parts, f.take)
}

// Read is not tried again once something was written: that cannot be taken back.
func (p *patient) Read(ctx context.Context, uid imap.UID, w io.Writer) error {
	begun := &counter{w: w}
	var partly error
	err := p.again(ctx, func() error {
		err := p.Server.Read(ctx, uid, begun)
		if begun.octets > 0 {
			partly = err
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return advise(partly)
}

// A counter counts what it writes.
type counter struct {
	w      io.Writer
	octets int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.octets += int64(n)
	return n, err
}

// Changes sends again, together and after a while, changes of flags that were refused for
// now. It remembers that there is no room for copies: every one that is tried then is in
// vain.
func (p *patient) Changes(ctx context.Context, all []Change) []Changed {
	said := p.Server.Changes(ctx, all)
	for n := 1; lostBy(said) == nil; n++ {
		var of []int
		var again []Change
		for i, c := range all {
			if c.Kind.flags() && passing(said[i].Err) {
				of, again = append(of, i), append(again, c)
			}
		}
		if len(again) == 0 {
			break
		}
		if given := p.run.await(ctx, n, said[of[0]].Err); given != nil {
			for _, i := range of {
				said[i].Err = given
			}
			break
		}
		for j, one := range p.Server.Changes(ctx, again) {
			said[of[j]] = one
		}
	}
	for i, c := range all {
		if err := said[i].Err; c.Kind == ChangeCopy && err != nil && ClassOf(err) == ClassQuota {
			p.run.full = err
		}
		said[i].Err = advise(said[i].Err)
	}
	return said
}

// Close takes another refusal than the first for the answer that nothing is open: the
// folder was left by the first.
func (p *patient) Close(ctx context.Context) error {
	throttled := false
	return p.again(ctx, func() error {
		err := p.Server.Close(ctx)
		if throttled && err != nil && !passing(err) && !Lost(err) {
			return nil
		}
		throttled = passing(err)
		return err
	})
}

func (p *patient) Folders(ctx context.Context, all []FolderChange) []error {
	errs := p.Server.Folders(ctx, all)
	for i, err := range errs {
		errs[i] = advise(err)
	}
	return errs
}

func (p *patient) Append(ctx context.Context, n mailbox.Name, m Append) (uidValidity uint32, uid imap.UID, err error) {
	uidValidity, uid, err = p.Server.Append(ctx, n, m)
	return uidValidity, uid, advise(err)
}
