package server

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// maxPiece is how many octets of a message one command reads: this bounds memory.
const maxPiece = 4 << 20

// Read writes a message of the open folder as the server has it, octet by octet, in
// pieces (RFC 9051 section 6.4.5, partial). What was written is worth nothing if it
// returns an error: the message is gone, say, or is not as long as its RFC822.SIZE,
// or w takes no more.
func (s *Session) Read(ctx context.Context, uid imap.UID, w io.Writer) error {
	if s.open.name == "" {
		return errNothingOpen
	}
	if err := checkUIDs(imap.UIDSetNum(uid), s.open.highest); err != nil {
		return fmt.Errorf("read a message of folder %q: %w", s.open.name, err)
	}
	r := whole{s: s, name: s.open.name, uid: uid, size: -1}
	if err := r.read(ctx, w); err != nil {
		return fmt.Errorf("read message %d of folder %q: %w", uid, r.name, err)
	}
	return nil
}

// A whole is a message that is read from its first octet to its last.
type whole struct {
	s    *Session
	name mailbox.Name
	uid  imap.UID

	size int64 // RFC822.SIZE; negative: it was not told yet
	done int64 // octets written
}

func (r *whole) read(ctx context.Context, w io.Writer) error {
	for more := true; more; {
		piece, err := r.piece(ctx)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, piece); err != nil {
			return err
		}
		r.done += int64(len(piece))
		// One that is full may be the last: what follows it must then be nothing.
		more = int64(len(piece)) == maxPiece && r.done <= r.size
	}
	if r.done != r.size {
		return fmt.Errorf("the server says that it has %d octets, and sends %d", r.size, r.done)
	}
	return nil
}

// piece asks for octets from where the last piece ended. PEEK, since reading must not
// mark a message as seen.
func (r *whole) piece(ctx context.Context) (string, error) {
	a := pieceAnswer{uid: r.uid, item: fmt.Sprintf("BODY[]<%d>", r.done), size: r.size}
	items := fmt.Sprintf("UID BODY.PEEK[]<%d.%d>", r.done, maxPiece)
	if r.size < 0 {
		items = "RFC822.SIZE " + items
	}
	err := r.s.doEach(ctx, "read a message of", r.name, fmt.Sprintf("UID FETCH %d (%s)", r.uid, items), "FETCH", a.take)
	switch {
	case err != nil:
		return "", err
	case a.err != nil:
		return "", a.err
	case !a.told:
		return "", fmt.Errorf("the server does not send it: it is gone, or cannot be read")
	case a.size < 0:
		return "", fmt.Errorf("the server does not say how long it is")
	case int64(len(a.text)) > maxPiece:
		return "", fmt.Errorf("the server sends %d octets at once, where %d were asked for", len(a.text), maxPiece)
	}
	r.size = a.size
	return a.text, nil
}

// A pieceAnswer gathers what the responses to one command tell of one message. They
// may tell of other messages too, at any time.
type pieceAnswer struct {
	uid  imap.UID
	item string // the name of the piece
	text string
	told bool  // text is the piece
	size int64 // negative: not told
	err  error // the first that came up
}

func (a *pieceAnswer) take(response wire.Response, err error) {
	if a.err != nil {
		return
	}
	if err == nil {
		err = checkRow(response)
	}
	if err != nil {
		a.err = err
		return
	}
	row := response.Values[0].List
	if uidOf(row) != a.uid {
		return
	}
	for ; len(row) > 0; row = row[2:] {
		switch name := strings.ToUpper(row[0].Text); {
		case name == "RFC822.SIZE":
			a.err = a.takeSize(row[1])
		case name == a.item:
			a.err = a.takeText(row[1])
		}
		if a.err != nil {
			return
		}
	}
}

func (a *pieceAnswer) takeSize(value wire.Value) error {
	var m message.Message
	if err := readItem(&m, "RFC822.SIZE", value, nil); err != nil {
		return err
	}
	if a.size >= 0 && a.size != m.Size {
		return fmt.Errorf("the server says that it has %d octets, and then that it has %d", a.size, m.Size)
	}
	a.size = m.Size
	return nil
}

func (a *pieceAnswer) takeText(value wire.Value) error {
	if value.Kind != wire.String {
		return fmt.Errorf("the server has no octets of it to send") // NIL is not an empty message
	}
	if a.told && a.text != value.Text {
		return fmt.Errorf("the server sends the same piece twice, and not the same octets")
	}
	a.text, a.told = value.Text, true
	return nil
}
