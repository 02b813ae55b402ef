package render

import "io"

// Saved says where the plans of so many accounts were saved, and how to apply them.
// What cannot be applied, or would do nothing, is not said to be applied; o.Missing is
// not in the file.
func Saved(w io.Writer, file string, accounts int, appliable bool, o Options) error {
	p := newPage(o)
	p.line()
	p.line("Saved the plan to: ", clean(file))
	if len(o.Missing) > 0 {
		p.paragraph(number(len(o.Missing)) + " of " + count(accounts+len(o.Missing), "account") + " could not be planned and " + pick(len(o.Missing) == 1, "is", "are") + " not in it: " + safe(Some(o.Missing)) + ".")
	}
	if appliable {
		p.line()
		p.line("To perform exactly these actions, run the following command to apply:")
		p.line("    imapform apply ", quote(file))
	}
	return p.writeTo(w)
}
