package server_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
)

// A visit is one round trip, and tells of the messages of the folder that it opens and of
// no other; what is changed next is changed in that folder.
func TestVisitOnServers(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", mail(1, `\Seen`), mail(2), mail(3))
		imaptest.Append(t, a, "Filed", mail(4), mail(5, "$Work"))
		imaptest.Append(t, a, "Empty")
		s, ctx := dial(t, through(t, a, r)), t.Context()
		if _, err := s.List(ctx); err != nil {
			t.Fatal(err)
		}
		// A Maildir of Courier's tells UIDNEXT only by STATUS, which takes longer.
		slow := a.Server.Name == imaptest.Courier
		visit := func(name mailbox.Name, uids imap.UIDSet) (subjects string, o apply.Opened, seen, err error) {
			t.Helper()
			trips := r.Cost().RoundTrips
			var told []string
			o, seen, err = s.Visit(ctx, name, uids, everything, func(m *message.Message) {
				subject, _ := m.Header.Raw("subject")
				told = append(told, fmt.Sprintf("%d %s", m.UID, subject))
				if !m.Known.Covers(everything) {
					t.Errorf("folder %q: message %+v", name, m)
				}
			})
			slices.Sort(told)
			if trips = r.Cost().RoundTrips - trips; trips != 1 && !slow && seen == nil && len(told) == int(countOf(uids)) {
				t.Errorf("folder %q: %d round trips", name, trips)
			}
			return fmt.Sprint(told), o, seen, err
		}
		for _, c := range []struct {
			folder mailbox.Name
			uids   imap.UIDSet
			want   string
			state  [2]uint32 // messages, UIDNEXT
		}{
			{"INBOX", imap.UIDSet{{Start: 1, Stop: 3}}, "[1 number 1 2 number 2 3 number 3]", [2]uint32{3, 4}},
			{"Filed", imap.UIDSetNum(2), "[2 number 5]", [2]uint32{2, 3}},
			{"Filed", imap.UIDSetNum(1, 2), "[1 number 4 2 number 5]", [2]uint32{2, 3}},
			{"INBOX", imap.UIDSetNum(1), "[1 number 1]", [2]uint32{3, 4}},
		} {
			told, o, seen, err := visit(c.folder, c.uids)
			if err != nil || seen != nil || told != c.want || o.Messages != c.state[0] || uint32(o.UIDNext) != c.state[1] || o.UIDValidity == 0 {
				t.Errorf("folder %q: told of %s, want %s; %+v, %v, %v", c.folder, told, c.want, o, seen, err)
			}
		}

		if told, _, seen, err := visit("Nowhere", imap.UIDSetNum(1)); err == nil || apply.Lost(err) || seen != nil || told != "[]" {
			t.Errorf("a folder that is not there: told of %s, %v, %v", told, seen, err)
		}
		if err := s.Expunge(ctx, imap.UIDSetNum(1)); err == nil {
			t.Error("messages are deleted where nothing is open")
		}
		if told, o, seen, err := visit("Filed", imap.UIDSetNum(1, 77)); err != nil || seen == nil || apply.Lost(seen) || o.Messages != 2 {
			t.Errorf("a UID that was never given out: told of %s, %+v, %v, %v", told, o, seen, err)
		}
		if told, _, seen, err := visit("Empty", imap.UIDSetNum(1)); err != nil || told != "[]" || apply.Lost(seen) {
			t.Errorf("an empty folder: told of %s, %v, %v", told, seen, err)
		}

		// What is open is what was visited last.
		if told, _, seen, err := visit("Filed", imap.UIDSetNum(1)); err != nil || seen != nil || told != "[1 number 4]" {
			t.Fatalf("told of %s, %v, %v", told, seen, err)
		}
		if _, err := s.Store(ctx, imap.UIDSetNum(1), true, mailbox.NewFlags(imap.FlagDeleted)); err != nil {
			t.Fatal(err)
		}
		gone := "[2 number 5]"
		if err := s.Expunge(ctx, imap.UIDSetNum(1)); errors.Is(err, server.ErrCapability) {
			gone = "[1 number 4 2 number 5]"
		} else if err != nil {
			t.Fatal(err)
		}
		if told, _, seen, err := visit("Filed", imap.UIDSetNum(1, 2)); err != nil || seen != nil || told != gone {
			t.Errorf("told of %s, want %s; %v, %v", told, gone, seen, err)
		}
		if got := imaptest.Snapshot(t, a).Folders["INBOX"].Messages; len(got) != 3 {
			t.Errorf("INBOX has %+v", got)
		}
	})
}

func countOf(uids imap.UIDSet) (n uint32) {
	for _, r := range uids {
		n += uint32(r.Stop-r.Start) + 1
	}
	return n
}

