package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// mails are what a test deletes: the fourth has no Message-ID, the last two are the
// same.
func mails() []model.Mail {
	var all []model.Mail
	for i := range 6 {
		subject := fmt.Sprintf("letter %d", min(i, 4))
		m := model.Mail{
			Header:   []string{"Message-ID: <" + subject + "@example.com>", "From: a@example.com", "Subject: " + subject},
			Body:     "Hello.\r\n",
			Flags:    mailbox.NewFlags(imap.FlagSeen, "$Work"),
			Received: now.Add(-time.Duration(min(i, 4)) * time.Hour).In(time.FixedZone("", 7200)),
			Size:     200,
		}
		if i == 3 {
			m.Header = m.Header[1:]
		}
		all = append(all, m)
	}
	return all
}

// deleted is an account from which all mails were deleted, and their backups.
func deleted(t *testing.T, v model.Variant) (*model.Account, Order) {
	t.Helper()
	s := newStore(t)
	a := emptied(t, v, s)
	o := Order{Account: "account.test", Dir: s.Dir}
	for _, file := range files(t, s.Dir) {
		if name, found := strings.CutPrefix(file, s.Dir+string(filepath.Separator)); found && strings.HasSuffix(name, messageEnding) {
			o.Names = append(o.Names, filepath.ToSlash(name))
		}
	}
	if len(o.Names) != 6 {
		t.Fatalf("backups %q", o.Names)
	}
	return a, o
}

