package server

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/server/wire"
)

// A sign is what a server says, by which the class of its refusal is known.
type sign struct {
	code  string // the response code; empty: none that is known
	words string // of the text, in lower case; empty: any
	class apply.Class
	vague bool // a login may be refused for good with these words: "temporarily locked"
}

// signs are what servers say. The first that fits counts. Codes are those of RFC 5530
// section 3 and RFC 9051 section 7.1 unless said otherwise; what a text says counts
// before a code only where the code is known to be used for two things.
var signs = []sign{
	// Gmail: "Account exceeded command or bandwidth limits".
	{code: "OVERQUOTA", words: "bandwidth", class: apply.ClassThrottled},
	{code: "OVERQUOTA", words: "command", class: apply.ClassThrottled},
	{code: "OVERQUOTA", class: apply.ClassQuota},
	{code: "TOOBIG", class: apply.ClassState}, // RFC 7889

	{code: "THROTTLED", class: apply.ClassThrottled}, // Gmail, Yahoo
	{code: "UNAVAILABLE", class: apply.ClassThrottled},
	{code: "INUSE", class: apply.ClassThrottled},
	{code: "LIMIT", class: apply.ClassThrottled},

	{code: "AUTHENTICATIONFAILED", class: apply.ClassAuthentication},
	{code: "EXPIRED", class: apply.ClassAuthentication},
	{code: "PRIVACYREQUIRED", class: apply.ClassAuthentication},
	{code: "WEBALERT", class: apply.ClassAuthentication}, // Gmail: log in with a browser first

	{code: "AUTHORIZATIONFAILED", class: apply.ClassPermission},
	{code: "CONTACTADMIN", class: apply.ClassPermission},
	{code: "NOPERM", class: apply.ClassPermission},
	{code: "READ-ONLY", class: apply.ClassPermission},

	{code: "NONEXISTENT", class: apply.ClassState},
	{code: "ALREADYEXISTS", class: apply.ClassState},
	{code: "TRYCREATE", class: apply.ClassState},
	{code: "HASCHILDREN", class: apply.ClassState}, // RFC 9051
	{code: "CANNOT", class: apply.ClassState},
	{code: "USEATTR", class: apply.ClassState}, // RFC 6154
	{code: "BADCHARSET", class: apply.ClassState},

	{code: "EXPUNGEISSUED", class: apply.ClassConcurrency},
	{code: "MODIFIED", class: apply.ClassConcurrency}, // RFC 7162

	{code: "SERVERBUG", class: apply.ClassServerBug},
	{code: "CORRUPTION", class: apply.ClassServerBug},

	// Without a code that says it.
	{words: "authenticated but not connected", class: apply.ClassAuthentication}, // Exchange
	{words: "web login required", class: apply.ClassAuthentication},              // Gmail
	{words: "suggested backoff time", class: apply.ClassThrottled},               // Exchange
	{words: "throttled", class: apply.ClassThrottled},                            // Exchange
	{words: "too many simultaneous connections", class: apply.ClassThrottled},    // Gmail
	{words: "too many connections", class: apply.ClassThrottled},
	{words: "maximum number of connections", class: apply.ClassThrottled}, // Dovecot
	{words: "server unavailable", class: apply.ClassThrottled},            // Exchange
	{words: "server busy", class: apply.ClassThrottled},
	{words: "bandwidth limit", class: apply.ClassThrottled},
	{words: "rate limit", class: apply.ClassThrottled, vague: true},
	{words: "try again later", class: apply.ClassThrottled, vague: true},
	{words: "temporar", class: apply.ClassThrottled, vague: true},
	{words: "over quota", class: apply.ClassQuota},
	{words: "quota exceeded", class: apply.ClassQuota}, // Courier
	{words: "mailbox is full", class: apply.ClassQuota},
	{words: "permission denied", class: apply.ClassPermission}, // Cyrus
	{words: "access denied", class: apply.ClassPermission},
	{words: "too many user flags", class: apply.ClassState}, // Cyrus
	{words: "internal error", class: apply.ClassServerBug, vague: true},
	{words: "system error", class: apply.ClassServerBug, vague: true}, // Gmail, Cyrus
}

