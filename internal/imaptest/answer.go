package imaptest

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// pumpServer passes on what the server sends, until it or the client closes.
func (s *session) pumpServer() {
	defer s.close()
	defer s.server.Close()
	reader := bufio.NewReaderSize(s.server, 32<<10)
	writer := bufio.NewWriterSize(s.client, 32<<10)
	for s.fromServer(reader, writer) {
		if reader.Buffered() == 0 && writer.Flush() != nil {
			break
		}
	}
	if !s.lost() {
		writer.Flush() // for who is still there
		s.close()
	}
	io.Copy(io.Discard, reader) // the server finishes what it was asked; [Recorder.finish] ends this at the latest
}

// fromServer passes on one line, with the literal that it announces, or whatever there is when it cannot be read. It
// reports whether the connection goes on.
func (s *session) fromServer(reader *bufio.Reader, writer *bufio.Writer) bool {
	if _, err := reader.Peek(1); err != nil {
		return false
	}
	if s.isEncrypted() { // asked only now: with implicit TLS it depends on what the client has said meanwhile
		return s.passOctets(reader, writer)
	}
	line, err := reader.ReadString('\n')
	s.received(len(line))
	if err != nil {
		s.send(writer, &s.down, []byte(line)) // the server closes in the middle of a line
		return false
	}
	text := strings.TrimRight(line, "\r\n")
	command, tagged := s.recordAnswer(text)
	size, _, isLiteral := literalAt(text)
	if tagged {
		return s.passReply(line, command, writer)
	}
	if f := command.at(BeforeAnswer); f != nil && f.withholds() {
		_, err := io.CopyN(io.Discard, reader, size)
		return err == nil
	}
	line, ok := s.rewritten(line, isLiteral)
	return !ok || s.send(writer, &s.down, []byte(line)) && s.passLiteral(reader, writer, size)
}

// withholds reports whether what comes before the fault does not get through either.
func (f *trigger) withholds() bool { return f.Do == Cut || f.Do == BlackHole }

// passReply passes on a tagged response, around which faults may strike.
func (s *session) passReply(line string, command *Command, writer *bufio.Writer) bool {
	if !s.strike(command.at(BeforeAnswer)) {
		return false
	}
	if f := command.at(BeforeReply); f != nil {
		if writer.Flush() != nil || !s.strike(f) {
			return false
		}
	}
	line, ok := s.rewritten(line, false)
	if f := command.at(InReply); f != nil {
		half := len(line) / 2
		if !s.send(writer, &s.down, []byte(line[:half])) || writer.Flush() != nil || !s.strike(f) {
			return false
		}
		line = line[half:]
	}
	return !ok || s.send(writer, &s.down, []byte(line))
}

// rewritten is a line as the script wants it; false: it is left out. One that announces a literal never is.
func (s *session) rewritten(line string, isLiteral bool) (string, bool) {
	if s.r.script.Rewrite == nil {
		return line, true
	}
	out := s.r.script.Rewrite(strings.TrimRight(line, "\r\n"))
	if out == "" && !isLiteral {
		return "", false
	}
	return out + "\r\n", true
}

// passOctets passes on whatever there is.
func (s *session) passOctets(reader *bufio.Reader, writer *bufio.Writer) bool {
	octets := make([]byte, reader.Buffered())
	n, err := reader.Read(octets)
	s.received(n)
	return s.send(writer, &s.down, octets[:n]) && err == nil
}

// passLiteral passes on as many octets.
func (s *session) passLiteral(reader *bufio.Reader, writer *bufio.Writer, size int64) bool {
	buffer := make([]byte, min(size, 32<<10))
	for size > 0 {
		n, err := reader.Read(buffer[:min(size, int64(len(buffer)))])
		s.received(n)
		if !s.send(writer, &s.down, buffer[:n]) || err != nil {
			return false
		}
		size -= int64(n)
	}
	return true
}

// received counts octets from the server.
func (s *session) received(n int) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.cost.Received += int64(n)
}

// isEncrypted reports whether what the server sends cannot be read.
func (s *session) isEncrypted() bool {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	return s.encrypted
}

// recordAnswer notes a line of the server's. It returns the command whose answer the line belongs to, which is nil for
// what was not asked for, and whether it is the tagged response.
func (s *session) recordAnswer(line string) (c *Command, tagged bool) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	joined := s.unended
	_, _, s.unended = literalAt(line)
	if !joined {
		tag, rest, _ := strings.Cut(line, " ")
		if tag == "+" {
			s.invited = true
			return nil, false
		}
		for i, c := range s.waiting {
			if c.Tag == tag {
				s.waiting = slices.Delete(s.waiting, i, i+1)
				s.recordReply(c, rest)
				return c, true
			}
		}
	}
	if len(s.waiting) == 0 {
		return nil, false
	}
	c = s.waiting[0]
	if joined && len(c.Responses) > 0 {
		c.Responses[len(c.Responses)-1] += line
	} else {
		c.Responses = append(c.Responses, line)
	}
	return c, false
}

// recordReply notes a tagged response.
func (s *session) recordReply(c *Command, reply string) {
	status, _, _ := strings.Cut(reply, " ")
	c.Reply, c.Status = reply, strings.ToUpper(status)
	if _, waits, ok := literalAt(c.Line); ok && waits && s.current == c && s.fresh && c.Status != "OK" {
		// The client was refused what it asked leave for: its line ends with the announcement.
		s.r.order++
		c.Sent = s.r.order
		s.current, s.literal, s.fresh = nil, 0, false
	}
	s.r.order++
	c.Answered = s.r.order
	if c.Name == "IDLE DONE" {
		c.Name = "IDLE"
	}
	if c.Status == "OK" && (c.Name == "STARTTLS" || c.Name == "COMPRESS") {
		s.hide()
	}
}
