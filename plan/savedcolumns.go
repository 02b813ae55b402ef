package plan

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// columns are the messages of a step, in ascending order of their UIDs, column by
// column: so a hundred thousand of them take well under two megabytes.
type columns struct {
	// UIDs are told by how far each is from the one before, the first from zero;
	// "4+2" is one that is four further, and the two that follow it at once. "3,4+2" are
	// the UIDs 3 and 7 to 9. Distances stay short where UIDs have grown long.
	UIDs string `json:"uids"`
	// Digests are eight octets a message, the most significant first, in base64.
	Digests string `json:"digests"`
	// Flags are the different combinations that messages have, in the order in which
	// they first occur: "(\Seen) +($Done) -(\Flagged)", the flags that matter, and those
	// that are added and removed, if any.
	Flags []string `json:"flags"`
	// Runs says which of the combinations each message has: "0x3,1" are three of the
	// first and one of the second.
	Runs string `json:"runs"`
}

// errAscending is that of a step whose messages are not in ascending order.
var errAscending = errors.New("its messages are not in ascending order of their UIDs, each once")

// newColumns turns messages into columns.
func newColumns(msgs []Message) (columns, error) {
	last := imap.UID(0)
	digests := make([]byte, 0, 8*len(msgs))
	for i := range msgs {
		if msgs[i].UID <= last {
			return columns{}, errAscending
		}
		last = msgs[i].UID
		digests = binary.BigEndian.AppendUint64(digests, msgs[i].Fingerprint())
	}
	c := columns{UIDs: uidColumn(msgs), Digests: base64.RawStdEncoding.EncodeToString(digests)}
	c.Flags, c.Runs = flagColumns(msgs)
	return c, nil
}

// uidColumn tells the UIDs of messages, which are in ascending order.
func uidColumn(msgs []Message) string {
	var b []byte
	last := imap.UID(0)
	for first := 0; first < len(msgs); {
		end := first + 1
		for end < len(msgs) && msgs[end].UID == msgs[end-1].UID+1 {
			end++
		}
		b = appendItem(b, uint64(msgs[first].UID-last))
		if more := end - first - 1; more > 0 {
			b = strconv.AppendInt(append(b, '+'), int64(more), 10)
		}
		last, first = msgs[end-1].UID, end
	}
	return string(b)
}

// flagColumns tells the combinations of flags, and which message has which.
func flagColumns(msgs []Message) (combinations []string, runs string) {
	kinds := make([]int, len(msgs))
	known, met := map[string]int{}, map[shared]int{}
	for i := range msgs {
		same := sharedFlags(&msgs[i])
		kind, ok := met[same]
		if !ok {
			flags := combination(&msgs[i])
			if kind, ok = known[flags]; !ok {
				kind = len(combinations)
				known[flags], combinations = kind, append(combinations, flags)
			}
			met[same] = kind
		}
		kinds[i] = kind
	}
	var b []byte
	for first := 0; first < len(kinds); {
		end := first + 1
		for end < len(kinds) && kinds[end] == kinds[first] {
			end++
		}
		b = appendItem(b, uint64(kinds[first]))
		if times := end - first; times > 1 {
			b = strconv.AppendInt(append(b, 'x'), int64(times), 10)
		}
		first = end
	}
	return combinations, string(b)
}

func appendItem(b []byte, n uint64) []byte {
	if len(b) > 0 {
		b = append(b, ',')
	}
	return strconv.AppendUint(b, n, 10)
}

// shared is equal for messages that share their flags in memory, as those of a file do:
// however many flags a hostile one gives to however many messages, each combination is
// written once.
type shared struct {
	flags, add, remove *imap.Flag
	lengths            [3]int
}

func sharedFlags(m *Message) shared {
	first := func(flags mailbox.Flags) *imap.Flag {
		if len(flags) == 0 {
			return nil
		}
		return &flags[0]
	}
	return shared{first(m.Flags), first(m.Add), first(m.Remove), [3]int{len(m.Flags), len(m.Add), len(m.Remove)}}
}

