package message

import (
	"slices"
	"strings"
)

// A phrase is a row of words that may turn out to be a display name, an address
// or both (RFC 5322 section 3.2.5).
type phrase []word5322

// A word5322 is an atom or quoted string as RFC 5322 has them, and not yet told
// apart at "@" and ".".
type word5322 struct {
	text   string // without quotes
	quoted bool
	spaced bool // white space or a comment follows
}

func (p *phrase) add(w word5322) { *p = append(*p, w) }

// space notes that white space follows what was read.
func (p phrase) space() {
	if len(p) > 0 {
		p[len(p)-1].spaced = true
	}
}

// scan takes white space, a quoted string, an encoded word or an atom from the
// beginning of s, which is not empty, and returns the rest. An atom goes as far
// as the next of them or one of the stops.
func (p *phrase) scan(s, stops string) string {
	switch c := s[0]; {
	case isWSP(c):
		p.space()
		return s[1:]
	case c == '"':
		text, rest := cutQuoted(s)
		p.add(word5322{text: text, quoted: true})
		return rest
	}
	// An encoded word may hold, wrongly, what would end an atom.
	if strings.HasPrefix(s, "=?") {
		if _, rest, ok := cutWord(s); ok {
			p.add(word5322{text: s[:len(s)-len(rest)]})
			return rest
		}
	}
	end := 1
	for end < len(s) && !isWSP(s[end]) && s[end] != '"' && strings.IndexByte(stops, s[end]) < 0 {
		end++
	}
	p.add(word5322{text: s[:end]})
	return s[end:]
}

// scanAngle takes what goes up to the next ">" and returns what follows it.
// Without one it goes up to a comma.
func (p *phrase) scanAngle(s string) string {
	for s != "" {
		switch s[0] {
		case '>':
			return s[1:]
		case ',':
			next := strings.TrimLeft(s, ", \t\r\n")
			if !strings.HasPrefix(next, "@") { // else a route goes on (section 4.4)
				return s
			}
			p.add(word5322{text: ","})
			s = next
		case '(':
			_, s = cutComment(s)
			p.space()
		case ':':
			*p = nil // what was before is a route
			s = s[1:]
		default:
			s = p.scan(s, ">,(:")
		}
	}
	return ""
}

// text is the phrase as people read it.
func (p phrase) text() string {
	var b strings.Builder
	for i, w := range p {
		b.WriteString(w.text)
		if w.spaced && i < len(p)-1 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// hasAt says whether a "@" stands outside quotes.
func (p phrase) hasAt() bool { return slices.ContainsFunc(p, word5322.hasAt) }

// endsAt says whether the last word has one.
func (p phrase) endsAt() bool { return len(p) > 0 && p[len(p)-1].hasAt() }

func (w word5322) hasAt() bool { return !w.quoted && strings.Contains(w.text, "@") }

// An addrSpec is an address proper (section 3.4.1), perhaps only half of it.
type addrSpec struct{ local, domain string }

// spec reads the phrase as an address, white space in it left out (section 4.4).
func (p phrase) spec() addrSpec {
	at := -1
	for i, w := range p {
		if w.hasAt() {
			at = i
		}
	}
	if at < 0 {
		return addrSpec{local: p.joined()}
	}
	i := strings.LastIndexByte(p[at].text, '@')
	return addrSpec{
		local:  p[:at].joined() + p[at].text[:i],
		domain: p[at].text[i+1:] + p[at+1:].joined(),
	}
}

func (p phrase) joined() string {
	var b strings.Builder
	for _, w := range p {
		b.WriteString(w.text)
	}
	return b.String()
}

// bare reads a phrase without an angle bracket: an address, a single word that is
// one without a domain, or words around an address that lacks its brackets, which
// are then a name.
func (p phrase) bare() (name string, spec addrSpec) {
	runs := p.runs()
	if len(runs) == 1 {
		return "", runs[0].spec()
	}
	for i, run := range slices.Backward(runs) {
		if run.hasAt() {
			return strings.TrimSpace(slices.Concat(runs[:i]...).text() + " " + slices.Concat(runs[i+1:]...).text()), run.spec()
		}
	}
	return p.text(), addrSpec{}
}

// runs cuts the phrase at white space, but for that around "@" and ".".
func (p phrase) runs() []phrase {
	var runs []phrase
	start := 0
	for i, w := range p {
		last := i == len(p)-1
		if last || w.spaced && !joins(w, p[i+1]) {
			runs = append(runs, p[start:i+1])
			start = i + 1
		}
	}
	return runs
}

func joins(w, next word5322) bool {
	return !w.quoted && strings.HasSuffix(w.text, "@") || !next.quoted && strings.HasPrefix(next.text, "@") ||
		!w.quoted && w.text == "." || !next.quoted && next.text == "."
}

// cutQuoted takes the quoted string at the beginning of s. One that does not end
// takes all that is left.
func cutQuoted(s string) (text, rest string) {
	end := strings.IndexAny(s[1:], `"\`)
	if end >= 0 && s[1+end] == '"' {
		return s[1 : 1+end], s[1+end+1:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:]
		case c == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

func isWSP(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
