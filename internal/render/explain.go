package render

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

// An Explained is a message with its way through the rules. What it says of the
// message was written by strangers.
type Explained struct {
	Account   string   // address
	File      string   // where the message stands; empty: on a server
	Folder    string   // where it lies
	UID       uint32   // 0: it has none
	Assumed   []string // sentences on what was assumed of it
	From      string
	Subject   string
	MessageID string
	Received  time.Time
	Size      int64 // octets
	Trace     *plan.Trace
}

// Explanations writes, for each message, every rule with what it made of it.
func Explanations(w io.Writer, all []Explained, o Options) error {
	p := newPage(o)
	for i, e := range all {
		if i > 0 {
			p.line()
		}
		p.explained(e)
	}
	return p.writeTo(w)
}

func (p *page) explained(e Explained) {
	head := quote(e.Folder) + " of " + clean(e.Account)
	switch {
	case e.File != "":
		head = clean(e.File) + ", as if in " + head
	case e.UID != 0:
		head = "UID " + number(e.UID) + " in " + head
	}
	p.line(p.bold(head))
	p.line("  from:     ", quoteWithin(e.From, maxSaw))
	p.line("  subject:  ", quoteWithin(e.Subject, maxSaw))
	p.line("  received: ", clean(e.Received.UTC().Format(time.RFC3339)), ", ", size(e.Size))
	for _, sentence := range e.Assumed {
		p.hanging("  ", "Assumed: "+clean(sentence), plain)
	}
	for _, pass := range e.Trace.Passes {
		p.line()
		p.pass(pass)
	}
	p.line()
	for _, sentence := range ends(e) {
		p.hanging("", sentence, p.bold)
	}
}

// hanging writes text, of which the lines behind the first are indented by some more.
func (p *page) hanging(indent, text safe, paint style) {
	for i, line := range p.hang(indent, text) {
		p.line(pick(i == 0, indent, indent+"    "), paint(line))
	}
}

func (p *page) hang(indent, text safe) []safe {
	if p.o.Width == 0 {
		return wrap(text, 0)
	}
	return wrap(text, max(20, p.o.Width-columns(indent)-4))
}

func plain(s safe) safe { return s }

// A mark stands before what held, or did not.
type mark struct {
	sign  safe
	paint style
}

func (p *page) mark(t rules.Truth) mark {
	switch t {
	case rules.True:
		return mark{"✓", p.green}
	case rules.False:
		return mark{"✗", p.red}
	default:
		return mark{"?", p.yellow}
	}
}

// marked writes text behind a mark, and behind that, or below it where the line gets
// too long, what there is to say of it.
func (p *page) marked(indent safe, m mark, text, said safe) {
	lines := p.hang(indent, m.sign+" "+text)
	beside := said != "" && len(lines) == 1 && columns(indent+lines[0]+" # "+said) <= cmp.Or(p.o.Width, explainWidth)
	for i, line := range lines {
		if i == 0 {
			line = m.paint(m.sign) + line[len(m.sign):]
		}
		if beside {
			line += " " + p.dim("# "+said)
		}
		p.line(pick(i == 0, indent, indent+"    "), line)
	}
	if said != "" && !beside {
		p.hanging(indent+"    ", "# "+said, p.dim)
	}
}

// explainWidth is where a line is broken in two if nothing narrower is known.
const explainWidth = 80

func (p *page) pass(pass plan.Pass) {
	p.line(p.bold("In "+quote(string(pass.Folder))), ", flags: ", flagWords(pass.Flags))
	if len(pass.Rules) == 0 {
		p.hanging("  ", "no rule looks here", p.dim)
	}
	var ender plan.Looked
	for _, looked := range pass.Rules {
		if looked.Ended == "" {
			ender = looked
		}
		p.looked(looked, ender, pass.Folder)
	}
	if pass.Removed != nil {
		p.marked("  ", p.mark(rules.True), causeName(*pass.Removed)+" takes it on", "")
	}
	if len(pass.Elsewhere) > 0 && len(pass.Rules) > 0 {
		p.hanging("  ", "not looking here: "+elsewhere(pass.Elsewhere), p.dim)
	}
}

// elsewhere names some rules, and counts the others.
func elsewhere(rules []string) safe {
	const most = 10
	some := clean(strings.Join(rules[:min(len(rules), most)], ", "))
	if more := len(rules) - most; more > 0 {
		some += " and " + number(more) + " more"
	}
	return some
}

func flagWords(flags mailbox.Flags) safe {
	return cmp.Or(clean(flags.String()), "none")
}

// looked writes a rule, and the criteria of its match; ender is the last rule whose
// turn it was.
func (p *page) looked(l, ender plan.Looked, folder mailbox.Name) {
	m := p.mark(l.Match.Truth)
	switch {
	case l.Ended != "":
		m = mark{"-", p.dim}
	case l.Lacks != "" || l.Unread:
		m = p.mark(rules.Unknown)
	}
	line := clean(l.Rule)
	if does := doing(l, ender, folder); does != "" {
		line += ": " + does
	}
	p.marked("  ", m, line, "")
	for _, within := range criteriaOf(l.Match) {
		p.criterion(within, "      ")
	}
}

// criteriaOf are the criteria of a match: it is a conjunction that nobody wrote.
func criteriaOf(e rules.Explanation) []rules.Explanation {
	if e.Criterion == "all" {
		return e.Within
	}
	return []rules.Explanation{e}
}

