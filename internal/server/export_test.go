package server

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// CompressAlways has the session's connection be compressed at the next occasion, however
// little is to be read and wherever the server is.
func CompressAlways(s *Session) { s.compression.always = true }

// CompressFor is what happens before octets are read.
func CompressFor(ctx context.Context, s *Session, octets int64) error {
	return s.compressFor(ctx, octets)
}

// Create makes a folder, and asks for its use where the server knows how (RFC 6154
// section 3); see Folders.
func (s *Session) Create(ctx context.Context, name mailbox.Name, use mailbox.Use) error {
	return s.Folders(ctx, []apply.FolderChange{{Kind: apply.ChangeCreate, Name: name, Use: use}})[0]
}

// Subscribe subscribes to a folder, or ends that.
func (s *Session) Subscribe(ctx context.Context, name mailbox.Name, subscribed bool) error {
	kind := apply.ChangeUnsubscribe
	if subscribed {
		kind = apply.ChangeSubscribe
	}
	return s.Folders(ctx, []apply.FolderChange{{Kind: kind, Name: name}})[0]
}

// Rename gives a folder another name; see Folders.
func (s *Session) Rename(ctx context.Context, from, to mailbox.Name) error {
	return s.Folders(ctx, []apply.FolderChange{{Kind: apply.ChangeRename, Name: from, To: to}})[0]
}

// Delete deletes a folder; see Folders.
func (s *Session) Delete(ctx context.Context, name mailbox.Name) error {
	return s.Folders(ctx, []apply.FolderChange{{Kind: apply.ChangeDelete, Name: name}})[0]
}

// Move moves messages of the open folder; see Changes.
func (s *Session) Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	said := s.Changes(ctx, []apply.Change{{Kind: apply.ChangeMove, UIDs: uids, To: to}})[0]
	return said.Transfer, said.Err
}

// Copy copies messages of the open folder; see Changes.
func (s *Session) Copy(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	said := s.Changes(ctx, []apply.Change{{Kind: apply.ChangeCopy, UIDs: uids, To: to}})[0]
	return said.Transfer, said.Err
}

// Store changes flags of messages of the open folder; see Changes.
func (s *Session) Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) (map[imap.UID]mailbox.Flags, error) {
	kind := apply.ChangeTake
	if add {
		kind = apply.ChangeAdd
	}
	said := s.Changes(ctx, []apply.Change{{Kind: kind, UIDs: uids, Flags: flags}})[0]
	return said.Flags, said.Err
}

// Expunge removes messages of the open folder; see Changes.
func (s *Session) Expunge(ctx context.Context, uids imap.UIDSet) error {
	return s.Changes(ctx, []apply.Change{{Kind: apply.ChangeExpunge, UIDs: uids}})[0].Err
}

// A Moving is messages and where they are moved to.
type Moving struct {
	UIDs imap.UIDSet
	To   mailbox.Name
}

// Moves moves messages of the open folder by several commands; see Changes.
func (s *Session) Moves(ctx context.Context, all []Moving) ([]apply.Transfer, []error) {
	var changes []apply.Change
	for _, m := range all {
		changes = append(changes, apply.Change{Kind: apply.ChangeMove, UIDs: m.UIDs, To: m.To})
	}
	moved, errs := make([]apply.Transfer, len(all)), make([]error, len(all))
	for i, said := range s.Changes(ctx, changes) {
		moved[i], errs[i] = said.Transfer, said.Err
	}
	return moved, errs
}
