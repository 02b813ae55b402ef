package cache

import (
	"encoding/binary"
	"errors"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// flagSets are the sets of flags that rows have had so far: a mailbox has few, so that
// most rows only say which. A set is written where it comes first. Both sides remember
// as many.
type flagSets struct {
	sets   []mailbox.Flags // those that were read
	places map[string]int  // of those that were written
	octets int             // of what is remembered
	key    []byte
}

const (
	maxSets      = 4096
	maxSetOctets = 1 << 20
)

// room says whether one more set can be remembered, of so many octets, and counts it.
func (f *flagSets) room(known, octets int) bool {
	if known >= maxSets || f.octets+octets > maxSetOctets {
		return false
	}
	f.octets += octets
	return true
}

var errFlags = errors.New("the flags are no set")

func (f *flagSets) append(b []byte, set mailbox.Flags) ([]byte, error) {
	f.key = f.key[:0]
	for _, flag := range set {
		f.key = appendText(f.key, string(flag))
	}
	if place, ok := f.places[string(f.key)]; ok {
		return binary.AppendUvarint(b, uint64(place)+1), nil
	}
	if !isSet(set) {
		return b, errFlags
	}
	if f.places == nil {
		f.places = map[string]int{}
	}
	if n := len(f.places); f.room(n, len(f.key)) {
		f.places[string(f.key)] = n
	}
	b = binary.AppendUvarint(append(b, 0), uint64(len(set)))
	return append(b, f.key...), nil
}

func (f *flagSets) read(in *cursor) mailbox.Flags {
	place := in.uvarint()
	if place > 0 {
		if place > uint64(len(f.sets)) {
			in.fail()
			return nil
		}
		return f.sets[place-1]
	}
	n := in.uvarint()
	begin := len(in.rest)
	in.must(n <= uint64(begin)) // each takes an octet at the least
	set := mailbox.Flags{}
	for ; n > 0 && !in.bad; n-- {
		set = append(set, imap.Flag(in.text()))
	}
	in.must(isSet(set))
	if !in.bad && f.room(len(f.sets), begin-len(in.rest)) {
		f.sets = append(f.sets, set)
	}
	return set
}

// isSet says whether mailbox.NewFlags would make the same of them.
func isSet(flags mailbox.Flags) bool {
	set := mailbox.NewFlags(flags...)
	if len(set) != len(flags) {
		return false
	}
	for i, flag := range flags {
		if set[i] != flag || flag == "" {
			return false
		}
	}
	return true
}
