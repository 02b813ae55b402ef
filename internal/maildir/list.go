package maildir

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// A listing is what LIST chooses from.
type listing struct {
	exists     map[string]bool
	subscribed map[string]bool
	children   map[string]bool // names that have existing folders below them
	subsBelow  map[string]bool // names that have subscribed folders below them
	names      []string        // all of these: folders, their parents, subscribed names; INBOX first
	unnamed    unnamed
}

func (t *Tree) listing(withSubscriptions bool) (*listing, error) {
	folders, err := t.folders()
	if err != nil {
		return nil, err
	}
	unnamed, err := t.unnamed()
	if err != nil {
		return nil, err
	}
	l := &listing{
		unnamed: unnamed,
		exists:  make(map[string]bool), subscribed: make(map[string]bool),
		children: make(map[string]bool), subsBelow: make(map[string]bool),
	}
	all := make(map[string]bool)
	for _, name := range folders {
		l.exists[name], all[name] = true, true
		for _, up := range parents(name) {
			l.children[up], all[up] = true, true
		}
	}
	if withSubscriptions {
		if l.subscribed, err = t.subscribed(); err != nil {
			return nil, err
		}
	}
	for name := range l.subscribed {
		all[name] = true
		for _, up := range parents(name) {
			l.subsBelow[up], all[up] = true, true
		}
	}
	delete(all, inbox)
	for name := range all {
		l.names = append(l.names, name)
	}
	slices.Sort(l.names)
	l.names = append([]string{inbox}, l.names...)
	for _, name := range l.names {
		if slices.ContainsFunc(unnamed, func(dir string) bool { return isDirBelow(dir, name) }) {
			l.children[name] = true
		}
	}
	return l, nil
}

// List implements imapserver.Session (RFC 9051 section 6.3.9, RFC 5258, RFC 6154).
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if err := s.checkListOptions(options); err != nil {
		return err
	}
	if len(patterns) == 0 { // only the delimiter is asked for
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	var l *listing
	var entries []*imap.ListData
	for again := 0; ; again++ { // folders may be renamed meanwhile: then it is looked once more
		var err error
		if l, entries, err = s.listEntries(ref, patterns, options); err == nil {
			break
		}
		if !isGone(err) || again == maxListings {
			return answer(err)
		}
	}
	for _, data := range entries {
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return listUnnamed(w, l, ref, patterns, options)
}

// maxListings is how often folders are listed once more while they are renamed.
const maxListings = 20

// isGone says whether an error is that of a folder that is not there.
func isGone(err error) bool {
	said, ok := errors.AsType[*imap.Error](err)
	return errors.Is(err, fs.ErrNotExist) || ok && said.Code == imap.ResponseCodeNonExistent
}

// listEntries are the folders that have a name and are wanted.
func (s *session) listEntries(ref string, patterns []string, options *imap.ListOptions) (*listing, []*imap.ListData, error) {
	l, err := s.tree.listing(options.SelectSubscribed || options.ReturnSubscribed)
	if err != nil {
		return nil, nil, err
	}
	var entries []*imap.ListData
	for _, name := range l.names {
		if !slices.ContainsFunc(patterns, func(p string) bool { return matches(name, ref, p) }) {
			continue
		}
		data, err := s.listEntry(l, name, options)
		if err != nil {
			return nil, nil, err
		}
		if data != nil {
			entries = append(entries, data)
		}
	}
	return l, entries, nil
}

// listUnnamed tells of the folders that have no name, and hence neither a subscription nor a use.
func listUnnamed(w *imapserver.ListWriter, l *listing, ref string, patterns []string, options *imap.ListOptions) error {
	if options.SelectSubscribed || options.SelectSpecialUse {
		return nil
	}
	for _, dir := range l.unnamed {
		if !slices.ContainsFunc(patterns, func(p string) bool { return matches(dir, ref, p) }) {
			continue
		}
		if err := w.WriteList(unnamedData(dir)); err != nil {
			return err
		}
	}
	return nil
}

// checkListOptions refuses what is not offered.
func (s *session) checkListOptions(o *imap.ListOptions) error {
	switch {
	case (o.SelectRemote || o.SelectRecursiveMatch || o.ReturnSubscribed || o.ReturnChildren) && !s.tree.offers(imap.CapListExtended):
		return bad("LIST-EXTENDED is not offered")
	case o.ReturnStatus != nil && !s.tree.offers(imap.CapListStatus):
		return bad("LIST-STATUS is not offered")
	case (o.SelectSpecialUse || o.ReturnSpecialUse) && !s.tree.offers(imap.CapSpecialUse):
		return bad("SPECIAL-USE is not offered")
	case o.ReturnStatus != nil:
		return s.checkStatusOptions(o.ReturnStatus)
	}
	return nil
}

// matches says whether the pattern means the name, INBOX in any case of letters (RFC 9051 section 5.1).
func matches(name, ref, pattern string) bool {
	if strings.EqualFold(ref+pattern, inbox) {
		return name == inbox
	}
	return imapserver.MatchList(name, delimiter, ref, pattern)
}

// listEntry returns what LIST says about a name; nil if it is not chosen.
func (s *session) listEntry(l *listing, name string, o *imap.ListOptions) (*imap.ListData, error) {
	data := &imap.ListData{Delim: delimiter, Mailbox: name}
	chosen := l.exists[name] || l.children[name]
	if o.SelectSubscribed {
		chosen = l.subscribed[name]
		if o.SelectRecursiveMatch && l.subsBelow[name] {
			chosen = true
			data.ChildInfo = &imap.ListDataChildInfo{Subscribed: true}
		}
	}
	if !chosen {
		return nil, nil
	}
	if l.subscribed[name] {
		data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
	}
	if !l.exists[name] {
		data.Attrs = append(data.Attrs, imap.MailboxAttrNonExistent, imap.MailboxAttrNoSelect)
	}
	if l.children[name] {
		data.Attrs = append(data.Attrs, imap.MailboxAttrHasChildren)
	} else {
		data.Attrs = append(data.Attrs, imap.MailboxAttrHasNoChildren)
	}
	if !l.exists[name] {
		if o.SelectSpecialUse {
			return nil, nil
		}
		return data, nil
	}
	return s.addLookups(data, name, o)
}

// addLookups adds what must be read from the folder: its special uses and its status. RFC 6154 section 2 lets a server
// name the uses unasked.
func (s *session) addLookups(data *imap.ListData, name string, o *imap.ListOptions) (*imap.ListData, error) {
	if s.tree.offers(imap.CapSpecialUse) {
		use, err := readSpecialUse(s.tree.path(name))
		if err != nil {
			return nil, err
		}
		if o.SelectSpecialUse && len(use) == 0 {
			return nil, nil
		}
		data.Attrs = append(data.Attrs, use...)
	}
	if o.ReturnStatus != nil {
		status, err := s.tree.status(name, o.ReturnStatus)
		if err != nil {
			return nil, err
		}
		data.Status = status
	}
	return data, nil
}
