package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// errInflate is wrapped by the error of a stream that is not DEFLATE.
var errInflate = errors.New("the compressed stream is broken")

const (
	inflateInput  = 32 << 10 // compressed octets read at once
	inflateWindow = 32 << 10 // how far back a stream may refer (RFC 1951 section 2)
	inflateOutput = 64 << 10 // octets inflated ahead, at most
)

// An inflater reads raw DEFLATE (RFC 1951) and returns what a block holds when the block
// has ended, at the latest, and never waits for more than that takes. That is what it is
// here for, as a server may flush as zlib's Z_PARTIAL_FLUSH does: with an empty block of
// 10 bits, of which 3 are sent and the others may be left for the next answer. Readers
// that want more than is there would wait for it in vain, with the answer already here:
// compress/flate gives what it has only at an empty stored block; klauspost/compress, also
// WithPartialBlock, wants all 10 bits before it takes the last symbols of a block.
// It takes 150 KB and nothing more, however much comes.
type inflater struct {
	in   io.Reader
	raw  []byte // read from in
	next int    // of raw
	bits uint64 // taken from raw, the next one lowest; what lies above count is not counted
	have uint   // how many of them count

	out   []byte // inflated: the window, and what is to be read
	from  int    // of out: what has been read
	block func(*inflater) error
	left  int // octets of a stored block to come
	last  bool
	err   error

	lengths, distances huffman
}

func newInflater(in io.Reader) *inflater {
	return &inflater{
		in: in, raw: make([]byte, 0, inflateInput),
		out: make([]byte, 0, inflateWindow+inflateOutput), block: (*inflater).header,
	}
}

// Read returns inflated octets: io.EOF if in ended between two blocks.
func (z *inflater) Read(p []byte) (int, error) {
	for z.from == len(z.out) && z.err == nil && len(p) > 0 {
		z.slide()
		z.err = z.block(z)
	}
	n := copy(p, z.out[z.from:])
	z.from += n
	if n == 0 && len(p) > 0 {
		return 0, z.err
	}
	return n, nil
}

// slide forgets what is further back than the window, if room is needed.
func (z *inflater) slide() {
	if keep := len(z.out) - inflateWindow; keep > 0 && cap(z.out)-len(z.out) < inflateOutput/2 {
		z.out = z.out[:copy(z.out, z.out[keep:])]
		z.from = len(z.out)
	}
}

// room is how many octets may still be inflated.
func (z *inflater) room() int { return cap(z.out) - len(z.out) }

// fill takes as many bits as there are without waiting, and waits if they are fewer than n.
func (z *inflater) fill(n uint) error {
	for {
		if len(z.raw)-z.next >= 8 {
			z.bits |= binary.LittleEndian.Uint64(z.raw[z.next:]) << z.have
			taken := (63 - z.have) / 8
			z.next += int(taken)
			z.have += taken * 8
			return nil
		}
		for z.next < len(z.raw) && z.have <= 56 {
			z.bits = z.bits&(1<<z.have-1) | uint64(z.raw[z.next])<<z.have
			z.next++
			z.have += 8
		}
		if z.have >= n {
			return nil
		}
		if err := z.read(); err != nil {
			return err
		}
	}
}

