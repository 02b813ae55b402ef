package render

import (
	"cmp"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// ruleWork is all that a plan does because of one rule.
type ruleWork struct {
	address  string
	steps    []plan.Step // that the rule is the first cause of
	messages int         // of all steps that it is a cause of
	deletes  bool        // it deletes messages for good
	undone   bool        // what it did is turned around
	others   []safe      // rules that take messages before this one does
	shown    int         // messages that are shown with those
}

// undoBlock is the Block of causes whose doing a plan turns around.
const undoBlock = "undo"

// ruleOf is the address of the rule that is the first cause of a step with
// messages; empty: a removed block is.
func ruleOf(step plan.Step) string {
	if len(step.Because) == 0 {
		return ""
	}
	return step.Because[0].Address
}

// ruleBlocks are the rules that do something, in the order in which they run. What
// several rules do to a message together is shown with the first of them.
func ruleBlocks(pl *plan.Plan, o Options) []block {
	var blocks []block
	for _, w := range rulesAtWork(pl) {
		blocks = append(blocks, w.block(pl, o))
	}
	return blocks
}

func rulesAtWork(pl *plan.Plan) []*ruleWork {
	var works []*ruleWork
	byAddress := map[string]*ruleWork{}
	for _, step := range pl.Steps {
		file, ok := step.Op.(plan.File)
		if !ok {
			continue
		}
		for i, c := range step.Because {
			again := slices.ContainsFunc(step.Because[:i], func(earlier plan.Cause) bool { return earlier.Address == c.Address })
			if c.Address == "" || again { // a removed block is shown with its folder
				continue
			}
			w := byAddress[c.Address]
			if w == nil {
				w = &ruleWork{address: c.Address}
				byAddress[c.Address] = w
				works = append(works, w)
			}
			w.undone = c.Block == undoBlock
			w.add(step, file)
		}
	}
	return inOrder(works, pl.Matched)
}

// add notes a step that the rule is a cause of.
func (w *ruleWork) add(step plan.Step, file plan.File) {
	w.messages += len(file.Messages)
	if file.Away == plan.AwayPermanent && step.Because[len(step.Because)-1].Address == w.address {
		w.deletes = true
	}
	if ruleOf(step) == w.address {
		w.steps = append(w.steps, step)
		return
	}
	w.others = appendNew(w.others, causeName(step.Because[0]))
	w.shown += len(file.Messages)
}

// inOrder sorts the rules as they run.
func inOrder(works []*ruleWork, matched []plan.Matched) []*ruleWork {
	order := map[string]int{}
	for i, m := range matched {
		if _, seen := order[m.Rule]; !seen {
			order[m.Rule] = i
		}
	}
	place := func(w *ruleWork) int {
		if i, known := order[w.address]; known {
			return i
		}
		return len(matched)
	}
	slices.SortStableFunc(works, func(a, b *ruleWork) int { return cmp.Compare(place(a), place(b)) })
	return works
}

func (w *ruleWork) block(pl *plan.Plan, o Options) block {
	address := clean(w.address)
	b := block{
		action: actionUpdate,
		title:  address + " will be applied to " + count(w.messages, "message"),
		kind:   "rule", name: address,
	}
	if w.deletes {
		b.action = actionDelete
	}
	if kind, label := blockOf(w.address); kind == "rule" {
		b.name = quote(label)
	}
	if w.undone {
		b.title = "what " + address + " did to " + count(w.messages, "message") + " will be undone"
		b.kind, b.name = "undo", quote(w.address)
	}
	if c := matchedComment(pl, w.address); c != "" {
		b.comments = append(b.comments, c)
	}
	b.attributes = linesOf(w.steps)
	if w.shown > 0 {
		b.notes = append(b.notes, "("+count(w.shown, "message")+" shown with "+someOf(w.others)+")")
	}
	b.sample(w.steps, o)
	return b
}

// matchedComment says what a rule found, summed up over the folders where it
// looks.
func matchedComment(pl *plan.Plan, rule string) safe {
	var matched, looked int
	var folders []mailbox.Name
	for _, m := range pl.Matched {
		if m.Rule == rule {
			matched += m.Messages
			looked += m.Looked
			folders = append(folders, renamed(m.Folder, pl.Steps))
		}
	}
	if len(folders) == 0 {
		return ""
	}
	where := "in " + count(len(folders), "folder")
	if len(folders) == 1 {
		where = "in " + quote(string(folders[0]))
	}
	comment := number(matched) + " of " + count(looked, "message") + " " + where + pick(looked == 1, " matches", " match")
	for _, left := range leftBy(pl, rule) {
		comment += "; " + number(left.Messages) + " left alone: " + clean(left.Reason)
	}
	for _, rival := range rivalsOf(pl, rule) {
		comment += "; " + number(rival.Messages) + " would go elsewhere by " + clean(rival.Rule) + ", which comes later"
	}
	return comment
}

// rivalsOf sums up what later rules would have taken of a rule's messages.
func rivalsOf(pl *plan.Plan, rule string) []plan.Rival {
	var all []plan.Rival
	for _, m := range pl.Matched {
		if m.Rule != rule {
			continue
		}
		for _, rival := range m.Rivals {
			i := slices.IndexFunc(all, func(r plan.Rival) bool { return r.Rule == rival.Rule })
			if i < 0 {
				all = append(all, rival)
			} else {
				all[i].Messages += rival.Messages
			}
		}
	}
	return all
}

// leftBy sums up what a rule left alone, by reason.
func leftBy(pl *plan.Plan, rule string) []plan.Left {
	var all []plan.Left
	for _, m := range pl.Matched {
		if m.Rule != rule {
			continue
		}
		for _, left := range m.Left {
			i := slices.IndexFunc(all, func(l plan.Left) bool { return l.Reason == left.Reason })
			if i < 0 {
				all = append(all, left)
			} else {
				all[i].Messages += left.Messages
			}
		}
	}
	return all
}

// leftByIdleRules are warnings of rules that left messages alone and are not shown
// otherwise, having nothing else to do.
func leftByIdleRules(pl *plan.Plan) hcl.Diagnostics {
	shown := map[string]bool{}
	for _, w := range rulesAtWork(pl) {
		shown[w.address] = true
	}
	var diags hcl.Diagnostics
	for _, m := range pl.Matched {
		if shown[m.Rule] {
			continue
		}
		shown[m.Rule] = true
		if left := leftBy(pl, m.Rule); len(left) > 0 {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagWarning,
				Summary:  m.Rule + " leaves messages alone",
				Detail:   string(matchedComment(pl, m.Rule)) + ".",
			})
		}
	}
	return diags
}

