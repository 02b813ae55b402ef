package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/lock"
	"github.com/imapform/imapform/internal/state"
)

// locking says whether, and how patiently, an account is locked before it is
// changed.
type locking struct {
	on   bool
	wait time.Duration
}

func (l *locking) flags(fs *flag.FlagSet) {
	fs.BoolVar(&l.on, "lock", true, "Do not keep other applies of the same account on this machine out. Two at once can double mail: only where something else keeps them apart.")
	durationFlag(fs, &l.wait, "lock-timeout", 0, "How long to wait for another apply of the same account, as a `DURATION` such as 5m. Without it, an account that is locked is left alone.")
}

// hold locks an account until the function that it returns is called. Two applies at
// once could both copy or move a message: that no server keeps them apart is why this
// does.
func (inv *invocation) hold(ctx context.Context, l locking, a *config.Account) (release func() error, err error) {
	if !l.on {
		return func() error { return nil }, nil
	}
	dir, err := state.Dir(inv.environment)
	if err != nil {
		return nil, fmt.Errorf("%w, or say -lock=false", err)
	}
	ctx, stop := inv.untilStopped(ctx)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, l.wait)
	defer cancel()
	held, err := lock.AcquireWait(ctx, dir, stateKey(a), "imapform apply")
	if err != nil {
		return nil, err
	}
	return held.Release, nil
}

// stateKey is how the account is known in the state directory: by the mailbox that it
// is, whatever the configuration calls it.
func stateKey(a *config.Account) state.Key {
	return state.Key{Host: a.Host, Port: a.Port, Username: cmp.Or(a.AuthorizeAs, a.Username), Maildir: a.Maildir}
}
