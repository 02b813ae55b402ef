package render

import "io"

// Prompt asks whether to apply the plan that was shown.
func Prompt(w io.Writer, o Options) error {
	p := newPage(o)
	p.line()
	p.line(p.bold("Do you want to perform these actions?"))
	p.line("  imapform will perform the actions described above.")
	p.line("  Only 'yes' will be accepted to approve.")
	p.line()
	p.b.WriteString("  " + string(p.bold("Enter a value:")) + " ")
	return p.writeTo(w)
}