// Folders that are tried are open one after the other in one round trip, and none is in the
// end, so that each can be deleted and renamed; nothing in them is changed.
func TestTryOutOnServers(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", mail(1), mail(2, `\Deleted`))
		imaptest.Append(t, a, "One", mail(3, `\Deleted`))
		imaptest.Append(t, a, "Two", mail(4))
		s, ctx := dial(t, through(t, a, r)), t.Context()
		if _, err := s.List(ctx); err != nil {
			t.Fatal(err)
		}
		before := imaptest.Snapshot(t, a)
		for _, names := range [][]mailbox.Name{{"One"}, {"INBOX", "One", "Two"}, {"INBOX", "Nowhere", "Two"}, {"One", "Nowhere"}} {
			trips := r.Cost().RoundTrips
			errs, left := s.TryOut(ctx, names)
			if trips = r.Cost().RoundTrips - trips; trips != 1 || left != nil {
				t.Errorf("%q: %d round trips, left %v", names, trips, left)
			}
			for i, err := range errs {
				_, refused := errors.AsType[*server.ResponseError](err)
				if refused != (names[i] == "Nowhere") || !refused && err != nil {
					t.Errorf("%q: %s: %v", names, names[i], err)
				}
			}
			if _, err := s.Store(ctx, imap.UIDSetNum(1), true, mailbox.NewFlags(imap.FlagSeen)); err == nil {
				t.Errorf("%q: messages are changed where nothing is open", names)
			}
		}
		for name, folder := range imaptest.Snapshot(t, a).Folders {
			if was := before.Folders[name]; len(folder.Messages) != len(was.Messages) {
				t.Errorf("folder %q has %+v, and had %+v", name, folder, was)
			}
		}
		if errs, left := s.TryOut(ctx, []mailbox.Name{"One", "Two"}); errs[0] != nil || errs[1] != nil || left != nil {
			t.Errorf("%v, %v", errs, left)
		}
		if err := s.Rename(ctx, "Two", "Three"); err != nil {
			t.Error(err)
		}
		if err := s.Delete(ctx, "One"); err != nil {
			t.Error(err)
		}
	})
}

// A listing that is sent behind changes shows what they did, whatever the server: it does
// them first.
func TestRelistOnServers(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", mail(1), mail(2))
		imaptest.Append(t, a, "Old", mail(3))
		s, ctx := dial(t, through(t, a, r)), t.Context()
		if _, err := s.List(ctx); err != nil {
			t.Fatal(err)
		}
		change := func(kind apply.FolderChangeKind, name, to mailbox.Name) apply.FolderChange {
			return apply.FolderChange{Kind: kind, Name: name, To: to}
		}
		send := func(all ...apply.FolderChange) func() error {
			return func() error { return errors.Join(s.Folders(ctx, all)...) }
		}
		for _, step := range []struct {
			what   string
			do     func() error
			folder mailbox.Name
			gone   mailbox.Name
		}{
			{"create", send(change(apply.ChangeCreate, "A", ""), change(apply.ChangeCreate, "A/Bücher", ""),
				change(apply.ChangeSubscribe, "A/Bücher", ""), change(apply.ChangeSubscribe, "Old", "")), "A/Bücher", ""},
			{"create one", send(change(apply.ChangeCreate, "New", "")), "New", ""},
			{"rename with a child", send(change(apply.ChangeRename, "A", "B")), "B/Bücher", "A"},
			{"rename, create and end a subscription", send(change(apply.ChangeRename, "Old", "Older"), change(apply.ChangeCreate, "Old", ""),
				change(apply.ChangeUnsubscribe, "Old", "")), "Older", ""},
			{"delete", func() error { return s.Delete(ctx, "Older") }, "Old", "Older"},
		} {
			trips := r.Cost().RoundTrips
			if err := step.do(); err != nil {
				t.Errorf("%s: %v", step.what, err)
			}
			if trips = r.Cost().RoundTrips - trips; trips != 1 {
				t.Errorf("%s: %d round trips", step.what, trips)
			}
			commands, lists := r.Cost().Commands, r.Sent("LIST")+r.Sent("LSUB")
			listing, err := s.List(ctx)
			if err != nil {
				t.Fatal(err)
			}
			statuses := r.Cost().Commands - commands // of servers that do not tell them with LIST
			if lists != r.Sent("LIST")+r.Sent("LSUB") || statuses > 0 && r.Sent("STATUS") < statuses {
				t.Errorf("%s: the folders were listed once more", step.what)
			}
			compareListing(t, listing, imaptest.Snapshot(t, a))
			there := map[mailbox.Name]bool{}
			for _, f := range listing.Folders {
				there[f.Name] = f.Exists
			}
			if !there[step.folder] || there[step.gone] {
				t.Errorf("%s: listed %+v", step.what, listing.Folders)
			}
		}
	})
}
