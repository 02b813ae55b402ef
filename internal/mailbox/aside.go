package mailbox

import (
	"strings"
	"time"
)

const asideMark = " (removed by imapform "

// SetAside is the name that a folder gets for the moment before it is deleted.
func (n Name) SetAside(at time.Time) Name {
	return n + Name(asideMark+at.UTC().Format("20060102T150405Z")+")")
}

// SetAsideFrom says whether n is a name that SetAside has made of the other.
func (n Name) SetAsideFrom(other Name) bool {
	name, ok := n.SetAsideOf()
	return ok && name == other
}

// SetAsideOf returns the name of which SetAside has made n; false: it is none of
// those.
func (n Name) SetAsideOf() (Name, bool) {
	i := strings.LastIndex(string(n), asideMark)
	if i <= 0 {
		return "", false
	}
	stamp, ok := strings.CutSuffix(string(n)[i+len(asideMark):], ")")
	_, err := time.Parse("20060102T150405Z", stamp)
	return n[:i], ok && err == nil
}
