package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		says   string
		is     error
		want   apply.Opened
	}{
		"READ-ONLY": {
			answer: "* 3 EXISTS\r\n* OK [PERMANENTFLAGS (\\Seen)] x\r\nTAG OK [READ-ONLY] done\r\n",
			says:   `open folder "Work": the folder is read-only`, is: ErrReadOnly,
		},
		"no flag that lasts": {
			answer: "* 3 EXISTS\r\n* OK [PERMANENTFLAGS ()] x\r\nTAG OK [READ-WRITE] done\r\n", says: "read-only", is: ErrReadOnly,
		},
		"refused": {answer: "TAG NO [NOPERM] not yours\r\n", says: "NO [NOPERM] not yours"},
		"nothing about flags": {
			answer: "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\nTAG OK done\r\n",
			want:   apply.Opened{NewKeyword: true},
		},
		"flags": {
			answer: polite()["SELECT"][0],
			want:   apply.Opened{Permanent: mailbox.NewFlags(imap.FlagSeen, imap.FlagDeleted), NewKeyword: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, polite().with("SELECT", c.answer))
			s.open = openFolder{name: "INBOX", wire: "INBOX", writing: true, highest: 9}
			got, err := s.Open(t.Context(), "Work")
			if c.says != "" {
				wantError(t, err, c.says)
				if c.is != nil && !errors.Is(err, c.is) {
					t.Errorf("error %v", err)
				}
				// Neither the one folder nor the other is open for writing now.
				if err := stored(s, t.Context(), imap.UIDSetNum(1), true, mailbox.NewFlags(imap.FlagSeen)); err == nil {
					t.Errorf("a folder is open; sent %q", f.sent(""))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.want.UIDValidity, c.want.UIDNext, c.want.Messages = 7, 10, 3
			if got.State != c.want.State || !got.Permanent.Equal(c.want.Permanent) || got.NewKeyword != c.want.NewKeyword || (got.Permanent == nil) != (c.want.Permanent == nil) {
				t.Errorf("opened %+v, want %+v", got, c.want)
			}
		})
	}
}

// openFake opens a folder of a fake for writing.
func openFake(t *testing.T, s script) (*fake, *Session) {
	t.Helper()
	f, session := dialFake(t, s)
	if _, err := session.Open(t.Context(), "Work"); err != nil {
		t.Fatal(err)
	}
	return f, session
}

// changes are the methods that take a set of UIDs.
var changes = map[string]func(*Session, context.Context, imap.UIDSet) error{
	"move": func(s *Session, ctx context.Context, uids imap.UIDSet) error {
		_, err := s.Move(ctx, uids, "INBOX")
		return err
	},
	"copy": func(s *Session, ctx context.Context, uids imap.UIDSet) error {
		_, err := s.Copy(ctx, uids, "INBOX")
		return err
	},
	"store": func(s *Session, ctx context.Context, uids imap.UIDSet) error {
		return stored(s, ctx, uids, true, mailbox.NewFlags(imap.FlagSeen))
	},
	"expunge": func(s *Session, ctx context.Context, uids imap.UIDSet) error { return s.Expunge(ctx, uids) },
	"fetch": func(s *Session, ctx context.Context, uids imap.UIDSet) error {
		return s.Fetch(ctx, uids, message.Parts{Flags: true}, func(*message.Message) {})
	},
}

