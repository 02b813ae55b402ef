package server_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
)

// What is sent in bursts comes to what it would one by one, in a few round trips.
func TestBursts(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		const n = 6
		var messages []imaptest.Message
		for i := range 3 * n {
			messages = append(messages, mail(i+1))
		}
		imaptest.Append(t, a, "INBOX", messages...)
		s := dial(t, through(t, a, r))
		if _, err := s.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		create := []apply.FolderChange{{Kind: apply.ChangeCreate, Name: "Tree"}}
		var names []mailbox.Name
		var moves []server.Moving
		for i := range n {
			name := mailbox.Name(fmt.Sprintf("Tree/Bücher %d", i))
			create = append(create, apply.FolderChange{Kind: apply.ChangeCreate, Name: name}, apply.FolderChange{Kind: apply.ChangeSubscribe, Name: name})
			names = append(names, name)
			moves = append(moves, server.Moving{UIDs: imap.UIDSetNum(imap.UID(3*i+1), imap.UID(3*i+3)), To: name})
		}
		for i, err := range s.Folders(t.Context(), create) {
			if err != nil {
				t.Errorf("%+v: %v", create[i], err)
			}
		}
		if _, err := s.Open(t.Context(), "INBOX"); err != nil {
			t.Fatal(err)
		}
		if !s.Can().Move {
			return
		}
		moves[2].To = "Missing/Folder" // refused in the middle
		before := r.Cost().RoundTrips
		moved, errs := s.Moves(t.Context(), moves)
		if trips := r.Cost().RoundTrips - before; trips != 1 {
			t.Errorf("%d round trips", trips)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		states, statusErrs := s.Statuses(t.Context(), names)
		for i, m := range moved {
			if i == 2 {
				if _, refused := errs[i].(*server.ResponseError); !refused || states[i].Messages != 0 {
					t.Errorf("into a folder that is missing: %v, %+v", errs[i], states[i])
				}
				continue
			}
			if errs[i] != nil || statusErrs[i] != nil || states[i].Messages != 2 || states[i].UIDValidity != m.UIDValidity || len(m.Pairs) != 2 ||
				m.Pairs[0].From != imap.UID(3*i+1) || m.Pairs[1].From != imap.UID(3*i+3) {
				t.Errorf("move %d: %+v, %v; the folder: %+v, %v", i, m, errs[i], states[i], statusErrs[i])
			}
		}
	})
}

// Flags are changed, messages copied and others removed by commands that go together.
func TestChangesTogether(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		var messages []imaptest.Message
		for i := range 8 {
			messages = append(messages, mail(i+1))
		}
		imaptest.Append(t, a, "INBOX", messages...)
		s := dial(t, through(t, a, r))
		if _, err := s.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Folders(t.Context(), []apply.FolderChange{{Kind: apply.ChangeCreate, Name: "Filed"}}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		var there []imap.UID
		look := func() map[imap.UID]string {
			t.Helper()
			rows := map[imap.UID]string{}
			there = nil
			_, seen, err := s.Visit(t.Context(), "INBOX", imap.UIDSet{{Start: 1, Stop: 8}}, message.Parts{Flags: true}, func(m *message.Message) {
				rows[m.UID], there = m.Flags.Without(mailbox.NewFlags(`\Recent`)).String(), append(there, m.UID)
			})
			if err := errors.Join(seen, err); err != nil {
				t.Fatal(err)
			}
			return rows
		}
		if len(look()) != 8 {
			t.Fatalf("there are %v", there)
		}
		one := func(n int) imap.UIDSet { return imap.UIDSetNum(imap.UID(n)) }
		flag := func(kind apply.ChangeKind, n int, flags ...imap.Flag) apply.Change {
			return apply.Change{Kind: kind, UIDs: one(n), Flags: mailbox.NewFlags(flags...)}
		}
		together := func(all ...apply.Change) []apply.Changed {
			t.Helper()
			before := r.Cost().RoundTrips
			said := s.Changes(t.Context(), all)
			for i, c := range said {
				if c.Err != nil {
					t.Errorf("change %d: %v", i, c.Err)
				}
			}
			if trips := r.Cost().RoundTrips - before; trips != 1 {
				t.Errorf("%d round trips", trips)
			}
			return said
		}
		first := []apply.Change{
			flag(apply.ChangeAdd, 1, imap.FlagSeen, imap.FlagFlagged), flag(apply.ChangeAdd, 2, imap.FlagDeleted), flag(apply.ChangeAdd, 3, imap.FlagSeen),
			{Kind: apply.ChangeCopy, UIDs: one(4), To: "Filed"}, flag(apply.ChangeTake, 1, imap.FlagFlagged),
		}
		if s.Can().Move {
			first = append(first, apply.Change{Kind: apply.ChangeMove, UIDs: one(5), To: "Filed"})
		}
		said := together(first...)
		for i, want := range map[int]string{2: "seen", 1: "deleted"} {
			for uid, flags := range said[i].Flags { // which need not be told
				if got := flags.Without(mailbox.NewFlags(`\Recent`)).String(); got != want {
					t.Errorf("message %d is told to be %s", uid, got)
				}
			}
		}
		rows := look()
		if rows[1] != "seen" || rows[2] != "deleted" || rows[3] != "seen" || rows[4] != "" || len(rows) != 8-len(first)/6 {
			t.Errorf("INBOX is %v", rows)
		}
		if !s.Can().UIDPlus {
			return
		}
		together(apply.Change{Kind: apply.ChangeExpunge, UIDs: one(2)}, flag(apply.ChangeAdd, 6, imap.FlagSeen), flag(apply.ChangeAdd, 7, imap.FlagDeleted), flag(apply.ChangeAdd, 8, imap.FlagDeleted))
		together(apply.Change{Kind: apply.ChangeExpunge, UIDs: one(7)}, apply.Change{Kind: apply.ChangeExpunge, UIDs: one(8)})
		rows = look()
		if rows[1] != "seen" || rows[6] != "seen" || len(rows) != 5-len(first)/6 {
			t.Errorf("INBOX is %v", rows)
		}
	})
}
