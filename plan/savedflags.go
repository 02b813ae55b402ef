package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// combination is a message's flags and what changes of them.
func combination(m *Message) string {
	b := appendFlags(nil, "(", m.Flags)
	if len(m.Add) > 0 {
		b = appendFlags(b, " +(", m.Add)
	}
	if len(m.Remove) > 0 {
		b = appendFlags(b, " -(", m.Remove)
	}
	return string(b)
}

func appendFlags(b []byte, open string, flags mailbox.Flags) []byte {
	b = append(b, open...)
	for i, f := range flags {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, f...)
	}
	return append(b, ')')
}

// parseCombination reads what combination has written.
func parseCombination(s string, m *Message) error {
	rest := s
	for _, part := range []struct {
		open string
		to   *mailbox.Flags
	}{{"(", &m.Flags}, {" +(", &m.Add}, {" -(", &m.Remove}} {
		inside, ok := strings.CutPrefix(rest, part.open)
		if !ok {
			continue
		}
		words, after, closed := strings.Cut(inside, ")")
		if !closed {
			break
		}
		rest = after
		if words != "" {
			for word := range strings.SplitSeq(words, " ") {
				*part.to = append(*part.to, imap.Flag(word))
			}
		}
		if err := checkFlags(*part.to); err != nil {
			return err
		}
	}
	if rest != "" || !strings.HasPrefix(s, "(") {
		return fmt.Errorf("%.80q is no combination of flags", s)
	}
	return nil
}

// checkFlags returns why these cannot be the flags of a message.
func checkFlags(flags mailbox.Flags) error {
	for _, f := range flags {
		if f == "" || strings.ContainsFunc(string(f), func(r rune) bool { return r <= ' ' || r == 0x7f || r == '(' || r == ')' }) {
			return fmt.Errorf("%.80q is no flag", f)
		}
	}
	if !slices.Equal(mailbox.NewFlags(flags...), flags) {
		return fmt.Errorf("the flags %.200q are not sorted, each once", flags.String())
	}
	return nil
}