func TestUIDsRefused(t *testing.T) {
	var long imap.UIDSet
	for uid := imap.UID(100); uid < 9000; uid += 2 {
		long = append(long, imap.UIDRange{Start: uid, Stop: uid})
	}
	sets := map[string]imap.UIDSet{
		"empty": nil, "star": {{Start: 0, Stop: 0}}, "open end": {{Start: 3, Stop: 0}}, "star first": {{Start: 0, Stop: 0}, {Start: 1, Stop: 1}},
		"backwards": {{Start: 5, Stop: 3}}, "search result": imap.SearchRes(),
		"past the end": imap.UIDSetNum(10_000), "reaching past the end": {{Start: 1, Stop: 10_000}}, "long": long,
	}
	f, s := openFake(t, polite().with("SELECT", strings.Replace(polite()["SELECT"][0], "UIDNEXT 10]", "UIDNEXT 10000]", 1)))
	before := len(f.sent(""))
	for change, do := range changes {
		for name, set := range sets {
			if change == "fetch" && name == "long" {
				continue // it is cut: see TestFetchOfManyUIDs
			}
			if err := do(s, t.Context(), set); err == nil {
				t.Errorf("%s takes a set that is %s", change, name)
			}
		}
	}
	if sent := f.sent("")[before:]; len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

func TestNothingOpen(t *testing.T) {
	f, s := dialFake(t, polite())
	before := len(f.sent(""))
	for change, do := range changes {
		if err := do(s, t.Context(), imap.UIDSetNum(2)); err == nil {
			t.Errorf("%s without an open folder", change)
		}
	}
	if sent := f.sent("")[before:]; len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
	// What was opened for reading is not changed.
	if _, err := s.examine(t.Context(), "Work"); err != nil {
		t.Fatal(err)
	}
	before = len(f.sent(""))
	for change, do := range changes {
		if err := do(s, t.Context(), imap.UIDSetNum(2)); err == nil && change != "fetch" {
			t.Errorf("%s in a folder that is open for reading", change)
		}
	}
	if sent := f.sent("")[before:]; slices.ContainsFunc(sent, func(c string) bool { return !strings.HasPrefix(c, "UID FETCH") && !strings.HasPrefix(c, "UID SEARCH") }) {
		t.Errorf("sent %q", sent)
	}
}

func TestNoUIDNext(t *testing.T) {
	f, s := openFake(t, polite().with("SELECT", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").
		with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDVALIDITY 7)\r\nTAG OK\r\n"))
	for change, do := range changes {
		if err := do(s, t.Context(), imap.UIDSetNum(2)); err == nil && change != "fetch" {
			t.Errorf("%s in a folder without UIDNEXT", change)
		}
	}
	for _, command := range f.sent("UID ") {
		if !strings.HasPrefix(command, "UID FETCH") && !strings.HasPrefix(command, "UID SEARCH") {
			t.Errorf("sent %q", command)
		}
	}
}

func TestTransfer(t *testing.T) {
	pair := func(from, to imap.UID) apply.Pair { return apply.Pair{From: from, To: to} }
	for name, c := range map[string]struct {
		answer   string
		validity uint32
		want     []apply.Pair
	}{
		"tagged":                    {"TAG OK [COPYUID 9 2,5 1:2] x\r\n", 9, []apply.Pair{pair(2, 1), pair(5, 2)}},
		"ahead":                     {"* OK [COPYUID 9 2,5 1:2] x\r\nTAG OK x\r\n", 9, []apply.Pair{pair(2, 1), pair(5, 2)}},
		"in the order of the wire":  {"* OK [COPYUID 9 5,2 8:7] x\r\nTAG OK x\r\n", 9, []apply.Pair{pair(5, 8), pair(2, 7)}},
		"in two":                    {"* OK [COPYUID 9 2 1] x\r\n* OK [COPYUID 9 5 2] x\r\nTAG OK x\r\n", 9, []apply.Pair{pair(2, 1), pair(5, 2)}},
		"of a part":                 {"TAG OK [COPYUID 9 5 1] x\r\n", 9, []apply.Pair{pair(5, 1)}},
		"none":                      {"TAG OK x\r\n", 0, nil},
		"without sets":              {"TAG OK [COPYUID 9  ] x\r\n", 0, nil},
		"of unequal length":         {"TAG OK [COPYUID 9 2,5 1] x\r\n", 0, nil},
		"with a star":               {"TAG OK [COPYUID 9 2:* 1:2] x\r\n", 0, nil},
		"of what was not asked for": {"TAG OK [COPYUID 9 2,6 1:2] x\r\n", 0, nil},
		"twice the same":            {"* OK [COPYUID 9 2 1] x\r\nTAG OK [COPYUID 9 2 3] x\r\n", 0, nil},
		"two messages become one":   {"TAG OK [COPYUID 9 2,5 1,1] x\r\n", 0, nil},
		"of two destinations":       {"* OK [COPYUID 9 2 1] x\r\nTAG OK [COPYUID 8 5 3] x\r\n", 0, nil},
		"of a million million":      {"TAG OK [COPYUID 9 1:4294967294 1:4294967294] x\r\n", 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := openFake(t, polite().with("UID MOVE", c.answer).with("UID COPY", c.answer))
			moved, err := s.Move(t.Context(), imap.UIDSetNum(2, 5), "INBOX")
			if err != nil {
				t.Fatal(err)
			}
			copied, err := s.Copy(t.Context(), imap.UIDSetNum(2, 5), "INBOX")
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []apply.Transfer{moved, copied} {
				if got.UIDValidity != c.validity || !slices.Equal(got.Pairs, c.want) {
					t.Errorf("transfer %+v, want %d %v", got, c.validity, c.want)
				}
			}
		})
	}
}

func TestChange(t *testing.T) {
	f, s := openFake(t, polite())
	before := len(f.sent(""))
	ctx, set := t.Context(), imap.UIDSetNum(2, 5)
	for _, err := range []error{
		changes["move"](s, ctx, set), changes["copy"](s, ctx, set), s.Expunge(ctx, set),
		stored(s, ctx, set, true, mailbox.NewFlags(imap.FlagDeleted, "$Work")), stored(s, ctx, set, false, mailbox.NewFlags("$Work")),
		s.Close(ctx), s.Close(ctx),
		s.Create(ctx, `a "b"/é`, mailbox.UseTrash), s.Rename(ctx, "a", "b"), s.Delete(ctx, "b"),
		s.Subscribe(ctx, "a", true), s.Subscribe(ctx, "a", false),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{
		`UID MOVE 2,5 "INBOX"`, `UID COPY 2,5 "INBOX"`, "UID EXPUNGE 2,5",
		`UID STORE 2,5 +FLAGS ($Work \Deleted)`, `UID STORE 2,5 -FLAGS ($Work)`,
		"UNSELECT",
		`CREATE "a \"b\"/&AOk-"`, `LIST "" "*"`, `LSUB "" "*"`, `RENAME "a" "b"`, `LIST "" "*"`, `LSUB "" "*"`,
		`DELETE "b"`, `LIST "" "*"`, `LSUB "" "*"`, `SUBSCRIBE "a"`, `UNSUBSCRIBE "a"`,
	}
	if sent := f.sent("")[before:]; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}

func TestChangeRefused(t *testing.T) {
	t.Run("without the capability", func(t *testing.T) {
		f, s := openFake(t, polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 IMAP4rev2 NAMESPACE\r\nTAG OK\r\n"))
		if s.Can() != (apply.Can{}) {
			t.Errorf("it can %+v", s.Can())
		}
		_, err := s.Move(t.Context(), imap.UIDSetNum(2), "INBOX")
		if !errors.Is(err, ErrCapability) {
			t.Errorf("move: %v", err)
		}
		if err := s.Expunge(t.Context(), imap.UIDSetNum(2)); !errors.Is(err, ErrCapability) {
			t.Errorf("expunge: %v", err)
		}
		if sent := f.sent("UID"); len(sent) > 0 {
			t.Errorf("sent %q", sent)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if sent := f.sent("EXAMINE"); !slices.Equal(sent, []string{`EXAMINE "INBOX"`}) {
			t.Errorf("left by %q", sent)
		}
	})
	t.Run("by this side", func(t *testing.T) {
		f, s := openFake(t, polite().with("NAMESPACE", "* NAMESPACE ((\"\" \".\")) NIL NIL\r\nTAG OK\r\n"))
		before := len(f.sent(""))
		ctx, one := t.Context(), imap.UIDSetNum(2)
		_, status := s.Status(ctx, "Work")
		_, move := s.Move(ctx, one, "Work")
		_, list := s.List(ctx)
		_, examine := s.Open(ctx, "a.b")
		s.open = openFolder{name: "Work", wire: "Work", writing: true, highest: 9}
		for what, err := range map[string]error{
			"STATUS of the open folder":   status,
			"a move to the same folder":   move,
			"a listing while one is open": list,
			"opening what has no name":    examine,
			"deleting INBOX":              s.Delete(ctx, "INBOX"),
			"deleting the open folder":    s.Delete(ctx, "Work"),
			"deleting what the open one is in": func() error {
				s.open = openFolder{name: "a/Work", wire: "a.Work", writing: true, highest: 9}
				defer func() { s.open = openFolder{name: "Work", wire: "Work", writing: true, highest: 9} }()
				return s.Delete(ctx, "a")
			}(),
			"renaming INBOX":            s.Rename(ctx, "INBOX", "x"),
			"renaming to INBOX":         s.Rename(ctx, "x", "INBOX"),
			"renaming the open folder":  s.Rename(ctx, "Work", "x"),
			"creating what has no name": s.Create(ctx, "a.b", ""),
			"storing no flag":           stored(s, ctx, one, true, nil),
			"storing a star":            stored(s, ctx, one, true, mailbox.Flags{`\*`}),
			"storing an injection":      stored(s, ctx, one, true, mailbox.Flags{"a) (b"}),
			"storing what is not ASCII": stored(s, ctx, one, true, mailbox.Flags{"é"}),
		} {
			if err == nil {
				t.Errorf("%s is done", what)
			}
		}
		if sent := f.sent("")[before:]; len(sent) > 0 {
			t.Errorf("sent %q", sent)
		}
	})
	t.Run("by the server", func(t *testing.T) {
		s := polite()
		for _, command := range []string{"UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE", "CREATE", "RENAME", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "STATUS INBOX"} {
			s = s.with(command, "TAG NO [INUSE] not \x07now\r\n")
		}
		_, session := openFake(t, s)
		ctx, one := t.Context(), imap.UIDSetNum(2)
		_, status := session.Status(ctx, "INBOX")
		for _, err := range []error{
			changes["move"](session, ctx, one), changes["copy"](session, ctx, one), changes["store"](session, ctx, one), session.Expunge(ctx, one),
			session.Create(ctx, "a", ""), session.Rename(ctx, "a", "b"), session.Delete(ctx, "a"), session.Subscribe(ctx, "a", true), session.Subscribe(ctx, "a", false), status,
		} {
			var refused *ResponseError
			if !errors.As(err, &refused) || refused.Code != "INUSE" || strings.Contains(err.Error(), "\x07") || apply.Lost(err) {
				t.Errorf("error %q", err)
			}
		}
	})
	t.Run("by an end of the connection", func(t *testing.T) {
		for change, do := range changes {
			_, s := openFake(t, polite().with("UID", "HANGUP").with("UID MOVE", "HANGUP").with("UID COPY", "HANGUP").with("UID STORE", "HANGUP").with("UID EXPUNGE", "HANGUP"))
			if err := do(s, t.Context(), imap.UIDSetNum(2)); !apply.Lost(err) {
				t.Errorf("%s: error %v", change, err)
			}
		}
	})
}

// A folder that the server refuses with its use is made without; one that it refuses
// at all is not.
func TestCreateWithoutUse(t *testing.T) {
	uses := polite()["CAPABILITY"]
	for name, c := range map[string]struct {
		answers []string
		want    []string
		says    string
	}{
		"with its use":    {[]string{"TAG OK done\r\n"}, []string{`CREATE "A" (USE (\Archive))`}, ""},
		"without its use": {[]string{"TAG NO [USEATTR] conflict\r\n", "TAG OK done\r\n"}, []string{`CREATE "A" (USE (\Archive))`, `CREATE "A"`}, ""},
		"not at all":      {[]string{"TAG NO [USEATTR] conflict\r\n", "TAG NO [NOPERM] not yours\r\n"}, []string{`CREATE "A" (USE (\Archive))`, `CREATE "A"`}, "not yours"},
		"lost":            {[]string{"* BYE\r\nHANGUP"}, []string{`CREATE "A" (USE (\Archive))`}, "create"},
	} {
		t.Run(name, func(t *testing.T) {
			script := polite()
			var known []string
			for _, answer := range uses {
				known = append(known, strings.Replace(answer, "IMAP4rev1", "IMAP4rev1 CREATE-SPECIAL-USE", 1))
			}
			script["CAPABILITY"] = known
			script = script.with("CREATE", c.answers[0])
			for _, more := range c.answers[1:] {
				script = script.then("CREATE", more)
			}
			f, s := dialFake(t, script)
			err := s.Create(t.Context(), "A", mailbox.UseArchive)
			if c.says == "" && err != nil {
				t.Error(err)
			} else if c.says != "" {
				wantError(t, err, c.says)
			}
			if got := f.sent("CREATE"); !slices.EqualFunc(got, c.want, strings.EqualFold) {
				t.Errorf("sent %q, want %q", got, c.want)
			}
		})
	}
}
