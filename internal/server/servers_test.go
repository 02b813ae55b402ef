package server_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// A product is a server as it is configured for a test.
type product struct {
	name    string
	server  imaptest.Name
	options []imaptest.Option
}

var products = []product{
	{"dovecot", imaptest.Dovecot, nil},
	{"dovecot with dots in INBOX", imaptest.Dovecot, []imaptest.Option{imaptest.Namespace("INBOX.", ".")}},
	{"dovecot without MOVE", imaptest.Dovecot, []imaptest.Option{imaptest.Hide("MOVE")}},
	{"dovecot without MOVE and UIDPLUS", imaptest.Dovecot, []imaptest.Option{imaptest.Hide("MOVE", "UIDPLUS")}},
	{"dovecot without LIST-EXTENDED", imaptest.Dovecot, []imaptest.Option{imaptest.Hide("LIST-EXTENDED")}},
	{"dovecot without SPECIAL-USE", imaptest.Dovecot, []imaptest.Option{imaptest.Hide("SPECIAL-USE")}},
	{"cyrus", imaptest.Cyrus, nil},
	{"courier", imaptest.Courier, nil},
}

// onProducts runs a test on every server that can be had, on a mailbox of its own.
func onProducts(t *testing.T, test func(*testing.T, imaptest.Account, *imaptest.Recorder)) {
	for _, p := range products {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel() // one of them waits before it says NO
			s := imaptest.Start(t, p.server, p.options...)
			test(t, s.Account(t), imaptest.Proxy(t, s.Dial, imaptest.Script{}))
		})
	}
}

// through is the account as it is reached through a proxy.
func through(t *testing.T, a imaptest.Account, r *imaptest.Recorder) *config.Account {
	t.Helper()
	host, port, err := net.SplitHostPort(r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return at(t, a, host, port)
}

// at is the account on a host and port, without TLS.
func at(t *testing.T, a imaptest.Account, host, port string) *config.Account {
	t.Helper()
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return &config.Account{
		Address: "account.test", Label: "test", Host: host, Port: number, TLS: config.TLSNone,
		Username: a.Username, Timeout: 20 * time.Second,
		Credential: func(context.Context) (string, error) { return a.Password, nil },
	}
}

func dial(t *testing.T, a *config.Account) *server.Session {
	t.Helper()
	s, err := server.Dial(t.Context(), a, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Logout(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("log out: %v", err)
		}
	})
	return s
}

// mail is a message of its own.
func mail(n int, flags ...string) imaptest.Message {
	body := fmt.Sprintf("From: \"S\u00e9nder %d\" <s%d@example.org>\r\nTo: me@example.org\r\nSubject: number %d\r\nMessage-ID: <%d@example.org>\r\n"+
		"Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\nHello %d.\r\n", n, n, n, n, n)
	return imaptest.Message{Flags: flags, Date: time.Date(2026, 1, 1, 10, 0, n, 0, time.UTC), Body: []byte(body)}
}

var everything = func() message.Parts {
	p := message.Fields("From", "Subject", "Message-ID", "List-Id")
	p.Flags, p.Received, p.Size = true, true, true
	return p
}()

// Looking tells the mailbox as it is, and changes nothing in it.
func TestReading(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", mail(1, `\Seen`, "$Work"), mail(2), mail(3, `\Deleted`))
		imaptest.Append(t, a, "Lists/Bücher & mehr", mail(4))
		imaptest.Append(t, a, "Empty")
		before := imaptest.Snapshot(t, a)
		r.ReadOnly(func() {
			s, err := server.Dial(t.Context(), through(t, a, r), server.Options{})
			if err != nil {
				t.Fatal(err)
			}
			listing, err := s.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.EqualFold(listing.Server, string(a.Server.Name)) {
				t.Errorf("the server is called %q", listing.Server)
			}
			if len(listing.Warnings) > 0 {
				t.Errorf("warnings %q", listing.Warnings)
			}
			compareListing(t, listing, before)
			for _, f := range listing.Folders {
				if f.Selectable {
					compareFolder(t, s, f.Name, before.Folders[string(f.Name)])
				}
			}
			if err := s.Logout(t.Context()); err != nil {
				t.Errorf("log out: %v", err)
			}
		})
		if diff := cmp.Diff(before, imaptest.Snapshot(t, a)); diff != "" {
			t.Errorf("looking changed the mailbox (- before, + after):\n%s", diff)
		}
	})
}

