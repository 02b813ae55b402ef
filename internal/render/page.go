package render

import (
	"io"
	"strings"
)

// A page collects what is written, so that it reaches the writer at once.
type page struct {
	styles
	o Options
	b strings.Builder
}

func newPage(o Options) *page { return &page{styles: stylesOf(o), o: o} }

// line writes a line made of the parts.
func (p *page) line(parts ...safe) {
	for _, part := range parts {
		p.b.WriteString(string(part))
	}
	p.b.WriteByte('\n')
}

// paragraph writes text wrapped to the page's width.
func (p *page) paragraph(text safe) {
	for _, line := range wrap(text, p.o.Width) {
		p.line(line)
	}
}

// writeTo writes what was collected.
func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.b.String())
	return err
}

// wrap breaks text at spaces so that no line takes more columns than given, where
// that is possible; 0 does not break at all. Indented lines are not broken: they
// show something to copy.
func wrap(text safe, limit int) []safe {
	var lines []safe
	for line := range strings.SplitSeq(string(text), "\n") {
		if limit <= 0 || strings.HasPrefix(line, " ") || columns(safe(line)) <= limit {
			lines = append(lines, safe(line))
			continue
		}
		words := strings.Split(line, " ")
		current := safe(words[0])
		for i, word := range words[1:] {
			// A run of spaces, which is empty words here, may be part of a name.
			alone := word != "" && words[i] != ""
			if alone && columns(current)+1+columns(safe(word)) > limit {
				lines = append(lines, current)
				current = safe(word)
				continue
			}
			current += " " + safe(word)
		}
		lines = append(lines, safe(strings.TrimRight(string(current), " ")))
	}
	return lines
}
