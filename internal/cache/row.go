package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A codec knows what rows are made of, and what those before the next one said. What
// writes and what reads a file each have one, and both must come to know the same.
type codec struct {
	parts message.Parts // of each row

	uid   imap.UID // of the row before
	at    int64    // its INTERNALDATE
	saved int64    // its SAVEDATE
	flags flagSets
	zones zones

	told message.Message // by message, the last time
}

// A row is what is written of one message. Octets are those of a buffer that the next
// row overwrites.
type row struct {
	uid      imap.UID
	flags    mailbox.Flags
	size     int64
	received stamp
	saved    stamp // zero: the server keeps none
	octets   []byte
	broken   bool
}

// A stamp is a time to the second, with the zone in which it was told.
type stamp struct {
	unix int64
	zone int64 // seconds east of UTC
	set  bool
}

func newCodec(parts message.Parts) *codec { return &codec{parts: parts, zones: zones{}} }

var errRow = errors.New("a row makes no sense")

// append adds what is written of a message. What is not exactly what it would be when
// read again is refused.
func (c *codec) append(b []byte, m *message.Message) (_ []byte, err error) {
	if m.UID <= c.uid {
		return b, fmt.Errorf("UID %d comes after %d", m.UID, c.uid)
	}
	if !m.Known.Covers(c.parts) {
		return b, fmt.Errorf("not all is known of UID %d", m.UID)
	}
	b = binary.AppendUvarint(b, uint64(m.UID-c.uid))
	c.uid = m.UID
	if c.parts.Flags {
		if b, err = c.flags.append(b, m.Flags); err != nil {
			return b, err
		}
	}
	if c.parts.Size {
		if m.Size < 0 {
			return b, fmt.Errorf("%d is no size", m.Size)
		}
		b = binary.AppendUvarint(b, uint64(m.Size))
	}
	if c.parts.Received {
		if b, err = appendTime(b, m.Received, &c.at); err != nil {
			return b, err
		}
	}
	if c.parts.Saved {
		if b, err = c.appendSaved(b, m.Saved); err != nil {
			return b, err
		}
	}
	if len(c.parts.Fields) > 0 {
		return c.appendHeader(b, m.Header)
	}
	return b, nil
}

func (c *codec) appendSaved(b []byte, t time.Time) ([]byte, error) {
	if t.IsZero() {
		return append(b, 0), nil
	}
	return appendTime(append(b, 1), t, &c.saved)
}

func (c *codec) appendHeader(b []byte, h message.Header) ([]byte, error) {
	broken := byte(0)
	if h.Broken() {
		broken = 1
	}
	b, ok := h.AppendOctets(append(b, broken))
	if !ok {
		return b, errors.New("its header cannot be written such that it is read again as it is")
	}
	return b, nil
}

// read takes a row apart.
func (c *codec) read(b []byte) (row, error) {
	in := cursor{rest: b}
	delta := in.uvarint()
	r := row{uid: c.uid + imap.UID(delta)}
	if delta == 0 || delta > uint64(math.MaxUint32-c.uid) {
		return row{}, errRow
	}
	c.uid = r.uid
	if c.parts.Flags {
		r.flags = c.flags.read(&in)
	}
	if c.parts.Size {
		size := in.uvarint()
		in.must(size <= math.MaxInt64)
		r.size = int64(size)
	}
	if c.parts.Received {
		r.received = readTime(&in, &c.at)
	}
	if c.parts.Saved {
		switch in.octet() {
		case 0:
		case 1:
			r.saved = readTime(&in, &c.saved)
		default:
			in.fail()
		}
	}
	if len(c.parts.Fields) > 0 {
		broken := in.octet()
		in.must(broken <= 1)
		r.broken, r.octets = broken == 1, in.take(uint64(len(in.rest)))
	}
	if in.bad || len(in.rest) > 0 {
		return row{}, errRow
	}
	return r, nil
}

// message makes of a row what it was made of, which holds until the next one is made.
func (c *codec) message(r row) (*message.Message, error) {
	m := &c.told
	m.Reset()
	m.UID, m.Known, m.Flags, m.Size = r.uid, c.parts, r.flags, r.size
	if c.parts.Received {
		m.Received = c.zones.time(r.received)
	}
	if r.saved.set {
		m.Saved = c.zones.time(r.saved)
	}
	if len(c.parts.Fields) == 0 {
		return m, nil
	}
	return m, m.Header.Restore(r.octets, r.broken)
}

// A cursor reads values from octets that may be any. Once one cannot be read, none can.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) fail() { c.rest, c.bad = nil, true }

func (c *cursor) must(ok bool) {
	if !ok {
		c.fail()
	}
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) varint() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1) // zigzag, as binary.AppendVarint writes it
}

func (c *cursor) octet() byte {
	b := c.take(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.fail()
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) text() string { return string(c.take(c.uvarint())) }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendParts writes which parts rows hold; those of messages' texts and structure they
// never do.
func appendParts(b []byte, p message.Parts) []byte {
	bits := byte(0)
	for i, on := range []bool{p.Flags, p.Received, p.Size, p.Saved} {
		if on {
			bits |= 1 << i
		}
	}
	b = binary.AppendUvarint(append(b, bits), uint64(len(p.Fields)))
	for _, f := range p.Fields {
		b = appendText(b, f)
	}
	return b
}

func readParts(in *cursor) message.Parts {
	bits := in.octet()
	p := message.Parts{Flags: bits&1 != 0, Received: bits&2 != 0, Size: bits&4 != 0, Saved: bits&8 != 0}
	in.must(bits < 16)
	for n := in.uvarint(); n > 0 && !in.bad; n-- {
		p.Fields = append(p.Fields, in.text())
	}
	// Sorted, as they are searched that way.
	in.must(slices.Equal(p.Fields, message.Fields(p.Fields...).Fields))
	return p
}
