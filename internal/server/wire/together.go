package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Request is one of the commands that Together sends.
type Request struct {
	Line   string                // without its tag and line end, as for Do
	Wanted []string              // types of untagged responses, as for Do
	Give   func(Response, error) // as for DoEach; nil: the responses are kept
	// Raw, if not nil, is given the responses instead, as they came.
	Raw func(Raw)
	// After has it get only responses that come once all commands before it are answered:
	// what a server tells of the folder that was open until then is not of the new one.
	After bool
	// Done, if not nil, is told the answer as soon as it is there. As with Give, the
	// reading goroutine calls it.
	Done func(Answer)
	// Repaired has the wanted responses repaired first, or held back with a Notice, as
	// if they were for the library. Give gets no such response.
	Repaired bool
}

// An Answer is what came of a Request. Its error is that of this command alone.
type Answer struct {
	Reply Reply
	Err   error
}

// Together sends commands in one write and waits for all of their answers, which it
// returns in the order of the commands, whatever order the server gives them in. For
// each command what is said of Do holds, and of DoEach where Give is set.
//
// The answers are told apart by their tags, but untagged responses have none: each goes
// to the first command without an answer that wants its type. So commands whose
// answers are of the same type belong together only if these tell whose they are.
//
// A command that is refused stops none of the others. If one cannot be sent, none is.
// If the connection is lost, those that were answered keep their answers.
func (c *Conn) Together(ctx context.Context, all []Request) []Answer {
	raws := make([]*rawCommand, len(all))
	for i, r := range all {
		raws[i] = newRawCommand(r)
		defer raws[i].end()
	}
	return c.exchange(ctx, raws)
}

func newRawCommand(r Request) *rawCommand {
	raw := &rawCommand{line: r.Line, give: r.Raw, after: r.After, tell: r.Done, repaired: r.Repaired && r.Give == nil && r.Raw == nil}
	if r.Give != nil {
		raw.give = func(response Raw) { r.Give(response.Response()) }
	}
	for _, typ := range r.Wanted {
		raw.wanted = append(raw.wanted, strings.ToUpper(typ))
	}
	return raw
}

// exchange sends commands, at least one, and waits for their answers.
func (c *Conn) exchange(ctx context.Context, raws []*rawCommand) []Answer {
	answers := make([]Answer, len(raws))
	if len(raws) == 0 {
		return answers
	}
	if err := checkCommands(raws); err != nil {
		return unsent(answers, raws, err)
	}
	if err := c.claim(ctx, raws...); err != nil {
		return unsent(answers, raws, err)
	}
	defer c.release()
	defer c.CloseOn(ctx)()
	var lines []byte
	for _, raw := range raws {
		lines = append(append(lines, raw.tag...), ' ')
		lines = append(append(lines, raw.line...), '\r', '\n')
	}
	// If it fails the connection is lost, perhaps with some of the answers there.
	sent := c.send(lines)
	for i, raw := range raws {
		answers[i].Reply, answers[i].Err = c.answerTo(raw, sent)
	}
	return answers
}

// checkCommands names the commands, and refuses all if one cannot be sent.
func checkCommands(raws []*rawCommand) error {
	var bad error
	for _, raw := range raws {
		var err error
		if raw.name, err = checkCommand(raw.line); bad == nil {
			bad = err
		}
	}
	return bad
}

// unsent is the error of all commands when none was sent.
func unsent(answers []Answer, raws []*rawCommand, err error) []Answer {
	for i, raw := range raws {
		answers[i].Err = err
		if raw.name != "" && !strings.HasPrefix(err.Error(), raw.name+":") {
			answers[i].Err = fmt.Errorf("%s: %w", raw.name, err)
		}
	}
	return answers
}

// answerTo waits for the answer to a raw command; sent is the error with which it was
// sent.
func (c *Conn) answerTo(raw *rawCommand, sent error) (Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !raw.done && c.err == nil && sent == nil {
		c.changed.Wait()
	}
	switch {
	case !raw.done && sent != nil:
		return Reply{}, fmt.Errorf("%s: %w", raw.name, sent)
	case !raw.done:
		return Reply{}, fmt.Errorf("%s: %w", raw.name, c.err)
	}
	return raw.reply, raw.refusal()
}

