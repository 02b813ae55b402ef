package wire

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// untagged handles a response that begins with "*".
func (c *Conn) untagged(line []byte) error {
	s := scanner{b: line}
	h, ok := parseHead(&s)
	if !ok {
		c.traceReceived(line, false)
		return protocolError(line, errors.New("a line is no response"))
	}
	if isStatus(h.typ) && !h.numbered {
		c.traceReceived(line, false)
		return c.untaggedStatus(line, h.typ, s)
	}
	wanted, greeted := c.expects(h.typ)
	if !greeted {
		return protocolError(line, errors.New("it does not begin with a greeting"))
	}
	stream := h.typ == "FETCH" && h.numbered && !h.badly && wanted == nil
	whole, err := c.gather(line, stream, h.typ == "FETCH")
	if err != nil {
		return err
	}
	s.b = whole
	if h.typ == "CAPABILITY" {
		c.offers(string(s.b[s.i:]))
	}
	if wanted != nil {
		if err := c.capture(wanted, s, h, whole); err != nil || h.typ != "CAPABILITY" {
			return err
		}
		c.in.first = true // what is offered the library knows too when that is answered
	}
	if c.in.open {
		return c.fetchOpen(&s, h, whole)
	}
	return c.rewrite(s, whole, func(w *rewriting) error { return w.respond(h) })
}

// rewrite has a response, or a part of one, rewritten for the library.
func (c *Conn) rewrite(s scanner, part []byte, how func(*rewriting) error) error {
	in := &c.in
	in.verdict.notices = in.verdict.notices[:0]
	in.w = rewriting{scanner: s, dst: in.out, line: part, v: &in.verdict, o: &c.o}
	err := how(&in.w)
	in.out = in.w.dst
	c.settle(in.verdict.notices, part)
	if err != nil {
		return protocolError(part, err)
	}
	return nil
}

func (c *Conn) uidFetchRuns() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flight.running("UID FETCH")
}

// expects returns the raw command that wants a response of this type, nil if none
// does, and reports whether the greeting has come.
func (c *Conn) expects(typ string) (wanted *rawCommand, greeted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.burst.wanting(typ), c.flight.greeted
}

// untaggedStatus handles OK, NO, BAD, BYE and PREAUTH.
func (c *Conn) untaggedStatus(line []byte, typ string, s scanner) error {
	st := parseStatus(typ, s.b[s.i:])
	v := verdict{}
	code, copied := st.codeFor(&v, c.o)
	v.note(Notice{Kind: StatusResponse, Type: typ, Code: st.code, Arguments: st.arguments, Text: st.text, Copied: copied})
	c.mu.Lock()
	greeting := !c.flight.greeted
	if greeting {
		c.flight.greeted = true
		c.changed.Broadcast()
	}
	c.mu.Unlock()
	switch {
	case st.code == "CAPABILITY":
		c.offers(st.arguments)
	case greeting && (typ == "OK" || typ == "PREAUTH"):
		code = unasked
	}
	c.settle(v.notices, line)
	c.in.out = st.append(append(c.in.out, "* "...), code)
	return c.tell(v.notices[len(v.notices)-1], line)
}

// continuation handles a "+". One that nothing awaits would end the library.
func (c *Conn) continuation(line []byte) error {
	c.mu.Lock()
	expected, secret := c.flight.wantsContinuation(), c.flight.exchange() || c.flight.loggingIn
	raw := c.burst.earliest()
	invited := raw != nil && expected && raw.literal && !raw.invited
	if invited {
		raw.invited = true
		c.changed.Broadcast()
	}
	c.flight.continued()
	c.mu.Unlock()
	if secret {
		c.trace(Line{Text: "+ ***"})
	} else {
		c.traceReceived(line, false)
	}
	if invited {
		return nil
	}
	if raw != nil {
		return protocolError(line, errors.New("it awaits more of a command that is complete"))
	}
	if !expected {
		c.settle([]Notice{{Kind: ResponseDropped, Type: "+", Why: "the server awaits more where nothing is being sent"}}, line)
		return nil
	}
	c.in.out = append(c.in.out, '+', ' ')
	c.in.out = append(c.in.out, clean(line[1:])...)
	c.in.out = append(c.in.out, '\r', '\n')
	return nil
}

