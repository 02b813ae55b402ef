package cache

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A Folder is what is remembered of a folder. It is used by one goroutine, and closed
// by it.
type Folder struct {
	file  io.ReadSeekCloser
	size  int64 // without the tail
	state State
	parts message.Parts
	uids  imap.UIDSet
	head  func([]byte) (message.Parts, error)
}

// Folder returns what is remembered of a folder; false: nothing that can be used. By
// then the whole file was read and is without fault: what was judged by a row cannot be
// taken back once one that comes after it turns out to be damaged.
func (a *Account) Folder(name mailbox.Name) (*Folder, bool) {
	file, info, ok := a.open(a.path(name))
	if !ok {
		return nil, false
	}
	f, err := openFolder(file, info.Size(), a.key, name)
	if err != nil {
		file.Close()
		return nil, false
	}
	a.touch(file, info)
	return f, true
}

func openFolder(file io.ReadSeekCloser, size int64, account string, name mailbox.Name) (*Folder, error) {
	f := &Folder{file: file, size: size - tailSize, head: func(b []byte) (message.Parts, error) { return readHead(b, account, name) }}
	if f.size <= 0 {
		return nil, io.ErrUnexpectedEOF
	}
	in, codec, err := f.begin()
	if err != nil {
		return nil, err
	}
	f.parts = codec.parts
	var rows int64
	for {
		b, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		r, err := codec.read(b)
		if err != nil {
			return nil, err
		}
		f.addUID(r.uid)
		rows++
	}
	var tail [tailSize]byte
	if _, err := io.ReadFull(file, tail[:]); err != nil {
		return nil, err
	}
	if f.state, err = readTail(tail, in.sum.crc); err != nil {
		return nil, err
	}
	return f, f.state.usable(rows, codec.uid)
}

// addUID adds a UID that is above all others.
func (f *Folder) addUID(uid imap.UID) {
	if last := len(f.uids) - 1; last >= 0 && uid-f.uids[last].Stop == 1 {
		f.uids[last].Stop = uid
		return
	}
	f.uids = append(f.uids, imap.UIDRange{Start: uid, Stop: uid})
}

// begin reads the file from its beginning, up to the first row.
func (f *Folder) begin() (*frames, *codec, error) {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return nil, nil, err
	}
	in := newFrames(io.LimitReader(f.file, f.size))
	head, err := in.next()
	if err != nil {
		return nil, nil, whole(err)
	}
	parts, err := f.head(head)
	return in, newCodec(parts), err
}

// State is how the folder was.
func (f *Folder) State() State { return f.state }

// Parts are what is remembered of each message.
func (f *Folder) Parts() message.Parts { return f.parts }

// UIDs are those of the messages, in ascending ranges that are apart from each other.
func (f *Folder) UIDs() imap.UIDSet { return f.uids }

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.file.Close() }

// Rows tells of the messages by UID, each with these parts, all of which must be
// remembered, and without its Folder. Each holds until the next is told. An error ends it:
// then the disk fails, since the file was read before, and files are replaced and never
// changed.
func (f *Folder) Rows(parts message.Parts) iter.Seq2[*message.Message, error] {
	return func(yield func(*message.Message, error) bool) {
		if !f.parts.Covers(parts) {
			yield(nil, errors.New("the cache does not hold all that is asked for"))
			return
		}
		in, codec, err := f.begin()
		all := parts.Covers(f.parts)
		for err == nil {
			var m *message.Message
			if m, err = readMessage(in, codec); err != nil {
				break
			}
			if !all {
				m = narrow(m, parts)
			}
			if !yield(m, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, fmt.Errorf("read the cache: %w", err))
		}
	}
}

func readMessage(in *frames, codec *codec) (*message.Message, error) {
	b, err := in.next()
	if err != nil {
		return nil, err
	}
	r, err := codec.read(b)
	if err != nil {
		return nil, err
	}
	return codec.message(r)
}

// narrow leaves of a message what was asked for, as a server would tell it.
func narrow(m *message.Message, parts message.Parts) *message.Message {
	some := &message.Message{UID: m.UID}
	m.Known = parts
	some.Merge(m)
	return some
}