// refusal is the error of a raw command that is answered.
func (r *rawCommand) refusal() error {
	switch reply := r.reply; {
	case r.err != nil:
		return fmt.Errorf("%s: %w", r.name, r.err)
	case reply.Status != "OK":
		return &Error{Command: r.name, Status: reply.Status, Code: reply.Code, Arguments: reply.Arguments, Text: reply.Text}
	}
	return nil
}

// A burst is the raw commands that have the connection. The zero value: none has it.
type burst struct {
	all  []*rawCommand // in the order in which they were sent
	next int           // how many at the beginning are answered
}

// running reports whether raw commands have the connection.
func (b *burst) running() bool { return len(b.all) > 0 }

// earliest is the first command without an answer; nil: there is none.
func (b *burst) earliest() *rawCommand {
	for b.next < len(b.all) && b.all[b.next].done {
		b.next++
	}
	if b.next == len(b.all) {
		return nil
	}
	return b.all[b.next]
}

// wanting is the first command without an answer that wants responses of this type.
func (b *burst) wanting(typ string) *rawCommand {
	earliest := b.earliest()
	if earliest == nil {
		return nil
	}
	for _, raw := range b.all[b.next:] {
		if !raw.done && raw.wants(typ) && (!raw.after || raw == earliest) {
			return raw
		}
	}
	return nil
}

// tagged is the command of this tag that has no answer yet.
func (b *burst) tagged(tag string) *rawCommand {
	if b.earliest() == nil {
		return nil
	}
	if i := slices.IndexFunc(b.all[b.next:], func(raw *rawCommand) bool { return !raw.done && raw.tag == tag }); i >= 0 {
		return b.all[b.next+i]
	}
	return nil
}

// tell keeps what an untagged status response says with its code for the first command
// without an answer.
func (c *Conn) tell(n Notice, line []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	raw := c.burst.earliest()
	if raw == nil || n.Code == "" {
		return nil
	}
	if err := c.grow(raw, n.octets(), line); err != nil {
		return err
	}
	raw.reply.Told = append(raw.reply.Told, n)
	return nil
}

// octets estimates the memory that a notice of a status response takes.
func (n Notice) octets() int64 {
	octets := noticeOctets + len(n.Code) + len(n.Arguments) + len(n.Text) + len(n.Line)
	if n.Copied != nil {
		octets += 4 * (len(n.Copied.Source) + len(n.Copied.Dest))
	}
	return int64(octets)
}

// noticeOctets is about what a notice takes beside its texts.
const noticeOctets = 300

// grow counts what is kept of the answer to a command; c.mu is held.
func (c *Conn) grow(raw *rawCommand, octets int64, line []byte) error {
	if raw.octets += octets; raw.octets > c.o.MaxReply {
		return protocolError(line, fmt.Errorf("the answer to one command takes more than %d octets", c.o.MaxReply))
	}
	return nil
}

// capture keeps or gives a response that a raw command wants.
func (c *Conn) capture(raw *rawCommand, s scanner, h head, line []byte) error {
	if raw.give != nil {
		raw.take(s, h)
		return nil
	}
	if raw.repaired {
		var held bool
		var err error
		if s, held, err = c.repair(s, h, line); held || err != nil {
			return err
		}
	}
	r, err := parseResponse(&s, h.number, h.typ)
	if h.badly {
		err = errSyntax
	}
	if errors.Is(err, errDepth) {
		return protocolError(line, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.grow(raw, (Value{List: r.Values}).octets(), line); err != nil {
		return err
	}
	if err != nil && raw.err == nil {
		raw.err = fmt.Errorf("the response %s of the server cannot be read: %w", h.typ, err)
	}
	raw.reply.Untagged = append(raw.reply.Untagged, r)
	return nil
}

// repair returns a response as the library would see it, standing behind its type; held
// says that it would not.
func (c *Conn) repair(s scanner, h head, line []byte) (_ scanner, held bool, err error) {
	mark := len(c.in.out)
	err = c.rewrite(s, line, func(w *rewriting) error { return w.respond(h) })
	repaired := scanner{b: slices.Clone(c.in.out[mark:])}
	c.in.out = c.in.out[:mark]
	if err != nil || len(repaired.b) == 0 {
		return repaired, true, err
	}
	_, ok := parseHead(&repaired)
	return repaired, !ok, nil
}
