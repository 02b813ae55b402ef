// Package suite holds the tests that run whole plans and applies, from the text of
// a configuration to the octets in a mailbox, on every server that can be had. What
// a server cannot do is skipped by its capabilities, never by its name.
package suite

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/maildir"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// clock is the time of plans, unless a test says otherwise.
var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A target is a kind of server to run a test on.
type target struct {
	name   string
	start  func(t *testing.T) imaptest.Account
	hidden []string // capabilities that it is made to keep quiet about
}

// targets are all of them.
var targets = []target{
	{name: "maildir", start: startMaildir()},
	{name: "maildir-without-MOVE", start: startMaildir(imap.CapMove), hidden: []string{"UID MOVE"}},
	{name: "dovecot", start: start(imaptest.Dovecot)},
	{name: "dovecot-without-MOVE", start: start(imaptest.Dovecot, imaptest.Hide("MOVE")), hidden: []string{"UID MOVE"}},
	{name: "dovecot-without-UIDPLUS", start: start(imaptest.Dovecot, imaptest.Hide("UIDPLUS")), hidden: []string{"UID EXPUNGE"}},
	{name: "dovecot-without-ESEARCH", start: start(imaptest.Dovecot, imaptest.Hide("ESEARCH"))},
	{name: "dovecot-without-LIST-EXTENDED", start: start(imaptest.Dovecot, imaptest.Hide("LIST-EXTENDED"))},
	{name: "dovecot-without-SPECIAL-USE", start: start(imaptest.Dovecot, imaptest.Hide("SPECIAL-USE"))},
	{name: "dovecot-with-prefix", start: start(imaptest.Dovecot, imaptest.Namespace("INBOX.", "."))},
	{name: "cyrus", start: start(imaptest.Cyrus)},
	{name: "courier", start: start(imaptest.Courier)},
}

func start(name imaptest.Name, options ...imaptest.Option) func(*testing.T) imaptest.Account {
	return func(t *testing.T) imaptest.Account {
		t.Helper()
		return imaptest.Start(t, name, options...).Account(t)
	}
}

// startMaildir serves a new tree.
func startMaildir(hide ...imap.Cap) func(*testing.T) imaptest.Account {
	return func(t *testing.T) imaptest.Account {
		t.Helper()
		return serveMaildir(t, t.TempDir(), hide...)
	}
}

// serveMaildir makes a tree of the directory, and serves it.
func serveMaildir(t *testing.T, dir string, hide ...imap.Cap) imaptest.Account {
	t.Helper()
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	tree, err := maildir.Open(dir, maildir.Options{Hide: hide})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return imaptest.Account{Username: "ada", Password: "secret", Dial: tree.Dial}
}

// A mailbox is an account to test on, with a recorder between it and the program.
type mailbox struct {
	*testing.T
	account  imaptest.Account
	recorder *imaptest.Recorder
	now      time.Time // the clock of its plans

	arguments string // of the account block, besides those that say where it is
}

// onEvery runs a test on a fresh mailbox of every target.
func onEvery(t *testing.T, test func(m *mailbox)) {
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			t.Parallel()
			a := target.start(t)
			m := &mailbox{T: t, account: a, recorder: imaptest.Proxy(t, a.Dial, imaptest.Script{}), now: clock}
			t.Cleanup(func() {
				for _, command := range target.hidden {
					if n := m.recorder.Sent(command); n > 0 {
						t.Errorf("%s was sent %d times to a server that does not offer it", command, n)
					}
				}
			})
			test(m)
		})
	}
}

// load reads a configuration, to which the account is added.
func (m *mailbox) load(text string) *config.Config {
	m.Helper()
	where := "maildir = \".\""
	if m.account.Host != "" {
		where = fmt.Sprintf("host = %q\n  port = %d\n  tls = \"none\"\n  username = %q\n  password = %q",
			m.account.Host, m.account.Port, m.account.Username, m.account.Password)
	}
	dir := m.TempDir()
	text = fmt.Sprintf("account \"test\" {\n  %s\n  %s\n}\n%s", where, m.arguments, text)
	if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(text), 0o600); err != nil {
		m.Fatal(err)
	}
	cfg, _, diags := config.Load(config.Source{Dir: dir})
	if diags.HasErrors() {
		m.Fatal(diags.Errs())
	}
	return cfg
}

