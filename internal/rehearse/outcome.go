package rehearse

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// An Outcome is what became of a message.
type Outcome struct {
	Folder  mailbox.Name // empty: it is gone for good
	Flags   mailbox.Flags
	Copies  []mailbox.Name // that were made of it, sorted
	Touched bool           // something happened to it
	Causes  []string       // what did it, as addresses of rules
	Matched []string       // rules that matched it
	Left    []Left         // rules that matched it and left it alone
}

// A Left is a rule that matched a message, and the reason why it left it alone.
// Without a rule it is the reason why all rules did.
type Left struct{ Rule, Reason string }

// outcome is what became of a message, as the mailbox shows it. Which of several
// is the message itself, and which are copies, the plan says.
func (r *rehearsal) outcome(made *plan.Plan, a *model.Account, was delivery) (Outcome, error) {
	o := Outcome{Folder: was.folder}
	for _, step := range made.Steps {
		switch op := step.Op.(type) {
		case plan.Rename:
			if moved := o.Folder.Rebase(op.From, op.To); moved != o.Folder {
				o.Folder = moved
				o.note(step)
			}
		case plan.File:
			if op.Was != was.folder || !slices.ContainsFunc(op.Messages, func(m plan.Message) bool { return m.UID == was.uid }) {
				continue
			}
			o.note(step)
			o.Copies = append(o.Copies, op.Copies...)
			switch op.Away {
			case plan.AwayMove:
				o.Folder = op.To
			case plan.AwayPermanent:
				o.Folder = ""
			}
		case plan.Remove:
			if op.Name == o.Folder {
				o.Folder = ""
				o.note(step)
			}
		}
	}
	slices.Sort(o.Copies)
	return o, o.find(a, was)
}

// note notes what something was done for.
func (o *Outcome) note(step plan.Step) {
	o.Touched = true
	for _, c := range step.Because {
		if name := cause(c); !slices.Contains(o.Causes, name) {
			o.Causes = append(o.Causes, name)
		}
	}
}

// find holds what the plan says against the mailbox, and takes the flags from there.
func (o *Outcome) find(a *model.Account, was delivery) error {
	expected := slices.Clone(o.Copies)
	if o.Folder != "" {
		expected = append(expected, o.Folder)
	}
	slices.Sort(expected)
	var found []mailbox.Name
	for _, p := range a.Census()[was.mail] {
		found = append(found, p.Folder)
		if p.Folder == o.Folder {
			o.Flags = p.Flags
		}
	}
	if slices.Sort(found); !slices.Equal(found, expected) {
		return fmt.Errorf("the message is in %q after the apply, and not in %q, as the plan said; this is a mistake of imapform", found, expected)
	}
	return nil
}

// why says which rules matched a message, and why some left it alone. A plan counts
// messages only: of several, each is tried by itself.
func (r *rehearsal) why(ctx context.Context, i int, made *plan.Plan) (left []Left, matched []string, err error) {
	if len(r.test.Messages) > 1 {
		s, _, err := r.stage(r.test.Messages[i : i+1])
		if err != nil {
			return nil, nil, err
		}
		if made, err = r.plan(ctx, s); err != nil {
			return nil, nil, err
		}
	}
	for _, m := range made.Matched {
		if !slices.Contains(matched, m.Rule) {
			matched = append(matched, m.Rule)
		}
		for _, l := range m.Left {
			left = append(left, Left{m.Rule, l.Reason})
		}
	}
	for _, n := range made.Notes {
		if n.Summary == unreadable {
			left = append(left, Left{"", "What rules must know of it could not be read, so that nothing happens to it."})
		}
	}
	return left, matched, nil
}

// unreadable is the summary of a plan's note on messages that could not be judged.
const unreadable = "Messages are left alone"

// cause names what something was done for.
func cause(c plan.Cause) string {
	if c.Address != "" {
		return c.Address
	}
	return fmt.Sprintf("%s at %s:%d", c.Block, c.Declared.Filename, c.Declared.Start.Line)
}

func causes(all []plan.Cause) string {
	var names []string
	for _, c := range all {
		names = append(names, cause(c))
	}
	return strings.Join(names, ", ")
}
