package server

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

var (
	// ErrAuth is wrapped by the error of a login that the server refused.
	ErrAuth = errors.New("the login was refused")

	// ErrReadOnly is wrapped by the error of a folder that the server opens only for
	// reading.
	ErrReadOnly = apply.ErrReadOnly

	// ErrCapability is wrapped by the error of what the server does not offer.
	ErrCapability = errors.New("the server does not offer it")
)

// A ResponseError is the server's refusal of a command: a tagged NO or BAD.
type ResponseError struct {
	Op     string       // what was being done: "create"
	Folder mailbox.Name // with which it was done; empty: none
	Status string       // "NO" or "BAD"; servers mix them up
	Code   string       // the response code in upper case (RFC 9051 section 7.1); empty: none
	Text   string       // the server's words, made safe to print
}

func (e *ResponseError) Error() string {
	var b strings.Builder
	b.WriteString(describe(e.Op, e.Folder) + ": the server refuses: ")
	b.WriteString(e.Status)
	if e.Code != "" {
		fmt.Fprintf(&b, " [%s]", e.Code)
	}
	if e.Text != "" {
		b.WriteString(" " + e.Text)
	}
	return b.String()
}

// times are what Dovecot adds to its words, and which are others each time: "(0.001 + 0.000
// secs)".
var times = regexp.MustCompile(`\s*\(\d+\.\d+( \+ \d+\.\d+)+ secs\)`)

// withoutTimes are a server's words as they are the next time.
func withoutTimes(text string) string { return times.ReplaceAllLiteralString(text, "") }

// A LostError is that of a command after which nothing more can be done on the
// connection. The command may have been carried out all the same.
type LostError struct {
	Op     string
	Folder mailbox.Name
	Err    error // why: the context's cause, wire.ErrSilent, io.EOF, …

	class apply.Class   // that the server's BYE tells of; ClassOther: of none
	after time.Duration // that it asks to wait
}

func (e *LostError) Error() string {
	return printable(describe(e.Op, e.Folder) + ": " + cmp.Or(hungUp(e.Err), e.Err.Error()))
}

// hungUp says that the server has ended the connection, of errors whose own words say nothing
// to most; empty: it is another.
func hungUp(err error) string {
	switch err {
	case io.EOF:
		return "the server ended the connection, and did not say why"
	case io.ErrUnexpectedEOF:
		return "the server ended the connection in the middle of an answer"
	}
	return ""
}

// Unwrap returns why the connection was lost.
func (e *LostError) Unwrap() error { return e.Err }

// Lost tells an apply what has happened.
func (e *LostError) Lost() bool { return true }

// A goodbyeError is the end of a connection before which the server said why: BYE (RFC 9051
// section 7.1.5).
type goodbyeError struct {
	said string
	err  error // the end
}

func (e *goodbyeError) Error() string {
	text := "the server ended the connection: " + e.said
	if hungUp(e.err) == "" {
		text += ": " + e.err.Error()
	}
	return text
}

func (e *goodbyeError) Unwrap() error { return e.err }

// describe says what was being done.
func describe(op string, folder mailbox.Name) string {
	if folder == "" {
		return op
	}
	return fmt.Sprintf("%s folder %q", op, folder)
}

// refusal turns a tagged NO or BAD into a ResponseError, without the secrets; nil: the
// error is none.
func refusal(op string, folder mailbox.Name, err error, secrets ...string) *ResponseError {
	var refused *imap.Error
	if !errors.As(err, &refused) {
		return nil
	}
	return &ResponseError{
		Op: op, Folder: folder, Status: string(refused.Type),
		Code: strings.ToUpper(safe(without(string(refused.Code), secrets...))),
		Text: safe(without(withoutTimes(refused.Text), secrets...)), // which, cut first, would leave half a secret
	}
}

// maxText is how many characters of the server's words are repeated.
const maxText = 300

// safe makes a stranger's words printable and not too long.
func safe(text string) string {
	text = printable(text)
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText]) + "…"
	}
	return text
}

// printable takes control, bidirectional and invisible characters out of a text, and
// puts it on one line.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(text, "\uFFFD")))
}

// without hides secrets that a server repeats, also in other letter case.
func without(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = replaceFold(text, s, "***")
		}
	}
	return text
}

// replaceFold is strings.ReplaceAll that takes ASCII letters of either case for the
// same.
func replaceFold(text, old, with string) string {
	var b strings.Builder
	lower := lowerASCII(text)
	for old = lowerASCII(old); ; {
		at := strings.Index(lower, old)
		if at < 0 {
			return b.String() + text
		}
		b.WriteString(text[:at] + with)
		text, lower = text[at+len(old):], lower[at+len(old):]
	}
}

// lowerASCII keeps each octet in its place, unlike strings.ToLower.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, ch := range b {
		if 'A' <= ch && ch <= 'Z' {
			b[i] = ch + 'a' - 'A'
		}
	}
	return string(b)
}

// A concealedError says what another one does, without secrets. It can be compared,
// but not unwrapped: what is inside says the secret.
type concealedError struct {
	text   string
	inside error
}

func (e *concealedError) Error() string        { return e.text }
func (e *concealedError) Is(target error) bool { return errors.Is(e.inside, target) }

// conceal returns the error itself if it says no secret.
func conceal(err error, secrets []string) error {
	said := err.Error()
	if text := without(said, secrets...); text != said {
		return &concealedError{text, err}
	}
	return err
}