// doing says what a rule does to the message, or why it does nothing; empty: its
// match does not hold.
func doing(l, ender plan.Looked, folder mailbox.Name) safe {
	switch {
	case l.Ended != "" && (ender.Unread || ender.Match.Truth == rules.Unknown):
		return "not its turn, since " + clean(l.Ended) + " cannot be told; its match " + holding(l.Match.Truth)
	case l.Ended != "":
		return "not its turn, since " + clean(l.Ended) + " ended the pass; its match " + holding(l.Match.Truth)
	case l.Unread:
		return "where it puts the message cannot be told"
	case l.Match.Truth == rules.Unknown:
		return "cannot be told, so that all rules leave the message alone"
	case l.Lacks != "":
		return "no value for " + clean(l.Lacks) + ", so that it does not take the message"
	case l.Did == nil:
		return ""
	}
	return join(deeds(*l.Did, folder), ", ")
}

func holding(t rules.Truth) safe {
	switch t {
	case rules.True:
		return "holds"
	case rules.False:
		return "does not hold"
	default:
		return "cannot be told"
	}
}

func deeds(d plan.Deed, folder mailbox.Name) []safe {
	var did []safe
	for _, to := range d.Copies {
		did = append(did, "wants a copy in "+quote(string(to)))
	}
	if len(d.Add) > 0 {
		did = append(did, "adds "+clean(d.Add.String()))
	}
	if len(d.Remove) > 0 {
		did = append(did, "removes "+clean(d.Remove.String()))
	}
	switch {
	case d.Delete:
		did = append(did, "deletes it for good")
	case d.Move != "" && d.Move == folder:
		did = append(did, "leaves it here, where it puts it")
	case d.Move != "":
		did = append(did, pick(d.Trash, "throws it away into ", "moves it to ")+quote(string(d.Move)))
	case d.Stop:
		did = append(did, "ends the pass")
	}
	if len(did) == 0 {
		did = append(did, "takes it, and has nothing to change")
	}
	return did
}

// maxSaw is how many columns of a value are shown, and maxValues how many values.
const (
	maxSaw    = 120
	maxValues = 5
)

func (p *page) criterion(e rules.Explanation, indent safe) {
	line := clean(cmp.Or(e.Criterion, "test"))
	if e.Wants != "" {
		line += pick(len(e.Within) > 0, " ", " = ") + clean(truncate(e.Wants, maxSaw))
	}
	if e.By != "" {
		line += " (by " + clean(truncate(e.By, maxSaw)) + ")"
	}
	p.marked(indent, p.mark(e.Truth), line, saidOf(e))
	for _, within := range e.Within {
		p.criterion(within, indent+"  ")
	}
}

// saidOf is what a criterion saw, or why it cannot be told.
func saidOf(e rules.Explanation) safe {
	var said []safe
	if e.Why != "" {
		said = append(said, clean(e.Why))
	}
	switch {
	case len(e.Within) > 0 || e.Criterion == "everything":
	case len(e.Saw) > 0:
		said = append(said, "saw "+sawWords(e))
	case e.Truth == rules.True || e.Truth == rules.False:
		said = append(said, "saw nothing")
	}
	return join(said, "; ")
}

func sawWords(e rules.Explanation) safe {
	var words []safe
	for _, s := range e.Saw[:min(len(e.Saw), maxValues)] {
		if e.Verbatim {
			words = append(words, quoteWithin(s, maxSaw))
		} else {
			words = append(words, clean(truncate(s, maxSaw)))
		}
	}
	if more := len(e.Saw) - maxValues; more > 0 {
		words = append(words, "… more")
	}
	return join(words, ", ")
}

// ends says what becomes of the message.
func ends(e Explained) []safe {
	t := e.Trace
	var said []safe
	switch {
	case t.Outcome == plan.OutcomeDeleted:
		said = append(said, "It is deleted for good.")
	case t.Outcome == plan.OutcomeUnread:
		said = append(said, "It is left alone in "+quote(string(t.Folder))+": what a rule must know of it cannot be told.")
	case t.Outcome == plan.OutcomeCircle:
		said = append(said, "It is left alone in "+quote(string(t.Folder))+": these rules would bring it back to where it was, again and again.")
	case t.Outcome == plan.OutcomeMarked:
		said = append(said, "It is left alone in "+quote(string(t.Folder))+`: it is marked \Deleted, and no rule takes such a message.`)
	case len(t.Passes) == 0 || t.Folder == t.Passes[0].Folder && t.Flags.Equal(t.Passes[0].Flags):
		said = append(said, "It stays in "+quote(string(t.Folder))+" as it is.")
	case t.Folder == t.Passes[0].Folder:
		said = append(said, "It stays in "+quote(string(t.Folder))+", flags: "+flagWords(t.Flags)+".")
	default:
		said = append(said, pick(t.Trash, "It is thrown away into ", "It ends up in ")+quote(string(t.Folder))+", flags: "+flagWords(t.Flags)+".")
	}
	for _, to := range t.Copies {
		said = append(said, "A copy is made in "+quote(string(to))+", unless there is one already.")
	}
	if len(t.Protected) > 0 {
		said = append(said, "A plan that does so breaks a rail: "+quote(string(slices.Min(t.Protected)))+" is protected.")
	}
	return said
}
