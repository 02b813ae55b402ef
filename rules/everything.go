package rules

import (
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

var everything = Criterion{
	Name:  "everything",
	Value: "true",
	Doc:   "Always holds.",
	saw:   sawNothing,
	Compile: compile(func(n node) (Test, error) {
		switch yes, err := n.boolean(); {
		case err != nil:
			return nil, err
		case !yes:
			return nil, n.errorf("everything = false would match nothing: leave it out")
		}
		return always{}, nil
	}),
}

type always struct{ Timeless }

func (always) Judge(*message.Message, time.Time) (Truth, message.Parts) { return True, message.Parts{} }
func (always) Needs() message.Parts                                     { return message.Parts{} }
func (always) Reads() mailbox.Flags                                     { return nil }
func (always) Mentions(criterion string) bool                           { return criterion == "everything" }
