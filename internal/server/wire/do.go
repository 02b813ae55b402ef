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
	// Told are the untagged status responses with a code that came while this was the
	// first command without an answer. Options.Notify is told of them too.
	Told []Notice
}

// A rawCommand is one that Do, or Together, has sent.
type rawCommand struct {
	line     string // without its tag
	name     string // in upper case
	tag      string
	wanted   []string // types in upper case
	repaired bool     // as for the library
	reply    Reply
	octets   int64 // that reply.Untagged and reply.Told take
	err      error // what is wrong with its answer
	done     bool

	// With Give. The reader gives responses while nobody waits for it.
	give   func(Raw)
	tell   func(Answer)
	giving sync.Mutex // held while give or tell runs; guards over
	over   bool       // they must not run any more
	after  bool       // it gets what comes once all commands before it are answered

	compress bool // its OK is the server's last line that is not compressed

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
	a := c.Together(ctx, []Request{{Line: line, Wanted: wanted}})[0]
	return a.Reply, a.Err
}

// DoEach is Do for answers that are too large to be kept: each untagged response of
// the wanted type is given as it comes. One that cannot be read to its end is given
// with the error and what came before, the last value perhaps in part; lists that are
// nested too deeply are passed over. Give is called by the reading goroutine, one
// call at a time and never after DoEach has returned; while it runs nothing is read.
// It must not use the connection.
func (c *Conn) DoEach(ctx context.Context, line, wanted string, give func(Response, error)) (Reply, error) {
	a := c.Together(ctx, []Request{{Line: line, Wanted: []string{wanted}, Give: give}})[0]
	return a.Reply, a.Err
}

func (r *rawCommand) end() {
	r.giving.Lock()
	defer r.giving.Unlock()
	r.over = true
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

// claim takes the connection for raw commands when no other command runs.
func (c *Conn) claim(ctx context.Context, raws ...*rawCommand) error {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.err == nil && ctx.Err() == nil && (c.burst.running() || !c.flight.quiet() || !c.flight.greeted) {
		c.changed.Wait()
	}
	if c.err != nil {
		return c.err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, raw := range raws {
		c.rawTag++
		raw.tag = "X" + strconv.Itoa(c.rawTag)
	}
	c.burst = burst{all: raws}
	return nil
}

func (c *Conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.burst = burst{}
	c.changed.Broadcast()
}

// send writes a line of this package's own.
func (c *Conn) send(line []byte) error {
	c.mu.Lock()
	_, err := c.writeLocked(line)
	return err
}

// take gives a response to who waits for it.
func (r *rawCommand) take(s scanner, h head) {
	r.giving.Lock()
	defer r.giving.Unlock()
	if !r.over {
		r.give(Raw{Number: h.number, Type: h.typ, Octets: s.b[s.i:], badly: h.badly})
	}
}

// finish gives the raw command its answer.
func (c *Conn) finish(raw *rawCommand, r Reply, failed string) {
	c.mu.Lock()
	r.Untagged, r.Told = raw.reply.Untagged, raw.reply.Told
	raw.reply = r
	if failed != "" && raw.err == nil && r.Status == "OK" {
		raw.err = errors.New(failed)
	}
	answer := Answer{raw.reply, raw.refusal()}
	c.mu.Unlock()
	raw.told(answer)
	c.mu.Lock()
	defer c.mu.Unlock()
	raw.done = true
	c.changed.Broadcast()
}

func (r *rawCommand) told(a Answer) {
	r.giving.Lock()
	defer r.giving.Unlock()
	if r.tell != nil && !r.over {
		r.tell(a)
	}
}
