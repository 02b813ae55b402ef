package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A command is one that awaits its tagged response.
type command struct {
	name   string // upper case, with its UID prefix: "UID FETCH"
	failed string // why its OK must become NO; empty: it need not
}

// flight follows what this side sends: which commands await an answer, whether
// the server owes one, and where lines and literals end.
type flight struct {
	pending map[string]*command // by tag
	names   map[string]int      // how many of each name are pending
	greeted bool
	idling  bool // the server has accepted IDLE: it owes nothing until DONE

	// loggingIn says that a LOGIN or AUTHENTICATE was begun and none has got its OK:
	// what the server says may repeat the password.
	loggingIn bool
	// exchanged says that an AUTHENTICATE was answered, and whoever sent it may not
	// know: a response that comes now would be taken for a command.
	exchanged bool

	offered []string // what the server offers, in upper case; nil: it has not said

	line    []byte // the line being written, so far
	literal int64  // octets of a literal still to be written
	awaited int    // synchronising literals that await their "+"
	invited bool   // the server has asked for more since something was written
	tag     string // of the command being written
	secret  bool   // what is left of the command must not be traced
}

func newFlight() flight {
	return flight{pending: map[string]*command{}, names: map[string]int{}}
}

// due reports whether the server owes an answer.
func (f *flight) due() bool { return !f.greeted || len(f.pending) > 0 && !f.idling }

// quiet reports whether no command is running or half written.
func (f *flight) quiet() bool { return len(f.pending) == 0 && len(f.line) == 0 && f.literal == 0 }

// exchange reports whether a SASL exchange is running.
func (f *flight) exchange() bool { return f.running("AUTHENTICATE") }

// turn reports whether the server waits for this side: what is written now is the
// beginning of a round trip. Asked once for all that is written together.
func (f *flight) turn() bool {
	turn := f.invited || f.quiet()
	f.invited = false
	return turn
}

func (f *flight) running(names ...string) bool {
	for _, name := range names {
		if f.names[name] > 0 {
			return true
		}
	}
	return false
}

// wantsContinuation reports whether a "+" is expected.
func (f *flight) wantsContinuation() bool {
	return f.awaited > 0 || f.running("AUTHENTICATE", "IDLE")
}

// continued notes a "+".
func (f *flight) continued() {
	f.invited = true
	switch {
	case f.awaited > 0:
		f.awaited--
	case f.running("IDLE"):
		f.idling = true
	}
}

// answered notes a tagged response and returns its command, nil if the tag is
// not known.
func (f *flight) answered(tag string) *command {
	cmd := f.pending[tag]
	if cmd == nil {
		return nil
	}
	delete(f.pending, tag)
	f.exchanged = f.exchanged || cmd.name == "AUTHENTICATE"
	if f.names[cmd.name]--; f.names[cmd.name] == 0 {
		delete(f.names, cmd.name)
	}
	if cmd.name == "IDLE" {
		f.idling = false
	}
	if len(f.pending) == 0 {
		f.awaited = 0 // a literal that was refused gets no "+"
	}
	return cmd
}

// loggedIn notes the OK of a command.
func (f *flight) loggedIn(cmd *command) {
	if isLogin(cmd.name) {
		f.loggingIn = false
	}
}

func isLogin(name string) bool { return name == "LOGIN" || name == "AUTHENTICATE" }

// fail has the running commands of these names answered NO, and returns which
// they were.
func (f *flight) fail(why string, names ...string) (failed []string) {
	if !f.running(names...) {
		return nil
	}
	for _, cmd := range f.pending {
		if slices.Contains(names, cmd.name) {
			cmd.failed = why
			failed = append(failed, cmd.name)
		}
	}
	return failed
}

// errLate is that of a SASL response to a server which has ended the exchange. It
// must not be sent: it holds the password, and the server would take it for a command
// that it does not know, and repeat it.
var errLate = fmt.Errorf("%w: it ended the login while it awaited a response", ErrProtocol)

