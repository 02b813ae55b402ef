package apply_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// peculiar is a server with names of its own kind, and with mail that it cannot read.
type peculiar struct {
	*model.Account
	inInbox   bool
	folds     bool // names that differ in letter case only are the same
	dull      bool // some messages lack what was asked for
	delimiter string
}

func (s *peculiar) Listing() plan.Listing {
	l := s.Account.Listing()
	l.InInbox, l.Delimiter = s.inInbox, s.delimiter
	return l
}

func (s *peculiar) List(ctx context.Context) (plan.Listing, error) {
	if _, err := s.Account.List(ctx); err != nil {
		return plan.Listing{}, err
	}
	return s.Listing(), nil
}

// here is the folder's name as the server has it.
func (s *peculiar) here(n mailbox.Name) mailbox.Name {
	if !s.folds {
		return n
	}
	rest := ""
	for above, ok := n, true; ok; above, ok = above.Parent() {
		rest = string(n[len(above):])
		for _, f := range s.Account.Listing().Folders {
			if f.Exists && f.Name.Fold() == above.Fold() {
				return f.Name + mailbox.Name(rest)
			}
		}
	}
	return n
}

func (s *peculiar) Create(ctx context.Context, n mailbox.Name, use mailbox.Use) error {
	for _, level := range n.Levels() {
		if s.delimiter != "/" && strings.Contains(level, s.delimiter) {
			return errors.New("NO [CANNOT] the delimiter is in a level")
		}
	}
	return s.Account.Create(ctx, s.here(n), use)
}

func (s *peculiar) Open(ctx context.Context, n mailbox.Name) (apply.Opened, error) {
	return s.Account.Open(ctx, s.here(n))
}

func (s *peculiar) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (o apply.Opened, seen, err error) {
	return model.OneVisit(ctx, s, name, uids, parts, tell)
}

func (s *peculiar) TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error) {
	return model.EachTryOut(ctx, s, names)
}

func (s *peculiar) Status(ctx context.Context, n mailbox.Name) (plan.State, error) {
	return s.Account.Status(ctx, s.here(n))
}

func (s *peculiar) Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	return s.Account.Move(ctx, uids, s.here(to))
}

func (s *peculiar) Copy(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	return s.Account.Copy(ctx, uids, s.here(to))
}

func (s *peculiar) plan(t *testing.T, account *config.Account) (*plan.Plan, hcl.Diagnostics) {
	policy := config.DefaultPolicy()
	policy.MoveThenDelete, policy.MaxRemovedFolders = true, 100
	planner, diags := plan.New(account, policy, s.Listing(), made)
	if diags.HasErrors() {
		return nil, diags
	}
	for rounds := 0; ; rounds++ {
		round := planner.Ask()
		if len(round) == 0 {
			return planner.Plan()
		}
		if rounds > 50 {
			t.Fatal("the planner asks without end")
		}
		for _, q := range round {
			state, err := s.Answer(t.Context(), q, func(m *message.Message) { planner.Tell(q, s.blur(m)) })
			if err != nil {
				t.Fatalf("question %+v: %v", q, err)
			}
			planner.Told(q, state)
		}
	}
}

// blur takes something from a message that cannot be read: always the same of the
// same one.
func (s *peculiar) blur(m *message.Message) *message.Message {
	if !s.dull {
		return m
	}
	subject, _ := m.Header.Text("subject")
	if strings.HasPrefix(subject, "2") {
		m.Known.Fields, m.Header = nil, message.Header{}
	}
	m.Known.Structure = m.Known.Structure && m.UID%3 != 0
	if m.UID%4 == 0 {
		m.Known.Texts, m.Texts = nil, nil
	}
	return m
}

func (s *peculiar) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	return model.EachStatus(ctx, s, names)
}

func (s *peculiar) Folders(ctx context.Context, all []apply.FolderChange) []error {
	return model.EachFolder(ctx, s, all)
}

func (s *peculiar) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	return model.EachChange(ctx, s, all)
}