func compareListing(t *testing.T, listing plan.Listing, want imaptest.State) {
	t.Helper()
	var subscribed []string
	for _, f := range listing.Folders {
		if f.Subscribed {
			subscribed = append(subscribed, string(f.Name))
		}
		if !f.Exists {
			continue
		}
		w, found := want.Folders[string(f.Name)]
		if !found {
			t.Errorf("folder %q is listed and not there", f.Name)
			continue
		}
		if f.Selectable && (f.UIDValidity != w.UIDValidity || uint32(f.UIDNext) != w.UIDNext || int(f.Messages) != len(w.Messages)) {
			t.Errorf("folder %+v, want %d, %d, %d", f, w.UIDValidity, w.UIDNext, len(w.Messages))
		}
	}
	slices.Sort(subscribed)
	if diff := cmp.Diff(want.Subscribed, subscribed); diff != "" {
		t.Errorf("subscriptions (- want, + got):\n%s", diff)
	}
	for name := range want.Folders {
		if !slices.ContainsFunc(listing.Folders, func(f plan.Folder) bool { return string(f.Name) == name }) {
			t.Errorf("folder %q is there and not listed", name)
		}
	}
}

func compareFolder(t *testing.T, s *server.Session, name mailbox.Name, want imaptest.Folder) {
	t.Helper()
	var got []*message.Message
	state, err := s.Answer(t.Context(), plan.Question{Folder: name, Fetch: everything}, func(m *message.Message) { got = append(got, m.Clone()) })
	if err != nil {
		t.Fatal(err)
	}
	if state != (plan.State{UIDValidity: want.UIDValidity, UIDNext: imap.UID(want.UIDNext), Messages: uint32(len(want.Messages)), HighestModSeq: want.HighestModSeq}) {
		t.Errorf("folder %q: state %+v, want %+v", name, state, want)
	}
	if len(got) != len(want.Messages) {
		t.Fatalf("folder %q: told of %d messages, want %d", name, len(got), len(want.Messages))
	}
	for i, w := range want.Messages {
		m := got[i]
		if uint32(m.UID) != w.UID || m.Size != int64(w.Size) || !m.Received.Equal(w.Date) || !m.Flags.Equal(flagsOf(w.Flags)) {
			t.Errorf("folder %q: message %+v, want %+v", name, m, w)
		}
		if subject, ok := m.Header.Raw("subject"); !ok || !strings.HasPrefix(subject, "number ") {
			t.Errorf("folder %q: subject %q", name, subject)
		}
		if _, ok := m.Header.Raw("list-id"); ok {
			t.Errorf("folder %q: a List-Id that is not there", name)
		}
	}
}

func flagsOf(words []string) mailbox.Flags {
	flags := make([]imap.Flag, len(words))
	for i, w := range words {
		flags[i] = imap.Flag(w)
	}
	return mailbox.NewFlags(flags...)
}

// Folders are made, renamed with their children, subscribed and removed by the
// configuration's names.
func TestFolders(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		s, ctx := dial(t, through(t, a, r)), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		names := func() []string {
			t.Helper()
			listing, err := s.List(ctx)
			must(err)
			var all []string
			for _, f := range listing.Folders {
				if f.Exists && f.Selectable {
					all = append(all, string(f.Name))
				}
			}
			slices.Sort(all)
			return all
		}
		start := names()
		must(s.Create(ctx, "Lists", ""))
		must(s.Create(ctx, "Lists/Bücher & mehr", ""))
		must(s.Create(ctx, "Other", ""))
		must(s.Subscribe(ctx, "Other", true))
		must(s.Subscribe(ctx, "Other", false))
		must(s.Rename(ctx, "Lists", "News"))
		want := append(slices.Clone(start), "News", "News/Bücher & mehr", "Other")
		slices.Sort(want)
		if diff := cmp.Diff(want, names()); diff != "" {
			t.Errorf("folders (- want, + got):\n%s", diff)
		}
		if got := imaptest.Snapshot(t, a); len(got.Folders) < len(want) || got.Folders["News/Bücher & mehr"].UIDValidity == 0 {
			t.Errorf("the server has %v", got.Folders)
		}
		if err := s.Create(ctx, "Other", ""); err == nil {
			t.Error("what exists is created")
		}
		if _, err := s.Open(ctx, "Nowhere"); err == nil || apply.Lost(err) {
			t.Errorf("opening what is not there: %v", err)
		}
		_, err := s.Open(ctx, "Other")
		must(err)
		if err := s.Delete(ctx, "Other"); err == nil {
			t.Error("the open folder is deleted")
		}
		must(s.Close(ctx))
		must(s.Delete(ctx, "Other"))
		want = slices.DeleteFunc(want, func(name string) bool { return name == "Other" })
		if diff := cmp.Diff(want, names()); diff != "" {
			t.Errorf("folders (- want, + got):\n%s", diff)
		}
	})
}

