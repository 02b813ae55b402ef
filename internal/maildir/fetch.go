package maildir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// Fetch implements imapserver.Session (RFC 9051 section 6.4.5). A message that cannot be read does not keep the others
// from being sent, but the command ends in NO then: nothing is sent in place of what could not be read.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	v, err := s.selected()
	if err != nil {
		return err
	}
	if err := checkFetchOptions(options); err != nil {
		return err
	}
	indexes := v.pick(set)
	var failed error
	if marksSeen(options) && !v.readOnly {
		options.Flags = true // they may change, and the client must know (RFC 9051 section 6.4.5, BODY[])
		store := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}
		if _, err := s.tree.store(v, indexes, store); err != nil {
			return answer(err)
		}
	}
	reader := bufio.NewReaderSize(nil, 8<<10)
	for _, i := range indexes {
		items, err := v.fetchItems(i, s.tree.look, options, reader)
		if err != nil {
			if failed == nil {
				failed = fetchFailed(v, i, err)
			}
			continue
		}
		if err := items.write(w.CreateMessage(uint32(i)+1), options); err != nil {
			return err
		}
	}
	return answer(failed)
}

func fetchFailed(v *view, i int, err error) error {
	if errors.Is(err, errGone) {
		return no(codeExpungeIssued, "Some of the messages no longer exist")
	}
	return fmt.Errorf("fetch UID %d of folder %q: %w", v.messages[i].uid, v.name, err)
}

// checkFetchOptions refuses what is not offered.
func checkFetchOptions(o *imap.FetchOptions) error {
	if len(o.BinarySection) > 0 || len(o.BinarySectionSize) > 0 {
		return bad("BINARY is not offered")
	}
	if o.ModSeq || o.ChangedSince > 0 {
		return bad("CONDSTORE is not offered")
	}
	return nil
}

func marksSeen(o *imap.FetchOptions) bool {
	for _, section := range o.BodySection {
		if !section.Peek {
			return true
		}
	}
	return false
}

// fetched is what is sent of a message. It is complete before the first octet of it is sent.
type fetched struct {
	uid       imap.UID
	flags     []imap.Flag
	date      time.Time
	size      int64
	envelope  *imap.Envelope
	structure imap.BodyStructure
	sections  [][]byte // as in the options
}

// fetchItems reads of message i what is asked for, and no more than that.
func (v *view) fetchItems(i int, look func(string) (*snapshot, error), o *imap.FetchOptions, r *bufio.Reader) (*fetched, error) {
	items := new(fetched)
	err := v.at(i, look, func(m *seen) error {
		*items = fetched{}
		return m.fetch(v, items, o, r)
	})
	if err != nil {
		return nil, err
	}
	m := &v.messages[i]
	items.uid = m.uid
	if o.Flags {
		m.shown = m.letters()
		items.flags = flagsOf(m.shown, v.kw)
	}
	if o.RFC822Size {
		if items.size, err = v.sizeOf(i, look); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (m *seen) fetch(v *view, items *fetched, o *imap.FetchOptions, r *bufio.Reader) (err error) {
	needs := needsOf(o)
	if needs == needsNothing {
		if o.InternalDate {
			items.date, err = statDate(m.place.in(v.dir))
		}
		return err
	}
	f, err := os.Open(m.place.in(v.dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if size, ok := parseFileName(m.place.name).size('S'); ok && size > 0 && info.Size() == 0 {
		return fmt.Errorf("the file %q is empty, and its name says %d octets: %w", m.place.name, size, errDamaged)
	}
	items.date = info.ModTime()
	r.Reset(f)
	header, err := readHeader(r)
	if err != nil {
		return err
	}
	var whole []byte
	if needs == needsAll {
		r.Reset(f)
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if whole, err = readMessage(r); err != nil {
			return err
		}
	}
	return items.extract(header, whole, o)
}

func statDate(name string) (time.Time, error) {
	info, err := os.Stat(name)
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

const (
	needsNothing = iota // of the file's content
	needsHeader
	needsAll
)

func needsOf(o *imap.FetchOptions) int {
	needs := needsNothing
	if o.Envelope {
		needs = needsHeader
	}
	if o.BodyStructure != nil {
		needs = needsAll
	}
	for _, section := range o.BodySection {
		if len(section.Part) == 0 && section.Specifier == imap.PartSpecifierHeader {
			needs = max(needs, needsHeader)
		} else {
			needs = needsAll
		}
	}
	return needs
}

func (items *fetched) extract(header, whole []byte, o *imap.FetchOptions) (err error) {
	if o.Envelope {
		parsed, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(header)))
		if err != nil && err != io.EOF {
			return fmt.Errorf("read the envelope: %w: %w", err, errDamaged)
		}
		items.envelope = imapserver.ExtractEnvelope(parsed)
	}
	e := entity{header: header, whole: whole}
	if o.BodyStructure != nil {
		items.structure = e.structure()
	}
	for _, section := range o.BodySection {
		data, err := e.extract(section)
		if err != nil {
			return err
		}
		items.sections = append(items.sections, data)
	}
	return nil
}

func (items *fetched) write(w *imapserver.FetchResponseWriter, o *imap.FetchOptions) error {
	w.WriteUID(items.uid)
	if o.Flags {
		w.WriteFlags(items.flags)
	}
	if o.InternalDate {
		w.WriteInternalDate(items.date)
	}
	if o.RFC822Size {
		w.WriteRFC822Size(items.size)
	}
	if o.Envelope {
		w.WriteEnvelope(items.envelope)
	}
	if o.BodyStructure != nil {
		w.WriteBodyStructure(items.structure)
	}
	var errs []error
	for n, section := range o.BodySection {
		lit := w.WriteBodySection(section, int64(len(items.sections[n])))
		_, err := lit.Write(items.sections[n])
		errs = append(errs, err, lit.Close())
	}
	return errors.Join(append(errs, w.Close())...)
}

// sizeOf returns RFC822.SIZE of message i: what the file name says, as Dovecot believes it too, or else what the file
// holds.
func (v *view) sizeOf(i int, look func(string) (*snapshot, error)) (int64, error) {
	m := &v.messages[i]
	if m.size >= 0 {
		return m.size, nil
	}
	if n, ok := parseFileName(m.place.name).size('W'); ok {
		m.size = n
		return n, nil
	}
	err := v.at(i, look, func(m *seen) (err error) {
		m.size, err = fileWireSize(m.place.in(v.dir))
		return err
	})
	if err != nil {
		m.size = -1
	}
	return m.size, err
}
