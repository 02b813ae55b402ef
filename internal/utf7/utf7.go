// Package utf7 owns modified UTF-7, in which IMAP servers and Maildir++ directories
// write folder names (RFC 3501 section 5.1.3). The package performs no I/O.
package utf7

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// alphabet is modified base64: "," instead of "/", and no padding.
var alphabet = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// ErrEncoding is the error of text that is not in modified UTF-7, or not as Encode
// writes it.
var ErrEncoding = errors.New("the name is not in modified UTF-7")

// Encode writes valid UTF-8 in modified UTF-7.
func Encode(s string) string {
	var out strings.Builder
	for s != "" {
		var part string
		part, s = cut(s, func(r rune) bool { return !plain(r) })
		out.WriteString(strings.ReplaceAll(part, "&", "&-"))
		if part, s = cut(s, plain); part != "" {
			var units []byte
			for _, u := range utf16.Encode([]rune(part)) {
				units = binary.BigEndian.AppendUint16(units, u)
			}
			out.WriteString("&" + alphabet.EncodeToString(units) + "-")
		}
	}
	return out.String()
}

// plain says whether a character stands for itself.
func plain(r rune) bool { return r >= ' ' && r <= '~' }

// cut splits s before the first character that is at an end.
func cut(s string, end func(rune) bool) (part, rest string) {
	i := strings.IndexFunc(s, end)
	if i < 0 {
		i = len(s)
	}
	return s[:i], s[i:]
}

// Decode reads modified UTF-7. It takes only what Encode writes, so that a name has
// one encoding: another could not be given back.
func Decode(s string) (string, error) {
	decoded, err := DecodeLoosely(s)
	if err != nil || !utf8.ValidString(decoded) || Encode(decoded) != s {
		return "", ErrEncoding
	}
	return decoded, nil
}

// DecodeLoosely reads modified UTF-7 also where Encode would have written it in
// another way.
func DecodeLoosely(s string) (string, error) {
	var out strings.Builder
	for rest := s; rest != ""; {
		part, shifted, found := strings.Cut(rest, "&")
		out.WriteString(part)
		if !found {
			break
		}
		run, after, ended := strings.Cut(shifted, "-")
		if !ended {
			return "", ErrEncoding
		}
		rest = after
		if run == "" {
			out.WriteByte('&')
			continue
		}
		octets, err := alphabet.DecodeString(run)
		if err != nil || len(octets)%2 != 0 {
			return "", ErrEncoding
		}
		var units []uint16
		for ; len(octets) > 0; octets = octets[2:] {
			units = append(units, binary.BigEndian.Uint16(octets))
		}
		out.WriteString(string(utf16.Decode(units)))
	}
	return out.String(), nil
}
