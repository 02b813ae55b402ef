package plan

import (
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// taken is a message that something happens to, or may. There may be many of them, so
// that it holds no more than the plan needs.
type taken struct {
	uid  imap.UID
	way  *way  // of all messages that go the same; nil: parts are missing that it hangs on
	open *open // nil: all is known that the plan needs, and stands below

	identity      Identity
	flags         mailbox.Flags
	from, subject string // for people to recognise it by
}

// open is a message of which more must be known.
type open struct {
	m     message.Message
	asked message.Parts
	wants message.Parts // without a way: what must be known first
	until time.Time     // without a way: when the clock changes what is wanted; zero: never
}

// settle keeps what the plan needs of a message whose way and identity are known, and
// lets go of what was fetched.
func (t *taken) settle(m *message.Message, once *once) {
	t.open = nil
	t.identity = IdentityOf(m)
	t.flags = once.flagSet(m.Flags)
	t.from, t.subject = once.word(people(m, "from")), people(m, "subject")
}

// people is a header field for people to recognise a message by.
func people(m *message.Message, field string) string {
	text, _ := m.Header.Text(field)
	return text
}
