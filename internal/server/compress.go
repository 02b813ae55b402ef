package server

import (
	"context"
	"errors"
	"net"

	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

const (
	// compressFrom is how many octets of answers make compression worth its round trip,
	// and the time that both ends take to pack and unpack. Rows of FETCH become a fifth.
	// Of 1 MB that saves 0.3 s at 20 Mbit/s, 60 ms at 100 Mbit/s and 6 ms at 1 Gbit/s;
	// the round trip is 20 to 40 ms to most servers, the processors' part 15 ms. What is
	// read when little has changed stays far below.
	compressFrom = 1 << 20

	// About what a row of FETCH takes: flags, date and size; each header field; and
	// which parts there are.
	octetsPerRow       = 100
	octetsPerField     = 60
	octetsPerStructure = 400
)

// A compression is what a session knows about compressing its connection. The zero
// value: nothing yet.
type compression struct {
	settled  bool  // it is compressed, or never will be
	expected int64 // octets of answers, so far
	always   bool  // for tests: however little, and on this machine too
}

// compressFor is told that about so many octets of answers are to come. It has the
// connection be compressed (RFC 4978) where the server offers it, once that pays: when
// they, and those before, are many, and the server is not on this machine. A server that
// refuses is not asked again, and that is no error. Nothing else may be running.
//
// Compressing what is secret together with what somebody else has chosen tells something
// of the secret to those who see only how much is sent (CRIME). The credential is not
// among it: it was sent before, and is never sent again. Mail is: who sends mail to this
// account and sees the octets go by, could compare how well its headers are compressed
// beside those of other mail. That takes as many plans that read the whole mailbox as
// there are guesses, each at the user's own time, and shows header fields alone; TLS
// shows the same onlooker how long each message is anyway.
func (s *Session) compressFor(ctx context.Context, octets int64) error {
	c := &s.compression
	c.expected += octets
	if c.settled || !c.always && c.expected < compressFrom {
		return nil
	}
	c.settled = true
	if !s.caps.has("COMPRESS=DEFLATE") || !c.always && !distant(s.conn.RemoteAddr()) {
		return nil
	}
	err := s.compress(ctx)
	if _, refused := errors.AsType[*ResponseError](err); refused {
		return nil
	}
	return err
}

// answerOctets estimates the answer to a question about a folder, without texts, by what
// the listing told; 0: it told nothing of that folder.
func (s *Session) answerOctets(q plan.Question) int64 {
	listed, _ := s.listed(q.Folder)
	rows := int64(listed.Messages)
	if len(q.UIDs) > 0 {
		rows = min(rows, uidset.Count(q.UIDs))
	}
	row := int64(octetsPerRow + octetsPerField*len(q.Fetch.Fields))
	if q.Fetch.Structure || len(q.Fetch.Texts) > 0 {
		row += octetsPerStructure
	}
	return rows * row
}

// compress asks for it.
func (s *Session) compress(ctx context.Context) error {
	const op = "compress the connection"
	if err := s.pace(ctx, op, ""); err != nil {
		return err
	}
	s.heard.forget()
	return s.explain(op, "", s.conn.Compress(ctx))
}

// distant says whether there is a network between here and that address.
func distant(address net.Addr) bool {
	a, ok := address.(*net.TCPAddr)
	return ok && !a.IP.IsLoopback()
}
