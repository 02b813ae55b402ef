package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// explainLive explains messages of a server.
func (c *explainCommand) explainLive(ctx context.Context, inv *invocation, a *config.Account, policy config.Policy, now time.Time) ([]render.Explained, hcl.Diagnostics, error) {
	inv.connecting.Store(true)
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	progress, end := inv.progress()
	defer end()
	progress.StartPlans(1)
	progress.Connecting(a.Address)
	session, err := inv.dial(ctx, a, server.Options{MaxFetch: policy.MaxFetch, Progress: func(read server.Progress) {
		progress.Reading(a.Address, string(read.Folder), read.Messages, read.Of)
	}})
	p := &planned{account: a}
	if err != nil {
		p.fail(ctx, "connect to", err)
		return nil, p.diags, p.interrupted()
	}
	p.session = session
	defer p.close()
	l := &explaining{explainCommand: c, inv: inv, account: a, session: session}
	all, diags, err := l.explain(ctx, policy, now)
	if _, told := errors.AsType[*problem](err); told || err == nil {
		return all, diags, err
	}
	p.fail(ctx, "read", err)
	return nil, p.diags, p.interrupted()
}

// interrupted is the problem that an interrupt ended it; nil: it did not.
func (p *planned) interrupted() error {
	if p.stopped {
		return errNothingChanged
	}
	return nil
}

// An explaining is a session in which messages are explained.
type explaining struct {
	*explainCommand
	inv     *invocation
	account *config.Account
	session Session
	planner *plan.Planner
	state   *plan.State // of the folder, once it was read
}

func (l *explaining) explain(ctx context.Context, policy config.Policy, now time.Time) ([]render.Explained, hcl.Diagnostics, error) {
	listing, err := l.session.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := l.find(listing); err != nil {
		return nil, nil, err
	}
	var diags hcl.Diagnostics
	l.planner, diags = plan.New(l.account, policy, listing, now)
	if diags.HasErrors() {
		return nil, diags, nil
	}
	uids := []imap.UID{l.uid}
	if l.messageID != "" {
		if uids, err = l.withMessageID(ctx); err != nil {
			return nil, nil, err
		}
	}
	var all []render.Explained
	for _, uid := range uids {
		e, err := l.one(ctx, uid)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, e)
	}
	return all, nil, nil
}

// find makes sure that the folder is there, in the spelling of the listing.
func (l *explaining) find(listing plan.Listing) error {
	if listing.InInbox {
		l.folder = l.folder.OutOfInbox()
	}
	var names []string
	for _, f := range listing.Folders {
		switch {
		case !f.Exists:
		case f.Name != l.folder:
			names = append(names, string(f.Name))
		case !f.Selectable:
			return &problem{fmt.Sprintf("The folder %q holds no mail that can be read", l.folder), "The server says that it cannot be opened."}
		default:
			return nil
		}
	}
	detail := "Name the folder by the flag -folder, as it is on the server now."
	if near := config.Nearest(string(l.folder), names); near != "" {
		detail = fmt.Sprintf("Did you mean -folder=%s?", shellQuoted(near))
	}
	return &problem{fmt.Sprintf("There is no folder %q in %s", l.folder, l.account.Address), detail}
}

// maxSame is how many messages of the same Message-ID are explained.
const maxSame = 20

// withMessageID finds the messages of the folder that have the Message-ID.
func (l *explaining) withMessageID(ctx context.Context) ([]imap.UID, error) {
	var found []imap.UID
	err := l.answer(ctx, plan.Question{Folder: l.folder, Fetch: message.Fields("message-id")}, func(m *message.Message) {
		if id, ok := m.Header.Text("message-id"); ok && bareMessageID(id) == l.messageID {
			found = append(found, m.UID)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, &problem{
			fmt.Sprintf("There is no message with that Message-ID in %q", l.folder),
			"It may lie in another folder: name it by the flag -folder.",
		}
	}
	slices.Sort(found)
	if more := len(found) - maxSame; more > 0 {
		l.inv.diagnose(hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Not all messages are explained",
			Detail: fmt.Sprintf("%d messages have that Message-ID; the first %d are explained. Name another one by -uid.", len(found), maxSame),
		}}, nil)
		found = found[:maxSame]
	}
	return found, nil
}

// one explains a message. What rules must know of it is asked for until nothing is
// missing any more, or was asked for in vain.
func (l *explaining) one(ctx context.Context, uid imap.UID) (render.Explained, error) {
	m := &message.Message{UID: uid, Folder: l.folder}
	trace, missing := l.planner.Explain(l.folder, m)
	missing = missing.Union(plan.IdentityParts())
	var asked message.Parts
	for !missing.Empty() {
		if len(missing.Texts) > 0 {
			missing.Structure = true // which tells of what parts the text is
		}
		asked = asked.Union(missing)
		told := false
		err := l.answer(ctx, plan.Question{Folder: l.folder, UIDs: imap.UIDSetNum(uid), Fetch: missing}, func(more *message.Message) {
			if more.UID == uid {
				m.Merge(more)
				told = true
			}
		})
		if err != nil {
			return render.Explained{}, err
		}
		if !told {
			return render.Explained{}, &problem{fmt.Sprintf("There is no message with UID %d in %q", uid, l.folder), "It may have been moved or deleted meanwhile."}
		}
		trace, missing = l.planner.Explain(l.folder, m)
		missing = missing.Minus(asked)
	}
	e := explained(l.account, m, trace)
	e.Folder, e.UID = string(l.folder), uint32(uid)
	if l.account.BodySearch && asksForWords(asked) {
		e.Assumed = []string{`what the server does not find by its search is not in the text (body_search = "server").`}
	}
	return e, nil
}

// asksForWords says whether there are words among the parts that a server may be
// asked to search for.
func asksForWords(parts message.Parts) bool {
	return slices.ContainsFunc(parts.Texts, func(t *message.TextTest) bool { return t.Word != "" })
}

// answer asks the server; the folder must stay the same all the while.
func (l *explaining) answer(ctx context.Context, q plan.Question, tell func(*message.Message)) error {
	state, err := l.session.Answer(ctx, q, tell)
	switch {
	case err != nil:
		return err
	case l.state != nil && l.state.UIDValidity != state.UIDValidity:
		return &problem{"A folder was replaced while it was read", fmt.Sprintf("The UIDVALIDITY of %q changed: try again.", l.folder)}
	}
	l.state = &state
	return nil
}

// explained is a message with its trace.
func explained(a *config.Account, m *message.Message, trace *plan.Trace) render.Explained {
	text := func(field string) string {
		s, _ := m.Header.Text(field)
		return s
	}
	return render.Explained{
		Account: a.Address, From: text("from"), Subject: text("subject"), MessageID: text("message-id"),
		Received: m.Received, Size: m.Size, Trace: trace,
	}
}
