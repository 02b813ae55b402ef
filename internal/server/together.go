package server

import (
	"context"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
)

// An asked is one of several commands that are sent at once.
type asked struct {
	op      string
	folder  mailbox.Name // empty: none
	request wire.Request
}

// together sends commands in one write, once they may be sent, and returns what the
// server says to each. Under a rate each has to be waited for, so that they go one by
// one.
func (s *Session) together(ctx context.Context, all []asked) ([]wire.Reply, []error) {
	replies, errs := make([]wire.Reply, len(all)), make([]error, len(all))
	s.heard.forget()
	for sent := 0; sent < len(all); {
		now := all[sent:]
		if s.allowance.limitsRate() {
			now = now[:1]
		}
		requests := make([]wire.Request, len(now))
		for i, a := range now {
			requests[i] = a.request
		}
		// A command for which the time is lacking ends it for those after it as well.
		err := s.pace(ctx, now[0].op, now[0].folder)
		if err != nil {
			for i := range all[sent:] {
				errs[sent+i] = err
			}
			return replies, errs
		}
		for i, answer := range s.conn.Together(ctx, requests) {
			replies[sent+i], errs[sent+i] = answer.Reply, s.explain(now[i].op, now[i].folder, answer.Err)
		}
		sent += len(now)
	}
	if s.conn.Err() != nil {
		<-s.client.Closed() // and with it all that the connection held
	}
	return replies, errs
}

// everyOne is the error of each of n commands.
func everyOne(n int, err error) []error { return slices.Repeat([]error{err}, n) }
