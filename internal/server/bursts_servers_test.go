package server_test

import (
	"fmt"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
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
		var moves []apply.Moving
		for i := range n {
			name := mailbox.Name(fmt.Sprintf("Tree/Bücher %d", i))
			create = append(create, apply.FolderChange{Kind: apply.ChangeCreate, Name: name}, apply.FolderChange{Kind: apply.ChangeSubscribe, Name: name})
			names = append(names, name)
			moves = append(moves, apply.Moving{UIDs: imap.UIDSetNum(imap.UID(3*i+1), imap.UID(3*i+3)), To: name})
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
