package server_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// compressing are the servers that offer compression.
var compressing = []product{
	{"dovecot", imaptest.Dovecot, []imaptest.Option{imaptest.Compress()}},
	{"cyrus", imaptest.Cyrus, nil},
}

// onCompressing runs a test on each of them, through a proxy that counts.
func onCompressing(t *testing.T, test func(*testing.T, imaptest.Account, *imaptest.Recorder)) {
	for _, p := range compressing {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			s := imaptest.Start(t, p.server, p.options...)
			test(t, s.Account(t), imaptest.Proxy(t, s.Dial, imaptest.Script{Opaque: true}))
		})
	}
}

// compress has the session's connection be compressed now.
func compress(t *testing.T, s *server.Session, r *imaptest.Recorder) {
	t.Helper()
	server.CompressAlways(s)
	if err := server.CompressFor(t.Context(), s, 1); err != nil {
		t.Fatal(err)
	}
	if n := r.Sent("COMPRESS"); n != 1 {
		t.Fatalf("%d COMPRESS", n)
	}
}

// The same is read with and without compression, in less than half the octets.
func TestCompressedReading(t *testing.T) {
	t.Parallel()
	onCompressing(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", imaptest.Mail(11, 400, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))...)
		s := dial(t, through(t, a, r))
		read := func() (all []*message.Message, octets int64) {
			before := r.Cost().Received
			if _, err := s.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: everything}, func(m *message.Message) { all = append(all, m.Clone()) }); err != nil {
				t.Fatal(err)
			}
			return all, r.Cost().Received - before
		}
		plain, much := read()
		compress(t, s, r)
		packed, little := read()
		if len(plain) != 400 || len(packed) != len(plain) {
			t.Fatalf("%d and %d messages", len(plain), len(packed))
		}
		for i, m := range plain {
			p := packed[i]
			subject, _ := m.Header.Raw("Subject")
			again, _ := p.Header.Raw("Subject")
			if m.UID != p.UID || m.Size != p.Size || !m.Received.Equal(p.Received) || !m.Flags.Equal(p.Flags) || subject != again || subject == "" {
				t.Errorf("message %+v, compressed %+v", m, p)
			}
		}
		if little*2 > much {
			t.Errorf("%d octets instead of %d", little, much)
		}
		t.Logf("%d octets instead of %d", little, much)
		if cost := s.Cost(); cost.Received != r.Cost().Received || cost.Sent != r.Cost().Sent {
			t.Errorf("%d octets sent and %d received are counted as %d and %d", r.Cost().Sent, r.Cost().Received, cost.Sent, cost.Received)
		}
	})
}

// Folders are listed, messages read, changed and moved as without compression.
func TestCompressedChanges(t *testing.T) {
	t.Parallel()
	onCompressing(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", mail(1), mail(2, `\Seen`), mail(3), mail(4))
		imaptest.Append(t, a, "Filed")
		s, ctx := dial(t, through(t, a, r)), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		compress(t, s, r)
		before := imaptest.Snapshot(t, a)
		listing, err := s.List(ctx)
		must(err)
		compareListing(t, listing, before)
		compareFolder(t, s, "INBOX", before.Folders["INBOX"])

		must(s.Create(ctx, "Lists/Bücher & mehr", ""))
		must(s.Subscribe(ctx, "Lists/Bücher & mehr", true))
		opened, err := s.Open(ctx, "INBOX")
		must(err)
		var u []imap.UID
		must(s.Fetch(ctx, imap.UIDSet{{Start: 1, Stop: opened.UIDNext - 1}}, message.Parts{Flags: true}, func(m *message.Message) { u = append(u, m.UID) }))
		if len(u) != 4 {
			t.Fatalf("UIDs %v", u)
		}
		must(stored(s, ctx, imap.UIDSetNum(u[0]), true, mailbox.NewFlags(imap.FlagFlagged)))
		moved, err := s.Move(ctx, imap.UIDSetNum(u[1], u[2]), "Filed")
		must(err)
		if len(moved.Pairs) != 2 {
			t.Errorf("moved %+v", moved)
		}
		must(stored(s, ctx, imap.UIDSetNum(u[3]), true, mailbox.NewFlags(imap.FlagDeleted)))
		must(s.Expunge(ctx, imap.UIDSetNum(u[3])))
		must(s.Close(ctx))

		after := imaptest.Snapshot(t, a)
		for name, want := range map[string][]uint32{"INBOX": {uint32(u[0])}, "Filed": {uint32(moved.Pairs[0].To), uint32(moved.Pairs[1].To)}} {
			var got []uint32
			for _, m := range after.Folders[name].Messages {
				got = append(got, m.UID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("folder %q (- want, + got):\n%s", name, diff)
			}
		}
		if !slices.Contains(after.Subscribed, "Lists/Bücher & mehr") {
			t.Errorf("subscriptions %q", after.Subscribed)
		}
	})
}

// stored is what Session.Store fails with.
func stored(s *server.Session, ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) error {
	_, err := s.Store(ctx, uids, add, flags)
	return err
}
