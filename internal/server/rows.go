package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// An answer gathers what the responses to one command tell.
type answer struct {
	r      reading
	set    imap.UIDSet
	rows   map[imap.UID]*message.Message
	octets int64 // of headers
	most   int64 // of them
	err    error // the first that came up
}

// read sends the command. The lists that structures are take much memory: they are
// read one by one.
func (a *answer) read(ctx context.Context, command string) error {
	if a.r.parts.Structure {
		return a.r.s.doEach(ctx, "read", a.r.name, command, "FETCH", a.take)
	}
	reply, err := a.r.s.do(ctx, "read", a.r.name, command, "FETCH")
	if err != nil {
		return err
	}
	for _, response := range reply.Untagged {
		a.take(response, nil)
	}
	return nil
}

// take reads a response, or as much as there is of it beside the error.
func (a *answer) take(response wire.Response, err error) {
	if a.err != nil {
		return
	}
	damaged := false
	if a.r.parts.Structure && (err != nil || checkRow(response) != nil) {
		if response, damaged = beforeStructure(response); damaged {
			err = nil
		}
	}
	var m *message.Message
	if err == nil {
		m, err = readRow(response, a.r.parts.Fields)
	}
	if err != nil {
		a.err = err
		return
	}
	if m.UID == 0 || !a.set.Contains(m.UID) {
		return
	}
	if damaged {
		m.Known.Structure = true // and it makes no sense
	}
	if most := a.r.s.known.effect.partsTold; most > 0 && countLeaves(m.Structure) >= most {
		m.Structure = nil // there may be more
	}
	if earlier := a.rows[m.UID]; earlier != nil {
		m.Merge(earlier) // what was told later counts
	}
	a.rows[m.UID] = m
	if a.octets += mailOctets(response.Values[0].List); a.octets > a.most {
		a.err = fmt.Errorf("the headers that one command reads are more than %d octets", a.most)
	}
}

// maxHeaders bounds what one command may read of headers, as wire.Options.MaxReply
// does for answers that are kept.
const maxHeaders = 512 << 20

// mailOctets counts what of a row is of the message itself: its header fields and text.
func mailOctets(row []wire.Value) int64 {
	var n int64
	for ; len(row) > 1; row = row[2:] {
		if strings.HasPrefix(strings.ToUpper(row[0].Text), "BODY[") {
			n += int64(len(row[1].Text))
		}
	}
	return n
}
