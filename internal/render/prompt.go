package render

import "io"

// Prompt asks whether to apply the plan that was shown, of so many accounts.
func Prompt(w io.Writer, accounts int, o Options) error {
	p := newPage(o)
	p.line()
	p.line(p.bold("Do you want to perform these actions?"))
	p.line("  imapform will perform the actions described above.")
	if len(o.Missing) > 0 {
		for _, line := range wrap(missing(o, accounts), max(0, o.Width-2)) {
			p.line("  ", p.yellow(line))
		}
	}
	p.line("  Only 'yes' will be accepted to approve.")
	p.line()
	p.b.WriteString("  " + string(p.bold("Enter a value:")) + " ")
	return p.writeTo(w)
}
