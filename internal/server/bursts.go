package server

import (
	"context"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// Statuses looks at folders that are not open, at once.
func (s *Session) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	return apply.EachStatus(ctx, s, names)
}

// Folders sends changes to folders at once.
func (s *Session) Folders(ctx context.Context, all []apply.FolderChange) []error {
	return apply.EachFolder(ctx, s, all)
}

// Moves sends UID MOVE for several sets at once.
func (s *Session) Moves(ctx context.Context, all []apply.Moving) ([]apply.Transfer, []error) {
	return apply.EachMove(ctx, s, all)
}