// messages turns columns into messages of a step that adds and removes those flags. The digests come first: there is one a message,
// so that no number in the other columns can ask for more memory than the file itself
// takes.
func (c columns) messages(add, remove mailbox.Flags) ([]Message, error) {
	digests, err := base64.RawStdEncoding.Strict().DecodeString(c.Digests)
	switch {
	case err != nil:
		return nil, fmt.Errorf("its digests are no base64: %w", err)
	case len(digests) == 0:
		return nil, errors.New("it is a step for no message")
	case len(digests)%8 != 0:
		return nil, fmt.Errorf("its digests are %d octets, which are not eight a message", len(digests))
	case len(c.Flags) > len(digests)/8:
		return nil, fmt.Errorf("it has %d combinations of flags for %d messages", len(c.Flags), len(digests)/8)
	}
	msgs := make([]Message, len(digests)/8)
	for i := range msgs {
		msgs[i].Digest = binary.BigEndian.Uint64(digests[8*i:])
	}
	if err := c.number(msgs); err != nil {
		return nil, err
	}
	kinds := make([]Message, len(c.Flags))
	for i, s := range c.Flags {
		if err := parseCombination(s, &kinds[i]); err != nil {
			return nil, err
		}
		if len(kinds[i].Add.Without(add)) > 0 || len(kinds[i].Remove.Without(remove)) > 0 {
			return nil, fmt.Errorf("messages with the flags %.200q would get others than those of their step", s)
		}
	}
	return msgs, c.flag(msgs, kinds)
}

// number gives the messages their UIDs.
func (c columns) number(msgs []Message) error {
	next, last := 0, uint64(0)
	for word := range strings.SplitSeq(c.UIDs, ",") {
		distance, more, err := twoNumbers(word, "+", 0)
		switch {
		case err != nil:
			return fmt.Errorf("its UIDs: %w", err)
		case distance == 0:
			return errAscending
		case last+distance+more > 1<<32-1:
			return errors.New("its UIDs are larger than UIDs can be")
		case more >= uint64(len(msgs)-next):
			return fmt.Errorf("it has more UIDs than digests, which are %d", len(msgs))
		}
		last += distance
		for range more + 1 {
			msgs[next].UID = imap.UID(last)
			next, last = next+1, last+1
		}
		last--
	}
	if next != len(msgs) {
		return fmt.Errorf("it has %d UIDs and %d digests", next, len(msgs))
	}
	return nil
}

// flag gives the messages the flags of the kinds.
func (c columns) flag(msgs, kinds []Message) error {
	next := 0
	for word := range strings.SplitSeq(c.Runs, ",") {
		which, times, err := twoNumbers(word, "x", 1)
		switch {
		case err != nil:
			return fmt.Errorf("its runs of flags: %w", err)
		case which >= uint64(len(kinds)):
			return fmt.Errorf("it names the combination %d of flags, of which it has %d", which, len(kinds))
		case times == 0 || times > uint64(len(msgs)-next):
			return fmt.Errorf("it has flags for another number of messages than digests, which are %d", len(msgs))
		}
		for range times {
			msgs[next].Flags, msgs[next].Add, msgs[next].Remove = kinds[which].Flags, kinds[which].Add, kinds[which].Remove
			next++
		}
	}
	if next != len(msgs) {
		return fmt.Errorf("it has flags for %d messages and %d digests", next, len(msgs))
	}
	return nil
}

// twoNumbers reads a number and, after the mark, a second one.
func twoNumbers(word, mark string, otherwise uint64) (first, second uint64, err error) {
	head, tail, two := strings.Cut(word, mark)
	if first, err = strconv.ParseUint(head, 10, 32); err != nil {
		return 0, 0, fmt.Errorf("%.40q is no number", head)
	}
	if second = otherwise; two {
		if second, err = strconv.ParseUint(tail, 10, 32); err != nil {
			return 0, 0, fmt.Errorf("%.40q is no number", tail)
		}
	}
	return first, second, nil
}
