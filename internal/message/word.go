package message

import (
	"encoding/base64"
	"strings"
)

// decodeWords decodes the encoded words of RFC 2047 in a field's value; broken
// ones stay as they are.
//
// mime.WordDecoder, and go-message on top of it, give up at the first word whose
// charset is unknown or whose form is broken, take quadratic time on a field full
// of such words, and tear apart a character that a sender has split between two
// words.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var b strings.Builder
	var pending words
	for {
		i := strings.Index(s, "=?")
		if i < 0 {
			pending.flush(&b)
			b.WriteString(s)
			return b.String()
		}
		w, rest, ok := cutWord(s[i:])
		if !ok {
			pending.flush(&b)
			b.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		// White space between encoded words is none of the text (section 6.2).
		if !pending.any || strings.Trim(s[:i], " \t\r\n") != "" {
			pending.flush(&b)
			b.WriteString(s[:i])
		}
		pending.add(w, &b)
		s = rest
	}
}

// words are adjacent encoded words of one charset, decoded together because
// senders split characters between them.
type words struct {
	charset string
	octets  []byte
	any     bool
}

func (ws *words) add(w word, b *strings.Builder) {
	if ws.any && !strings.EqualFold(ws.charset, w.charset) {
		ws.flush(b)
	}
	ws.charset, ws.any = w.charset, true
	ws.octets = append(ws.octets, w.octets...)
}

func (ws *words) flush(b *strings.Builder) {
	if ws.any {
		b.WriteString(decodeCharset(ws.charset, ws.octets))
	}
	*ws = words{octets: ws.octets[:0]}
}

// A word is an encoded word.
type word struct {
	charset string
	octets  []byte
}

// maxCharset bounds the name of a charset; the longest that is registered has 45
// octets.
const maxCharset = 64

// cutWord takes the encoded word at the beginning of s, which starts with "=?"
// (RFC 2047 section 2). It looks no further than to the next "=?", so that many
// broken ones take linear time.
func cutWord(s string) (w word, rest string, ok bool) {
	name, _, ok := strings.Cut(s[2:min(len(s), 2+maxCharset+1)], "?")
	if !ok || name == "" || strings.ContainsAny(name, " \t\r\n=") {
		return word{}, "", false
	}
	rest = s[2+len(name)+1:]
	if len(rest) < 2 || rest[1] != '?' {
		return word{}, "", false
	}
	encoding, rest := asciiLower(rest[0]), rest[2:]
	end := wordEnd(rest)
	if end < 0 {
		return word{}, "", false
	}
	name, _, _ = strings.Cut(name, "*") // a language (RFC 2231 section 5)
	w.charset, ok = name, knownCharset(name)
	if !ok {
		return word{}, "", false
	}
	switch encoding {
	case 'q':
		w.octets, ok = decodeQ(rest[:end])
	case 'b':
		w.octets, ok = decodeB(rest[:end])
	default:
		ok = false
	}
	return w, rest[end+2:], ok
}

// wordEnd returns where the text of an encoded word ends, or -1. A "?" within it
// is wrong, yet seen.
func wordEnd(s string) int {
	for i := 0; ; i++ {
		next := strings.IndexByte(s[i:], '?')
		if next < 0 {
			return -1
		}
		i += next
		switch {
		case strings.HasPrefix(s[i:], "?="):
			return i
		case i > 0 && s[i-1] == '=':
			return -1 // another word begins
		}
	}
}

func decodeQ(s string) ([]byte, bool) {
	octets := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '_':
			octets = append(octets, ' ')
		case '=':
			if i+2 >= len(s) {
				return nil, false
			}
			high, ok1 := unhex(s[i+1])
			low, ok2 := unhex(s[i+2])
			if !ok1 || !ok2 {
				return nil, false
			}
			octets = append(octets, high<<4|low)
			i += 2
		default:
			octets = append(octets, c)
		}
	}
	return octets, true
}

func unhex(c byte) (byte, bool) {
	switch c = asciiLower(c); {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	default:
		return 0, false
	}
}

// decodeB takes base64 with or without its padding.
func decodeB(s string) ([]byte, bool) {
	octets, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	return octets, err == nil
}
