package render

import (
	"cmp"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// renameComment says why a folder gets another name and what moves along.
func renameComment(op plan.Rename, because []plan.Cause) safe {
	var by safe = "a moved block"
	for _, c := range because {
		if c.Address == "" {
			by = causeName(c)
		}
	}
	text := "renamed by " + by
	var along []safe
	if op.Messages > 0 {
		along = append(along, count(op.Messages, "message"))
	}
	if op.Children == 1 {
		along = append(along, "1 child folder")
	} else if op.Children > 1 {
		along = append(along, count(op.Children, "child folder"))
	}
	switch {
	case len(along) == 0:
		return text
	case len(along) == 1 && (op.Messages == 1 || op.Messages == 0 && op.Children == 1):
		return text + "; " + along[0] + " moves with it"
	default:
		return text + "; " + someOf(along) + " move with it"
	}
}

// lines are the attributes that show one step.
func lines(step plan.Step) []attribute { return linesOf([]plan.Step{step}) }

// linesOf are the attributes that show what steps do to messages: a line for each
// way that they go, a list of the copies, a list of the flags.
func linesOf(steps []plan.Step) []attribute {
	attributes := ways(steps)
	if copies := copiesOf(steps); len(copies) > 0 {
		attributes = append(attributes, attribute{action: actionCreate, name: "copies", items: copies})
	}
	if flags := flagsOf(steps); len(flags) > 0 {
		attributes = append(attributes, attribute{action: actionUpdate, name: "flags", items: flags})
	}
	return attributes
}

// A way is what messages take together: from folder to folder, with the rules
// that have a part in it.
type way struct {
	from, to mailbox.Name
	away     plan.Away
	trash    bool
	finish   bool
	then     safe
}

// A load is how much goes one way.
type load struct {
	messages int
	octets   int64
	unsized  bool // of a saved plan, which holds no sizes
}

func (l *load) add(messages []plan.Message) {
	for _, m := range messages {
		l.messages++
		l.octets += m.Identity.Size
		l.unsized = l.unsized || m.Identity == (plan.Identity{})
	}
}

func (l load) String() safe {
	messages := count(l.messages, "message")
	if l.unsized {
		return messages
	}
	return messages + ", " + size(l.octets)
}

func ways(steps []plan.Step) []attribute {
	loads := map[way]*load{}
	var order []way
	for _, step := range steps {
		op := step.Op.(plan.File)
		then := thenRules(step)
		if op.Away == plan.AwayNot && then == "" {
			continue
		}
		key := way{op.Folder, op.To, op.Away, op.Trash, op.Finish, then}
		if loads[key] == nil {
			loads[key] = &load{}
			order = append(order, key)
		}
		loads[key].add(op.Messages)
	}
	slices.SortStableFunc(order, func(a, b way) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var attributes []attribute
	for _, key := range order {
		attributes = append(attributes, key.attribute(*loads[key]))
	}
	return attributes
}

func (k way) attribute(l load) attribute {
	a := attribute{action: actionUpdate, name: "folder", comment: l.String()}
	switch {
	case k.away == plan.AwayPermanent:
		a.action = actionDelete
		a.value = becomes(quote(string(k.from)), "null")
		a.comment += ", deleted for good"
	case k.away == plan.AwayMove:
		a.value = becomes(quote(string(k.from)), quote(string(k.to)))
	default:
		a.action = actionNone
		a.value = quote(string(k.from))
	}
	if k.trash {
		a.comment += ", thrown away"
	}
	if k.finish {
		a.comment += ", of which a copy is there already"
	}
	if k.then != "" {
		a.comment += ", " + k.then
	}
	return a
}

// thenRules names the rules that take a step's messages on after the first one.
func thenRules(step plan.Step) safe {
	var then []safe
	for i, c := range step.Because {
		if i > 0 && c != step.Because[0] {
			then = appendNew(then, "then "+causeName(c))
		}
	}
	return join(then, ", ")
}

func copiesOf(steps []plan.Step) []item {
	loads := map[mailbox.Name]*load{}
	var order []mailbox.Name
	for _, step := range steps {
		op := step.Op.(plan.File)
		for _, to := range op.Copies {
			if loads[to] == nil {
				loads[to] = &load{}
				order = append(order, to)
			}
			loads[to].add(op.Messages)
		}
	}
	slices.Sort(order)
	var items []item
	for _, to := range order {
		items = append(items, item{actionCreate, quote(string(to)), loads[to].String()})
	}
	return items
}

// flagsOf are the flags that really change, with how many messages each changes
// on.
func flagsOf(steps []plan.Step) []item {
	added, removed := map[imap.Flag]int{}, map[imap.Flag]int{}
	for _, step := range steps {
		for _, m := range step.Op.(plan.File).Messages {
			for _, f := range m.Add {
				added[f]++
			}
			for _, f := range m.Remove {
				removed[f]++
			}
		}
	}
	var items []item
	for _, change := range []struct {
		action action
		counts map[imap.Flag]int
	}{{actionCreate, added}, {actionDelete, removed}} {
		for _, f := range slices.Sorted(maps.Keys(change.counts)) {
			items = append(items, item{change.action, quote(mailbox.FlagWord(f)), count(change.counts[f], "message")})
		}
	}
	return items
}
