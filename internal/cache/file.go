package cache

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A file is a head, a row for each message by ascending UID, and a tail:
//
//	head  frame of: magic, account, folder (texts), the parts that each row has
//	row   frame of: UID (from the one before), and the parts: see codec
//	tail  the state (UIDVALIDITY, UIDNEXT, messages: 4 octets each; HIGHESTMODSEQ: 8)
//	      and the CRC-32C of all before it (4), little-endian
//
// A frame is its length and so many octets; a text, too. Lengths and numbers are
// varints. Who changes the format changes the magic: other files count as none.
const magic = "imapform cache 1"

const (
	tailSize = 4 + 4 + 4 + 8 + 4
	maxFrame = 4 << 20 // of which a header is 1 MiB at the most (message.ParseHeader)
	buffer   = 64 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendHead(b []byte, account string, name mailbox.Name, parts message.Parts) []byte {
	for _, text := range []string{magic, account, string(name)} {
		b = appendText(b, text)
	}
	return appendParts(b, parts)
}

var errOther = errors.New("the file is not about this folder, or of another version")

// readHead returns which parts rows have, in a file about that folder.
func readHead(b []byte, account string, name mailbox.Name) (message.Parts, error) {
	in := cursor{rest: b}
	for _, text := range []string{magic, account, string(name)} {
		if in.text() != text {
			return message.Parts{}, errOther
		}
	}
	parts := readParts(&in)
	if in.bad || len(in.rest) > 0 {
		return message.Parts{}, errOther
	}
	return parts, nil
}

// appendTail writes the state, without the sum that comes after it.
func appendTail(b []byte, s State) []byte {
	b = binary.LittleEndian.AppendUint32(b, s.UIDValidity)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.UIDNext))
	b = binary.LittleEndian.AppendUint32(b, s.Messages)
	return binary.LittleEndian.AppendUint64(b, s.HighestModSeq)
}

// readTail reads the state, and the sum of what came before the tail.
func readTail(b [tailSize]byte, before uint32) (State, error) {
	const sumAt = tailSize - 4
	if crc32.Update(before, castagnoli, b[:sumAt]) != binary.LittleEndian.Uint32(b[sumAt:]) {
		return State{}, errors.New("the file is damaged: its checksum is another one")
	}
	return State{
		UIDValidity:   binary.LittleEndian.Uint32(b[0:]),
		UIDNext:       imap.UID(binary.LittleEndian.Uint32(b[4:])),
		Messages:      binary.LittleEndian.Uint32(b[8:]),
		HighestModSeq: binary.LittleEndian.Uint64(b[12:]),
	}, nil
}

// usable says why rows with UIDs up to last cannot be those of a folder in that state;
// nil: they can.
func (s State) usable(rows int64, last imap.UID) error {
	switch {
	case s.UIDValidity == 0 || s.UIDNext == 0:
		return errors.New("the server does not say which UIDs the folder has")
	case rows != int64(s.Messages):
		return fmt.Errorf("%d messages are written of %d", rows, s.Messages)
	case last >= s.UIDNext:
		return fmt.Errorf("UID %d is not below UIDNEXT %d", last, s.UIDNext)
	}
	return nil
}

// frames reads frames one by one, and sums up what it reads.
type frames struct {
	in  *bufio.Reader
	sum *summed
	big []byte // for a frame that is larger than the reader's buffer
}

func newFrames(r io.Reader) *frames {
	sum := &summed{from: r}
	return &frames{in: bufio.NewReaderSize(sum, buffer), sum: sum}
}

// next returns a frame, which is good until the next one is read; io.EOF: there is none.
func (f *frames) next() ([]byte, error) {
	size, err := binary.ReadUvarint(f.in)
	switch {
	case err != nil:
		return nil, err
	case size > maxFrame:
		return nil, fmt.Errorf("a frame of %d octets is too large", size)
	case size > buffer:
		return f.large(int(size))
	}
	b, err := f.in.Peek(int(size))
	if err != nil {
		return nil, whole(err)
	}
	_, err = f.in.Discard(int(size))
	return b, err
}

func (f *frames) large(size int) ([]byte, error) {
	if cap(f.big) < size {
		f.big = make([]byte, size)
	}
	_, err := io.ReadFull(f.in, f.big[:size])
	return f.big[:size], whole(err)
}

// whole is the error of a frame that had begun: it must not look like the end.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// summed sums up what is read.
type summed struct {
	from io.Reader
	crc  uint32
}

func (s *summed) Read(b []byte) (int, error) {
	n, err := s.from.Read(b)
	s.crc = crc32.Update(s.crc, castagnoli, b[:n])
	return n, err
}

// summing sums up what is written.
type summing struct {
	to  io.Writer
	crc uint32
}

func (s *summing) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	s.crc = crc32.Update(s.crc, castagnoli, b[:n])
	return n, err
}
