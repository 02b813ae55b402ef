package maildir

import (
	"github.com/emersion/go-imap/v2"
)

// Status implements imapserver.Session (RFC 9051 section 6.3.11).
func (s *session) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	if err := s.checkStatusOptions(options); err != nil {
		return nil, err
	}
	name, err := folderName(name)
	if err != nil {
		return nil, err
	}
	data, err := s.tree.status(name, options)
	return data, answer(err)
}

func (s *session) checkStatusOptions(o *imap.StatusOptions) error {
	switch {
	case o.Size && !s.tree.offers(imap.CapStatusSize):
		return bad("STATUS=SIZE is not offered")
	case o.DeletedStorage || o.HighestModSeq:
		return bad("Unknown STATUS data item")
	}
	return nil
}

func (t *Tree) status(name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	snap, err := t.look(name)
	if err != nil {
		return nil, err
	}
	var unseen, deleted, recent uint32
	for i := range snap.messages {
		letters := snap.messages[i].letters()
		if !hasLetter(letters, 'S') {
			unseen++
		}
		if hasLetter(letters, 'T') {
			deleted++
		}
	}
	count, limit := uint32(len(snap.messages)), uint32(maxAppend)
	data := &imap.StatusData{
		Mailbox: name, NumMessages: &count, UIDNext: snap.next, UIDValidity: snap.validity,
		NumUnseen: &unseen, NumDeleted: &deleted, NumRecent: &recent, AppendLimit: &limit,
	}
	if o.Size {
		v := newView(name, true, snap)
		var size int64
		for i := range v.messages {
			n, err := v.sizeOf(i, t.look)
			if err != nil {
				return nil, err
			}
			size += n
		}
		data.Size = &size
	}
	return data, nil
}
