package render

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
)

// Resumed warns of a run that died and was finished; left is the error of that: what
// could not be found out.
func Resumed(account, run string, r *apply.Resumed, left error) *hcl.Diagnostic {
	var detail []string
	if said := doneMessages(r.Done); said != "" {
		detail = append(detail, "What was half done is finished, or was found to be done: "+string(said)+".")
	}
	for _, note := range r.Notes {
		detail = append(detail, note+".")
	}
	if detail == nil && left == nil {
		detail = []string{"Nothing was half done."}
	}
	if left != nil {
		detail = append(detail, "Not all could be found out: "+left.Error())
	}
	return &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  "The run " + run + " of " + account + " was cut short",
		Detail:   strings.Join(detail, "\n"),
	}
}

// Unfinished warns of a run that died, whose journal is the file.
func Unfinished(account, file string) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  "A run of " + account + " was cut short",
		Detail:   "What it left half done looks here like something to do. The next apply finds out first what was done; to do only that, run imapform apply -resume. The journal is " + file + ".",
	}
}
