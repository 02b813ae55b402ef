package undo

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// leavings are what is not turned around, messages of one folder and reason together.
type leavings struct{ all []Left }

func (l *leavings) messages(n int, f mailbox.Name, reason string) {
	if i := slices.IndexFunc(l.all, func(o Left) bool { return n > 0 && o.Messages > 0 && o.Folder == f && o.Reason == reason }); i >= 0 {
		l.all[i].Messages += n
		return
	}
	l.all = append(l.all, Left{Messages: n, Folder: f, Reason: reason})
}

// above adds a folder that stays because one below it does, of which it was told why.
func (l *leavings) above(n mailbox.Name) {
	for i, o := range l.all {
		if o.Messages == 0 && o.Folder.Below(n) {
			l.all[i].Above = append(l.all[i].Above, n)
			return
		}
	}
	l.folder(n, "a folder lies in it that stays")
}

func (l *leavings) folder(f mailbox.Name, reason string) { l.messages(0, f, reason) }

// String says what is left and why: `3 messages in folder "A": the run copied …`.
func (l Left) String() string {
	switch {
	case l.Messages > 0:
		return fmt.Sprintf("%s in folder %q: %s", messages(l.Messages), l.Folder, l.Reason)
	case len(l.Above) > 0:
		return fmt.Sprintf("folder %q: %s; what it lies in stays with it: %q", l.Folder, l.Reason, l.Above)
	case l.Folder != "":
		return fmt.Sprintf("folder %q: %s", l.Folder, l.Reason)
	default:
		return l.Reason
	}
}

// messages counts messages: "1 message", "41 messages".
func messages[T ~int | ~uint32](n T) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}
