package server

import (
	"slices"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/server/wire"
)

// A relisting is the answer to a listing that was sent behind changes to folders: who
// changes them looks at them next. It holds until anything else is sent.
type relisting struct {
	replies    []wire.Reply // to LIST and to LSUB
	lsub       error        // that of LSUB
	unreadable []wire.Notice
}

// relists says whether what is changed is worth a listing of all folders, and may be
// followed by one: several subscriptions one by one are not.
func (s *Session) relists(all []apply.FolderChange) bool {
	subscribes := func(c apply.FolderChange) bool {
		return c.Kind == apply.ChangeSubscribe || c.Kind == apply.ChangeUnsubscribe
	}
	return s.located && !s.open.writing && (len(all) > 1 || !slices.ContainsFunc(all, subscribes))
}

// relist are the commands of a listing.
func (s *Session) relist() []asked {
	const op = "list folders"
	return []asked{{op, "", wire.Request{Line: s.listLine(), Wanted: []string{"LIST", "STATUS"}, Repaired: true}}, askSubscribed}
}

// keepRelisted keeps the answers to relist. One that is not plain is of no use.
func (s *Session) keepRelisted(replies []wire.Reply, errs []error) {
	if errs[0] == nil && errs[1] == nil && s.heard.all() {
		s.relisted = &relisting{replies: replies, unreadable: s.heard.since(wire.FolderUnreadable)}
	}
}
