package imaptest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// A session is one connection through a recorder.
type session struct {
	r      *Recorder
	number int
	client net.Conn
	server net.Conn
	end    sync.Once
	holed  chan struct{} // closed when nothing gets through any more
	hole   sync.Once
	up     meter
	down   meter

	// Below the recorder's lock.
	waiting   []*Command // without a tagged answer, oldest first
	invited   bool       // the server has asked for more since the client last sent
	encrypted bool       // what follows cannot be read
	unended   bool       // the server's last line announced a literal; the next belongs to it

	current *Command // a command that has not ended
	literal int64    // octets of its literal that are to come
	fresh   bool     // none of which have come

	// The client's side only.
	partial []byte // a line that has not ended
}

// A meter counts octets towards a fault.
type meter struct {
	count    int64
	triggers []*trigger
}

// newSession makes a session. The recorder's lock is held.
func newSession(r *Recorder, number int, client, server net.Conn) *session {
	return &session{
		r: r, number: number, client: client, server: server, holed: make(chan struct{}),
		up:   meter{triggers: r.octetTriggers(number, ClientOctets)},
		down: meter{triggers: r.octetTriggers(number, ServerOctets)},
	}
}

// close ends both connections. The server is told first that no more will come, and may finish what it has.
func (s *session) close() {
	s.end.Do(func() {
		s.client.Close()
		half, ok := s.server.(interface{ CloseWrite() error })
		if !ok || half.CloseWrite() != nil {
			s.server.Close()
		}
	})
}

// strike does what a fault says and reports whether the connection goes on.
func (s *session) strike(f *trigger) bool {
	if f == nil {
		return true
	}
	if f.Func != nil {
		f.Func()
	}
	switch f.Do {
	case Nothing:
	case Delay:
		time.Sleep(f.Delay)
	case BlackHole:
		s.hole.Do(func() { close(s.holed) })
		return false
	default:
		s.close()
		return false
	}
	return true
}

// lost reports whether nothing gets through any more.
func (s *session) lost() bool {
	select {
	case <-s.holed:
		return true
	default:
		return false
	}
}

// send passes octets on, up to where a fault strikes; it reports whether the connection goes on.
func (s *session) send(to io.Writer, m *meter, octets []byte) bool {
	for _, f := range m.triggers {
		if f.done || m.count+int64(len(octets)) < f.Offset {
			continue
		}
		f.done = true
		head := f.Offset - m.count
		if !s.write(to, m, octets[:head]) || !s.strike(f) {
			return false
		}
		octets = octets[head:]
	}
	return s.write(to, m, octets)
}

// write passes octets on.
func (s *session) write(to io.Writer, m *meter, octets []byte) bool {
	if s.lost() {
		return false
	}
	m.count += int64(len(octets))
	if len(octets) == 0 {
		return true
	}
	if w, ok := to.(*bufio.Writer); ok && len(m.triggers) > 0 {
		defer w.Flush()
	}
	_, err := to.Write(octets)
	return err == nil
}

// pumpClient passes on what the client sends, until it or the server closes.
func (s *session) pumpClient() {
	defer s.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := s.client.Read(buffer)
		if n > 0 && !s.fromClient(buffer[:n]) {
			break
		}
		if err != nil {
			return
		}
	}
	if s.lost() {
		io.Copy(io.Discard, s.client)
	}
}

// A piece is a part of what the client sent that is passed on as a whole.
type piece struct {
	octets  []byte
	command *Command
	first   bool // the command's first line
	literal bool // the beginning of its first literal
	last    bool // its end
}

