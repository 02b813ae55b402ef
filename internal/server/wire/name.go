package wire

import (
	"encoding/base64"
	"unicode/utf16"
	"unicode/utf8"
)

var base64UTF7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").
	WithPadding(base64.NoPadding)

// decodable reports whether a mailbox name is modified UTF-7 (RFC 3501 section
// 5.1.3) or UTF-8 as the library wants it. It closes the connection on others.
func decodable(name string) bool {
	if !utf8.ValidString(name) {
		return false
	}
	shifted := false // the last thing was a base64 run
	for i := 0; i < len(name); i++ {
		ch := name[i]
		if ch < 0x20 || ch == 0x7f {
			return false
		}
		if ch != '&' {
			shifted = false
			continue
		}
		end := i + 1
		for end < len(name) && name[end] != '-' {
			end++
		}
		if end == len(name) {
			return false
		}
		run := name[i+1 : end]
		if run != "" && (shifted || !utf16Run(run)) {
			return false
		}
		shifted = run != ""
		i = end
	}
	return true
}

// utf16Run reports whether a base64 run holds well-formed UTF-16 and nothing
// that ought to stand outside of it.
func utf16Run(run string) bool {
	for i := 0; i < len(run); i++ {
		if run[i] == '\r' || run[i] == '\n' { // which the decoder skips
			return false
		}
	}
	b, err := base64UTF7.DecodeString(run)
	if err != nil || len(b) == 0 || len(b)%2 != 0 {
		return false
	}
	for i := 0; i < len(b); i += 2 {
		r := rune(b[i])<<8 | rune(b[i+1])
		if !utf16.IsSurrogate(r) {
			if r >= 0x20 && r <= 0x7e {
				return false
			}
			continue
		}
		if i += 2; i == len(b) {
			return false
		}
		if utf16.DecodeRune(r, rune(b[i])<<8|rune(b[i+1])) == utf8.RuneError {
			return false
		}
	}
	return true
}
