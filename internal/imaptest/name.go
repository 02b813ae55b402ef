package imaptest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A namespace is how the server's names of a person's own folders are made.
type namespace struct {
	prefix    string // such as "INBOX."; of what lies under INBOX too
	delimiter string
}

// namespace asks for the personal namespace, or for the delimiter where the server knows no namespaces.
func (c *client) namespace() (namespace, error) {
	capabilities, err := c.capabilities()
	if err != nil {
		return namespace{}, err
	}
	if !slices.Contains(capabilities, "NAMESPACE") {
		return c.rootNamespace()
	}
	responses, err := c.do("NAMESPACE")
	if err != nil {
		return namespace{}, err
	}
	for _, r := range responses {
		if !r.is("NAMESPACE") || len(r.values) < 2 {
			continue
		}
		if personal, ok := r.values[1].([]any); ok && len(personal) > 0 {
			if first, ok := personal[0].([]any); ok && len(first) >= 2 {
				prefix, ok1 := first[0].(string)
				delimiter, ok2 := first[1].(string)
				if ok1 && ok2 {
					return namespace{prefix, delimiter}, nil
				}
			}
		}
	}
	return namespace{}, errors.New("NAMESPACE: no personal namespace in the answer")
}

// rootNamespace asks for the delimiter alone (RFC 9051 section 6.3.9).
func (c *client) rootNamespace() (namespace, error) {
	responses, err := c.do("LIST", `""`, `""`)
	if err != nil {
		return namespace{}, err
	}
	for _, r := range responses {
		if r.is("LIST") && len(r.values) == 4 {
			if delimiter, ok := r.values[2].(string); ok {
				return namespace{"", delimiter}, nil
			}
		}
	}
	return namespace{}, errors.New("LIST: no delimiter in the answer")
}

// wire makes the server's name of a folder that tests call by levels joined with "/", as in "Lists/Go".
func (n namespace) wire(folder string) (string, error) {
	if strings.EqualFold(folder, "INBOX") {
		return "INBOX", nil
	}
	if n.delimiter != "/" && strings.Contains(folder, n.delimiter) {
		return "", fmt.Errorf("folder %q: %q separates levels on this server", folder, n.delimiter)
	}
	return n.prefix + encodeUTF7(strings.ReplaceAll(folder, "/", n.delimiter)), nil
}

// name is the inverse of wire.
func (n namespace) name(wire string) (string, error) {
	if strings.EqualFold(wire, "INBOX") {
		return "INBOX", nil
	}
	if strings.EqualFold(wire+n.delimiter, n.prefix) {
		return wire, nil
	}
	decoded, err := decodeUTF7(strings.TrimPrefix(wire, n.prefix))
	return strings.ReplaceAll(decoded, n.delimiter, "/"), err
}

// utf7 is Base64 as modified UTF-7 has it (RFC 3501 section 5.1.3).
var utf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeUTF7 writes a name in modified UTF-7.
func encodeUTF7(s string) string {
	var b strings.Builder
	var pending []rune
	flush := func() {
		if len(pending) > 0 {
			var octets []byte
			for _, unit := range utf16.Encode(pending) {
				octets = append(octets, byte(unit>>8), byte(unit))
			}
			b.WriteString("&" + utf7.EncodeToString(octets) + "-")
			pending = nil
		}
	}
	for _, r := range s {
		switch {
		case r < ' ' || r > '~':
			pending = append(pending, r)
			continue
		case r == '&':
			flush()
			b.WriteString("&-")
		default:
			flush()
			b.WriteRune(r)
		}
	}
	flush()
	return b.String()
}

// decodeUTF7 reads a name in modified UTF-7.
func decodeUTF7(s string) (string, error) {
	var b strings.Builder
	for s != "" {
		plain, rest, found := strings.Cut(s, "&")
		b.WriteString(plain)
		if !found {
			break
		}
		code, after, closed := strings.Cut(rest, "-")
		if !closed {
			return "", fmt.Errorf("folder name %q: & without -", s)
		}
		s = after
		if code == "" {
			b.WriteByte('&')
			continue
		}
		octets, err := utf7.DecodeString(code)
		if err != nil || len(octets)%2 != 0 {
			return "", fmt.Errorf("folder name: %q is not modified UTF-7", code)
		}
		var units []uint16
		for i := 0; i < len(octets); i += 2 {
			units = append(units, uint16(octets[i])<<8|uint16(octets[i+1]))
		}
		for _, r := range utf16.Decode(units) {
			if r == utf8.RuneError {
				return "", fmt.Errorf("folder name: %q holds half a character", code)
			}
			b.WriteRune(r)
		}
	}
	return b.String(), nil
}