// fromClient takes what arrived at once apart, records it, and passes it on piece by piece.
func (s *session) fromClient(octets []byte) bool {
	for _, p := range s.record(octets) {
		if p.first && !s.strike(p.command.at(BeforeCommand)) {
			return false
		}
		if f := p.command.at(InCommand); f != nil && p.first {
			half := len(p.octets) / 2
			if !s.send(s.server, &s.up, p.octets[:half]) || !s.strike(f) {
				return false
			}
			p.octets = p.octets[half:]
		}
		if f := p.command.at(InLiteral); f != nil && p.literal {
			half := len(p.octets) / 2
			if !s.send(s.server, &s.up, p.octets[:half]) || !s.strike(f) {
				return false
			}
			p.octets = p.octets[half:]
		}
		if !s.send(s.server, &s.up, p.octets) {
			return false
		}
		if p.last && !s.strike(p.command.at(AfterCommand)) {
			return false
		}
	}
	return true
}

// record notes what arrived and takes it apart. A line that has not ended waits for its end.
func (s *session) record(octets []byte) []piece {
	r := s.r
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cost.Sent += int64(len(octets))
	if len(s.waiting) == 0 && s.literal == 0 && len(s.partial) == 0 || s.invited {
		r.cost.RoundTrips++
		s.invited = false
	}
	if !s.encrypted && s.current == nil && len(s.partial) == 0 && octets[0] == 0x16 { // a TLS handshake
		s.hide()
	}
	var out []piece
	for len(octets) > 0 {
		if s.encrypted {
			return append(out, piece{octets: octets})
		}
		if s.literal > 0 {
			n := min(s.literal, int64(len(octets)))
			out = append(out, s.recordLiteral(octets[:n]))
			octets = octets[n:]
			continue
		}
		end := bytes.IndexByte(octets, '\n') + 1
		if end == 0 {
			s.partial = append(s.partial, octets...)
			return out
		}
		line := append(s.partial, octets[:end]...)
		s.partial, octets = nil, octets[end:]
		out = append(out, s.recordLine(line))
	}
	return out
}

// hide notes that what follows cannot be read.
func (s *session) hide() {
	s.encrypted = true
	s.r.opaque++
}

// recordLiteral notes a part of a literal.
func (s *session) recordLiteral(octets []byte) piece {
	p := piece{octets: octets, command: s.current, literal: s.fresh && len(s.current.Literals) == 1}
	s.fresh = false
	s.literal -= int64(len(octets))
	s.current.Octets += int64(len(octets))
	l := &s.current.Literals[len(s.current.Literals)-1]
	l.Data = append(l.Data, octets[:min(len(octets), keepLiteral-len(l.Data))]...)
	return p
}

// recordLine notes a line: a command's first, what follows a literal, or what a server asked for by "+".
func (s *session) recordLine(line []byte) piece {
	r := s.r
	text := strings.TrimRight(string(line), "\r\n")
	p := piece{octets: line}
	if c := s.conversation(); c != nil && s.current == nil {
		c.Octets += int64(len(line))
		if c.Name == "IDLE" && strings.EqualFold(text, "DONE") {
			c.Name = "IDLE DONE"
		}
		return p
	}
	if s.current == nil {
		p.first = true
		c := parseLine(text)
		c.Conn, c.Burst, c.ReadOnly = s.number, r.cost.RoundTrips, r.readOnly
		c.faults = r.commandTriggers(*c)
		r.log = append(r.log, c)
		r.cost.Commands++
		s.waiting = append(s.waiting, c)
		s.current = c
	} else {
		s.current.Line += text
	}
	p.command = s.current
	s.current.Octets += int64(len(line))
	if size, _, ok := literalAt(text); ok {
		s.current.Literals = append(s.current.Literals, Literal{Size: size})
		s.literal, s.fresh = size, true
		return p
	}
	r.order++
	s.current.Sent = r.order
	s.current, p.last = nil, true
	return p
}

// conversation is the command that makes the client's next lines something else than commands, or nil.
func (s *session) conversation() *Command {
	if len(s.waiting) == 0 {
		return nil
	}
	last := s.waiting[len(s.waiting)-1]
	if last.Name == "AUTHENTICATE" || last.Name == "IDLE" {
		return last
	}
	return nil
}
