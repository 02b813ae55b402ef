package message

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
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
	// Charsets that are known and unsafe decode to U+FFFD, even nothing at all.
	r, err := charset.Reader(meantCharset(name), strings.NewReader(""))
	if err != nil {
		return false
	}
	nothing, err := io.ReadAll(r)
	return err == nil && len(nothing) == 0
}

func decodeCharset(name string, octets []byte) string {
	if plainCharset(name) || len(octets) == 0 {
		return toUTF8(string(octets))
	}
	if r, ok := charsetReader(name, strings.NewReader(string(octets))); ok {
		// What knownCharset accepts does not fail: it writes U+FFFD for what it cannot
		// decode.
		if decoded, err := io.ReadAll(r); err == nil {
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
