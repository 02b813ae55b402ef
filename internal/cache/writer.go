package cache

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A Writer writes what is to be remembered of a folder. Until Commit what was remembered
// before stays. After an error nothing comes of it, and each call returns the same error.
type Writer struct {
	account *Account
	name    mailbox.Name
	file    *os.File
	out     *bufio.Writer
	sum     *summing // what out writes to
	codec   *codec
	frame   []byte
	size    []byte
	rows    int64
	err     error
}

// Begin begins to remember a folder anew, with these parts of each message. It must be
// ended by Commit or Discard.
func (a *Account) Begin(name mailbox.Name, parts message.Parts) *Writer {
	w := &Writer{account: a, name: name, codec: newCodec(parts)}
	if parts.Structure || len(parts.Texts) > 0 {
		w.err = errors.New("structure and texts are not remembered")
		return w
	}
	if w.file, w.err = os.CreateTemp(a.dir, hidden(string(name))+unwritten+"*"); w.err != nil {
		return w
	}
	w.sum = &summing{to: w.file}
	w.out = bufio.NewWriterSize(w.sum, buffer)
	w.write(appendHead(nil, a.key, name, parts))
	return w
}

// Add adds a message, by ascending UID, of which the parts must be known.
func (w *Writer) Add(m *message.Message) error {
	if w.err != nil {
		return w.err
	}
	frame, err := w.codec.append(w.frame[:0], m)
	w.frame = frame
	if err != nil {
		return w.fail(err)
	}
	w.rows++
	return w.write(frame)
}

// write writes a frame.
func (w *Writer) write(frame []byte) error {
	if len(frame) > maxFrame {
		return w.fail(fmt.Errorf("%d octets are too many", len(frame)))
	}
	w.size = binary.AppendUvarint(w.size[:0], uint64(len(frame)))
	for _, b := range [][]byte{w.size, frame} {
		if _, err := w.out.Write(b); err != nil {
			return w.fail(err)
		}
	}
	return nil
}

// Commit has the folder remembered as it was in that state: with all that it told, and
// with changes of later than that, never of earlier. It need not outlive a crash of the
// machine: what is torn by then is noticed when it is read.
func (w *Writer) Commit(state State) error {
	if w.err != nil {
		return w.err
	}
	if err := state.usable(w.rows, w.codec.uid); err != nil {
		return w.fail(err)
	}
	if err := w.out.Flush(); err != nil {
		return w.fail(err)
	}
	tail := appendTail(nil, state)
	tail = binary.LittleEndian.AppendUint32(tail, crc32.Update(w.sum.crc, castagnoli, tail))
	if _, err := w.file.Write(tail); err != nil {
		return w.fail(err)
	}
	if err := w.file.Close(); err != nil {
		return w.fail(err)
	}
	if err := os.Rename(w.file.Name(), w.account.path(w.name)); err != nil {
		return w.fail(err)
	}
	w.err = errEnded
	return nil
}

var errEnded = errors.New("the writing has ended")

// Discard ends the writing without a trace. After Commit it does nothing.
func (w *Writer) Discard() {
	if w.err == nil {
		w.fail(errEnded)
	}
}

// fail ends the writing. That the file cannot be closed or removed is no news then: it
// goes once it is old.
func (w *Writer) fail(err error) error {
	w.err = fmt.Errorf("remember folder %q: %w", w.name, err)
	if w.file != nil {
		_ = w.file.Close()
		_ = os.Remove(w.file.Name())
	}
	return w.err
}