// sent notes octets about to be written. It returns the finished lines, if
// they are wanted, and how many commands began. After errLate nothing may be written.
func (f *flight) sent(p []byte, traced bool) (lines []Line, commands int, err error) {
	for len(p) > 0 {
		if f.literal > 0 {
			n := min(f.literal, int64(len(p)))
			f.literal -= n
			p = p[n:]
			continue
		}
		end := bytes.IndexByte(p, '\n') + 1
		complete := end > 0
		if !complete {
			end = len(p)
		}
		f.line = append(f.line, p[:end]...)
		p = p[end:]
		if f.exchanged && f.tag == "" && !f.exchange() && !beginsCommand(f.line) {
			return nil, 0, errLate
		}
		if f.begin(complete) {
			commands++
		}
		if !complete {
			continue
		}
		if traced {
			lines = append(lines, Line{Sent: true, Text: f.masked()})
		}
		f.endLine()
	}
	return lines, commands, nil
}

// beginsCommand reports whether a line, or the beginning of one, can be a command of
// the library's or of this package: the tags of both are a letter and a number.
func beginsCommand(line []byte) bool {
	if len(line) == 0 || line[0] != 'T' && line[0] != 'X' {
		return false
	}
	rest := bytes.TrimLeft(line[1:], "0123456789")
	return len(rest) == 0 || rest[0] == ' ' && len(rest) < len(line)-1
}

// begin registers the command of the line being written as soon as its name is
// known: the server may answer before the line has ended.
func (f *flight) begin(complete bool) bool {
	if f.tag != "" || f.exchange() || f.running("IDLE") {
		return false
	}
	words := strings.SplitN(string(f.line[:min(len(f.line), 128)]), " ", 4)
	if !complete && len(words) < 4 {
		return false
	}
	tag, name := strings.TrimSpace(words[0]), ""
	if len(words) > 1 {
		name = strings.ToUpper(strings.TrimSpace(words[1]))
	}
	if name == "UID" && len(words) > 2 {
		name += " " + strings.ToUpper(strings.TrimSpace(words[2]))
	}
	f.tag = tag
	f.secret = isLogin(name)
	f.loggingIn = f.loggingIn || f.secret
	if f.secret {
		f.offered = nil // it says nothing about afterwards
	}
	if strings.HasPrefix(tag, "T") {
		f.exchanged = false // the library goes on
	}
	f.pending[tag] = &command{name: name}
	f.names[name]++
	return true
}

func (f *flight) endLine() {
	size, sync, ok := literalEnd(f.line)
	if f.running("IDLE") && strings.EqualFold(strings.TrimSpace(string(f.line)), "DONE") {
		f.idling = false
		ok = false
	}
	if f.exchange() && f.tag == "" {
		ok = false
	}
	f.line = f.line[:0]
	if !ok {
		f.tag, f.secret = "", false
		return
	}
	f.literal = size
	if sync {
		f.awaited++
	}
}

// abandon notes that a command was answered instead of the literal being asked for
// that it announced: its line goes on no more.
func (f *flight) abandon() {
	f.line, f.literal, f.tag, f.secret = f.line[:0], 0, "", false
}

// masked returns the line being written without what is secret in it.
func (f *flight) masked() string {
	line := strings.TrimRight(string(f.line), "\r\n")
	first := strings.HasPrefix(line, f.tag+" ")
	switch {
	case f.tag == "" && f.exchange():
		return "***"
	case !f.secret:
	case !first:
		return "***"
	default:
		words := strings.SplitN(line, " ", 4)
		keep := 2 // the tag and LOGIN
		if len(words) > 2 && strings.EqualFold(words[1], "AUTHENTICATE") {
			keep = 3 // and the mechanism
		}
		if len(words) > keep {
			line = strings.Join(append(words[:keep:keep], "***"), " ")
		}
	}
	if size, _, ok := literalEnd(f.line); ok {
		line += fmt.Sprintf(" (%d octets)", size)
	}
	return line
}

// literalEnd tells whether a line of ours ends by announcing a literal.
func literalEnd(line []byte) (size int64, sync, ok bool) {
	line = withoutEnd(line)
	if len(line) == 0 || line[len(line)-1] != '}' {
		return 0, false, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open < 0 {
		return 0, false, false
	}
	digits, plus := bytes.CutSuffix(line[open+1:len(line)-1], []byte{'+'})
	n, ok := parseNumber(digits, 1<<40)
	return int64(n), !plus, ok
}