// classOf is the class of a refusal with that code, in upper case, and text.
func classOf(code, text string) apply.Class { return signOf(code, text, true).class }

// loginClass is the class of the refusal of a login. What may be meant for good is, since
// servers lock out who goes on.
func loginClass(code, text string) apply.Class {
	if class := signOf(code, text, false).class; class != apply.ClassOther {
		return class
	}
	return apply.ClassAuthentication
}

// signOf is the first sign that fits; without one the zero value.
func signOf(code, text string, vague bool) sign {
	text = strings.ToLower(text)
	for _, s := range signs {
		if (s.code == "" || s.code == code) && strings.Contains(text, s.words) && (vague || !s.vague) {
			return s
		}
	}
	return sign{}
}

// maxDelay is the longest that a server can ask to be left alone: a day, the longest
// that a provider is known to shut anybody out.
const maxDelay = 24 * time.Hour

// namedDelay finds how long a server asks to wait: "Suggested Backoff Time: 299961
// milliseconds", "try again in 5 minutes".
var namedDelay = regexp.MustCompile(`(?i)\b(?:backoff time|retry[- ]after|retry in|try again in|try again after|wait(?: for)?)[: ]+(\d{1,18}) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b`)

// delayOf returns how long a text asks to wait, a day at the most; 0: it does not say.
func delayOf(text string) time.Duration {
	found := namedDelay.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0
	}
	unit := time.Hour
	switch name := strings.ToLower(found[2]); {
	case name == "ms" || strings.HasPrefix(name, "milli"):
		unit = time.Millisecond
	case strings.HasPrefix(name, "s"):
		unit = time.Second
	case strings.HasPrefix(name, "m"):
		unit = time.Minute
	}
	if n > int64(maxDelay/unit) {
		return maxDelay
	}
	return time.Duration(n) * unit
}

// Class tells what kind of refusal it is.
func (e *ResponseError) Class() apply.Class { return classOf(e.Code, e.Text) }

// Transient says whether the same command may get another answer later.
func (e *ResponseError) Transient() bool { return transient(e.Class()) }

// RetryAfter returns how long the server asks to wait; 0: it does not say.
func (e *ResponseError) RetryAfter() time.Duration { return delayOf(e.Text) }

// Class tells why the connection was lost: what the server said when it ended it, or
// that it broke.
func (e *LostError) Class() apply.Class {
	switch {
	case e.class != apply.ClassOther:
		return e.class
	case errors.Is(e.Err, wire.ErrProtocol):
		return apply.ClassServerBug
	case errors.Is(e.Err, ErrLimit):
		return apply.ClassOther
	}
	return apply.ClassTransport
}

// Transient says whether another connection is worth a try.
func (e *LostError) Transient() bool {
	over := errors.Is(e.Err, context.Canceled) || errors.Is(e.Err, context.DeadlineExceeded)
	return !over && transient(e.Class())
}

// RetryAfter returns how long the server asks to wait; 0: it does not say.
func (e *LostError) RetryAfter() time.Duration { return e.after }

// transient says whether an error of the class may be none at the next attempt.
func transient(c apply.Class) bool {
	return c == apply.ClassTransport || c == apply.ClassThrottled || c == apply.ClassServerBug
}

// A classedError is one whose class follows from where it came up.
type classedError struct {
	error
	class apply.Class
	after time.Duration
}

// Class tells what kind of error it is.
func (e *classedError) Class() apply.Class { return e.class }

// Transient says whether another attempt is worth it.
func (e *classedError) Transient() bool { return transient(e.class) }

// RetryAfter returns how long the server asks to wait; 0: it does not say.
func (e *classedError) RetryAfter() time.Duration { return e.after }

// Unwrap returns the error.
func (e *classedError) Unwrap() error { return e.error }

// unreached is the error of a connection that could not be made, for now.
func unreached(err error) error { return &classedError{error: err, class: apply.ClassTransport} }
