package server

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
)

// TryOut opens folders for writing, at once, and leaves them: what fails, and how, is as
// with Open and Close. There is an error for each, and one of leaving the last.
func (s *Session) TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error) {
	if err := s.locate(ctx); err != nil {
		return everyOne(len(names), err), nil
	}
	errs = make([]error, len(names))
	var all []asked
	var of []int
	known := make([]string, len(names))
	for i, name := range names {
		if known[i], errs[i] = s.wireName(name); errs[i] == nil {
			s.forgetState(name)
			all, of = append(all, opening("SELECT", name, known[i])), append(of, i)
		}
	}
	if len(all) == 0 {
		return errs, nil
	}
	s.open = openFolder{}
	last := of[len(of)-1]
	leave := wire.Request{Line: "UNSELECT"}
	if !s.caps.has("UNSELECT") {
		leave.Line = "EXAMINE " + quote(string(mailbox.Inbox))
	}
	replies, failed := s.together(ctx, append(all, asked{"leave", names[last], leave}))
	for j, i := range of {
		if errs[i] = failed[j]; errs[i] == nil {
			_, errs[i] = openedForWriting(names[i], replies[j])
		}
	}
	left = failed[len(all)]
	switch {
	case failed[len(all)-1] != nil:
		return errs, lostOnly(left) // nothing is open that could be left (RFC 9051 section 6.3.2)
	case left != nil && s.caps.has("UNSELECT"): // an EXAMINE that is refused leaves it all the same
		s.open = openFolder{name: names[last], wire: known[last]}
	}
	return errs, left
}

// lostOnly is the error if the connection is lost by it.
func lostOnly(err error) error {
	if apply.Lost(err) {
		return err
	}
	return nil
}

// Visit is Open and then Fetch, in one round trip. An error of Fetch is seen, and the
// folder is open.
func (s *Session) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (opened apply.Opened, seen, err error) {
	if s.statusFirst || wellFormed(uids) != nil || len(parts.Texts) > 0 {
		return s.visitSlowly(ctx, name, uids, parts, tell)
	}
	if err := s.locate(ctx); err != nil {
		return apply.Opened{}, nil, err
	}
	known, err := s.wireName(name)
	if err != nil {
		return apply.Opened{}, nil, err
	}
	v := &visit{s: s, name: name, known: known, r: s.newReading(name, parts)}
	return v.run(ctx, uidset.Sorted(uids), tell)
}

// visitSlowly is Visit in two round trips.
func (s *Session) visitSlowly(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (opened apply.Opened, seen, err error) {
	if opened, err = s.Open(ctx, name); err != nil {
		return apply.Opened{}, nil, err
	}
	return opened, s.Fetch(ctx, uids, parts, tell), nil
}

// A visit opens a folder for writing and reads messages of it.
type visit struct {
	s     *Session
	name  mailbox.Name
	known string // on the server
	r     *reading

	opened apply.Opened
	err    error // why the folder is not open
	open   bool
}

func (v *visit) run(ctx context.Context, uids imap.UIDSet, tell func(*message.Message)) (opened apply.Opened, seen, err error) {
	s := v.s
	parts := s.windowsOf(uids, v.r.parts)
	now := parts[:min(len(parts), maxBurst)]
	var all tellings
	commands := []asked{opening("SELECT", v.name, v.known)}
	for _, part := range now {
		all = append(all, v.r.telling(part, tell))
		commands = append(commands, v.r.command(part.set))
	}
	s.forgetState(v.name)
	s.open = openFolder{}
	var unreadable error
	errs, err := s.stream(ctx, commands, func(p passed) error {
		switch {
		case p.answer != nil && p.command == 0:
			v.answered(*p.answer)
		case p.answer == nil && v.open:
			unreadable = all.take(v.r, p.raw)
		}
		return unreadable
	})
	if len(errs) > 0 && errs[0] != nil {
		s.open = openFolder{}
		return apply.Opened{}, nil, errs[0]
	}
	switch {
	case v.err == errNoUIDNext: // nothing was told
		s.statusFirst = true
		return s.visitSlowly(ctx, v.name, uids, v.r.parts, tell)
	case v.err != nil:
		return apply.Opened{}, nil, v.err
	case !v.open:
		return apply.Opened{}, nil, s.explain("open", v.name, fmt.Errorf("its answer is lost: %w", err))
	}
	if err := v.r.ended(all, unreadable, append(errs, err)...); err != nil {
		return v.opened, err, nil
	}
	if err := givenOut(uids, s.open.highest); err != nil {
		return v.opened, fmt.Errorf("read folder %q: %w", v.name, err), nil
	}
	if err := v.r.completeAll(ctx, all); err != nil {
		return v.opened, err, nil
	}
	_, err = v.r.tell(ctx, parts[len(now):], &progress{}, tell)
	return v.opened, err, nil
}

// answered takes the answer to SELECT, by which rows are of the folder from now on.
func (v *visit) answered(answer wire.Answer) {
	if answer.Err != nil {
		return
	}
	v.s.open = openFolder{name: v.name, wire: v.known}
	v.opened, v.err = openedForWriting(v.name, answer.Reply)
	switch {
	case v.err != nil:
	case v.opened.UIDNext == 0:
		v.err = errNoUIDNext
	default:
		v.s.open.writing, v.s.open.highest, v.open = true, v.opened.UIDNext-1, true
	}
}
