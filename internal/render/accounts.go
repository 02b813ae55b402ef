package render

import (
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Problems are what is wrong with an account, or should be known of it.
type Problems struct {
	Account     string // its address
	Diagnostics hcl.Diagnostics
}

// ProblemsOf writes the problems of accounts as Diagnostics does. Where there are
// several accounts it says which of them a problem is in, and writes once what is
// the same in more than one.
func ProblemsOf(w io.Writer, all []Problems, o Options) error {
	return Diagnostics(w, together(all, len(all) > 1), o)
}

// A problemKey is the same for problems that differ in nothing but the account.
type problemKey struct {
	severity        hcl.DiagnosticSeverity
	summary, detail string
	subject         hcl.Range
}

func problemOf(account string, d *hcl.Diagnostic) problemKey {
	key := problemKey{
		severity: d.Severity,
		summary:  strings.ReplaceAll(d.Summary, account, "\x00"),
		detail:   strings.ReplaceAll(d.Detail, account, "\x00"),
	}
	if d.Subject != nil {
		key.subject = *d.Subject
	}
	return key
}

// together are the problems of all accounts, in the order of the first account that
// has each; named: each says which accounts have it.
func together(all []Problems, named bool) hcl.Diagnostics {
	accounts := map[problemKey][]string{}
	var diags hcl.Diagnostics
	var keys []problemKey
	for _, of := range all {
		for _, d := range of.Diagnostics {
			key := problemOf(of.Account, d)
			if accounts[key] == nil {
				diags, keys = append(diags, d), append(keys, key)
			}
			if !slices.Contains(accounts[key], of.Account) {
				accounts[key] = append(accounts[key], of.Account)
			}
		}
	}
	if named {
		for i, d := range diags {
			diags[i] = inAccounts(d, accounts[keys[i]])
		}
	}
	return diags
}

// inAccounts is a problem that says which accounts it is in, the first of which it
// may name already.
func inAccounts(d *hcl.Diagnostic, accounts []string) *hcl.Diagnostic {
	var where string
	switch named := strings.Contains(d.Summary, accounts[0]); {
	case named && len(accounts) == 1:
		return d
	case named:
		where = "It is the same in " + Some(accounts[1:]) + "."
	default:
		where = "This is in " + Some(accounts) + "."
	}
	told := *d
	if told.Detail != "" {
		told.Detail += "\n\n"
	}
	told.Detail += where
	return &told
}

// A Failure is an account that failed, and why.
type Failure struct {
	Account string // its address
	Reason  string
}

// Failures writes which of so many accounts could not be planned, a line each.
func Failures(w io.Writer, failed []Failure, of int, o Options) error {
	p := newPage(o)
	p.line(p.red(p.bold(number(len(failed)) + " of " + count(of, "account") + " could not be planned:")))
	for _, f := range failed {
		p.item(clean(f.Account) + ": " + oneLine(f.Reason))
	}
	return p.writeTo(w)
}

// oneLine is text of several lines as one.
func oneLine(text string) safe { return join(cleanLines(text), " ") }

// Some names up to three things and counts the rest.
func Some(all []string) string {
	var names []safe
	for _, name := range all {
		names = append(names, clean(name))
	}
	return string(someOf(names))
}

// missing says that some of so many accounts are not in the plan.
func missing(o Options, of int) safe {
	return number(len(o.Missing)) + " of " + count(of, "account") + " could not be planned and will be left alone: " + safe(Some(o.Missing)) + "."
}
