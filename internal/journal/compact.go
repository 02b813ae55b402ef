package journal

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// UIDs and digests are most of a journal, so they are written in short: 500 messages
// take 6 KB and not 23.

// MarshalJSON writes the messages as columns.
func (b Batch) MarshalJSON() ([]byte, error) {
	type plain Batch
	var c messageColumns
	for i, m := range b.Messages {
		c.UIDs = append(c.UIDs, m.UID)
		c.Digests = append(c.Digests, m.Digest)
		c.mark(i, m)
	}
	return json.Marshal(struct {
		plain
		Messages messageColumns `json:"messages"`
	}{plain(b), c})
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (b *Batch) UnmarshalJSON(data []byte) error {
	type plain Batch
	var wire struct {
		plain
		Messages messageColumns `json:"messages"`
	}
	if err := strictly(data, &wire); err != nil {
		return err
	}
	*b = Batch(wire.plain)
	var err error
	b.Messages, err = wire.Messages.messages()
	return err
}

// messageColumns are the messages of a batch, column by column.
type messageColumns struct {
	UIDs    numbers `json:"uids"`
	Digests digests `json:"digests"`
	Flags   []marks `json:"flags,omitempty"`
}

// marks are the flags that messages of a batch get and lose. They are told by their
// places, from 0.
type marks struct {
	Add    mailbox.Flags `json:"add,omitempty"`
	Remove mailbox.Flags `json:"remove,omitempty"`
	Places numbers       `json:"places"`
}

// mark notes the flags of the message at a place. There are few different ones.
func (c *messageColumns) mark(place int, m Message) {
	if len(m.Add)+len(m.Remove) == 0 {
		return
	}
	same := func(f marks) bool { return slices.Equal(f.Add, m.Add) && slices.Equal(f.Remove, m.Remove) }
	i := slices.IndexFunc(c.Flags, same)
	if i < 0 {
		i, c.Flags = len(c.Flags), append(c.Flags, marks{Add: m.Add, Remove: m.Remove})
	}
	c.Flags[i].Places = append(c.Flags[i].Places, imap.UID(place))
}

func (c *messageColumns) messages() ([]Message, error) {
	if len(c.UIDs) != len(c.Digests) {
		return nil, fmt.Errorf("%d messages have %d digests", len(c.UIDs), len(c.Digests))
	}
	all := make([]Message, len(c.UIDs))
	for i := range all {
		all[i].UID, all[i].Digest = c.UIDs[i], c.Digests[i]
	}
	for _, f := range c.Flags {
		for _, place := range f.Places {
			if int(place) >= len(all) || len(all[place].Add)+len(all[place].Remove) > 0 {
				return nil, fmt.Errorf("there is no message at place %d that has no flags yet", place)
			}
			all[place].Add, all[place].Remove = f.Add, f.Remove
		}
	}
	return all, nil
}

// MarshalJSON writes the UIDs in short.
func (c Command) MarshalJSON() ([]byte, error) {
	type plain Command
	return json.Marshal(struct {
		plain
		UIDs numbers `json:"uids"`
	}{plain(c), c.UIDs})
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (c *Command) UnmarshalJSON(data []byte) error {
	type plain Command
	var wire struct {
		plain
		UIDs numbers `json:"uids"`
	}
	err := strictly(data, &wire)
	*c = Command(wire.plain)
	c.UIDs = wire.UIDs
	return err
}

// MarshalJSON writes UIDs and digests in short.
func (d Done) MarshalJSON() ([]byte, error) {
	type plain Done
	return json.Marshal(struct {
		plain
		UIDs    numbers `json:"uids"`
		At      numbers `json:"at,omitempty"`
		Digests digests `json:"digests,omitempty"`
	}{plain(d), d.UIDs, d.At, d.Digests})
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (d *Done) UnmarshalJSON(data []byte) error {
	type plain Done
	var wire struct {
		plain
		UIDs    numbers `json:"uids"`
		At      numbers `json:"at"`
		Digests digests `json:"digests"`
	}
	err := strictly(data, &wire)
	*d = Done(wire.plain)
	d.UIDs, d.At, d.Digests = wire.UIDs, wire.At, wire.Digests
	return err
}

// strictly refuses what this version does not know: to leave it out could change what
// is to be done.
func strictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows its JSON")
	}
	return nil
}

// numbers are UIDs, or the like, in any order, as IMAP writes them: "3,7:9,2".
type numbers []imap.UID

// maxList is the longest list of numbers in one record.
const maxList = 1 << 20

// MarshalText joins numbers that follow each other.
func (n numbers) MarshalText() ([]byte, error) {
	if len(n) > maxList {
		return nil, fmt.Errorf("%d numbers are too many for one record", len(n))
	}
	var text []byte
	for i := 0; i < len(n); {
		last := i
		for last+1 < len(n) && n[last+1] == n[last]+1 && n[last+1] != 0 {
			last++
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(n[i]), 10)
		if last > i {
			text = strconv.AppendUint(append(text, ':'), uint64(n[last]), 10)
		}
		i = last + 1
	}
	return text, nil
}

// UnmarshalText reads what MarshalText writes.
func (n *numbers) UnmarshalText(text []byte) error {
	*n = nil
	if len(text) == 0 {
		return nil
	}
	for word := range strings.SplitSeq(string(text), ",") {
		from, to, is := strings.Cut(word, ":")
		if !is {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 32)
		if err != nil {
			return fmt.Errorf("its numbers: %w", err)
		}
		last, err := strconv.ParseUint(to, 10, 32)
		if err != nil {
			return fmt.Errorf("its numbers: %w", err)
		}
		if last < first || last-first >= uint64(maxList-len(*n)) {
			return fmt.Errorf("its numbers: %q is none, or too many", word)
		}
		*n = slices.Grow(*n, int(last-first)+1)
		for ; first <= last; first++ {
			*n = append(*n, imap.UID(first))
		}
	}
	return nil
}

// digests are 8 octets each, the highest first, in base64.
type digests []uint64

// MarshalText writes them one after the other.
func (d digests) MarshalText() ([]byte, error) {
	raw := make([]byte, 0, 8*len(d))
	for _, digest := range d {
		raw = binary.BigEndian.AppendUint64(raw, digest)
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *digests) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(raw)%8 != 0 {
		return errors.New("its digests are none")
	}
	*d = nil
	for ; len(raw) > 0; raw = raw[8:] {
		*d = append(*d, binary.BigEndian.Uint64(raw))
	}
	return nil
}
