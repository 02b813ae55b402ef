package server

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// utf7Base64 is the alphabet of modified UTF-7 (RFC 3501 section 5.1.3).
var utf7Base64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

var errUTF7 = errors.New("the name is not in modified UTF-7")

// encodeUTF7 writes valid UTF-8 in modified UTF-7, for the commands that are not
// the library's.
func encodeUTF7(s string) string {
	var out strings.Builder
	for s != "" {
		plain := strings.IndexFunc(s, func(r rune) bool { return !plainUTF7(r) })
		if plain < 0 {
			plain = len(s)
		}
		out.WriteString(strings.ReplaceAll(s[:plain], "&", "&-"))
		s = s[plain:]
		shifted := strings.IndexFunc(s, plainUTF7)
		if shifted < 0 {
			shifted = len(s)
		}
		if shifted > 0 {
			var units []byte
			for _, u := range utf16.Encode([]rune(s[:shifted])) {
				units = binary.BigEndian.AppendUint16(units, u)
			}
			out.WriteString("&" + utf7Base64.EncodeToString(units) + "-")
		}
		s = s[shifted:]
	}
	return out.String()
}

// plainUTF7 says whether a character stands for itself.
func plainUTF7(r rune) bool { return r >= ' ' && r <= '~' }

// decodeUTF7 reads modified UTF-7. It fails on whatever encodeUTF7 would not have
// written, since such a name could not be given back to the server.
func decodeUTF7(s string) (string, error) {
	var out strings.Builder
	for rest := s; rest != ""; {
		plain, shifted, found := strings.Cut(rest, "&")
		out.WriteString(plain)
		if !found {
			break
		}
		run, after, ended := strings.Cut(shifted, "-")
		if !ended {
			return "", errUTF7
		}
		rest = after
		if run == "" {
			out.WriteByte('&')
			continue
		}
		units, err := utf7Base64.DecodeString(run)
		if err != nil || len(units)%2 != 0 {
			return "", errUTF7
		}
		var u []uint16
		for ; len(units) > 0; units = units[2:] {
			u = append(u, binary.BigEndian.Uint16(units))
		}
		out.WriteString(string(utf16.Decode(u)))
	}
	if decoded := out.String(); utf8.ValidString(decoded) && encodeUTF7(decoded) == s {
		return decoded, nil
	}
	return "", errUTF7
}

// quote writes a string for a command of our own. It must hold no line break and
// nothing but ASCII, as modified UTF-7 does.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