// Messages are changed by what the server offers, and only those that were meant.
func TestMessages(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		imaptest.Append(t, a, "INBOX", mail(1), mail(2), mail(3), mail(4, `\Deleted`))
		imaptest.Append(t, a, "Filed")
		s, ctx := dial(t, through(t, a, r)), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.List(ctx)
		must(err)
		opened, err := s.Open(ctx, "INBOX")
		must(err)
		if opened.Messages != 4 || opened.UIDValidity == 0 || !opened.Permanent.Has(imap.FlagSeen) {
			t.Errorf("opened %+v", opened)
		}
		uids := func() (all []imap.UID) {
			t.Helper()
			must(s.Fetch(ctx, imap.UIDSet{{Start: 1, Stop: opened.UIDNext - 1}}, message.Parts{Flags: true}, func(m *message.Message) { all = append(all, m.UID) }))
			return all
		}
		u := uids()
		if len(u) != 4 {
			t.Fatalf("UIDs %v", u)
		}

		must(stored(s, ctx, imap.UIDSetNum(u[0]), true, mailbox.NewFlags(imap.FlagSeen, imap.FlagFlagged)))
		must(stored(s, ctx, imap.UIDSetNum(u[0]), false, mailbox.NewFlags(imap.FlagFlagged)))
		must(s.Fetch(ctx, imap.UIDSetNum(u[0]), everything, func(m *message.Message) {
			if !m.Flags.Equal(mailbox.NewFlags(imap.FlagSeen)) || !m.Known.Covers(everything) {
				t.Errorf("message %+v", m)
			}
		}))

		copied, err := s.Copy(ctx, imap.UIDSetNum(u[0], u[1]), "Filed")
		must(err)
		if n := len(copied.Pairs); n != 2 && s.Can().UIDPlus {
			t.Errorf("%d pairs", n)
		}
		left := slices.Clone(u)
		switch moved, err := s.Move(ctx, imap.UIDSetNum(u[1]), "Filed"); {
		case !s.Can().Move:
			if err == nil || r.Sent("UID MOVE") > 0 {
				t.Errorf("MOVE, which is not offered: %v", err)
			}
		default:
			must(err)
			if len(moved.Pairs) != 1 || moved.Pairs[0].From != u[1] {
				t.Errorf("moved %+v", moved)
			}
			left = slices.Delete(left, 1, 2)
		}
		must(stored(s, ctx, imap.UIDSetNum(u[2]), true, mailbox.NewFlags(imap.FlagDeleted)))
		switch err := s.Expunge(ctx, imap.UIDSetNum(u[2])); {
		case !s.Can().UIDPlus:
			if err == nil || r.Sent("UID EXPUNGE") > 0 {
				t.Errorf("UID EXPUNGE, which is not offered: %v", err)
			}
		default:
			must(err)
			left = slices.DeleteFunc(left, func(uid imap.UID) bool { return uid == u[2] })
		}
		if got := uids(); !slices.Equal(got, left) {
			t.Errorf("left are %v, want %v", got, left)
		}
		if _, err := s.Copy(ctx, imap.UIDSetNum(u[0]), "Nowhere"); err == nil || apply.Lost(err) {
			t.Errorf("a copy to nowhere: %v", err)
		}
		if got := imaptest.Snapshot(t, a); len(got.Folders["INBOX"].Messages) != len(left) {
			t.Errorf("the server has %+v", got.Folders["INBOX"])
		}
		must(s.Close(ctx))
		state, err := s.Status(ctx, "INBOX")
		must(err)
		if int(state.Messages) != len(left) || state.UIDValidity != opened.UIDValidity {
			t.Errorf("state %+v", state)
		}
	})
}

// A mailbox of which one command cannot read all.
func TestReadingMuch(t *testing.T) {
	s := imaptest.Start(t, imaptest.Dovecot)
	a := s.Account(t)
	many := make([]imaptest.Message, 50)
	for i := range many {
		many[i] = mail(i)
	}
	imaptest.Append(t, a, "INBOX", many...)
	r := imaptest.Proxy(t, s.Dial, imaptest.Script{ReadOnly: true, Rewrite: func(line string) string {
		return strings.Replace(line, "IMAP4rev1", "IMAP4rev1 MESSAGELIMIT=7", 1)
	}})
	n := 0
	if _, err := dial(t, through(t, a, r)).Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: everything}, func(*message.Message) { n++ }); err != nil || n != 50 {
		t.Errorf("%d messages, %v", n, err)
	}
	if fetches := r.Sent("UID FETCH"); fetches != 8 {
		t.Errorf("%d UID FETCH", fetches)
	}
}

// What a reading costs in commands: the first number that counts on a slow line.
func TestCost(t *testing.T) {
	s := imaptest.Start(t, imaptest.Dovecot)
	a := s.Account(t)
	imaptest.Append(t, a, "INBOX", mail(1))
	imaptest.Append(t, a, "Lists/Go", mail(2))
	r := imaptest.Proxy(t, s.Dial, imaptest.Script{ReadOnly: true})
	session := dial(t, through(t, a, r))
	if _, err := session.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := session.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: everything}, func(*message.Message) {}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range r.Commands() {
		names = append(names, c.Name)
	}
	want := []string{"AUTHENTICATE", "NAMESPACE", "LIST", "LSUB", "EXAMINE", "UID FETCH"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("commands (- want, + got):\n%s", diff)
	}
}
