package apply

import (
	"context"
	"errors"
	"fmt"
)

// Lost says whether after the error nothing more can be done on the connection: it
// broke, or the context is over. An error says so by a method Lost() bool.
func Lost(err error) bool {
	var loser interface{ Lost() bool }
	if errors.As(err, &loser) && loser.Lost() {
		return true
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// An UnknownError is that of a command that was begun and never answered: it may
// have been carried out, wholly or in part, or not at all.
type UnknownError struct {
	Doing string // "move 12 messages from \"INBOX\" to \"Lists\""
	Err   error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("%s: the answer never came, so that it is unknown whether this was done: %v; make a new plan to see", e.Doing, e.Err)
}

func (e *UnknownError) Unwrap() error { return e.Err }

// changing is the error of a command that changes something.
func changing(err error, format string, args ...any) error {
	doing := fmt.Sprintf(format, args...)
	switch {
	case err == nil:
		return nil
	case Lost(err):
		return &UnknownError{Doing: doing, Err: err}
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
