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
// one. One for which the time is lacking ends it for those after it as well.
func (s *Session) together(ctx context.Context, all []asked) ([]wire.Reply, []error) {
	most := max(1, len(all))
	if s.allowance.limitsRate() {
		most = 1
	}
	var replies []wire.Reply
	var errs []error
	s.heard.forget()
	for some := range slices.Chunk(all, most) {
		if err := s.pace(ctx, some[0].op, some[0].folder); err != nil {
			left := len(all) - len(errs)
			return append(replies, make([]wire.Reply, left)...), append(errs, everyOne(left, err)...)
		}
		said, failed := s.exchange(ctx, some)
		replies, errs = append(replies, said...), append(errs, failed...)
	}
	return replies, errs
}

// atOnce is together for commands that may not wait for their turn. What comes after them
// waits for it as well.
func (s *Session) atOnce(ctx context.Context, all []asked) ([]wire.Reply, []error) {
	s.relisted = nil
	if len(all) > 0 {
		if err := over(ctx, all[0].op, all[0].folder); err != nil {
			return make([]wire.Reply, len(all)), everyOne(len(all), err)
		}
	}
	s.heard.forget()
	return s.exchange(ctx, all)
}

// exchange sends commands in one write.
func (s *Session) exchange(ctx context.Context, all []asked) ([]wire.Reply, []error) {
	requests := make([]wire.Request, len(all))
	for i, a := range all {
		requests[i] = a.request
	}
	replies, errs := make([]wire.Reply, len(all)), make([]error, len(all))
	for i, answer := range s.conn.Together(ctx, requests) {
		replies[i], errs[i] = answer.Reply, s.explain(all[i].op, all[i].folder, answer.Err)
	}
	if s.conn.Err() != nil {
		<-s.client.Closed() // and with it all that the connection held
	}
	return replies, errs
}

// everyOne is the error of each of n commands.
func everyOne(n int, err error) []error { return slices.Repeat([]error{err}, n) }
