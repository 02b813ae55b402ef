package maildir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
)

// Search implements imapserver.Session (RFC 9051 section 6.4.4). A message that cannot be read fails the search: a
// shorter answer would be taken for the truth.
func (s *session) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	v, err := s.selected()
	if err != nil {
		return nil, err
	}
	switch {
	case (options.ReturnMin || options.ReturnMax || options.ReturnCount) && !s.tree.offers(imap.CapESearch):
		return nil, bad("ESEARCH is not offered")
	case options.ReturnSave && !s.tree.offers(imap.CapSearchRes):
		return nil, bad("SEARCHRES is not offered")
	case criteria.ModSeq != nil:
		return nil, bad("CONDSTORE is not offered")
	}
	var found []int
	for i := range v.messages {
		c := candidate{v: v, i: i, look: s.tree.look}
		ok, err := c.matches(criteria)
		if errors.Is(err, errGone) {
			continue // and the client will hear that it is
		}
		if err != nil {
			return nil, answer(fmt.Errorf("search UID %d of folder %q: %w", v.messages[i].uid, v.name, err))
		}
		if ok {
			found = append(found, i)
		}
	}
	return v.searchData(kind, found, options), nil
}

func (v *view) searchData(kind imapserver.NumKind, found []int, options *imap.SearchOptions) *imap.SearchData {
	var (
		seqs imap.SeqSet
		uids imap.UIDSet
		data = &imap.SearchData{Count: uint32(len(found))}
	)
	for n, i := range found {
		seqs.AddNum(uint32(i) + 1)
		uids.AddNum(v.messages[i].uid)
		num := uint32(i) + 1
		if kind == imapserver.NumKindUID {
			num = uint32(v.messages[i].uid)
		}
		if n == 0 {
			data.Min = num
		}
		data.Max = num
	}
	if data.All = seqs; kind == imapserver.NumKindUID {
		data.All = uids
	}
	if options.ReturnSave {
		v.saved = uids
	}
	return data
}

// A candidate is a message that is being searched. It is read no further than the criteria need, and once.
type candidate struct {
	v    *view
	i    int
	look func(string) (*snapshot, error)

	header []byte
	whole  []byte
}