// emptied is an account from which all mails were deleted.
func emptied(t *testing.T, v model.Variant, b apply.Backup) *model.Account {
	t.Helper()
	a := model.New(v)
	a.MakeFolder("Lists/Go")
	for _, m := range mails() {
		a.Deliver("Lists/Go", m)
	}
	op := plan.File{Folder: "Lists/Go", Was: "Lists/Go", Away: plan.AwayPermanent}
	_, err := a.Answer(t.Context(), plan.Question{Folder: "Lists/Go", Fetch: looked()}, func(m *message.Message) {
		op.Messages = append(op.Messages, plan.Message{UID: m.UID, Identity: plan.IdentityOf(m), Flags: m.Flags})
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &plan.Plan{Account: "account.test", Made: now, Steps: []plan.Step{{Op: op, Because: []plan.Cause{{Address: "rule.test"}}}}}
	for _, f := range a.Listing().Folders {
		p.Folders = append(p.Folders, plan.Before{Name: f.Name, UIDValidity: f.UIDValidity, UIDNext: f.UIDNext, Messages: f.Messages})
	}
	r, err := apply.Run(t.Context(), p, a, apply.Options{Backup: b})
	if err != nil || !r.Complete() || r.Messages.Deleted != 6 {
		t.Fatalf("%+v, %v", r, err)
	}
	return a
}

func restorable(t *testing.T, test func(*testing.T, model.Variant)) {
	for _, v := range model.Variants() {
		if v.Can.UIDPlus {
			t.Run(v.Name, func(t *testing.T) { test(t, v) })
		}
	}
}

// wantBack fails the test unless each message is there once, as it was.
func wantBack(t *testing.T, a *model.Account, folder mailbox.Name) {
	t.Helper()
	for _, v := range a.Violations() {
		t.Errorf("violation: %s", v)
	}
	var got, want []string
	tell := func(subject string, received time.Time, size int64, flags mailbox.Flags) string {
		return fmt.Sprintf("%s %v %d %s", subject, received.UTC(), size, flags)
	}
	for i, m := range mails() {
		want = append(want, tell(fmt.Sprintf("letter %d", min(i, 4)), m.Received, m.Size, m.Flags))
	}
	_, err := a.Answer(t.Context(), plan.Question{Folder: folder, Fetch: looked()}, func(m *message.Message) {
		subject, _ := m.Header.Text("subject")
		got = append(got, tell(subject, m.Received, m.Size, m.Flags))
	})
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("folder %q holds %q, want %q; %v", folder, got, want, err)
	}
}

// wantRestored fails the test unless all messages are where the server has them.
func wantRestored(t *testing.T, a *model.Account, all []Restored, there bool) {
	t.Helper()
	var at []imap.UID
	for _, m := range all {
		if m.Err != nil || m.There != there || len(m.Lacks) > 0 || !a.Has(m.Folder, m.UID) || m.UIDValidity == 0 {
			t.Errorf("restored %+v", m)
		}
		at = append(at, m.UID)
	}
	slices.Sort(at)
	if len(slices.Compact(at)) != len(all) {
		t.Errorf("%d messages lie at %v", len(all), at)
	}
}

func TestRestore(t *testing.T) {
	restorable(t, func(t *testing.T, v model.Variant) {
		a, o := deleted(t, v)
		all, err := Restore(t.Context(), a, o)
		if err != nil || len(all) != 6 {
			t.Fatalf("%+v, %v", all, err)
		}
		wantRestored(t, a, all, false)
		wantBack(t, a, "Lists/Go")
		all, err = Restore(t.Context(), a, o)
		if err != nil {
			t.Fatal(err)
		}
		wantRestored(t, a, all, true)
		wantBack(t, a, "Lists/Go")
	})
}

// A folder is called otherwise now.
func TestRestoreRenamed(t *testing.T) {
	a, o := deleted(t, model.Variants()[0])
	a.RenameFolder("Lists/Go", "Golang")
	all, err := Restore(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Err == nil || !strings.Contains(m.Err.Error(), `look into folder "Lists/Go"`) {
			t.Errorf("restored %+v", m)
		}
	}
	o.Renamed = map[mailbox.Name]mailbox.Name{"Lists/Go": "Golang"}
	if all, err = Restore(t.Context(), a, o); err != nil {
		t.Fatal(err)
	}
	wantRestored(t, a, all, false)
	wantBack(t, a, "Golang")
}

// Wherever it fails, it can be done again, and each message is there once then.
func TestRestoreSurvivesFaults(t *testing.T) {
	restorable(t, func(t *testing.T, v model.Variant) {
		a, o := deleted(t, v)
		before := a.Ops()
		if _, err := Restore(t.Context(), a, o); err != nil {
			t.Fatal(err)
		}
		last := a.Ops() - before
		for n := 1; n <= last; n++ {
			for _, after := range []bool{false, true} {
				for _, fault := range []error{errors.New("NO because the test says so"), model.ErrLost} {
					t.Run(fmt.Sprintf("%d after=%t %v", n, after, fault), func(t *testing.T) {
						a := emptied(t, v, nil)
						hook, start := &a.Before, a.Ops()
						if after {
							hook = &a.After
						}
						*hook = func(op model.Op) error {
							if op.N == start+n {
								return fault
							}
							return nil
						}
						all, err := Restore(t.Context(), a, o)
						if apply.Lost(fault) != (err != nil) {
							t.Errorf("error %v", err)
						}
						failed := 0
						for _, m := range all {
							if m.Err != nil {
								failed++
							} else if !a.Has("Lists/Go", m.UID) {
								t.Errorf("%+v is not there", m)
							}
						}
						if failed == 0 && n != last { // which leaves the folder
							t.Error("nothing failed")
						}
						a.Before, a.After = nil, nil
						a.Reconnect()
						if all, err = Restore(t.Context(), a, o); err != nil {
							t.Fatal(err)
						}
						for _, m := range all {
							if m.Err != nil {
								t.Errorf("again: %v", m.Err)
							}
						}
						wantBack(t, a, "Lists/Go")
					})
				}
			}
		}
	})
}

// Of what is wrong with one message only that one suffers.
func TestRestoreRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Order, string) error
		says   string
		most   int // how many fail
	}{
		"a backup that is gone":     {func(_ *Order, file string) error { return os.Remove(file) }, "no such file", 1},
		"one that was changed":      {func(_ *Order, file string) error { return os.Truncate(file, 9) }, "should have 200", 1},
		"one without its sidecar":   {func(_ *Order, file string) error { return os.Remove(sidecarOf(file)) }, "what the server knew", 1},
		"a name that leads away":    {func(o *Order, _ string) error { o.Names[0] = "../../secret.eml"; return nil }, "leads out of its directory", 1},
		"another account":           {func(o *Order, _ string) error { o.Account = "account.other"; return nil }, "is of account.test, and not of account.other", 6},
		"a caller that forbids":     {func(o *Order, _ string) error { o.Before = forbid(o.Names[0], o.Dir); return nil }, "forbidden", 1},
		"a caller that forbids all": {func(o *Order, _ string) error { o.Before = forbid("", ""); return nil }, "forbidden", 6},
		"a folder that is not there": {func(o *Order, _ string) error {
			o.Renamed = map[mailbox.Name]mailbox.Name{"Lists/Go": "No"}
			return nil
		}, "Mailbox doesn't exist", 6},
		"a placeholder for its place": {func(o *Order, _ string) error {
			o.Renamed = map[mailbox.Name]mailbox.Name{"Lists/Go": "Lists"}
			return nil
		}, "Mailbox doesn't exist", 6},
	} {
		t.Run(name, func(t *testing.T) {
			a, o := deleted(t, model.Variants()[0])
			if err := c.change(&o, filepath.Join(o.Dir, filepath.FromSlash(o.Names[0]))); err != nil {
				t.Fatal(err)
			}
			all, err := Restore(t.Context(), a, o)
			if err != nil {
				t.Fatal(err)
			}
			failed := 0
			for _, m := range all {
				if m.Err != nil {
					failed++
					if !strings.Contains(m.Err.Error(), c.says) {
						t.Errorf("error %v", m.Err)
					}
				}
			}
			if failed != c.most || len(a.UIDs("Lists/Go")) != 6-failed {
				t.Errorf("%d failed, and %d are there", failed, len(a.UIDs("Lists/Go")))
			}
		})
	}
}

