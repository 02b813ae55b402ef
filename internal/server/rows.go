package server

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// A part is what one command reads: a set, and how many messages of it there should be.
type part struct {
	set  imap.UIDSet
	want int64
}

// A telling tells of the messages of a part as their rows come, each once and forgotten
// then: what is kept of it is its UID. Of a message that is told in several responses
// what came is kept until it is complete.
type telling struct {
	r    *reading
	part part
	tell func(*message.Message)

	told    uidSet
	partial map[imap.UID]*message.Message
	octets  int64 // of headers, of messages that are kept
}

// These bound what a server can make one command cost that talks without end.
const (
	maxHeaders             = 512 << 20  // octets of headers that are kept
	sparePerUID, spareRows = 4, 100_000 // responses beside one for each message
)

func (r *reading) telling(p part, tell func(*message.Message)) *telling {
	return &telling{r: r, part: p, tell: tell}
}

// short is how many messages were not told that should be there.
func (t *telling) short() int64 { return t.part.want - int64(t.told.count) }

// take tells of a message of which all has come.
func (t *telling) take(m *message.Message, octets int64) error {
	if t.told.has(m.UID) {
		return nil
	}
	if earlier := t.partial[m.UID]; earlier != nil {
		m.Merge(earlier) // what was told later counts
		delete(t.partial, m.UID)
	}
	if !t.r.covered(m.Known) {
		if t.partial == nil {
			t.partial = map[imap.UID]*message.Message{}
		}
		t.partial[m.UID] = m.Clone()
		return t.keep(octets)
	}
	t.told.add(m.UID)
	t.tell(m)
	if t.r.collects {
		return t.keep(octets)
	}
	return nil
}

// covered says whether all is known of a message that was asked for. Fields come all
// together, or not at all.
func (r *reading) covered(known message.Parts) bool {
	asked := r.parts
	return (known.Flags || !asked.Flags) && (known.Received || !asked.Received) && (known.Size || !asked.Size) &&
		(known.Saved || !asked.Saved) && (known.Structure || !asked.Structure) && (len(known.Fields) > 0 || len(asked.Fields) == 0)
}

func (t *telling) keep(octets int64) error {
	if t.octets += octets; t.octets > t.r.most {
		return fmt.Errorf("the headers that one command reads are more than %d octets", t.r.most)
	}
	return nil
}

// tellings are those of one burst, by UID.
type tellings []*telling

// of returns the one to which a message belongs; nil: it was not asked about. Servers
// may run commands that are sent together at the same time, so that it cannot be told
// by their order.
func (all tellings) of(uid imap.UID) *telling {
	i, _ := slices.BinarySearchFunc(all, uid, func(t *telling, uid imap.UID) int {
		return cmp.Compare(t.part.set[len(t.part.set)-1].Stop, uid)
	})
	if i == len(all) || uid == 0 || !all[i].part.set.Contains(uid) {
		return nil
	}
	return all[i]
}

// want is how many messages there should be.
func (all tellings) want() (n int64) {
	for _, t := range all {
		n += t.part.want
	}
	return n
}

// take reads a response. A server may tell of other messages at any time.
func (all tellings) take(r *reading, raw wire.Raw) error {
	if r.rows++; r.rows > spareRows && r.rows > sparePerUID*all.want()+spareRows {
		return fmt.Errorf("the server answers with %d responses where there are %d messages", r.rows, all.want())
	}
	row, ok := raw.Row()
	if ok {
		t := all.of(row.UID)
		if t == nil || t.told.has(row.UID) {
			return nil
		}
		if m, ok := r.usual.read(row, r.parts.Fields); ok {
			return r.pass(t, m, int64(len(row.Header)))
		}
	}
	m, octets, err := r.readAny(raw)
	if err != nil {
		return err
	}
	if t := all.of(m.UID); t != nil {
		return r.pass(t, m, octets)
	}
	return nil
}

// pass takes a message unless its header is more than may be read. Then what comes is
// only counted, so that the error says how much there is, up to a bound.
func (r *reading) pass(t *telling, m *message.Message, octets int64) error {
	if err := r.budget.spend(octets); err != nil {
		if r.overdrawn = err; r.budget.used-r.budget.limit > maxOverdrawn {
			return err
		}
		return nil
	}
	return t.take(m, octets)
}

// maxOverdrawn is how many octets more than may be read are read and counted.
const maxOverdrawn = 8 << 20

// readAny reads a row of any form, and how many octets of it are of the message itself;
// or as much as there is of it before its BODYSTRUCTURE, where that cannot be read.
func (r *reading) readAny(raw wire.Raw) (*message.Message, int64, error) {
	response, err := raw.Response()
	damaged := false
	if r.parts.Structure && (err != nil || checkRow(response) != nil) {
		if response, damaged = beforeStructure(response); damaged {
			err = nil
		}
	}
	if err != nil {
		return nil, 0, err
	}
	m, err := readRow(response, r.parts.Fields)
	if err != nil {
		return nil, 0, err
	}
	if damaged {
		m.Known.Structure = true // and it makes no sense
	}
	if most := r.s.known.effect.partsTold; most > 0 && countLeaves(m.Structure) >= most {
		m.Structure = nil // there may be more
	}
	return m, mailOctets(response.Values[0].List), nil
}

// mailOctets counts what of a row is of the message itself: its header fields and text.
func mailOctets(row []wire.Value) int64 {
	var n int64
	for ; len(row) > 1; row = row[2:] {
		if strings.HasPrefix(strings.ToUpper(row[0].Text), "BODY[") {
			n += int64(len(row[1].Text))
		}
	}
	return n
}