// sample adds the newest messages of the steps.
func (b *block) sample(steps []plan.Step, o Options) {
	var all []plan.Message
	for _, step := range steps {
		all = append(all, step.Op.(plan.File).Messages...)
	}
	shown := min(o.Samples, len(all))
	if shown <= 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b plan.Message) int {
		return cmp.Or(b.Identity.Received.Compare(a.Identity.Received), cmp.Compare(b.UID, a.UID))
	})
	b.table = number(shown) + " of " + count(len(all), "message") + ", newest first:"
	b.samples = sampleRows(all[:shown], o.Width)
	if rest := len(all) - shown; rest > 0 {
		b.hidden = count(rest, "message") + " hidden"
	}
}

// Columns of a sample at most.
const (
	senderColumns  = 32
	subjectColumns = 62 // with its quotation marks
	// otherColumns are those before the sender, and the gap behind it.
	otherColumns = len("      ~ ") + len(time.DateOnly) + 2*len("  ")
)

// sampleRows are a line for each message, which fits the width; 0: it may take any.
func sampleRows(messages []plan.Message, width int) [][]safe {
	from, subject := senderColumns, subjectColumns
	if width > 0 {
		from = max(1, min(from, width/3, width-otherColumns-columns(`"…"`)))
	}
	var rows [][]safe
	widest := 0
	for _, m := range messages {
		sender := clean(truncate(m.From, from))
		widest = max(widest, columns(sender))
		rows = append(rows, []safe{clean(m.Identity.Received.Format(time.DateOnly)), sender})
	}
	if width > 0 {
		subject = min(subject, width-otherColumns-widest)
	}
	for i, m := range messages {
		rows[i] = append(rows[i], quoteWithin(m.Subject, subject))
	}
	return rows
}
