// Package mbox reads mail from mbox files, as mail programs and takeouts write
// them: messages one after another, each behind a line that begins with "From ",
// with the flags in Status, X-Status and X-Keywords fields.
//
// It understands the variant that loses nothing (mboxrd: a ">" is put before each
// line that is ">" and "From "). The package performs no I/O of its own.
package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A Message is one message of an mbox file.
type Message struct {
	Received time.Time   // from the separator line, which is in UTC
	Flags    []imap.Flag // system flags and keywords
	Data     []byte      // the message, lines ended by LF, without the fields that hold its flags
}

// A Reader reads messages one by one.
type Reader struct {
	lines *bufio.Reader
	from  string // the separator line of the next message
	line  int    // number of the last line read
	begun bool
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{lines: bufio.NewReader(r)} }

// Next returns the next message; io.EOF after the last one.
func (r *Reader) Next() (*Message, error) {
	if !r.begun {
		r.begun = true
		if err := r.first(); err != nil {
			return nil, err
		}
	}
	if r.from == "" {
		return nil, io.EOF
	}
	received, err := separatorTime(r.from)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", r.line, err)
	}
	data, err := r.body()
	if err != nil {
		return nil, err
	}
	m := &Message{Received: received}
	m.Data, m.Flags = takeFlags(data)
	return m, nil
}

// first reads up to the first separator line. An empty file holds no messages.
func (r *Reader) first() error {
	for {
		line, err := r.read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case isSeparator(line):
			r.from = line
			return nil
		case strings.TrimSpace(line) != "":
			return fmt.Errorf(`line %d: not an mbox file: a message begins with a line "From SENDER DATE"`, r.line)
		}
	}
}

// body reads a message up to the next separator line, which stands behind a blank
// line that does not belong to the message.
func (r *Reader) body() ([]byte, error) {
	var data bytes.Buffer
	r.from = ""
	blank := false
	for {
		line, err := r.read()
		if errors.Is(err, io.EOF) {
			return data.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
		if blank && isSeparator(line) {
			r.from = line
			return data.Bytes(), nil
		}
		if blank {
			data.WriteByte('\n')
		}
		if blank = line == ""; !blank {
			data.WriteString(unquote(line))
			data.WriteByte('\n')
		}
	}
}

// read reads a line without its end; io.EOF after the last one.
func (r *Reader) read() (string, error) {
	line, err := r.lines.ReadString('\n')
	if line == "" && err != nil {
		return "", err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	r.line++
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

func isSeparator(line string) bool { return strings.HasPrefix(line, "From ") }

// unquote takes away the ">" that mboxrd puts before lines which look like a
// separator.
func unquote(line string) string {
	if strings.HasPrefix(line, ">") && strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
		return line[1:]
	}
	return line
}

// separatorTime reads the date of a separator line (RFC 4155), "From SENDER Sat
// Jan  3 01:05:34 1996".
func separatorTime(line string) (time.Time, error) {
	fields := strings.Fields(line)
	if len(fields) < 7 {
		return time.Time{}, fmt.Errorf(`%q: a separator line is "From SENDER DATE", with a date such as "Sat Jan  3 01:05:34 1996"`, line)
	}
	t, err := time.Parse(time.ANSIC, strings.Join(fields[len(fields)-5:], " "))
	if err != nil {
		return time.Time{}, fmt.Errorf("%q: the date is not one such as %q", line, "Sat Jan  3 01:05:34 1996")
	}
	return t, nil
}

// statusFlags are the letters of Status and X-Status fields.
var statusFlags = map[rune]imap.Flag{
	'R': imap.FlagSeen, 'A': imap.FlagAnswered, 'F': imap.FlagFlagged, 'T': imap.FlagDraft, 'D': imap.FlagDeleted,
}

// takeFlags takes the fields that hold flags out of a message's header. What is
// folded stays or goes with the field that it belongs to (RFC 5322 section 2.2.3).
func takeFlags(data []byte) ([]byte, []imap.Flag) {
	kept := make([]byte, 0, len(data)+1)
	var flags []imap.Flag
	for len(data) > 0 && data[0] != '\n' {
		field := data[:fieldLen(data)]
		data = data[len(field):]
		held, ok := flagsOf(string(field))
		if !ok {
			kept = append(kept, field...)
		}
		flags = append(flags, held...)
	}
	if len(data) == 0 {
		data = []byte("\n") // even a header without a body ends with an empty line
	}
	return append(kept, data...), flags
}

// fieldLen returns the length of the field that a header begins with: a line, and
// those after it that begin with white space.
func fieldLen(header []byte) int {
	n := 0
	for line := range bytes.Lines(header) {
		if n > 0 && line[0] != ' ' && line[0] != '\t' {
			break
		}
		n += len(line)
	}
	return n
}

// flagsOf returns the flags that a field holds; it says false if the field is for
// something else.
func flagsOf(field string) (flags []imap.Flag, ok bool) {
	name, value, ok := strings.Cut(field, ":")
	switch strings.ToLower(name) {
	case "status", "x-status":
		for _, letter := range value {
			if flag, known := statusFlags[letter]; known {
				flags = append(flags, flag)
			}
		}
	case "x-keywords":
		for _, word := range strings.Fields(value) {
			flags = append(flags, imap.Flag(word))
		}
	default:
		return nil, false
	}
	return flags, ok
}
