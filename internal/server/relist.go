package server

import (
	"errors"
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
// followed by one: several subscriptions one by one are not, of a folder that is open what
// is told would be out of date, and under a rate it would have to be waited for on its own.
func (s *Session) relists(all []apply.FolderChange) bool {
	subscribes := func(c apply.FolderChange) bool {
		return c.Kind == apply.ChangeSubscribe || c.Kind == apply.ChangeUnsubscribe
	}
	return s.located && s.open.name == "" && !s.allowance.limitsRate() && (len(all) > 1 || !slices.ContainsFunc(all, subscribes))
}

// relist are the commands of a listing.
func (s *Session) relist() []asked {
	const op = "list folders"
	return []asked{{op, "", wire.Request{Line: s.listLine(), Wanted: []string{"LIST", "STATUS"}, Repaired: true}}, askSubscribed}
}

// relistBehind are those that are sent behind changes: what is told of folders before all
// changes are answered, as some servers do of what they change, is no part of the listing.
func (s *Session) relistBehind() []asked {
	all := s.relist()
	all[0].request.After = true
	return all
}

// keepRelisted keeps the answers to relistBehind, which are the last of a burst. They are of
// no use where anything in it was refused, which may be waited for before anybody looks; nor
// if they list nothing: then the server has listed the folders before it changed them.
func (s *Session) keepRelisted(replies []wire.Reply, errs []error) {
	replies = replies[len(replies)-2:]
	lists := func(r wire.Response) bool { return r.Type == "LIST" }
	if errors.Join(errs...) == nil && slices.ContainsFunc(replies[0].Untagged, lists) && s.heard.all() {
		s.relisted = &relisting{replies: replies, unreadable: s.heard.since(wire.FolderUnreadable)}
	}
}

// takeRelisted is what was kept, which serves once; nil: nothing.
func (s *Session) takeRelisted() *relisting {
	kept := s.relisted
	s.relisted = nil
	return kept
}
