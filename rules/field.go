package rules

import (
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A fieldTest holds if one of its alternatives does.
type fieldTest struct {
	Timeless
	criterion    string
	needs        message.Parts // the fields, in lower case
	alternatives []alternative
	given        given // what the alternatives were made of
	keeper
}

// An alternative holds if some field passes, or if there is none.
type alternative struct {
	absent bool // there is no such field; pass is nil
	pass   func(f *message.Field) Truth
}

func newFieldTest(criterion string, alternatives []alternative, g given, fields ...string) *fieldTest {
	return &fieldTest{criterion: criterion, needs: message.Fields(fields...), alternatives: alternatives, given: g}
}

func (t *fieldTest) Judge(m *message.Message, _ time.Time) (Truth, message.Parts) {
	truth, open := False, !m.Known.HasFields(t.needs.Fields)
	if m.Header.Broken() {
		truth = Unknown
	} else {
		for i := range t.alternatives {
			truth = max(truth, t.judge(&t.alternatives[i], m, open))
			if truth == True {
				return True, message.Parts{}
			}
		}
	}
	if truth == Unknown && open {
		return Unknown, t.needs.Minus(m.Known)
	}
	return truth, message.Parts{}
}

// judge tries one alternative on the fields that are known; open says that there
// may be more.
func (t *fieldTest) judge(a *alternative, m *message.Message, open bool) Truth {
	truth := False
	if open {
		truth = Unknown
	}
	if a.absent {
		truth = truth.Not()
	}
	for _, name := range t.needs.Fields {
		for f := range m.Header.Fields(name) {
			switch {
			case a.absent:
				return False
			default:
				truth = max(truth, a.pass(f))
			}
			if truth == True {
				return True
			}
		}
	}
	return truth
}

func (t *fieldTest) Needs() message.Parts           { return t.needs }
func (t *fieldTest) Reads() mailbox.Flags           { return nil }
func (t *fieldTest) Mentions(criterion string) bool { return criterion == t.criterion }

// truthOf is the outcome of what can be told.
func truthOf(holds bool) Truth {
	if holds {
		return True
	}
	return False
}
