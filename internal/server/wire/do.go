package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Reply is the answer to a raw command.
type Reply struct {
	Status    string // "OK"; the others are errors
	Code      string // in upper case; empty: none
	Arguments string // of the code, as sent
	Text      string
	Copied    *Copied    // of a well-formed COPYUID in the tagged response
	Untagged  []Response // of the types that were wanted, in order
}

// A rawCommand is one that Do has sent.
type rawCommand struct {
	tag    string
	wanted []string // types in upper case
	reply  Reply
	octets int64 // that reply.Untagged takes
	err    error // what is wrong with its answer
	done   bool

	// With DoEach. The reader gives responses while nobody waits for it.
	give   func(Response, error)
	giving sync.Mutex // held while give runs; guards over
	over   bool       // give must not run any more

	// With DoLiteral.
	literal bool // it has one, which the server may have to ask for
	invited bool // the server has
}

func (r *rawCommand) wants(typ string) bool { return slices.Contains(r.wanted, typ) }

// streamChanging are the commands after which the connection speaks otherwise,
// or that need more than a line.
var streamChanging = []string{"APPEND", "AUTHENTICATE", "COMPRESS", "IDLE", "LOGOUT", "STARTTLS"}

// Do sends a command that the library does not know, without its tag and line
// end, and waits for the answer. Untagged responses of the wanted types are
// returned; all others go to the library as ever. It waits until no command of
// the library is running, and the library waits meanwhile. The library must be
// reading: call imapclient.New first.
//
// A NO or BAD is an [*Error] together with the reply. If a wanted response
// cannot be read, Do fails although the command may have had its effect. If
// ctx ends once the command is on its way, the connection is closed.
//
// Do takes one line of printable ASCII: it refuses what would need a literal.
func (c *Conn) Do(ctx context.Context, line string, wanted ...string) (Reply, error) {
	raw := &rawCommand{}
	for _, typ := range wanted {
		raw.wanted = append(raw.wanted, strings.ToUpper(typ))
	}
	return c.do(ctx, line, raw)
}

// DoEach is Do for answers that are too large to be kept: each untagged response of
// the wanted type is given as it comes. One that cannot be read to its end is given
// with the error and what came before, the last value perhaps in part; lists that are
// nested too deeply are passed over. Give is called by the reading goroutine, one
// call at a time and never after DoEach has returned; while it runs nothing is read.
// It must not use the connection.
func (c *Conn) DoEach(ctx context.Context, line, wanted string, give func(Response, error)) (Reply, error) {
	raw := &rawCommand{wanted: []string{strings.ToUpper(wanted)}, give: give}
	defer raw.end()
	return c.do(ctx, line, raw)
}

func (r *rawCommand) end() {
	r.giving.Lock()
	defer r.giving.Unlock()
	r.over = true
}

func (c *Conn) do(ctx context.Context, line string, raw *rawCommand) (Reply, error) {
	name, err := checkCommand(line)
	if err != nil {
		return Reply{}, err
	}
	if err := c.claim(ctx, raw); err != nil {
		return Reply{}, fmt.Errorf("%s: %w", name, err)
	}
	defer c.release()
	defer c.CloseOn(ctx)()
	if err := c.send([]byte(raw.tag + " " + line + "\r\n")); err != nil {
		return Reply{}, fmt.Errorf("%s: %w", name, err)
	}
	return c.await(raw, name)
}

// await waits for the answer to a raw command that was sent.
func (c *Conn) await(raw *rawCommand, name string) (Reply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !raw.done && c.err == nil {
		c.changed.Wait()
	}
	switch {
	case !raw.done:
		return Reply{}, fmt.Errorf("%s: %w", name, c.err)
	case raw.err != nil:
		return raw.reply, fmt.Errorf("%s: %w", name, raw.err)
	case raw.reply.Status != "OK":
		r := raw.reply
		return r, &Error{Command: name, Status: r.Status, Code: r.Code, Arguments: r.Arguments, Text: r.Text}
	}
	return raw.reply, nil
}

// checkCommand returns the name of a command that Do can send.
func checkCommand(line string) (name string, err error) {
	words := strings.Fields(line)
	if len(words) == 0 || line[0] == ' ' {
		return "", errors.New("send a command: it has no name")
	}
	name = strings.ToUpper(words[0])
	if name == "UID" && len(words) > 1 {
		name += " " + strings.ToUpper(words[1])
	}
	if slices.Contains(streamChanging, name) {
		return "", fmt.Errorf("%s: cannot be sent as a raw command", name)
	}
	return name, checkLine(name, line)
}

// checkLine refuses what would need a literal, or announces one.
func checkLine(name, line string) error {
	for i := 0; i < len(line); i++ {
		if line[i] < ' ' || line[i] > '~' {
			return fmt.Errorf("%s: octet %#x needs a literal, which a raw command cannot have", name, line[i])
		}
	}
	if line[len(line)-1] == '}' {
		return fmt.Errorf("%s: ends as if a literal followed", name)
	}
	return nil
}

// claim takes the connection for a raw command when no other command runs.
func (c *Conn) claim(ctx context.Context, raw *rawCommand) error {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.err == nil && ctx.Err() == nil && (c.raw != nil || !c.flight.quiet() || !c.flight.greeted) {
		c.changed.Wait()
	}
	if c.err != nil {
		return c.err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.rawTag++
	raw.tag = "X" + strconv.Itoa(c.rawTag)
	c.raw = raw
	return nil
}

func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw = nil
	c.changed.Broadcast()
}

// send writes a line of this package's own.
func (c *Conn) send(line []byte) error {
	c.mu.Lock()
	_, err := c.writeLocked(line)
	return err
}

// capture keeps or gives a response that the raw command wants.
func (c *Conn) capture(s scanner, h head, line []byte) error {
	c.mu.Lock()
	raw := c.raw
	c.mu.Unlock()
	if raw != nil && raw.give != nil {
		raw.take(s, h)
		return nil
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
	if c.raw == nil {
		return nil // it was given up meanwhile
	}
	if c.raw.octets += (Value{List: r.Values}).octets(); c.raw.octets > c.o.MaxReply {
		return protocolError(line, fmt.Errorf("the answer to one command takes more than %d octets", c.o.MaxReply))
	}
	if err != nil && c.raw.err == nil {
		c.raw.err = fmt.Errorf("the response %s of the server cannot be read: %w", h.typ, err)
	}
	c.raw.reply.Untagged = append(c.raw.reply.Untagged, r)
	return nil
}

// take gives a response to who waits for it.
func (r *rawCommand) take(s scanner, h head) {
	s.passDeep = true
	response, err := parseResponse(&s, h.number, h.typ)
	if h.badly {
		err = errSyntax
	}
	if err != nil {
		err = fmt.Errorf("the response %s of the server cannot be read: %w", h.typ, err)
	}
	r.giving.Lock()
	defer r.giving.Unlock()
	if !r.over {
		r.give(response, err)
	}
}

// finish gives the raw command its answer.
func (c *Conn) finish(raw *rawCommand, r Reply, failed string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Untagged = raw.reply.Untagged
	raw.reply, raw.done = r, true
	if failed != "" && raw.err == nil && r.Status == "OK" {
		raw.err = errors.New(failed)
	}
	c.changed.Broadcast()
}
