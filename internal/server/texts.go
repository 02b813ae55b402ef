package server

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
)

const (
	// maxPart is how many octets of one part are read, with and without its transfer
	// encoding. What is longer is a log, not a letter; reading hostile HTML takes 30
	// times as much memory.
	maxPart = 8 << 20
	// maxTexts is how many octets of one message one command asks for.
	maxTexts = 2 * maxPart
	// maxItems is how many octets of a command the names of parts may take.
	maxItems = 2000
)

// judge runs the tests on the texts of messages whose structure is known, and returns
// the messages that are still there. Messages of the same shape are read by one
// command; each text is judged as it comes and forgotten.
func (r *reading) judge(ctx context.Context, messages []*message.Message) ([]*message.Message, error) {
	found, err := r.narrow(ctx, messages)
	if err != nil {
		return nil, err
	}
	j := newJudging(r, messages, found)
	if err := r.budget.allow(j.octets); err != nil {
		return nil, fmt.Errorf("read folder %q: %w", r.name, err)
	}
	for _, items := range j.shapes {
		for set := range windows(uidset.Of(j.uids[items]), r.size) {
			if err := j.readAll(ctx, set, items); err != nil {
				return nil, err
			}
		}
	}
	return slices.DeleteFunc(messages, func(m *message.Message) bool { return j.gone[m.UID] }), nil
}

// A judging is what goes on while the texts of some messages are read.
type judging struct {
	r      *reading
	found  found
	octets int64

	shapes []string              // the data items of the commands, in the order of messages
	uids   map[string][]imap.UID // of each shape, in ascending order
	texts  map[imap.UID]*texts
	gone   map[imap.UID]bool

	received int64
	err      error // the first that came up while an answer was read
}

func newJudging(r *reading, messages []*message.Message, found found) *judging {
	j := &judging{r: r, found: found, uids: map[string][]imap.UID{}, texts: map[imap.UID]*texts{}, gone: map[imap.UID]bool{}}
	for _, m := range messages {
		j.add(m)
	}
	return j
}

// add notes what is to be read of a message.
func (j *judging) add(m *message.Message) {
	m.Known.Texts, m.Texts = j.r.texts, make(map[*message.TextTest]message.Verdict, len(j.r.texts))
	t := &texts{message: m, tests: j.found.of(m.UID, j.r.texts), due: map[string]*message.Part{}}
	j.texts[m.UID] = t
	for _, test := range j.r.texts {
		m.Texts[test] = message.Fails
	}
	if len(t.tests) == 0 {
		return
	}
	var c command
	if slices.ContainsFunc(t.tests, headerTest) {
		t.due["HEADER"] = nil
		c.add("HEADER", 0)
	}
	if m.Structure == nil {
		t.unreadable(anyTest)
	} else {
		j.addParts(t, &c)
	}
	if len(c.items) > 0 {
		j.shape(m.UID, c)
	}
}

// addParts adds what people read of a message to the command, and begins another one
// where it has become too much.
func (j *judging) addParts(t *texts, c *command) {
	for p := range t.message.Structure.Leaves() {
		switch {
		case !p.Readable():
			continue
		case p.Size > maxPart:
			t.unreadable(anyTest)
			continue
		}
		section := sectionOf(p)
		if c.full(section, p.Size) {
			j.shape(t.message.UID, *c)
			*c = command{}
		}
		t.due[section] = p
		c.add(section, p.Size)
		j.octets += p.Size
	}
}

// shape has a message read by a command.
func (j *judging) shape(uid imap.UID, c command) {
	items := string(c.items)
	if j.uids[items] == nil {
		j.shapes = append(j.shapes, items)
	}
	j.uids[items] = append(j.uids[items], uid)
}

// A command is the data items that one command asks for.
type command struct {
	items  []byte
	octets int64
}

func (c *command) full(section string, octets int64) bool {
	return len(c.items) > 0 && (len(c.items)+len(section) > maxItems || c.octets+octets > maxTexts)
}

// add asks for a section. PEEK, since reading must not mark a message as seen.
func (c *command) add(section string, octets int64) {
	c.items = append(c.items, " BODY.PEEK["+section+"]"...)
	c.octets += octets
}

func sectionOf(p *message.Part) string {
	numbers := make([]string, len(p.Number))
	for i, n := range p.Number {
		numbers[i] = strconv.Itoa(n)
	}
	return strings.Join(numbers, ".")
}

// readAll sends a command, and again for what did not come though the server still
// lists the message.
func (j *judging) readAll(ctx context.Context, set imap.UIDSet, items string) error {
	for again := false; ; again = true {
		if err := j.read(ctx, set, items); err != nil {
			return err
		}
		missing := j.missing(set, items)
		if len(missing) == 0 {
			return nil
		}
		listed, err := j.r.s.search(ctx, j.r.name, uidset.Of(missing))
		if err != nil {
			return err
		}
		for _, uid := range missing {
			if _, found := slices.BinarySearch(listed, uid); !found {
				j.gone[uid] = true
			}
		}
		switch {
		case len(listed) == 0:
			return nil
		case again:
			return fmt.Errorf("read folder %q: the server lists %d messages of which it does not send the text, the first of them with UID %d: "+
				"what is not read cannot be judged", j.r.name, len(listed), listed[0])
		}
		set = uidset.Of(listed)
	}
}

// missing lists the messages of a set of which not all has come that was asked for.
func (j *judging) missing(set imap.UIDSet, items string) []imap.UID {
	var missing []imap.UID
	for _, uid := range j.uids[items] {
		if set.Contains(uid) && j.texts[uid].waitsFor(items) {
			missing = append(missing, uid)
		}
	}
	return missing
}

func (t *texts) waitsFor(items string) bool {
	for item := range strings.FieldsSeq(items) {
		section, _ := strings.CutPrefix(strings.TrimSuffix(item, "]"), "BODY.PEEK[")
		if _, due := t.due[section]; due {
			return true
		}
	}
	return false
}

// read sends one UID FETCH and judges what comes.
func (j *judging) read(ctx context.Context, set imap.UIDSet, items string) error {
	before := j.received
	err := j.r.s.doEach(ctx, "read", j.r.name, "UID FETCH "+set.String()+" (UID"+items+")", "FETCH", j.take)
	if err != nil {
		return err
	}
	if j.err == nil {
		j.err = j.r.budget.spend(j.received - before)
	}
	if j.err != nil {
		return fmt.Errorf("read folder %q: %w", j.r.name, j.err)
	}
	return nil
}

// take judges what a FETCH response holds of a message's text.
func (j *judging) take(response wire.Response, err error) {
	if j.err != nil {
		return
	}
	if err == nil {
		err = checkRow(response)
	}
	if err != nil {
		j.err = err
		return
	}
	row := response.Values[0].List
	t := j.texts[uidOf(row)]
	if t == nil {
		return // of another message
	}
	j.received += mailOctets(row)
	for ; len(row) > 0; row = row[2:] {
		section, ok := strings.CutPrefix(strings.ToUpper(row[0].Text), "BODY[")
		section = strings.TrimSuffix(section, "]")
		p, due := t.due[section]
		if !ok || !due {
			continue
		}
		delete(t.due, section)
		if p == nil {
			t.judgeHeader(row[1])
		} else {
			t.judgePart(p, row[1])
		}
	}
}
