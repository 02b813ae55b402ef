package server

import (
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
)

const firstPiece = "UID FETCH 2 (RFC822.SIZE UID BODY.PEEK[]<0.4194304>)"

// reader is a server whose message 2 is answered so.
func reader(answers ...string) script {
	s := polite()
	s["UID FETCH 2"] = nil
	for _, a := range answers {
		s["UID FETCH 2"] = append(s["UID FETCH 2"], a+"TAG OK done\r\n")
	}
	return s
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		script script
		says   string
	}{
		"a message that is gone":        {reader(""), "gone, or cannot be read"},
		"another message":               {reader("* 1 FETCH (UID 5 RFC822.SIZE 2 BODY[]<0> {2}\r\nab)\r\n"), "gone, or cannot be read"},
		"one without its UID":           {reader("* 1 FETCH (RFC822.SIZE 2 BODY[]<0> {2}\r\nab)\r\n"), "gone, or cannot be read"},
		"no octets":                     {reader("* 1 FETCH (UID 2 RFC822.SIZE 2)\r\n"), "gone, or cannot be read"},
		"NIL":                           {reader("* 1 FETCH (UID 2 RFC822.SIZE 2 BODY[]<0> NIL)\r\n"), "no octets of it"},
		"no size":                       {reader("* 1 FETCH (UID 2 BODY[]<0> {2}\r\nab)\r\n"), "how long it is"},
		"a size that is none":           {reader("* 1 FETCH (UID 2 RFC822.SIZE -1 BODY[]<0> {2}\r\nab)\r\n"), "is no size"},
		"two sizes":                     {reader("* 1 FETCH (UID 2 RFC822.SIZE 2 RFC822.SIZE 3 BODY[]<0> {2}\r\nab)\r\n"), "and then that it has 3"},
		"fewer octets than it has":      {reader("* 1 FETCH (UID 2 RFC822.SIZE 3 BODY[]<0> {2}\r\nab)\r\n"), "3 octets, and sends 2"},
		"more octets than it has":       {reader("* 1 FETCH (UID 2 RFC822.SIZE 1 BODY[]<0> {2}\r\nab)\r\n"), "1 octets, and sends 2"},
		"another part of it":            {reader("* 1 FETCH (UID 2 RFC822.SIZE 2 BODY[TEXT]<0> {2}\r\nab)\r\n"), "gone, or cannot be read"},
		"another piece of it":           {reader("* 1 FETCH (UID 2 RFC822.SIZE 2 BODY[]<9> {2}\r\nab)\r\n"), "gone, or cannot be read"},
		"two pieces":                    {reader("* 1 FETCH (UID 2 RFC822.SIZE 2 BODY[]<0> {2}\r\nab)\r\n* 1 FETCH (UID 2 BODY[]<0> {2}\r\nba)\r\n"), "not the same octets"},
		"what are no pairs":             {reader("* 1 FETCH (UID 2 RFC822.SIZE)\r\n"), "pairs of name and value"},
		"what cannot be read":           {reader("* 1 FETCH (UID 2 RFC822.SIZE 2 BODY[]<0> {2}\r\nab\r\n"), "cannot be read"},
		"a refusal":                     {polite().with("UID FETCH 2", "TAG NO [SERVERBUG] oops\r\n"), "oops"},
		"the end of the connection":     {polite().with("UID FETCH 2", "* 1 FETCH (UID 2 RFC822.SIZE 9 BODY[]<0> {9}\r\nabHANGUP"), "read a message of"},
		"more than was asked for":       {reader("* 1 FETCH (UID 2 RFC822.SIZE 4194305 BODY[]<0> {4194305}\r\n" + strings.Repeat("a", maxPiece+1) + ")\r\n"), "where 4194304 were asked for"},
		"more in the end than it has":   {reader("* 1 FETCH (UID 2 RFC822.SIZE 4194304 BODY[]<0> {4194304}\r\n"+strings.Repeat("a", maxPiece)+")\r\n", "* 1 FETCH (UID 2 BODY[]<4194304> {1}\r\na)\r\n"), "4194304 octets, and sends 4194305"},
		"a message that goes meanwhile": {reader("* 1 FETCH (UID 2 RFC822.SIZE 5000000 BODY[]<0> {4194304}\r\n"+strings.Repeat("a", maxPiece)+")\r\n", ""), "gone, or cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, c.script)
			open(t, s)
			var got strings.Builder
			err := s.Read(t.Context(), 2, &got)
			wantError(t, err, c.says, `folder "Work"`)
			if lost := name == "the end of the connection"; apply.Lost(err) != lost {
				t.Errorf("lost is %t: %v", !lost, err)
			}
		})
	}
}

func open(t *testing.T, s *Session) {
	t.Helper()
	if _, err := s.Open(t.Context(), "Work"); err != nil {
		t.Fatal(err)
	}
}

// Nothing is asked of a folder that is not open, nor for a UID that was not given out.
func TestReadNothing(t *testing.T) {
	f, s := dialFake(t, polite())
	wantError(t, s.Read(t.Context(), 2, new(strings.Builder)), "no folder is open")
	open(t, s)
	wantError(t, s.Read(t.Context(), 99, new(strings.Builder)), "has not been given out")
	wantError(t, s.Read(t.Context(), 0, new(strings.Builder)), "must not hold")
	if sent := f.sent("UID FETCH"); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

// A message that is as long as a piece, or as two, is read to its end; one octet that
// there should not be would show.
func TestReadPieces(t *testing.T) {
	piece := strings.Repeat("0123456\n", maxPiece/8)
	_, s := dialFake(t, reader(
		// The UID comes last, other messages tell of themselves, and the answer is split.
		"* 9 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (RFC822.SIZE 8388608 UID 2)\r\n* 1 FETCH (body[]<0> {4194304}\r\n"+piece+" UID 2)\r\n",
		"* 1 FETCH (UID 2 BODY[]<4194304> {4194304}\r\n"+piece+")\r\n",
		"* 1 FETCH (UID 2 BODY[]<8388608> \"\")\r\n",
	))
	open(t, s)
	var got strings.Builder
	if err := s.Read(t.Context(), 2, &got); err != nil || got.String() != piece+piece {
		t.Errorf("%d octets, %v", got.Len(), err)
	}
	f, s := dialFake(t, reader("* 1 FETCH (UID 2 RFC822.SIZE 3 BODY[]<0> \"a\\\"b\")\r\n"))
	open(t, s)
	got.Reset()
	if err := s.Read(t.Context(), 2, &got); err != nil || got.String() != `a"b` {
		t.Errorf("%q, %v", got.String(), err)
	}
	if sent := f.sent("UID FETCH"); len(sent) != 1 || sent[0] != firstPiece {
		t.Errorf("sent %q", sent)
	}
}

// A writer that takes no more is the error, and the session goes on.
func TestReadFull(t *testing.T) {
	_, s := dialFake(t, reader("* 1 FETCH (UID 2 RFC822.SIZE 2 BODY[]<0> {2}\r\nab)\r\n"))
	open(t, s)
	full := errors.New("no space left on device")
	if err := s.Read(t.Context(), 2, refuser{full}); !errors.Is(err, full) || apply.Lost(err) {
		t.Errorf("error %v", err)
	}
	var got strings.Builder
	if err := s.Read(t.Context(), imap.UID(2), &got); err != nil || got.String() != "ab" {
		t.Errorf("then %q, %v", got.String(), err)
	}
}

type refuser struct{ err error }

func (r refuser) Write([]byte) (int, error) { return 0, r.err }
