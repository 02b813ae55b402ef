package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// leaveOut notes that something is left out, since an argument hangs on a variable
// without a value. Of an instance that will not be there nothing is noted: what it
// stands for is noted itself, or there is nothing.
func (l *loader) leaveOut(attr *hcl.Attribute, each *instance) {
	l.partial = true
	if at := attr.Expr.Range(); l.real(each) && !slices.Contains(l.leftOut, at) {
		l.leftOut = append(l.leftOut, at)
	}
}

// unknownValues are errors that say what cannot be tested for want of a value. How
// an account is connected to is nothing that a test hangs on.
func (l *loader) unknownValues() hcl.Diagnostics {
	var connecting []hcl.Range
	for _, declared := range l.declaredAccounts {
		for name, attr := range declared.block.args {
			if slices.Contains(onlyHost[:], name) || slices.Contains(whereMailIs[:], name) {
				connecting = append(connecting, attr.Expr.Range())
			}
		}
	}
	var diags hcl.Diagnostics
	for _, at := range l.leftOut {
		if !slices.Contains(connecting, at) {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "No value to test with", Subject: at.Ptr(),
				Detail: fmt.Sprintf("This hangs on a variable without a value, so that what it does cannot be tested. Give the variable a default, or a value by -var, -var-file or %sNAME. What only connects and logs in needs none.", environmentPrefix),
			})
		}
	}
	return sorted(diags)
}

// whereMailIs are the arguments of an account that say where its mail is.
var whereMailIs = [...]string{"host", "maildir", "maildir_from", "unmanaged"}
