package cli

import (
	"context"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// A Session is a connection to an account, as far as commands use it. Only one
// goroutine uses it at a time.
type Session interface {
	apply.Server
	// Answer visits a folder and tells the messages that the question is about.
	Answer(ctx context.Context, q plan.Question, tell func(*message.Message)) (plan.State, error)
	// AnswerAll is Answer for questions of different folders. Tell is told which of them a
	// message belongs to.
	AnswerAll(ctx context.Context, qs []plan.Question, tell func(i int, m *message.Message)) ([]plan.Answer, error)
	// Logout ends the session.
	Logout(ctx context.Context) error
}

// dial connects to an account.
func (inv *invocation) dial(ctx context.Context, a *config.Account, o server.Options) (Session, error) {
	o.Version, o.Limits, o.Meter = inv.Version, inv.limits.of(a), &inv.costs.of(a).meter
	if inv.traced() {
		o.Trace = inv.trace(a.Address)
	}
	if inv.Dial != nil {
		return inv.Dial(ctx, a, o)
	}
	session, err := server.Dial(ctx, a, o)
	if err != nil {
		return nil, err
	}
	return session, nil
}