// read waits for more compressed octets, when all are taken.
func (z *inflater) read() error {
	for range 100 {
		n, err := z.in.Read(z.raw[:cap(z.raw)])
		z.raw, z.next = z.raw[:n], 0
		if n > 0 {
			return nil // an error comes again
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// take returns n bits, 16 at most.
func (z *inflater) take(n uint) (int, error) {
	if z.have < n {
		if err := z.fill(n); err != nil {
			return 0, unexpected(err)
		}
	}
	v := int(z.bits & (1<<n - 1))
	z.drop(n)
	return v, nil
}

func (z *inflater) drop(n uint) {
	z.bits >>= n
	z.have -= n
}

// header reads how a block begins (RFC 1951 section 3.2.3).
func (z *inflater) header() error {
	if z.last {
		return z.end()
	}
	if err := z.fill(3); err != nil {
		return err // io.EOF is an end here
	}
	begin, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = begin&1 != 0
	switch begin >> 1 {
	case 0:
		return z.beginStored()
	case 1:
		z.lengths, z.distances = fixedLengths, fixedDistances
	case 2:
		if err := z.readCodes(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%w: there is no block of type 3", errInflate)
	}
	z.block = (*inflater).symbols
	return nil
}

// end insists that nothing follows the last block.
func (z *inflater) end() error {
	if z.next == len(z.raw) && z.have < 8 {
		if err := z.read(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: it goes on behind its end", errInflate)
}

// beginStored reads the length of a stored block (section 3.2.4).
func (z *inflater) beginStored() error {
	z.drop(z.have % 8)
	length, err := z.take(16)
	if err != nil {
		return err
	}
	check, err := z.take(16)
	if err != nil {
		return err
	}
	if length != check^0xffff {
		return fmt.Errorf("%w: the length of a stored block is not what it is said to be", errInflate)
	}
	z.left = length
	z.block = (*inflater).stored
	return nil
}

// stored copies octets of a stored block.
func (z *inflater) stored() error {
	for z.left > 0 && z.room() > 0 {
		if z.have >= 8 {
			z.out = append(z.out, byte(z.bits))
			z.drop(8)
			z.left--
			continue
		}
		z.bits, z.have = 0, 0
		if z.next == len(z.raw) {
			if len(z.out) > z.from {
				return nil // these first
			}
			if err := z.read(); err != nil {
				return unexpected(err)
			}
		}
		n := min(z.left, z.room(), len(z.raw)-z.next)
		z.out = append(z.out, z.raw[z.next:z.next+n]...)
		z.next += n
		z.left -= n
	}
	if z.left == 0 {
		z.block = (*inflater).header
	}
	return nil
}

// maxCopy is the longest string that a block repeats.
const maxCopy = 258

// symbols inflates a block with codes until it ends, or there is no more room.
func (z *inflater) symbols() error {
	for z.room() >= maxCopy {
		// The longest symbol takes 15 and 5 bits for a length, 15 and 13 for a distance.
		if z.have < 48 {
			if err := z.fill(1); err != nil {
				return unexpected(err)
			}
		}
		symbol, err := z.decode(&z.lengths)
		switch {
		case err != nil:
			return err
		case symbol < endOfBlock:
			z.out = append(z.out, byte(symbol))
		case symbol == endOfBlock:
			z.block = (*inflater).header
			return nil
		default:
			if err := z.repeat(symbol); err != nil {
				return err
			}
		}
	}
	return nil
}

// decode reads one symbol. It waits only if the code needs bits that are not here yet.
func (z *inflater) decode(h *huffman) (int, error) {
	for {
		e := h.quick[z.bits&(1<<quickBits-1)]
		if e == 0 {
			e = h.slow(uint16(z.bits))
		}
		if n := uint(e & 15); e != 0 && n <= z.have {
			z.drop(n)
			return int(e >> 4), nil
		}
		if z.have >= maxCode {
			return 0, fmt.Errorf("%w: there is no such code", errInflate)
		}
		if err := z.fill(z.have + 1); err != nil {
			return 0, unexpected(err)
		}
	}
}

// repeat copies a string that has come before (section 3.2.5).
func (z *inflater) repeat(symbol int) error {
	if symbol -= firstLength; symbol >= len(copyLengths) {
		return fmt.Errorf("%w: there is no such length", errInflate)
	}
	extra, err := z.take(copyLengths[symbol].bits)
	if err != nil {
		return err
	}
	length := copyLengths[symbol].base + extra
	if symbol, err = z.decode(&z.distances); err != nil {
		return err
	}
	if symbol >= len(copyDistances) {
		return fmt.Errorf("%w: there is no such distance", errInflate)
	}
	if extra, err = z.take(copyDistances[symbol].bits); err != nil {
		return err
	}
	distance := copyDistances[symbol].base + extra
	if distance > len(z.out) {
		return fmt.Errorf("%w: it repeats what is before its beginning", errInflate)
	}
	for length > 0 { // what is copied may be what has just been copied
		at := len(z.out) - distance
		n := min(length, distance)
		z.out = append(z.out, z.out[at:at+n]...)
		length -= n
	}
	return nil
}

// readCodes reads the codes of a block that brings its own (section 3.2.7).
func (z *inflater) readCodes() error {
	counts, err := z.take(14)
	if err != nil {
		return err
	}
	literals, distances, codes := counts&31+257, counts>>5&31+1, counts>>10+4
	if literals > maxLiterals || distances > maxDistances {
		return fmt.Errorf("%w: a block has too many codes", errInflate)
	}
	var lengths [maxLiterals + maxDistances]uint8
	for _, at := range codeOrder[:codes] {
		n, err := z.take(3)
		if err != nil {
			return err
		}
		lengths[at] = uint8(n)
	}
	var h huffman
	if !h.build(lengths[:len(codeOrder)]) {
		return fmt.Errorf("%w: the code of codes is none", errInflate)
	}
	clear(lengths[:])
	if err := z.readLengths(&h, lengths[:literals+distances]); err != nil {
		return err
	}
	if !z.lengths.build(lengths[:literals]) || !z.distances.build(lengths[literals:literals+distances]) {
		return fmt.Errorf("%w: the codes of a block are none", errInflate)
	}
	return nil
}

// readLengths reads the lengths of codes, which stand there as symbols of a code.
func (z *inflater) readLengths(h *huffman, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		symbol, err := z.decode(h)
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		run := lengthRuns[symbol-16]
		extra, err := z.take(run.bits)
		if err != nil {
			return err
		}
		n := run.base + extra
		if n > len(lengths)-i || symbol == 16 && i == 0 {
			return fmt.Errorf("%w: the codes of a block are more than it has", errInflate)
		}
		for range n {
			if symbol == 16 {
				lengths[i] = lengths[i-1]
			}
			i++
		}
	}
	return nil
}

const (
	maxCode      = 15  // bits of a code
	quickBits    = 10  // bits of a code that one step tells
	maxLiterals  = 286 // literals, the end, and lengths that may have a code
	maxDistances = 30
	endOfBlock   = 256
	firstLength  = 257
)

// A huffman is a canonical code (section 3.2.2). Entries are the symbol and, in the
// lowest 4 bits, the length of its code; 0: there is none.
type huffman struct {
	quick  [1 << quickBits]uint16 // by the next bits, for codes that are no longer
	counts [maxCode + 1]uint16    // codes of each length
	sorted [288]uint16            // the symbols by their codes
}

// build makes the code from the length for each symbol, 0 for none. It must be
// complete, but for one that has no symbol at all or one of a single bit.
func (h *huffman) build(lengths []uint8) bool {
	*h = huffman{}
	for _, n := range lengths {
		h.counts[n]++
	}
	used := len(lengths) - int(h.counts[0])
	h.counts[0] = 0
	var first, at [maxCode + 2]int // the first code of each length, and its place in sorted
	free := 1
	for n := 1; n <= maxCode; n++ {
		if free = free<<1 - int(h.counts[n]); free < 0 {
			return false
		}
		first[n+1] = (first[n] + int(h.counts[n])) << 1
		at[n+1] = at[n] + int(h.counts[n])
	}
	if free > 0 && (used > 1 || used == 1 && h.counts[1] == 0) {
		return false
	}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.sorted[at[n]] = uint16(symbol)
		at[n]++
		if n <= quickBits {
			entry := uint16(symbol)<<4 | uint16(n)
			code := int(bits.Reverse16(uint16(first[n])) >> (16 - n))
			for ; code < 1<<quickBits; code += 1 << n {
				h.quick[code] = entry
			}
		}
		first[n]++
	}
	return true
}

// slow finds the entry of a code that is long, bit by bit.
func (h *huffman) slow(next uint16) uint16 {
	code, first, at := 0, 0, 0
	for n := 1; n <= maxCode; n++ {
		code |= int(next & 1)
		next >>= 1
		count := int(h.counts[n])
		if code-first < count {
			return h.sorted[at+code-first]<<4 | uint16(n)
		}
		at += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0
}

// A ranged is a number that begins at base and goes on by some more bits.
type ranged struct {
	base int
	bits uint
}

// lengthRuns are the symbols 16 to 18 of a code of codes: repeat the last, or zero.
var lengthRuns = [...]ranged{{3, 2}, {3, 3}, {11, 7}}

// codeOrder is the order in which the lengths of that code are sent.
var codeOrder = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

var copyLengths = [...]ranged{
	{3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 1}, {13, 1}, {15, 1}, {17, 1},
	{19, 2}, {23, 2}, {27, 2}, {31, 2}, {35, 3}, {43, 3}, {51, 3}, {59, 3}, {67, 4}, {83, 4}, {99, 4}, {115, 4},
	{131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0},
}

var copyDistances = [...]ranged{
	{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 1}, {7, 1}, {9, 2}, {13, 2}, {17, 3}, {25, 3}, {33, 4}, {49, 4},
	{65, 5}, {97, 5}, {129, 6}, {193, 6}, {257, 7}, {385, 7}, {513, 8}, {769, 8}, {1025, 9}, {1537, 9},
	{2049, 10}, {3073, 10}, {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13},
}

// fixedLengths and fixedDistances are the codes of blocks that bring none (section 3.2.6).
var fixedLengths, fixedDistances = fixedCodes()

func fixedCodes() (lengths, distances huffman) {
	var n [288]uint8
	for symbol := range n {
		switch {
		case symbol < 144:
			n[symbol] = 8
		case symbol < 256:
			n[symbol] = 9
		case symbol < 280:
			n[symbol] = 7
		default:
			n[symbol] = 8
		}
	}
	lengths.build(n[:])
	for symbol := range 32 {
		n[symbol] = 5
	}
	distances.build(n[:32])
	return lengths, distances
}
