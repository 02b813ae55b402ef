package maildir

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mutf7Base64 is modified UTF-7's base64 (RFC 3501 section 5.1.3).
var mutf7Base64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeUTF7 returns s, which is valid UTF-8, in modified UTF-7.
func encodeUTF7(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		plain := strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
		if plain < 0 {
			plain = len(s)
		}
		b.WriteString(strings.ReplaceAll(s[:plain], "&", "&-"))
		s = s[plain:]
		shifted := strings.IndexFunc(s, func(r rune) bool { return r >= ' ' && r <= '~' })
		if shifted < 0 {
			shifted = len(s)
		}
		if shifted > 0 {
			b.WriteString("&" + mutf7Base64.EncodeToString(utf16Octets(s[:shifted])) + "-")
		}
		s = s[shifted:]
	}
	return b.String()
}

func utf16Octets(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// decodeUTF7 is encodeUTF7's inverse. It takes only what encodeUTF7 makes, so that a directory has one name and a name
// one directory.
func decodeUTF7(s string) (string, bool) {
	decoded, ok := decodeLoosely(s)
	return decoded, ok && utf8.ValidString(decoded) && encodeUTF7(decoded) == s
}

// decodeLoosely decodes modified UTF-7 also where encodeUTF7 would have written it in another way.
func decodeLoosely(s string) (string, bool) {
	var b strings.Builder
	for rest := s; rest != ""; {
		plain, shifted, found := strings.Cut(rest, "&")
		b.WriteString(plain)
		if !found {
			break
		}
		code, after, found := strings.Cut(shifted, "-")
		if !found {
			return "", false
		}
		rest = after
		if code == "" {
			b.WriteByte('&')
			continue
		}
		octets, err := mutf7Base64.DecodeString(code)
		if err != nil || len(octets)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
		}
		b.WriteString(string(utf16.Decode(units)))
	}
	return b.String(), true
}
