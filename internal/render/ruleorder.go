package render

import (
	"io"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// RuleOrder are the rules of an account in the order in which they run.
type RuleOrder struct {
	Account string // address
	Rules   []OrderedRule
}

// An OrderedRule is a rule with what its match asks. What the match saw of a message
// does not count.
type OrderedRule struct {
	*rules.Rule
	Asks rules.Explanation
}

// RuleOrders writes the rules of accounts, numbered: where each looks, what it asks
// and what it does.
func RuleOrders(w io.Writer, all []RuleOrder, o Options) error {
	p := newPage(o)
	for i, order := range all {
		if i > 0 {
			p.line()
		}
		p.ruleOrder(order)
	}
	return p.writeTo(w)
}

func (p *page) ruleOrder(order RuleOrder) {
	if len(order.Rules) == 0 {
		p.line(p.bold(clean(order.Account)), ": no rules")
		return
	}
	p.line(p.bold(clean(order.Account)), ": ", count(len(order.Rules), "rule"), pick(len(order.Rules) == 1, "", ", in the order in which they run"))
	wide := columns(number(len(order.Rules)))
	for i, r := range order.Rules {
		n := number(i + 1)
		p.line()
		p.line("  ", pad("", wide-columns(n)), n, "  ", p.bold(clean(r.Address)), "  ", p.dim("# "+place(r.Declared)))
		indent := pad("", wide+4)
		if r.Description != "" {
			p.short(indent, "says:   "+oneLine(r.Description))
		}
		p.short(indent, "looks:  in "+lookWords(r.Rule))
		p.short(indent, "match:  "+asksWords(r.Asks))
		p.short(indent, "does:   "+join(doesWords(r.Rule), ", "))
	}
}

// short writes a line that is cut where it gets longer than the page is wide, or than
// anybody reads.
func (p *page) short(indent, text safe) {
	const most = 400
	limit := most
	if p.o.Width > 0 {
		limit = max(40, min(most, p.o.Width-columns(indent)))
	}
	// It is clean already, so that cutting it takes no escape apart but the last one.
	p.line(indent, safe(truncate(string(text), limit)))
}

// lookWords are the folders where a rule looks.
func lookWords(r *rules.Rule) safe {
	words := join(patternWords(r.In), ", ")
	if len(r.NotIn) > 0 {
		words += "; not in " + join(patternWords(r.NotIn), ", ")
	}
	return words
}

func patternWords(patterns []mailbox.Pattern) []safe {
	var words []safe
	for _, p := range patterns {
		if ref, literal := p.Ref(); literal {
			words = append(words, refWords(ref))
		} else {
			words = append(words, quote(p.String()))
		}
	}
	return words
}

// refWords are a folder as a configuration names it.
func refWords(ref mailbox.Ref) safe {
	if ref.Use != "" && ref.Name == "" {
		return clean(ref.String())
	}
	return quote(ref.String())
}

// asksWords is a match in one line, as a configuration would say it.
func asksWords(e rules.Explanation) safe {
	var words []safe
	for _, within := range criteriaOf(e) {
		words = append(words, askWords(within))
	}
	return join(words, "; ")
}

func askWords(e rules.Explanation) safe {
	var within []safe
	for _, w := range e.Within {
		within = append(within, askWords(w))
	}
	name := clean(e.Criterion)
	switch {
	case name == "":
		return "a test"
	case e.Criterion == "matches":
		return name + " = " + clean(e.Wants)
	case len(within) > 0:
		return name + " { " + join(within, "; ") + " }"
	case e.Wants == "":
		return name
	default:
		return name + " = " + clean(e.Wants)
	}
}

// doesWords are what a rule does to what it takes.
func doesWords(r *rules.Rule) []safe {
	var words []safe
	if len(r.AddFlags) > 0 {
		words = append(words, "adds "+clean(r.AddFlags.String()))
	}
	if len(r.RemoveFlags) > 0 {
		words = append(words, "removes "+clean(r.RemoveFlags.String()))
	}
	for _, to := range r.CopyTo {
		words = append(words, "copies to "+refWords(to))
	}
	for _, to := range r.CopyBy {
		words = append(words, "copies to "+oneLine(to.String()))
	}
	switch {
	case r.MoveBy != nil:
		words = append(words, "moves to "+oneLine(r.MoveBy.String()))
	case r.Moves():
		words = append(words, "moves to "+refWords(r.MoveTo))
	case r.Delete == rules.DeleteTrash:
		words = append(words, "throws away")
	case r.Delete == rules.DeletePermanent:
		words = append(words, "deletes for good")
	}
	if r.MaxMessages > 0 {
		words = append(words, "at most "+count(r.MaxMessages, "message")+" in one apply")
	}
	if r.Ends() {
		words = append(words, pick(r.Stop, "stops: later rules do not see it", "which ends the pass"))
	}
	return words
}