// tagged handles the answer to a command.
func (c *Conn) tagged(line []byte) error {
	s := scanner{b: line}
	tag := string(s.atom())
	s.spaces()
	typ := upper(s.atom())
	if tag == "" || typ != "OK" && typ != "NO" && typ != "BAD" {
		return protocolError(line, errors.New("a line is no response"))
	}
	st := parseStatus(typ, s.b[s.i:])
	c.mu.Lock()
	cmd := c.flight.answered(tag)
	if cmd != nil && typ == "OK" {
		c.flight.loggedIn(cmd)
	}
	raw := c.burst.tagged(tag)
	c.changed.Broadcast()
	c.mu.Unlock()
	if cmd == nil {
		return protocolError(line, errors.New("it answers a command that was not sent"))
	}
	v := verdict{}
	code, copied := st.codeFor(&v, c.o)
	if raw != nil {
		c.settle(v.notices, line)
		if raw.compress && typ == "OK" {
			c.inflate()
		}
		c.finish(raw, Reply{Status: typ, Code: st.code, Arguments: st.arguments, Text: st.text, Copied: copied}, cmd.failed)
		return nil
	}
	switch {
	case typ != "OK":
	case st.code == "CAPABILITY":
		c.offers(st.arguments)
	case isLogin(cmd.name):
		code = c.offeredCode()
	}
	failed := typ == "OK" && cmd.failed != ""
	n := Notice{Kind: StatusResponse, Tag: tag, Command: cmd.name, Type: typ,
		Code: st.code, Arguments: st.arguments, Text: st.text, Copied: copied}
	if failed {
		n.Failed, n.Why = []string{cmd.name}, cmd.failed
		st, code = status{typ: "NO", text: cmd.failed}, "SERVERBUG"
	}
	v.note(n)
	for i := range v.notices {
		v.notices[i].Tag, v.notices[i].Command = tag, cmd.name
	}
	c.settle(v.notices, line)
	c.in.out = st.append(append(append(c.in.out, tag...), ' '), code)
	return nil
}

// settle has the commands fail whose answers are lost, and gives the notices.
func (c *Conn) settle(notices []Notice, line []byte) {
	if len(notices) == 0 {
		return
	}
	for i := range notices {
		n := &notices[i]
		if len(n.Failed) > 0 && n.Kind != StatusResponse {
			c.mu.Lock()
			n.Failed = c.flight.fail(n.Why, n.Failed...)
			c.mu.Unlock()
		}
		n.Line = string(withoutEnd(line[:min(len(line), excerpt)]))
		if at := bytes.IndexByte(line, '\n'); at >= 0 && at < len(n.Line) {
			n.Line = string(withoutEnd(line[:at])) + " …"
		}
	}
	c.notify(notices)
}

func (c *Conn) loggingIn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flight.loggingIn
}

// withoutText returns of a line that may repeat the password what cannot be part of
// it: of a status response all but its text, with its code if that is a known one.
func (c *Conn) withoutText(line []byte) string {
	s := scanner{b: line}
	tag := string(s.atom())
	s.spaces()
	typ := upper(s.atom())
	c.mu.Lock()
	known := tag == "*" || c.flight.pending[tag] != nil
	c.mu.Unlock()
	if !known || !isStatus(typ) {
		return "***"
	}
	shown := tag + " " + typ
	if st := parseStatus(typ, s.b[s.i:]); slices.Contains(loginCodes, st.code) {
		shown += " [" + st.code + "]"
	}
	return shown + " ***"
}

// loginCodes are the response codes that servers give in answer to a login.
var loginCodes = []string{
	"ALERT", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "CAPABILITY", "CONTACTADMIN",
	"EXPIRED", "INUSE", "LIMIT", "PRIVACYREQUIRED", "THROTTLED", "UNAVAILABLE",
}

// withoutStructure hides the names of files, and the envelopes of messages, that a
// BODYSTRUCTURE holds, and what else comes in that response; open says that the line
// goes on with one, or that the next line will, as this one ends with a literal.
func withoutStructure(text string, literal, open bool) (shown string, stillOpen bool) {
	const item = "BODYSTRUCTURE ("
	if open {
		return "***", literal
	}
	at := strings.Index(strings.ToUpper(text), item)
	if at < 0 {
		return text, false
	}
	return text[:at+len(item)] + "***", literal
}

func (c *Conn) traceReceived(line []byte, literal bool) {
	if c.o.Trace == nil {
		return
	}
	if c.loggingIn() {
		c.trace(Line{Text: c.withoutText(line)})
		return
	}
	text := string(withoutEnd(line))
	size, ok := announced(line)
	if literal = literal && ok; literal {
		text += fmt.Sprintf(" (%d octets)", size)
	}
	text, c.in.structure = withoutStructure(text, literal, c.in.structure)
	c.trace(Line{Text: text})
}
