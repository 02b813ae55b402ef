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
	rest, ok := strings.CutPrefix(string(n), string(other)+asideMark)
	if !ok {
		return false
	}
	stamp, ok := strings.CutSuffix(rest, ")")
	_, err := time.Parse("20060102T150405Z", stamp)
	return ok && err == nil
}
