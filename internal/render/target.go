package render

import (
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/plan"
)

// Partial warns, after an apply, of what -target and -exclude have hidden of the plans;
// if nothing, it writes nothing.
func Partial(w io.Writer, h plan.Hidden, o Options) error {
	if h.Steps+h.Messages == 0 {
		return nil
	}
	p := newPage(o)
	p.diagnostic(&hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  "Applied changes may be incomplete",
		Detail:   "The plan was made with " + targetingOf(h) + ", which hid " + string(hiddenCounts(h)) + " of the whole plan. Run imapform plan without such flags to see what is left.",
	})
	return p.writeTo(w)
}

// partial is the warning that plans were made of a part; nil: they are whole.
func partial(h plan.Hidden, broken bool) *hcl.Diagnostic {
	if len(h.Targets)+len(h.Excludes) == 0 {
		return nil
	}
	detail := "The plan was made with " + targetingOf(h) + ". "
	if h.Steps+h.Messages == 0 {
		detail += "That hides nothing of the whole plan."
	} else {
		detail += "That hides " + string(hiddenCounts(h)) + " of the whole plan: it is not all that the configuration asks for. Where a message needs a rule that is not meant, it is left out altogether."
	}
	if broken {
		detail += " Rails are judged on the whole plan, also where that is hidden."
	}
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Resource targeting is in effect", Detail: detail}
}

// targetingOf are the flags as they were given.
func targetingOf(h plan.Hidden) string {
	var words []safe
	for _, s := range h.Targets {
		words = append(words, "-target="+clean(s))
	}
	for _, s := range h.Excludes {
		words = append(words, "-exclude="+clean(s))
	}
	return string(someOf(words))
}

// hiddenCounts counts what is hidden.
func hiddenCounts(h plan.Hidden) safe {
	var parts []safe
	if h.Steps > 0 {
		parts = append(parts, count(h.Steps, "step"))
	}
	if h.Messages > 0 {
		parts = append(parts, count(h.Messages, "message"))
	}
	return join(parts, " and ")
}
