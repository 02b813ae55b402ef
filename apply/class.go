package apply

import (
	"errors"
	"time"
)

// A Class is what kind of error an error is, as far as it matters for what is done
// about it. The zero value: none of those below.
type Class int

// The classes of errors.
const (
	ClassOther          Class = iota
	ClassTransport            // the connection broke or cannot be made: it is made again
	ClassThrottled            // the server wants to be asked later, or less: that is done
	ClassAuthentication       // nobody is logged in: nothing more is tried, since servers lock out who goes on
	ClassPermission           // the folder may not be read or changed: others may
	ClassState                // folder or messages are not as they must be for this
	ClassQuota                // there is no room: nothing more is copied
	ClassConcurrency          // somebody else was faster
	ClassServerBug            // the server, not the command, is to blame
)

// String is the class in a word or two; empty for ClassOther.
func (c Class) String() string {
	switch c {
	case ClassTransport:
		return "connection lost"
	case ClassThrottled:
		return "throttled"
	case ClassAuthentication:
		return "login"
	case ClassPermission:
		return "no permission"
	case ClassState:
		return "not possible"
	case ClassQuota:
		return "over quota"
	case ClassConcurrency:
		return "changed meanwhile"
	case ClassServerBug:
		return "fault of the server"
	}
	return ""
}

// advice is what people can do about such an error; empty: what the server says must
// do.
func (c Class) advice() string {
	switch c {
	case ClassThrottled:
		return "the server wants to be asked later, or less: apply again in a while, and give the account a max_rate if it happens often"
	case ClassAuthentication:
		return "the server takes nobody for logged in: look at username and password, and whether IMAP is switched on for the mailbox"
	case ClassPermission:
		return "the user may not do this in that folder: have the right granted, or leave the folder to itself"
	case ClassQuota:
		return "the account has no room left: make some, then apply again; nothing that could not be copied was deleted"
	case ClassConcurrency:
		return "another program changes the same messages: a new plan shows what is left"
	case ClassServerBug:
		return "the server cannot do this, for reasons of its own: apply again later, or ask its operator"
	}
	return ""
}

// ClassOf returns the class of an error, which says it by a method Class() Class.
func ClassOf(err error) Class {
	var c interface{ Class() Class }
	switch {
	case errors.As(err, &c):
		return c.Class()
	case errors.Is(err, ErrReadOnly):
		return ClassPermission
	case Lost(err):
		return ClassTransport
	}
	return ClassOther
}

// RetryAfter returns how long the server asks to be left alone, which an error says by
// a method RetryAfter() time.Duration. 0: it does not say.
func RetryAfter(err error) time.Duration {
	var r interface{ RetryAfter() time.Duration }
	if errors.As(err, &r) {
		return max(r.RetryAfter(), 0)
	}
	return 0
}

// passing says whether an error, and each that it is joined of, is the refusal of a
// server that wants to be asked later.
func passing(err error) bool {
	switch e := err.(type) {
	case nil, *givenUp:
		return false
	case interface{ Class() Class }:
		return e.Class() == ClassThrottled && !Lost(err)
	case interface{ Unwrap() error }:
		return passing(e.Unwrap())
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		for _, one := range all {
			if !passing(one) {
				return false
			}
		}
		return len(all) > 0
	}
	return false
}

// An advised is an error with what can be done about it.
type advised struct {
	error
	advice string
}

func (e *advised) Error() string { return e.error.Error() + " (" + e.advice + ")" }

// Unwrap returns the error.
func (e *advised) Unwrap() error { return e.error }

// advise adds to a server's refusal what people can do about it.
func advise(err error) error {
	if err == nil || Lost(err) {
		return err
	}
	if advice := ClassOf(err).advice(); advice != "" {
		return &advised{err, advice}
	}
	return err
}
