package render

import "io"

// A HelpPage is what -help shows.
type HelpPage struct {
	Usage    string // "imapform [global options] plan [options]"
	Text     string // paragraphs
	Sections []HelpSection
}

// A HelpSection is a list of words and what they mean.
type HelpSection struct {
	Title string
	Rows  []HelpRow
}

// A HelpRow is one word, perhaps a flag with its value, and what it means.
type HelpRow struct{ Word, Meaning string }

// helpWidth is what help is wrapped to where nothing narrower is known.
const helpWidth = 78

// Help writes a help page.
func Help(w io.Writer, h HelpPage, o Options) error {
	if o.Width == 0 || o.Width > helpWidth {
		o.Width = helpWidth
	}
	p := newPage(o)
	p.line("Usage: ", clean(h.Usage))
	p.line()
	for _, line := range cleanLines(h.Text) {
		p.paragraph(line)
	}
	for _, s := range h.Sections {
		p.helpSection(s)
	}
	return p.writeTo(w)
}

func (p *page) helpSection(s HelpSection) {
	const indent, most = 2, 24
	p.line()
	p.line(p.bold(clean(s.Title) + ":"))
	column := 0
	for _, row := range s.Rows {
		if n := columns(clean(row.Word)); n <= most {
			column = max(column, n)
		}
	}
	column += indent + 2
	for _, row := range s.Rows {
		word := pad("", indent) + clean(row.Word)
		if columns(word) > column-2 {
			p.line(word)
			word = ""
		}
		for _, line := range wrap(clean(row.Meaning), max(20, p.o.Width-column)) {
			p.line(pad(word, column), line)
			word = ""
		}
	}
}
