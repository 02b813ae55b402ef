package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// large is a plan that files messages of an INBOX that has grown for years into
// folders, with UIDs from first on.
func large(messages, folders int, first imap.UID) *Saved {
	r := rand.New(rand.NewPCG(1, 2))
	p := &Plan{
		Account: "account.large", Made: clock, Watched: mailbox.NewFlags(imap.FlagSeen),
		Folders: []Before{{Name: "INBOX", UIDValidity: 1700000000, UIDNext: 1<<32 - 1, Messages: uint32(messages)}},
	}
	ops := make([]File, folders)
	for i := range ops {
		ops[i] = File{Folder: "INBOX", Was: "INBOX", Away: AwayMove, To: mailbox.Name(fmt.Sprintf("Lists/Some list %d", i)), Add: mailbox.NewFlags("$Filed")}
	}
	uid, seen := first, false
	for i := range messages {
		uid += 1 + imap.UID(r.ExpFloat64()*1.5) // some were deleted meanwhile
		if r.IntN(4) == 0 {
			seen = !seen
		}
		flags := mailbox.NewFlags("$Other")
		if seen {
			flags = mailbox.NewFlags(imap.FlagSeen, "$Other")
		}
		op := &ops[r.IntN(folders)]
		op.Messages = append(op.Messages, Message{
			UID: uid, Flags: flags, Add: mailbox.NewFlags("$Filed"), Subject: "Some subject", From: "somebody@example.com",
			Identity: Identity{Size: r.Int64N(1 << 20), Received: clock.Add(-time.Duration(i) * time.Minute), MessageID: fmt.Sprintf("<%x@example.com>", r.Uint64()), Hash: r.Uint64()},
		})
	}
	for _, op := range ops {
		p.Steps = append(p.Steps, Step{Op: op, Because: []Cause{{Address: "rule.lists"}}})
	}
	place := Place{Host: "imap.example.com", Port: 993, Username: "ada", InboxUIDValidity: 1700000000}
	return &Saved{FormatVersion: FormatVersion, ID: "1", Made: clock, Tool: "imapform", Accounts: []SavedAccount{{place, p}}}
}

func TestSavedSize(t *testing.T) {
	const messages = 100_000
	for name, first := range map[string]imap.UID{"young": 1, "old": 3_000_000, "numbers near their end": 1<<32 - 1 - 4*messages} {
		t.Run(name, func(t *testing.T) {
			data, err := Encode(large(messages, 40, first))
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > 2_000_000 {
				t.Errorf("%d messages take %d octets", messages, len(data))
			}
			t.Logf("%d octets", len(data))
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	f := large(100_000, 40, 1)
	for b.Loop() {
		if _, err := Encode(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data, err := Encode(large(100_000, 40, 1))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
