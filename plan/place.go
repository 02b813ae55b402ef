package plan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/imapform/imapform/config"
)

// A Place is the mailbox that a plan was made for, as far as it can be told again: a
// local tree, or whose mailbox on which server. It holds no secret and nothing that
// was made from one.
type Place struct {
	Maildir string // absolute path of a local tree; empty: a host
	Host    string
	Port    int
	// Username is who logs in, AuthorizeAs the SASL authorization identity; empty: the
	// username itself. A username that comes from a sensitive variable is not kept, and
	// UsernameSensitive is set instead.
	Username          string
	UsernameSensitive bool
	AuthorizeAs       string
	// InboxUIDValidity is that of INBOX; 0: the server gives none that lasts. With a
	// sensitive username it tells the mailbox from others on the same server.
	InboxUIDValidity uint32
}

// PlaceOf is the place of an account whose INBOX has this UIDVALIDITY.
func PlaceOf(a *config.Account, inboxUIDValidity uint32) Place {
	if a.Maildir != "" {
		return Place{Maildir: a.Maildir, InboxUIDValidity: inboxUIDValidity}
	}
	p := Place{
		Host: a.Host, Port: a.Port, UsernameSensitive: a.UsernameSensitive, AuthorizeAs: a.AuthorizeAs,
		InboxUIDValidity: inboxUIDValidity,
	}
	if !a.UsernameSensitive {
		p.Username = a.Username
	}
	return p
}

// Same returns why the place is not the one of a plan; nil: it is. Nothing of a plan
// for another place may be applied.
func (p Place) Same(planned Place) error {
	if err := p.SameLogin(planned); err != nil {
		return err
	}
	if p.InboxUIDValidity != planned.InboxUIDValidity {
		return fmt.Errorf("the plan was made for a mailbox whose INBOX has the UIDVALIDITY %d, and here it has %d: it is another mailbox, or its messages were numbered anew; make a new plan",
			planned.InboxUIDValidity, p.InboxUIDValidity)
	}
	return nil
}

// SameLogin is Same without a look at the mailbox, so that it can be asked before
// anything is connected to.
func (p Place) SameLogin(planned Place) error {
	const again = "use the configuration that the plan was made with, or make a new plan"
	switch {
	case p.Maildir != planned.Maildir:
		return fmt.Errorf("the plan was made for %s, and the configuration names %s: %s", planned.words(), p.words(), again)
	case !strings.EqualFold(p.Host, planned.Host), p.Port != planned.Port:
		return fmt.Errorf("the plan was made for %s, and the configuration names %s: %s", planned.words(), p.words(), again)
	case p.UsernameSensitive != planned.UsernameSensitive:
		return errors.New("whether the username is sensitive has changed since the plan, so that it cannot be compared: make a new plan")
	case p.Username != planned.Username:
		return fmt.Errorf("the plan was made for the username %q, and the configuration names %q: %s", planned.Username, p.Username, again)
	case p.AuthorizeAs != planned.AuthorizeAs:
		return fmt.Errorf("the plan was made with authorize_as %q, and the configuration says %q: %s", planned.AuthorizeAs, p.AuthorizeAs, again)
	}
	return nil
}

func (p Place) words() string {
	if p.Maildir != "" {
		return fmt.Sprintf("the maildir %q", p.Maildir)
	}
	return fmt.Sprintf("the server %q, port %d", p.Host, p.Port)
}

// check returns what is wrong with a place that a file holds.
func (p Place) check() error {
	switch {
	case p.Maildir == "" && p.Host == "":
		return errors.New("it has neither a host nor a maildir")
	case p.Maildir != "" && (p.Host != "" || p.Port != 0 || p.Username != "" || p.UsernameSensitive || p.AuthorizeAs != ""):
		return errors.New("it has a maildir, and what only a host has")
	case p.Host != "" && (p.Port < 1 || p.Port > 65535):
		return fmt.Errorf("%d is no port", p.Port)
	case p.UsernameSensitive && p.Username != "":
		return errors.New("it holds a username that is sensitive")
	case p.UsernameSensitive && p.InboxUIDValidity == 0:
		return errors.New("its username is sensitive, and its INBOX has no UIDVALIDITY that lasts: the mailbox could not be recognised when the plan is applied; apply without saving a plan, or let the username come from a variable that is not sensitive")
	}
	return nil
}
