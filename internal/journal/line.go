package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
)

// header is the first line of a journal, less the format's number.
const (
	header = "imapform journal "
	format = 1
)

var headerLine = header + strconv.Itoa(format) + "\n"

// The limits of a journal, for who writes and who reads one.
const (
	maxLine = 4 << 20  // octets of a line
	maxSize = 64 << 20 // octets of a file
	// maxNumbers bounds what the short forms of a file expand to, as tally counts it.
	maxNumbers = 1 << 26
)

// A line is a record as it stands in a file.
type line struct {
	number  int // of the record, from 1
	flushed int // the last record that was on the disk when this one was written
	text    []byte
}

// append appends the line, its end included, to a file's content.
func (l line) append(to []byte) []byte {
	rest := fmt.Appendf(nil, "%d %d %s", l.number, l.flushed, l.text)
	return fmt.Appendf(to, "%08x %s\n", checksum(rest), rest)
}

var errLine = errors.New("the checksum does not fit")

// parseLine reads a line without its end. Its text is part of what was given.
func parseLine(raw []byte) (line, error) {
	sum, rest, ok := bytes.Cut(raw, []byte(" "))
	var is [4]byte
	binary.BigEndian.PutUint32(is[:], checksum(rest))
	if !ok || !bytes.Equal(sum, hex.AppendEncode(nil, is[:])) {
		return line{}, errLine
	}
	number, rest, ok := bytes.Cut(rest, []byte(" "))
	flushed, text, also := bytes.Cut(rest, []byte(" "))
	l := line{text: text}
	var err error
	if l.number, err = strconv.Atoi(string(number)); err == nil {
		l.flushed, err = strconv.Atoi(string(flushed))
	}
	if err != nil || !ok || !also || l.number < 1 || l.flushed < 0 || l.flushed >= l.number {
		return line{}, errors.New("its numbers are none")
	}
	return l, nil
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }
