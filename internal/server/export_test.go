package server

import (
	"context"

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
