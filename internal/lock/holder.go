package lock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"
	"unicode"
)

// A HeldError is that of an account that somebody else has locked. What it says of
// them is what they have left in the lock file, which can be nothing for the moment in
// which a lock is taken.
type HeldError struct {
	PID     int           // the number of their process; 0: not known
	Host    string        // the name of their machine; empty: not known
	Since   time.Time     // when they took the lock; zero: not known
	Command string        // what they run; empty: not known
	Waited  time.Duration // how long it was waited for
	cause   error         // why no longer; nil: it was not waited for
}

func (e *HeldError) Error() string {
	var b strings.Builder
	b.WriteString("another run holds the lock on this account")
	if e.PID != 0 {
		fmt.Fprintf(&b, ": process %d", e.PID)
		if e.Host != "" {
			fmt.Fprintf(&b, " on %s", e.Host)
		}
		if e.Command != "" {
			fmt.Fprintf(&b, " (%s)", e.Command)
		}
		if !e.Since.IsZero() {
			fmt.Fprintf(&b, ", since %s", e.Since.UTC().Format(time.RFC3339))
		}
	}
	if e.cause != nil {
		fmt.Fprintf(&b, "; waited for %v", e.Waited.Round(time.Millisecond))
	}
	b.WriteString(": let it end first, or have it waited for with -lock-timeout=5m")
	return b.String()
}

// Unwrap returns why it was not waited for any longer; nil: it was not at all.
func (e *HeldError) Unwrap() error { return e.cause }

// A holder is the content of a lock file, a line of JSON.
type holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Since   time.Time `json:"since"`
	Command string    `json:"command"`
}

// thisProcess is what others are told.
func thisProcess(command string) holder {
	host, err := os.Hostname()
	if err != nil {
		host = "" // it is for people only, who do without
	}
	return holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second), Command: command}
}

// maxHolder limits a lock file's content, in octets.
const maxHolder = 4 << 10

// writeHolder replaces the content of a lock file that is locked. Who reads it
// meanwhile finds half a line, or what was left by somebody who was killed.
func writeHolder(f *os.File, h holder) error {
	h.Command = plain(h.Command)
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(append(data, '\n'), 0)
	return err
}

// heldBy reads who holds the lock. A file that cannot be read, or understood, does not
// make the lock any less held.
func heldBy(f *os.File) *HeldError {
	data, err := io.ReadAll(io.LimitReader(f, maxHolder+1))
	if err != nil {
		return &HeldError{}
	}
	h, err := parseHolder(data)
	if err != nil {
		return &HeldError{}
	}
	// The line is not the holder's but that of somebody before, who was killed.
	if host, err := os.Hostname(); err == nil && host == h.Host && gone(h.PID) {
		return &HeldError{}
	}
	return &HeldError{PID: h.PID, Host: h.Host, Since: h.Since, Command: h.Command}
}

var errHolder = errors.New("the lock file does not say who holds it")

// parseHolder reads a lock file's content. Its texts can be printed.
func parseHolder(data []byte) (holder, error) {
	var h holder
	if len(data) > maxHolder || len(data) == 0 || data[len(data)-1] != '\n' {
		return h, errHolder
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return holder{}, errHolder
	}
	if h.PID <= 0 || h.PID > math.MaxInt32 {
		return holder{}, errHolder
	}
	h.Host, h.Command = plain(h.Host), plain(h.Command)
	return h, nil
}

// maxPlain is how many characters of a text are shown.
const maxPlain = 200

// plain makes a text printable, on one line, and not too long.
func plain(text string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(text, "\uFFFD")))
	return strings.TrimSpace(string(runes[:min(len(runes), maxPlain)]))
}