func (c *candidate) matches(s *imap.SearchCriteria) (bool, error) {
	for _, test := range []func(*imap.SearchCriteria) (bool, error){
		c.matchesNumbers, c.matchesFlags, c.matchesDate, c.matchesSize, c.matchesHeader, c.matchesSent, c.matchesText,
	} {
		if ok, err := test(s); !ok || err != nil {
			return false, err
		}
	}
	for i := range s.Not {
		if ok, err := c.matches(&s.Not[i]); ok || err != nil {
			return false, err
		}
	}
	for i := range s.Or {
		ok, err := c.matches(&s.Or[i][0])
		if !ok && err == nil {
			ok, err = c.matches(&s.Or[i][1])
		}
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (c *candidate) matchesNumbers(s *imap.SearchCriteria) (bool, error) {
	for _, set := range s.SeqNum {
		if !c.v.contains(set, c.i) {
			return false, nil
		}
	}
	for _, set := range s.UID {
		if !c.v.contains(set, c.i) {
			return false, nil
		}
	}
	return true, nil
}

// contains says whether the set means message i.
func (v *view) contains(set imap.NumSet, i int) bool {
	n := len(v.messages)
	if imap.IsSearchRes(set) {
		set = v.saved
	}
	switch set := set.(type) {
	case imap.SeqSet:
		for _, r := range set {
			if start, stop := order(r.Start, r.Stop, uint32(n)); start <= uint32(i)+1 && uint32(i)+1 <= stop {
				return true
			}
		}
	case imap.UIDSet:
		uid, highest := v.messages[i].uid, v.messages[n-1].uid
		for _, r := range set {
			if start, stop := order(r.Start, r.Stop, highest); start <= uid && uid <= stop {
				return true
			}
		}
	}
	return false
}

func (c *candidate) matchesFlags(s *imap.SearchCriteria) (bool, error) {
	letters := c.v.messages[c.i].letters()
	has := func(flag imap.Flag) bool {
		letter, ok := letterOf(flag, c.v.kw)
		return ok && hasLetter(letters, letter)
	}
	for _, flag := range s.Flag {
		if !has(flag) {
			return false, nil
		}
	}
	for _, flag := range s.NotFlag {
		if has(flag) {
			return false, nil
		}
	}
	return true, nil
}

func (c *candidate) matchesDate(s *imap.SearchCriteria) (bool, error) {
	if s.Since.IsZero() && s.Before.IsZero() {
		return true, nil
	}
	var date time.Time
	err := c.v.at(c.i, c.look, func(m *seen) (err error) {
		date, err = statDate(m.place.in(c.v.dir))
		return err
	})
	return dayBetween(date, s.Since, s.Before), err
}

// dayBetween compares days as they are written, without regard to time zones (RFC 9051 section 6.4.4).
func dayBetween(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

func (c *candidate) matchesSize(s *imap.SearchCriteria) (bool, error) {
	if s.Larger == 0 && s.Smaller == 0 {
		return true, nil
	}
	size, err := c.v.sizeOf(c.i, c.look)
	return (s.Larger == 0 || size > s.Larger) && (s.Smaller == 0 || size < s.Smaller), err
}

func (c *candidate) matchesHeader(s *imap.SearchCriteria) (bool, error) {
	for _, wanted := range s.Header {
		header, err := c.readHeader()
		if err != nil {
			return false, err
		}
		found := false
		for name, raw := range headerFields(header) {
			if strings.EqualFold(name, wanted.Key) && containsFold(fieldText(raw), wanted.Value) {
				found = true
				break
			}
		}
		if !found {
			return false, nil
		}
	}
	return true, nil
}

func (c *candidate) matchesSent(s *imap.SearchCriteria) (bool, error) {
	if s.SentSince.IsZero() && s.SentBefore.IsZero() {
		return true, nil
	}
	header, err := c.readHeader()
	if err != nil {
		return false, err
	}
	for name, raw := range headerFields(header) {
		if strings.EqualFold(name, "Date") {
			var h mail.Header
			h.Set("Date", fieldText(raw))
			date, err := h.Date()
			return err == nil && dayBetween(date, s.SentSince, s.SentBefore), nil
		}
	}
	return false, nil
}

func (c *candidate) matchesText(s *imap.SearchCriteria) (bool, error) {
	for _, wanted := range s.Text {
		if ok, err := c.hasText(wanted, true); !ok || err != nil {
			return false, err
		}
	}
	for _, wanted := range s.Body {
		if ok, err := c.hasText(wanted, false); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// readHeader returns the message's header.
func (c *candidate) readHeader() ([]byte, error) {
	if c.header != nil {
		return c.header, nil
	}
	err := c.read(func(f *os.File) (err error) {
		c.header, err = readHeader(bufio.NewReader(f))
		return err
	})
	return c.header, err
}

func (c *candidate) read(f func(*os.File) error) error {
	return c.v.at(c.i, c.look, func(m *seen) error {
		file, err := os.Open(m.place.in(c.v.dir))
		if err != nil {
			return err
		}
		return errors.Join(f(file), file.Close())
	})
}

func (c *candidate) hasText(wanted string, inHeader bool) (bool, error) {
	if c.whole == nil {
		err := c.read(func(f *os.File) (err error) {
			c.whole, err = readMessage(f)
			return err
		})
		if err != nil {
			return false, err
		}
	}
	entity, err := gomessage.Read(bytes.NewReader(c.whole))
	if err != nil && !isOnlyUnknown(err) {
		return false, fmt.Errorf("%w: %w", err, errDamaged)
	}
	return entityHas(entity, wanted, inHeader, 0)
}

// isOnlyUnknown says whether the entity can be used, undecoded.
func isOnlyUnknown(err error) bool {
	return gomessage.IsUnknownCharset(err) || gomessage.IsUnknownEncoding(err)
}

// maxDepth is how deep parts may lie in one another to be searched.
const maxDepth = 50

func entityHas(e *gomessage.Entity, wanted string, inHeader bool, depth int) (bool, error) {
	if inHeader && headerHas(e.Header.Header, wanted) {
		return true, nil
	}
	mr := e.MultipartReader()
	if mr == nil || depth >= maxDepth {
		if mediaType, _, err := e.Header.ContentType(); err != nil ||
			!strings.HasPrefix(mediaType, "text/") && !strings.HasPrefix(mediaType, "message/") {
			return false, nil
		}
		text, err := io.ReadAll(e.Body)
		return containsFold(string(text), wanted), err
	}
	for {
		part, err := mr.NextPart()
		if err == io.EOF {
			return false, nil
		}
		if err != nil && !isOnlyUnknown(err) {
			return false, fmt.Errorf("%w: %w", err, errDamaged)
		}
		if ok, err := entityHas(part, wanted, inHeader, depth+1); ok || err != nil {
			return ok, err
		}
	}
}

func headerHas(h textproto.Header, wanted string) bool {
	for fields := h.Fields(); fields.Next(); {
		if containsFold(fields.Key()+": "+decodeWords(fields.Value()), wanted) {
			return true
		}
	}
	return false
}

// fieldText returns a field's value, unfolded and decoded.
func fieldText(raw []byte) string {
	_, value, _ := bytes.Cut(raw, []byte(":"))
	unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ", "\r\n", "").Replace(string(value))
	return decodeWords(strings.TrimSpace(unfolded))
}

// decodeWords decodes encoded words (RFC 2047); what cannot be decoded stays as it is.
func decodeWords(s string) string {
	decoder := mime.WordDecoder{CharsetReader: gomessage.CharsetReader}
	if decoded, err := decoder.DecodeHeader(s); err == nil {
		return decoded
	}
	return s
}

// containsFold looks for a substring without regard to case.
func containsFold(s, wanted string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(wanted))
}
