package rehearse

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A stage is the mailbox of a rehearsal.
type stage struct {
	*model.Account
	delimiter string
}

// List implements apply.Server.
func (s *stage) List(ctx context.Context) (plan.Listing, error) {
	l, err := s.Account.List(ctx)
	l.Delimiter = s.delimiter
	return l, err
}

// A delivery is where a message of the test was put.
type delivery struct {
	mail   int
	folder mailbox.Name
	uid    imap.UID
	flags  mailbox.Flags
}

// stage makes the mailbox with the folders that the configuration speaks of, and
// delivers messages.
func (r *rehearsal) stage(messages []*config.TestMessage) (*stage, []delivery, error) {
	s := &stage{delimiter: "/", Account: model.New(model.Variant{Name: "the test", Can: apply.Can{Move: true, UIDPlus: true}})}
	if r.account.Maildir != "" {
		s.delimiter = "." // between the levels of a Maildir++ tree
	}
	s.Now = r.test.Now
	folders := furnish(s.Account, r.account, r.test)
	r.byUse = folders.uses
	var places []delivery
	for _, m := range messages {
		folder, ok := folders.resolve(m.Folder)
		if !ok {
			return nil, nil, fmt.Errorf("there is no folder %s to put the message into", m.Folder)
		}
		if near := folders.meant(folder); near != "" {
			r.warn(m, fmt.Sprintf("Nothing in the configuration speaks of the folder %q, and no rule looks into it. Did you mean %q?", folder, near))
		}
		mail := model.Mail{Flags: m.Flags, Received: m.Received, Saved: m.Saved, Size: m.Size}
		if mail.Size == 0 {
			mail.Size = int64(len(m.Source))
		}
		mail.Header, mail.Body = split(m.Source)
		number, uid := s.Deliver(folder, mail)
		places = append(places, delivery{number, folder, uid, m.Flags})
	}
	return s, places, nil
}

// warn notes what is likely a mistake of the test, though it may pass, once.
func (r *rehearsal) warn(m *config.TestMessage, detail string) {
	for _, d := range r.result.Problems {
		if *d.Subject == m.FolderRange {
			return
		}
	}
	r.result.Problems = append(r.result.Problems, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: "Unknown folder", Detail: detail, Subject: m.FolderRange.Ptr(),
	})
}

// split cuts a message into the lines of its header and its body.
func split(source []byte) (header []string, body string) {
	text := string(source)
	for line := range strings.SplitAfterSeq(text, "\r\n") {
		if line == "\r\n" || line == "" {
			text = text[len(line):]
			break
		}
		header = append(header, strings.TrimSuffix(line, "\r\n"))
		text = text[len(line):]
	}
	return header, text
}
