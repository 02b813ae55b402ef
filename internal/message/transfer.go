package message

import (
	"bytes"
	"io"
)

// transferReader returns r's octets without their transfer encoding (RFC 2045
// section 6), as tolerant as readers of mail are; false: the encoding is not known.
func transferReader(encoding string, r io.Reader) (io.Reader, bool) {
	switch encoding {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit":
		return r, true
	case "base64":
		return &decodingReader{r: r, decoder: new(base64Decoder)}, true
	case "quoted-printable":
		return &decodingReader{r: r, decoder: new(quotedDecoder)}, true
	default:
		return nil, false
	}
}

// A transferDecoder is fed octets as they come.
type transferDecoder interface {
	decode(dst, src []byte) []byte // appends to dst
	end(dst []byte) []byte         // appends what it had kept back
}

type decodingReader struct {
	r       io.Reader
	decoder transferDecoder
	in      [4096]byte
	decoded []byte
	ready   []byte // the rest of decoded
	err     error
}

// Read implements io.Reader.
func (d *decodingReader) Read(p []byte) (int, error) {
	for len(d.ready) == 0 && d.err == nil && len(p) > 0 {
		n, err := d.r.Read(d.in[:])
		d.decoded = d.decoder.decode(d.decoded[:0], d.in[:n])
		if d.err = err; err == io.EOF {
			d.decoded = d.decoder.end(d.decoded)
		}
		d.ready = d.decoded
		if n == 0 && err == nil {
			return 0, nil
		}
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	if len(d.ready) == 0 && n == 0 {
		return 0, d.err
	}
	return n, nil
}

// A base64Decoder skips what is no base64 (RFC 2045 section 6.8), misses no padding,
// and goes on behind it: some mailers encode line by line.
type base64Decoder struct {
	bits  uint32
	count int // sextets in bits
}

// base64Sextets maps a character to its sextet, and what is none to noSextet.
var base64Sextets = func() (table [256]byte) {
	for i := range table {
		table[i] = noSextet
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

const noSextet = 0xff

func (d *base64Decoder) decode(dst, src []byte) []byte {
	for _, c := range src {
		sextet := base64Sextets[c]
		if sextet == noSextet {
			if c == '=' {
				dst = d.end(dst)
			}
			continue
		}
		d.bits = d.bits<<6 | uint32(sextet)
		if d.count++; d.count == 4 {
			dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
			d.bits, d.count = 0, 0
		}
	}
	return dst
}

func (d *base64Decoder) end(dst []byte) []byte {
	switch d.count {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.count = 0, 0
	return dst
}

// A quotedDecoder reads quoted-printable (RFC 2045 section 6.7). An "=" that
// encodes nothing stays as it is.
type quotedDecoder struct {
	held []byte // an "=" and what came after it, not yet understood
}

// maxBlanks is how many blanks a soft line break may have before the end of the
// line; a line has at most 76 characters.
const maxBlanks = 998

func (d *quotedDecoder) decode(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		if len(d.held) > 0 {
			dst = d.next(dst, src[i])
			continue
		}
		equals := bytes.IndexByte(src[i:], '=')
		if equals < 0 {
			return append(dst, src[i:]...)
		}
		dst = append(dst, src[i:i+equals]...)
		d.held = append(d.held, '=')
		i += equals
	}
	return dst
}

// next takes the octet after what is held.
func (d *quotedDecoder) next(dst []byte, c byte) []byte {
	last := d.held[len(d.held)-1]
	_, digit := unhex(c)
	blank := c == ' ' || c == '\t'
	switch {
	case last == '\r': // a soft line break, whatever comes
		d.held = d.held[:0]
		if c == '\n' {
			return dst
		}
	case c == '\n' && (last == '=' || isWSP(last)):
		d.held = d.held[:0]
		return dst
	case c == '\r' && (last == '=' || isWSP(last)),
		last == '=' && digit,
		blank && (last == '=' || isWSP(last) && len(d.held) <= maxBlanks):
		d.held = append(d.held, c)
		return dst
	case digit && !isWSP(last) && last != '=':
		high, _ := unhex(last)
		low, _ := unhex(c)
		d.held = d.held[:0]
		return append(dst, high<<4|low)
	default:
		dst = append(dst, d.held...)
		d.held = d.held[:0]
	}
	if c == '=' {
		d.held = append(d.held, c)
		return dst
	}
	return append(dst, c)
}

func (d *quotedDecoder) end(dst []byte) []byte {
	if len(d.held) > 0 && d.held[len(d.held)-1] != '=' && !isWSP(d.held[len(d.held)-1]) {
		dst = append(dst, d.held...)
	}
	d.held = d.held[:0]
	return dst
}