func forbid(name, dir string) func(Message, mailbox.Name) error {
	return func(m Message, _ mailbox.Name) error {
		if name == "" || m.Path == filepath.Join(dir, filepath.FromSlash(name)) {
			return errors.New("forbidden")
		}
		return nil
	}
}

// forgetter is a server that says that it added messages, and did not.
type forgetter struct{ *model.Account }

func (forgetter) Append(context.Context, mailbox.Name, apply.Append) (uint32, imap.UID, error) {
	return 1001, 7, nil
}

// One that keeps other octets than it was sent.
type improver struct{ *model.Account }

func (i improver) Append(ctx context.Context, n mailbox.Name, m apply.Append) (uint32, imap.UID, error) {
	m.Size--
	return i.Account.Append(ctx, n, m)
}

// What the server says that it did is not believed.
func TestRestoreLiars(t *testing.T) {
	for name, server := range map[string]func(*model.Account) apply.Server{
		"adds nothing":      func(a *model.Account) apply.Server { return forgetter{a} },
		"adds other octets": func(a *model.Account) apply.Server { return improver{a} },
	} {
		t.Run(name, func(t *testing.T) {
			a, o := deleted(t, model.Variants()[0])
			all, err := Restore(t.Context(), server(a), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				if m.Err == nil || !strings.Contains(m.Err.Error(), "it is not there as it was") || m.UID != 0 {
					t.Errorf("restored %+v", m)
				}
			}
		})
	}
}

// Flags that the server does not keep are told; a twin that is marked \Deleted does not
// count.
func TestRestoreFlags(t *testing.T) {
	a, o := deleted(t, model.Variants()[0])
	twin := mails()[0]
	twin.Flags = mailbox.NewFlags(imap.FlagDeleted)
	a.Deliver("Lists/Go", twin)
	all, err := Restore(t.Context(), fewFlags{a}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.Err != nil || !m.Lacks.Equal(mailbox.Flags{"$Work"}) {
			t.Errorf("restored %+v", m)
		}
	}
	if got := len(a.UIDs("Lists/Go")); got != 7 {
		t.Errorf("%d messages", got)
	}
}

// fewFlags is a server that keeps no keywords.
type fewFlags struct{ *model.Account }

func (f fewFlags) Append(ctx context.Context, n mailbox.Name, m apply.Append) (uint32, imap.UID, error) {
	m.Flags = m.Flags.Without(mailbox.Flags{"$Work"})
	return f.Account.Append(ctx, n, m)
}
