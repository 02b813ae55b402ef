package message

import (
	"io"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// plainCharset says that octets of the charset are read as toUTF8 reads them,
// which forgives senders who declare UTF-8 and write something else, or who declare
// that they do not know (RFC 1428).
func plainCharset(name string) bool {
	switch lowerASCII(name) {
	case "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "unknown":
		return true
	default:
		return false
	}
}

// meantCharset is the charset that is meant. Octets from 0x80 to 0x9f are nothing in
// Latin-1, and quotes and the euro sign in what Windows took for it.
func meantCharset(name string) string {
	switch lowerASCII(name) {
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1":
		return "windows-1252"
	default:
		return name
	}
}

func knownCharset(name string) bool {
	if plainCharset(name) {
		return true
	}
	enc := encodingOf(name)
	if enc == nil {
		return false
	}
	// Charsets that are known and unsafe decode nothing to U+FFFD, or fail.
	nothing, err := enc.NewDecoder().Bytes(nil)
	return err == nil && len(nothing) == 0
}

// encodingOf is the encoding of a charset by its names in mail and on the web, or nil:
// the one that go-message's charset.Reader takes. That is a reader only, which takes
// eight kilobytes of buffers for each word of a subject.
func encodingOf(name string) encoding.Encoding {
	name = meantCharset(name)
	switch lowerASCII(name) {
	case "ansi_x3.110-1983": // mostly Latin-1 and more
		return charmap.ISO8859_1
	case "x-utf_8j":
		return unicode.UTF8
	}
	for _, name := range []string{name, "cs" + name} {
		if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
			return enc
		}
	}
	if enc, err := htmlindex.Get(name); err == nil {
		return enc
	}
	return nil
}

// decodeCharset returns octets of a charset that knownCharset accepts as UTF-8.
func decodeCharset(name string, octets []byte) string {
	if plainCharset(name) || len(octets) == 0 {
		return toUTF8(string(octets))
	}
	if enc := encodingOf(name); enc != nil {
		// What knownCharset accepts does not fail: it writes U+FFFD for what it cannot
		// decode.
		if decoded, err := enc.NewDecoder().Bytes(octets); err == nil {
			return string(decoded)
		}
	}
	return toUTF8(string(octets))
}

// charsetReader returns r's text as UTF-8; false: the charset is not known.
func charsetReader(name string, r io.Reader) (io.Reader, bool) {
	if plainCharset(name) {
		return transform.NewReader(r, plainDecoder{}), true
	}
	if !knownCharset(name) {
		return nil, false
	}
	decoded, err := charset.Reader(meantCharset(name), r)
	return decoded, err == nil
}

// A plainDecoder does what toUTF8 does, to a stream.
type plainDecoder struct{ transform.NopResetter }

// Transform implements transform.Transformer.
func (plainDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := rune(src[nSrc]), 1
		if r >= utf8.RuneSelf {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if r, size = utf8.DecodeRune(src[nSrc:]); r == utf8.RuneError && size == 1 {
				r = charmap.Windows1252.DecodeByte(src[nSrc])
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}
