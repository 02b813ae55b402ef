package render

import (
	"fmt"
	"strings"

	"github.com/imapform/imapform/plan"
)

// describe says what a step does, for lists of steps and for progress.
func describe(step plan.Step) safe {
	switch op := step.Op.(type) {
	case plan.Rename:
		return "rename folder " + quote(string(op.From)) + " to " + quote(string(op.To))
	case plan.Create:
		return "create folder " + quote(string(op.Name))
	case plan.Set:
		if op.Subscribed {
			return "subscribe to folder " + quote(string(op.Name))
		}
		return "unsubscribe from folder " + quote(string(op.Name))
	case plan.File:
		return causes(step) + describeFile(op)
	case plan.Remove:
		return "remove folder " + quote(string(op.Name))
	default:
		return "step"
	}
}

func causes(step plan.Step) safe {
	var by []safe
	for _, c := range step.Because {
		by = appendNew(by, causeName(c))
	}
	if len(by) == 0 {
		return ""
	}
	return someOf(by) + ": "
}

// describeFile says what happens to messages: "move 41 messages from "INBOX" to
// "Lists"".
func describeFile(op plan.File) safe {
	messages, from := count(len(op.Messages), "message"), quote(string(op.Folder))
	switch {
	case op.Away == plan.AwayPermanent:
		return "delete " + messages + " in " + from
	case op.Away == plan.AwayMove:
		return "move " + messages + " from " + from + " to " + quote(string(op.To))
	case len(op.Copies) > 0:
		var to []safe
		for _, name := range op.Copies {
			to = append(to, quote(string(name)))
		}
		return "copy " + messages + " from " + from + " to " + someOf(to)
	default:
		return "flag " + messages + " in " + from
	}
}

// withoutStep is what an error of a step says besides what the step does, which is
// told already: apply and server each begin with it, in words of their own.
func withoutStep(step plan.Step, text string) string {
	said := []string{string(describe(step))}
	if op, ok := step.Op.(plan.File); ok && op.Away == plan.AwayMove {
		said = append(said,
			fmt.Sprintf("move %d messages from folder %q to %q", len(op.Messages), op.Folder, op.To),
			fmt.Sprintf("move messages to folder %q", op.To))
	}
	for _, words := range said {
		text = strings.TrimPrefix(text, words+": ")
	}
	return text
}
