package render

import (
	"bytes"
	"slices"

	"github.com/imapform/imapform/config"
)

// secretSpansJSON is secretSpans for the JSON syntax.
func secretSpansJSON(src []byte) []span {
	s := &jsonScanner{}
	for i := 0; i < len(src); {
		end := i + 1
		switch c := src[i]; {
		case c == '{' || c == '[':
			s.open = append(s.open, jsonFrame{object: c == '{', wantsKey: c == '{'})
		case c == '}' || c == ']':
			s.open = s.open[:max(0, len(s.open)-1)]
		case c == ',':
			s.wantKey(true)
		case c == ':':
			s.wantKey(false)
		case c == '"':
			end = i + stringEnd(src[i:])
			if !s.key(src[i+1:max(i+1, end-1)]) && (s.secret() || bytes.Contains(src[i:end], []byte("sensitive("))) {
				s.found = append(s.found, span{i, end})
			}
		case c == '-' || c >= '0' && c <= '9':
			for end < len(src) && !bytes.ContainsRune([]byte(" \t\r\n,]}"), rune(src[end])) {
				end++
			}
			if s.secret() {
				s.found = append(s.found, span{i, end})
			}
		}
		i = end
	}
	return s.found
}

// stringEnd is the length of the string at the beginning; one that is not closed
// ends with its line.
func stringEnd(src []byte) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n':
			return i
		}
	}
	return len(src)
}

// A jsonFrame is an object or an array that is open.
type jsonFrame struct {
	object   bool
	wantsKey bool
	key      string // whose value is being read
}

type jsonScanner struct {
	open  []jsonFrame
	found []span
}

func (s *jsonScanner) wantKey(wants bool) {
	if n := len(s.open); n > 0 {
		s.open[n-1].wantsKey = wants && s.open[n-1].object
	}
}

// key takes a string for the key of a property; false if it is a value.
func (s *jsonScanner) key(text []byte) bool {
	n := len(s.open)
	if n == 0 || !s.open[n-1].wantsKey {
		return false
	}
	s.open[n-1].key = string(text)
	return true
}

// secret says whether a value at this place may be a secret.
func (s *jsonScanner) secret() bool {
	var path []string
	for _, f := range s.open {
		if f.object {
			path = append(path, f.key)
		}
	}
	if len(path) == 0 {
		return true // no configuration at all
	}
	inner := path[len(path)-1:]
	switch {
	case path[0] == "locals":
		inner = path[1:]
	case len(path) > 2:
		inner = path[2:] // behind the label
	}
	return slices.ContainsFunc(inner, secretName) || len(path) > 2 && config.Nearest(path[0], []string{"account", "variable"}) != "" && secretArgument(path[0], path[2])
}
