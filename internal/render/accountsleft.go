package render

import (
	"github.com/imapform/imapform/apply"
)

// accountsLeft lists the accounts that are not done, a line each, and why. Those
// that an interrupt left alone are one line.
func (p *page) accountsLeft(all []Applied) {
	n := 0
	var alone []safe
	var lines []safe
	for _, a := range all {
		switch {
		case a.Complete():
			continue
		case a.leftAlone():
			alone = append(alone, clean(a.Account))
		default:
			lines = append(lines, a.prefix(true)+a.why())
		}
		n++
	}
	p.line()
	p.line(p.bold(number(n) + " of " + count(len(all), "account") + pick(n == 1, " is", " are") + " not done:"))
	for _, line := range lines {
		p.item(line)
	}
	if len(alone) > 0 {
		p.item(someOf(alone) + ": not begun, because the apply was interrupted")
	}
}

// begun says whether it is known that any of the account's steps was begun.
func (a Applied) begun() bool {
	for _, o := range a.outcomes() {
		if o.Status != apply.StatusNotBegun || o.Err != nil {
			return true
		}
	}
	return false
}

// leftAlone says that an interrupt came before the account's turn.
func (a Applied) leftAlone() bool {
	return a.Err == nil && a.Result != nil && a.Result.Interrupted && !a.begun()
}

// why is why an account is not done, in one line. What is left of each step is
// listed elsewhere.
func (a Applied) why() safe {
	if a.Err != nil && !a.ofStep() {
		return a.ended()
	}
	left := 0
	for i, o := range a.outcomes() {
		if o.Status == apply.StatusNotBegun || len(reasons(a.Plan.Steps[i], o)) > 0 {
			left++
		}
	}
	text := number(left) + " of " + count(len(a.Plan.Steps), "step") + pick(left == 1, " is", " are") + " left"
	if a.Result != nil && a.Result.Interrupted {
		text += ", because the apply was interrupted"
	}
	return text
}
