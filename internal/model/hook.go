package model

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// An Op is one operation of the program, as a Hook sees it.
type Op struct {
	N          int    // the first is 1
	Name       string // the command: "UID MOVE", "LIST", …
	Folder, To mailbox.Name
	UIDs       imap.UIDSet
	Add        bool          // with UID STORE
	Flags      mailbox.Flags // with UID STORE
}

// Changes says whether the operation may change something on the server.
func (op Op) Changes() bool {
	switch op.Name {
	case "LIST", "STATUS", "SELECT", "UID FETCH", "UID FETCH BODY.PEEK[]", "UNSELECT":
		return false
	}
	return true
}

// A Hook is called for an operation.
type Hook func(Op) error

// ErrLost is the error of a broken connection, for hooks to answer. Every operation
// after it fails until Reconnect.
var ErrLost error = lost{errors.New("connection reset by peer")}

type lost struct{ error }

// Lost says that the connection is gone.
func (lost) Lost() bool { return true }

// Reconnect starts a new connection.
func (a *Account) Reconnect() { a.lost, a.open = false, nil }

// Ops is the number of operations begun.
func (a *Account) Ops() int { return a.ops }

// do runs one operation between the hooks.
func (a *Account) do(ctx context.Context, op Op, act func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	a.ops++
	op.N = a.ops
	if a.lost {
		a.violate("%s on a connection that is lost", op.Name)
		return ErrLost
	}
	if a.Before != nil {
		if err := a.Before(op); err != nil {
			return a.answered(err)
		}
	}
	if err := act(); err != nil {
		return err
	}
	if a.After != nil {
		return a.answered(a.After(op))
	}
	return nil
}

func (a *Account) answered(err error) error {
	if errors.Is(err, ErrLost) {
		a.lost = true
	}
	return err
}
