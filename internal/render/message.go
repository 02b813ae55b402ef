package render

import (
	"fmt"
	"io"
	"time"
)

// Valid says that a configuration is valid, with or without warnings.
func Valid(w io.Writer, warnings bool, o Options) error {
	p := newPage(o)
	words := safe(" The configuration is valid.")
	if warnings {
		words = " The configuration is valid, but there were some validation warnings as shown above."
	}
	p.line(p.green(p.bold("Success!")), words)
	return p.writeTo(w)
}

// Notice writes a sentence that is neither a result nor a problem.
func Notice(w io.Writer, text string, o Options) error {
	p := newPage(o)
	for _, line := range cleanLines(text) {
		p.paragraph(line)
	}
	return p.writeTo(w)
}

// Trace writes a line of an account's protocol.
func Trace(w io.Writer, at time.Time, account string, sent bool, line string) error {
	p := newPage(Options{})
	direction := safe("S: ")
	if sent {
		direction = "C: "
	}
	p.line(clean(at.Format("15:04:05.000")), " ", clean(account), " ", direction, clean(line))
	return p.writeTo(w)
}

// Listed writes a name on a line of its own.
func Listed(w io.Writer, name string) error {
	_, err := fmt.Fprintln(w, clean(name))
	return err
}
