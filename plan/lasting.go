package plan

import (
	"time"

	"github.com/imapform/imapform/internal/message"
)

// lasting is for how long what judging a message came to would be the same again, as long
// as nothing in the mailbox changes. The zero value: for ever. A nil one takes no notes.
type lasting struct {
	until time.Time // the clock changes the outcome of some rule then; zero: never
	not   bool      // it hangs on more, or leaves more behind, than a verdict tells
}

// end says that no verdict is to be given, whatever else comes.
func (l *lasting) end() {
	if l != nil {
		l.not = true
	}
}

// judged notes that the outcome of the rule for the message counted.
func (l *lasting) judged(b *bound, m *message.Message, now time.Time) {
	if l == nil || l.not || !b.timed {
		return
	}
	if at := b.Match.Until(m, now); !at.IsZero() && (l.until.IsZero() || at.Before(l.until)) {
		l.until = at
	}
}

// aimed notes that a message has named a folder, as which place is known; nil: as none.
// What it means by a name that the server does not list hangs on what others have named
// before, and counts for those that come after.
func (l *lasting) aimed(at *place) {
	if at == nil || at.now == "" {
		l.end()
	}
}
