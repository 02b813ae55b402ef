package apply_test

import (
	"errors"
	"fmt"
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

var made = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// letter is a mail that differs from others by its subject.
func letter(subject string, flags ...imap.Flag) model.Mail {
	return model.Mail{
		Header:   []string{"Message-ID: <" + subject + "@example.com>", "From: a@example.com", "Subject: " + subject},
		Flags:    flags,
		Received: made.Add(-time.Hour),
		Size:     int64(1000 + len(subject)),
	}
}

// fill delivers letters to a folder, which it makes.
func fill(a *model.Account, n mailbox.Name, mails ...model.Mail) {
	a.MakeFolder(n)
	for _, m := range mails {
		a.Deliver(n, m)
	}
}

// file completes a File step: all of the folder's messages, unless UIDs are given.
func file(t *testing.T, a *model.Account, op plan.File, uids ...imap.UID) plan.Step {
	t.Helper()
	if op.Was == "" {
		op.Was = op.Folder
	}
	parts := plan.IdentityParts()
	parts.Flags = true
	_, err := a.Answer(t.Context(), plan.Question{Folder: op.Was, Fetch: parts}, func(m *message.Message) {
		if m.Flags.Has(imap.FlagDeleted) || len(uids) > 0 && !slices.Contains(uids, m.UID) {
			return
		}
		op.Messages = append(op.Messages, plan.Message{
			UID: m.UID, Identity: plan.IdentityOf(m), Flags: m.Flags,
			Add: op.Add.Without(m.Flags), Remove: op.Remove.Without(op.Remove.Without(m.Flags)),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Step{Op: op, Because: []plan.Cause{{Address: "rule.test"}}}
}

func step(op plan.Operation) plan.Step {
	return plan.Step{Op: op, Because: []plan.Cause{{Address: "folder.test"}}}
}

// planned is a plan with these steps of the account as it is.
func planned(a *model.Account, steps ...plan.Step) *plan.Plan {
	p := &plan.Plan{Account: "account.test", Made: made, Steps: steps}
	for _, f := range a.Listing().Folders {
		if f.Selectable {
			p.Folders = append(p.Folders, plan.Before{Name: f.Name, UIDValidity: f.UIDValidity, UIDNext: f.UIDNext, Messages: f.Messages})
		}
	}
	return p
}

// run applies a plan that is expected not to stop altogether.
func run(t *testing.T, a *model.Account, p *plan.Plan) *apply.Result {
	t.Helper()
	r, err := apply.Run(t.Context(), p, a, apply.Options{})
	if err != nil {
		t.Errorf("run: %v", err)
	}
	careful(t, a)
	return r
}

// careful fails the test if the program did what no careful one does.
func careful(t *testing.T, a *model.Account) {
	t.Helper()
	for _, v := range a.Violations() {
		t.Errorf("violation: %s", v)
	}
}

// complete fails the test unless all was done.
func complete(t *testing.T, r *apply.Result) {
	t.Helper()
	for i, o := range r.Steps {
		if o.Status != apply.StatusDone || o.Err != nil {
			t.Errorf("step %d: status %d, %v", i, o.Status, o.Err)
		}
	}
}

// subjects are those of a folder's messages, with their flags.
func subjects(t *testing.T, a *model.Account, n mailbox.Name) []string {
	t.Helper()
	var all []string
	parts := message.Fields("subject")
	parts.Flags = true
	_, err := a.Answer(t.Context(), plan.Question{Folder: n, Fetch: parts}, func(m *message.Message) {
		s, _ := m.Header.Text("subject")
		if len(m.Flags) > 0 {
			s += " " + m.Flags.String()
		}
		all = append(all, s)
	})
	if err != nil {
		t.Errorf("folder %q: %v", n, err)
	}
	slices.Sort(all)
	return all
}

func wantFolder(t *testing.T, a *model.Account, n mailbox.Name, want ...string) {
	t.Helper()
	if got := subjects(t, a, n); !slices.Equal(got, want) {
		t.Errorf("folder %q holds %q, want %q", n, got, want)
	}
}

// wantErr fails the test unless the error says all of the words.
func wantErr(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// variants runs a test on every kind of server.
func variants(t *testing.T, test func(t *testing.T, v model.Variant)) {
	for _, v := range model.Variants() {
		t.Run(v.Name, func(t *testing.T) { test(t, v) })
	}
}

var errRefused = errors.New("NO because the test says so")

// only calls the hook for operations of one name.
func only(name string, hook func(model.Op) error) model.Hook {
	return func(op model.Op) error {
		if op.Name != name {
			return nil
		}
		return hook(op)
	}
}

// once acts at the first operation of a name.
func once(name string, act func()) model.Hook {
	done := false
	return only(name, func(model.Op) error {
		if !done {
			done = true
			act()
		}
		return nil
	})
}

func letters(n int, flags ...imap.Flag) []model.Mail {
	var all []model.Mail
	for i := range n {
		all = append(all, letter(fmt.Sprintf("letter %04d", i), flags...))
	}
	return all
}