// dial opens a session.
func (m *mailbox) dial(cfg *config.Config) *server.Session {
	m.Helper()
	s, err := server.Dial(m.Context(), cfg.Accounts[0], server.Options{Connect: m.connect})
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Logout(ctx)
	})
	return s
}

// connect goes through the recorder.
func (m *mailbox) connect(context.Context) (net.Conn, error) { return m.recorder.Dial() }

// plan makes the plan of a configuration, and proves that this changes nothing.
func (m *mailbox) plan(text string) (*plan.Plan, *server.Session, error) {
	m.Helper()
	cfg := m.load(text)
	before := m.snapshot()
	s := m.dial(cfg)
	var made *plan.Plan
	var err error
	m.recorder.ReadOnly(func() { made, err = ask(m.Context(), cfg, s, m.now) })
	if diff := cmp.Diff(before, m.snapshot()); diff != "" {
		m.Fatalf("the plan has changed the mailbox (-before +after):\n%s", diff)
	}
	return made, s, err
}

// snapshot is what can be observed of the mailbox and means something: Courier makes
// up another UIDVALIDITY each time that somebody looks into a folder in which there
// has never been a message.
func (m *mailbox) snapshot() imaptest.State {
	m.Helper()
	state := imaptest.Snapshot(m, m.account)
	for name, f := range state.Folders {
		if f.UIDNext == 1 {
			f.UIDValidity = 1
			state.Folders[name] = f
		}
	}
	return state
}

// ask lets a planner ask the session until it knows enough.
func ask(ctx context.Context, cfg *config.Config, s *server.Session, now time.Time) (*plan.Plan, error) {
	listing, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	planner, diags := plan.New(cfg.Accounts[0], cfg.Policy, listing, now)
	if diags.HasErrors() {
		return nil, diags
	}
	for questions := planner.Ask(); len(questions) > 0; questions = planner.Ask() {
		for _, q := range questions {
			state, err := s.Answer(ctx, q, func(m *message.Message) { planner.Tell(q, m) })
			if err != nil {
				return nil, err
			}
			planner.Told(q, state)
		}
	}
	made, diags := planner.Plan()
	if diags.HasErrors() {
		return nil, diags
	}
	return made, nil
}

// mustPlan makes a plan that must exist.
func (m *mailbox) mustPlan(text string) (*plan.Plan, *server.Session) {
	m.Helper()
	made, s, err := m.plan(text)
	if err != nil {
		m.Fatal(err)
	}
	return made, s
}

// apply plans and applies a configuration, which must do all that it says; the
// next plan must then be empty.
func (m *mailbox) apply(text string) *apply.Result {
	m.Helper()
	before := imaptest.Snapshot(m, m.account).Messages()
	made, s := m.mustPlan(text)
	result, err := apply.Run(m.Context(), made, s, apply.Options{})
	if err != nil {
		m.Fatalf("apply: %v", err)
	}
	if !result.Complete() {
		m.Fatalf("apply is not complete: %s", describe(made, result))
	}
	m.conserved(before, made)
	if again, _ := m.mustPlan(text); !again.Empty() {
		m.Fatalf("a plan right after the apply finds something to do: %s", describeSteps(again))
	}
	return result
}

// conserved proves that every message is there exactly once, but for what the plan
// copies and deletes.
func (m *mailbox) conserved(before map[string]int, made *plan.Plan) {
	m.Helper()
	after := imaptest.Snapshot(m, m.account).Messages()
	counts := made.Summary().Messages
	lost, more := 0, 0
	for hash, n := range before {
		if d := n - after[hash]; d > 0 {
			lost += d
		}
	}
	for hash, n := range after {
		if d := n - before[hash]; d > 0 {
			more += d
		}
	}
	if lost != counts.Delete || more != counts.Copy {
		m.Fatalf("%d messages lost where %d are deleted, %d more where %d are copied", lost, counts.Delete, more, counts.Copy)
	}
}

func describeSteps(p *plan.Plan) string {
	var b strings.Builder
	for _, step := range p.Steps {
		fmt.Fprintf(&b, "\n  %T %+v", step.Op, step.Op)
	}
	return b.String()
}

func describe(p *plan.Plan, r *apply.Result) string {
	var b strings.Builder
	for i, outcome := range r.Steps {
		fmt.Fprintf(&b, "\n  %T: status %d, skipped %v, error %v", p.Steps[i].Op, outcome.Status, outcome.Skipped, outcome.Err)
	}
	return b.String()
}
