package maildir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxHeader is how long a header may be, in octets. A message without an empty line in that much is no message.
const maxHeader = 16 << 20

// storeLF copies a message as Maildir keeps it, with LF at the ends of lines, and returns the octets written and the
// octets that the message has on the wire (see wireSize).
func storeLF(dst io.Writer, src io.Reader) (stored, wire int64, err error) {
	in, out := bufio.NewReaderSize(src, 64<<10), bufio.NewWriterSize(dst, 64<<10)
	last := byte(0)
	for {
		c, err := in.ReadByte()
		if err == io.EOF {
			return stored, wire, out.Flush()
		}
		if err != nil {
			return stored, wire, err
		}
		if c == '\r' {
			if next, err := in.Peek(1); err == nil && next[0] == '\n' {
				continue
			} else if err != nil && err != io.EOF {
				return stored, wire, err
			}
		}
		if err := out.WriteByte(c); err != nil {
			return stored, wire, err
		}
		stored++
		wire++
		if c == '\n' && last != '\r' {
			wire++
		}
		last = c
	}
}

// toCRLF returns the octets of a message as they go over the wire: every LF has a CR before it.
func toCRLF(data []byte) []byte {
	missing := wireSize(data, 0) - int64(len(data))
	if missing == 0 {
		return data
	}
	out := make([]byte, 0, int64(len(data))+missing)
	last := byte(0)
	for _, c := range data {
		if c == '\n' && last != '\r' {
			out = append(out, '\r')
		}
		out = append(out, c)
		last = c
	}
	return out
}

// wireSize returns how many octets toCRLF makes of data that follows the octet last.
func wireSize(data []byte, last byte) int64 {
	n := int64(len(data))
	for rest := data; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return n
		}
		if i > 0 {
			last = rest[i-1]
		}
		if last != '\r' {
			n++
		}
		last, rest = '\n', rest[i+1:]
	}
}

// fileWireSize reads a file to tell its size on the wire.
func fileWireSize(name string) (size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buf, last := make([]byte, 64<<10), byte(0)
	for {
		n, err := f.Read(buf)
		if n > 0 {
			size += wireSize(buf[:n], last)
			last = buf[n-1]
		}
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// readMessage reads a whole message as it goes over the wire.
func readMessage(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return toCRLF(data), nil
}

// readHeader reads a message's header, with the empty line if there is one, as it goes over the wire, and no more of the
// file than a buffer holds.
func readHeader(r *bufio.Reader) ([]byte, error) {
	var header []byte
	for {
		line, err := r.ReadSlice('\n')
		header = append(header, line...)
		if len(header) > maxHeader {
			return nil, fmt.Errorf("the header is longer than %d octets: %w", maxHeader, errDamaged)
		}
		switch {
		case err == io.EOF:
			return toCRLF(header), nil
		case err == nil && endsHeader(header):
			return toCRLF(header), nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// endsHeader says whether the header ends in an empty line.
func endsHeader(header []byte) bool {
	before, ok := bytes.CutSuffix(header, []byte("\n"))
	if !ok {
		return false
	}
	before = bytes.TrimSuffix(before, []byte("\r"))
	return len(before) == 0 || before[len(before)-1] == '\n'
}
