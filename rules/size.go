package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func sizeCriteria() []Criterion {
	return []Criterion{
		sizeCriterion("larger_than", "By RFC822.SIZE, the message is larger than that.", true),
		sizeCriterion("smaller_than", "By RFC822.SIZE, the message is smaller than that.", false),
	}
}

// sizeUnits are the units of a size, in octets.
var sizeUnits = []unit{
	{"B", 1},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
}

func sizeCriterion(name, doc string, larger bool) Criterion {
	return Criterion{Name: name, Value: "size", Doc: doc, saw: sawSize, Compile: compile(func(n node) (Test, error) {
		s, err := n.word("a size", "10MB")
		if err != nil {
			return nil, err
		}
		octets, err := ParseSize(s)
		if err != nil {
			return nil, n.errorf("%w", err)
		}
		return &sizeTest{criterion: name, octets: octets, larger: larger}, nil
	})}
}

// ParseSize reads a size such as "10MB", in octets; it is at least one.
func ParseSize(s string) (int64, error) {
	octets, ok := quantity(strings.TrimSpace(s), sizeUnits)
	switch {
	case !ok:
		return 0, fmt.Errorf(`%q is no size: write a number and one of B, kB, MB, GB, TB, KiB, MiB, GiB and TiB, as in "10MB"`, s)
	case octets == 0:
		return 0, fmt.Errorf("%q is no size: it must be at least an octet", s)
	}
	return octets, nil
}

// A sizeTest compares the message's size with another.
type sizeTest struct {
	Timeless
	criterion string
	octets    int64
	larger    bool
	keeper
}

func (t *sizeTest) Judge(m *message.Message, _ time.Time) (Truth, message.Parts) {
	if !m.Known.Size {
		return Unknown, t.Needs()
	}
	if t.larger {
		return truthOf(m.Size > t.octets), message.Parts{}
	}
	return truthOf(m.Size < t.octets), message.Parts{}
}

func (t *sizeTest) Needs() message.Parts           { return message.Parts{Size: true} }
func (t *sizeTest) Reads() mailbox.Flags           { return nil }
func (t *sizeTest) Mentions(criterion string) bool { return criterion == t.criterion }
