package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// The bounds of going on after a lost connection.
const (
	maxConnects   = 5               // attempts to connect again, each after twice the wait
	firstWait     = time.Second     // before the second attempt
	maxLost       = 3               // times that the same work may lose the connection
	quietInterval = 2 * time.Second // between two looks at what a command may still be changing
	maxQuiet      = 60              // looks until it must have ended
)

// reconnect makes a new connection after one was lost. The error is the one that lost
// it, with why there is no other.
func (r *run) reconnect(ctx context.Context, lost error) error {
	if r.options.Reconnect == nil || ctx.Err() != nil || !Transient(lost) {
		return lost
	}
	for attempt := 1; ; attempt++ {
		s, err := r.options.Reconnect(ctx)
		if err == nil {
			r.server = &patient{Server: s, run: r}
			r.connection++
			r.waits++
			r.calm = map[mailbox.Name]bool{}
			r.open, r.rows, r.ajar, r.known = "", nil, false, nil
			return r.sameServer(s, lost)
		}
		if attempt == maxConnects || ctx.Err() != nil || !Transient(err) {
			return errors.Join(lost, fmt.Errorf("connect again (attempt %d): %w", attempt, err))
		}
		switch err := r.pauseBefore(ctx, attempt, err); {
		case errors.Is(err, ErrStopped):
			attempt = maxConnects - 1 // what was done is to be known: one more, at once
		case err != nil:
			return errors.Join(lost, err)
		}
	}
}

// pauseBefore waits before another attempt to connect.
func (r *run) pauseBefore(ctx context.Context, attempt int, failed error) error {
	named, left := RetryAfter(failed), maxPatience-r.patience.waited
	if named > left {
		return &givenUp{failed, fmt.Errorf("the server asks to wait %v, which is longer than a run waits", named.Round(time.Second))}
	}
	r.patience.waited += named
	return r.pause(ctx, max(grown(firstWait, 2, attempt), named), failed)
}

// sameServer fails if the server cannot do any more what the run counts on.
func (r *run) sameServer(s Server, lost error) error {
	if now := s.Can(); now != r.can {
		return errors.Join(lost, errors.New("the server offers other capabilities after the connection was made again, so that nothing more is done"))
	}
	return nil
}

// Transient says whether an error may be another one at the next attempt: a lost
// connection, or one that cannot be made. An error says so by a method Transient()
// bool.
func Transient(err error) bool {
	var t interface{ Transient() bool }
	if errors.As(err, &t) {
		return t.Transient()
	}
	return Lost(err)
}

// persist does something that may be done twice, again on a new connection if one is
// lost.
func (r *run) persist(ctx context.Context, do func() error) error {
	err := do()
	for n := 0; n < maxLost && Lost(err); n++ {
		if again := r.reconnect(ctx, err); again != nil {
			return again
		}
		err = do()
	}
	return err
}

// quiet waits until a command that was cut off has ended for sure: servers go on with
// what they were told before, for a while. It waits once for all folders of which that is
// to be known on this connection.
func (r *run) quiet(ctx context.Context, names []mailbox.Name) error {
	names = slices.Concat(names, r.doubtful)
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(n mailbox.Name) bool { return r.calm[n] })
	if len(names) == 0 {
		return nil
	}
	if err := r.leave(ctx); err != nil {
		return err
	}
	var before []plan.State
	for range maxQuiet {
		now, errs := r.server.Statuses(ctx, names) // in a folder that cannot be looked at nothing changes either
		for n := range now {
			if Lost(errs[n]) {
				return errs[n]
			}
			now[n].UIDValidity = 0 // Courier makes up another one at each look into an empty folder
		}
		if slices.Equal(before, now) {
			for _, n := range names {
				r.calm[n] = true
			}
			return nil
		}
		before = now
		if err := r.wait(ctx, quietInterval); err != nil {
			return err
		}
	}
	return fmt.Errorf("the server is still changing the folders %q: what became of the last command cannot be told", names)
}

// wait waits, unless the run is cancelled.
func (r *run) wait(ctx context.Context, d time.Duration) error {
	r.waits++
	if r.options.Wait != nil {
		return r.options.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
