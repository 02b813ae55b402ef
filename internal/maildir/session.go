package maildir

import (
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// A session is one client's. The library calls it from one goroutine, except that Idle runs beside the reader and may
// outlast a lost connection: hence the mutex, which only Idle's work and the end of a selection need.
type session struct {
	tree *Tree

	mu   sync.Mutex
	view *view // the selected folder; nil if none is
}

var _ interface {
	imapserver.SessionNamespace
	imapserver.SessionMove
	imapserver.SessionAppendLimit
} = (*session)(nil)

// maxAppend is the longest message that can be appended, in octets.
const maxAppend = 256 << 20

// AppendLimit implements imapserver.SessionAppendLimit.
func (s *session) AppendLimit() uint32 { return maxAppend }

// Close implements imapserver.Session.
func (s *session) Close() error { return s.Unselect() }

// Login implements imapserver.Session. It is never reached, since sessions begin authenticated.
func (s *session) Login(string, string) error { return bad("The session is authenticated already") }

// Namespace implements imapserver.SessionNamespace (RFC 2342).
func (s *session) Namespace() (*imap.NamespaceData, error) {
	if !s.tree.offers(imap.CapNamespace) {
		return nil, bad("NAMESPACE is not offered")
	}
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: delimiter}}}, nil
}

// Select implements imapserver.Session (RFC 9051 sections 6.3.2 and 6.3.3).
func (s *session) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	name, err := folderName(name)
	if err != nil {
		return nil, err
	}
	snap, err := s.tree.look(name)
	if err != nil {
		return nil, answer(err)
	}
	s.view = newView(name, options.ReadOnly, snap)
	return s.view.selectData(snap), nil
}

// Unselect implements imapserver.Session.
func (s *session) Unselect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view = nil
	return nil
}

// Create implements imapserver.Session.
func (s *session) Create(name string, options *imap.CreateOptions) error {
	if len(options.SpecialUse) > 0 && !s.tree.offers(imap.CapCreateSpecialUse) {
		return bad("CREATE-SPECIAL-USE is not offered")
	}
	return answer(s.tree.create(name, options.SpecialUse))
}

// Delete implements imapserver.Session.
func (s *session) Delete(name string) error { return answer(s.tree.remove(name)) }

// Rename implements imapserver.Session.
func (s *session) Rename(from, to string, _ *imap.RenameOptions) error {
	return answer(s.tree.rename(from, to))
}

// Subscribe implements imapserver.Session.
func (s *session) Subscribe(name string) error { return answer(s.tree.subscribe(name, true)) }

// Unsubscribe implements imapserver.Session.
func (s *session) Unsubscribe(name string) error { return answer(s.tree.subscribe(name, false)) }

// Poll implements imapserver.Session. The library ends the connection on an error, so a folder that cannot be read is
// only noted: the next command that needs it says why.
func (s *session) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	if v == nil || v.lost != nil {
		return nil
	}
	if v.snap.isYoung() && !v.behind {
		return v.tellKeywords(w)
	}
	snap, err := s.tree.look(v.name)
	if err != nil {
		s.tree.logf("look for news in folder %q: %v", v.name, err)
		return nil
	}
	return v.merge(snap, allowExpunge, w)
}

// Idle implements imapserver.Session (RFC 2177).
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-tick.C:
			if err := s.Poll(w, true); err != nil {
				return err
			}
		}
	}
}

// selected returns the selected folder if it is still the one that was selected.
func (s *session) selected() (*view, error) {
	if s.view.lost != nil {
		return nil, s.view.lost
	}
	return s.view, nil
}

// writable is selected for commands that change messages, which EXAMINE forbids (RFC 9051 section 6.3.3).
func (s *session) writable() (*view, error) {
	v, err := s.selected()
	if err == nil && v.readOnly {
		return nil, no(imap.ResponseCodeNoPerm, "The folder %q is opened read-only", v.name)
	}
	return v, err
}
