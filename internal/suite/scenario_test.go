package suite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// everything is a configuration that needs each kind of change. No rule reads $Filed,
// so that it is set before its messages leave; one reads \Seen, which is set where
// they then lie.
const everything = `
moved {
  from = "News"
  to   = "Lists/News"
}
folder "news" { name = "Lists/News" }
folder "made" { name = "Made" }
folder "trash" {
  name        = "Bin"
  special_use = "trash"
}
rule "first" {
  match { subject = "first" }
  add_flags = ["$Filed"]
  move_to   = "Filed"
}
rule "after" {
  match {
    subject = "after"
    seen    = false
  }
  add_flags = ["seen"]
  move_to   = "Filed"
}
rule "copy" {
  match { subject = "copy" }
  copy_to   = "Copies"
  add_flags = ["flagged"]
}
rule "rubbish" {
  match { subject = "rubbish" }
  delete = "trash"
}
rule "log" {
  in = ["Logs"]
  match { subject = "log" }
  delete = "permanent"
}
removed {
  folder   = "Gone"
  messages = "move"
  move_to  = "Filed"
}`

// foreign is mail that somebody else has marked \Deleted, and that a rule would take
// if nobody had.
func foreign(subject string) imaptest.Message {
	return with(text(subject+" by somebody else", day), `\Deleted`)
}

// contents is what the mailbox holds before. Two messages are the same to the last
// octet. Quiet is nobody's business.
func contents() map[string][]imaptest.Message {
	return map[string][]imaptest.Message{
		"INBOX": {
			text("first 1", day), text("first 2", day), text("first 1", day),
			text("after 1", day), with(text("after 2", day), "$Kept"),
			text("copy 1", day), with(text("copy 2", day), `\Seen`),
			text("rubbish 1", day), text("rubbish 2", day),
			text("to stay", day), foreign("first"), foreign("copy"),
		},
		"News":     {text("news", day), foreign("first news")},
		"News/Old": {with(text("old news", day), `\Answered`)},
		"Lists":    {text("a list", day)}, // some servers would make it along with what is renamed into it
		"Filed":    {text("filed long ago", 90*day), foreign("filed")},
		"Copies":   {text("copied long ago", 90*day), foreign("copied")},
		"Logs":     {text("log 1", day), text("log 2", day), text("diary", day), foreign("log")},
		"Gone":     {text("gone 1", day), with(text("gone 2", day), `\Flagged`)},
		"Bin":      {foreign("rubbish")},
		"Quiet":    {text("first of the quiet", day), foreign("quiet")},
	}
}

// outcome is what the mailbox must hold in the end.
func outcome() view {
	c := contents()
	lines := func(flags []string, msgs ...imaptest.Message) (out []string) {
		for _, m := range msgs {
			out = append(out, line(m, append(slices.Clone(m.Flags), flags...)...))
		}
		return out
	}
	inbox, filed := c["INBOX"], []string{"$Filed"}
	v := view{
		"INBOX":          slices.Concat(lines([]string{`\Flagged`}, inbox[5:7]...), lines(nil, inbox[9:]...)),
		"Lists":          lines(nil, c["Lists"]...),
		"Lists/News":     lines(nil, c["News"]...),
		"Lists/News/Old": lines(nil, c["News/Old"]...),
		"Filed": slices.Concat(lines(nil, c["Filed"]...), lines(filed, inbox[0:3]...),
			lines([]string{`\Seen`}, inbox[3:5]...), lines(nil, c["Gone"]...)),
		"Copies": slices.Concat(lines(nil, c["Copies"]...), lines([]string{`\Flagged`}, inbox[5:7]...)),
		"Logs":   lines(nil, c["Logs"][2:]...),
		"Bin":    slices.Concat(lines(nil, c["Bin"]...), lines(nil, inbox[7:9]...)),
		"Made":   nil,
		"Quiet":  lines(nil, c["Quiet"]...),
		subscribed: {
			"Bin", "Copies", "Filed", "Lists", "Lists/News", "Lists/News/Old", "Logs", "Made", "Quiet",
		},
	}
	for name := range v {
		slices.Sort(v[name])
	}
	return v
}

// A view is what a person can see of a mailbox: by folder, a line a message.
type view map[string][]string

// subscribed is where a view keeps the subscriptions.
const subscribed = "(subscribed)"

func viewOf(state imaptest.State) view {
	v := view{}
	for name, f := range state.Folders {
		if f.UIDValidity == 0 {
			continue // a place in the hierarchy
		}
		v[name] = nil
		for _, m := range f.Messages {
			v[name] = append(v[name], fmt.Sprint(m.Hash[:8], " ", strings.Join(m.Flags, " ")))
		}
		slices.Sort(v[name])
	}
	v[subscribed] = slices.DeleteFunc(slices.Clone(state.Subscribed), func(n string) bool { return n == "INBOX" })
	return v
}

// A trial is a mailbox with those contents, on which something goes wrong.
type trial struct {
	*mailbox
	tap    *tap
	before imaptest.State
}

// newTrial fills a mailbox; script says what goes wrong between it and the program.
func newTrial(t *testing.T, start func(*testing.T) imaptest.Account, script imaptest.Script) *trial {
	t.Helper()
	a := start(t)
	mail := contents()
	for _, folder := range slices.Sorted(maps.Keys(mail)) {
		imaptest.Append(t, a, folder, mail[folder]...)
	}
	tap := &tap{dial: a.Dial}
	script.Rewrite = both(tap.denied, script.Rewrite)
	m := &mailbox{T: t, account: a, recorder: imaptest.Proxy(t, tap.Dial, script), now: clock}
	return &trial{mailbox: m, tap: tap, before: imaptest.Snapshot(t, a)}
}

// both rewrites lines with one function, and then with another that may be nil.
func both(first, then func(string) string) func(string) string {
	if then == nil {
		return first
	}
	return func(line string) string { return then(first(line)) }
}

// look plans over a new connection.
func (tr *trial) look(settings ...func(*config.Config)) (*plan.Plan, *server.Session) {
	tr.Helper()
	cfg := tr.load(everything)
	for _, set := range settings {
		set(cfg)
	}
	s := tr.dial(cfg)
	var made *plan.Plan
	var err error
	tr.recorder.ReadOnly(func() { made, err = ask(tr.Context(), cfg, s, tr.now) })
	if err != nil {
		tr.Fatalf("plan: %v", err)
	}
	return made, s
}

// try plans and applies with the trouble that was arranged, and waits until the server
// has ended what it was asked.
func (tr *trial) try(o apply.Options, settings ...func(*config.Config)) (*plan.Plan, *apply.Result, error) {
	tr.Helper()
	made, s := tr.look(settings...)
	return tr.run(tr.Context(), made, s, o)
}

func (tr *trial) run(ctx context.Context, made *plan.Plan, s *server.Session, o apply.Options) (*plan.Plan, *apply.Result, error) {
	tr.Helper()
	r, err := apply.Run(ctx, made, s, o)
	if err != nil {
		tr.leave(s)
	}
	return made, r, err
}

// leave ends a session and waits until the server has noticed.
func (tr *trial) leave(s *server.Session) {
	tr.Helper()
	_ = s.Logout(tr.Context()) // it may be lost
	tr.tap.await(tr.T)
}

// finish plans and applies again, without trouble, and returns what the mailbox holds.
func (tr *trial) finish() view {
	tr.Helper()
	tr.settle()
	return tr.judge()
}

// settle plans and applies again. Then nothing must be left to do.
func (tr *trial) settle() {
	tr.Helper()
	tr.now = tr.now.Add(time.Minute)
	made, s := tr.look()
	if r, err := apply.Run(tr.Context(), made, s, apply.Options{}); err != nil || !r.Complete() {
		tr.Errorf("the second apply: %v %s", err, describe(made, r))
	}
	if again, _ := tr.look(); !again.Empty() {
		tr.Errorf("a plan after the second apply finds something to do: %s", describeSteps(again))
	}
}

// judge returns what the mailbox holds, in which nothing may be missing and nothing
// changed that the plan does not name.
func (tr *trial) judge() view {
	tr.Helper()
	after := imaptest.Snapshot(tr, tr.account)
	tr.lossless(after)
	if diff := cmp.Diff(tr.before.Folders["Quiet"], after.Folders["Quiet"]); diff != "" {
		tr.Errorf("a folder that the plan does not name has changed (-before +after):\n%s", diff)
	}
	return viewOf(after)
}

// lossless proves that each message is there, but for those to be deleted for good,
// and that what somebody else marked \Deleted still lies where it lay.
func (tr *trial) lossless(after imaptest.State) {
	tr.Helper()
	now, before := after.Messages(), tr.before.Messages()
	for _, m := range contents()["Logs"][:2] {
		delete(before, imaptest.Hash(m.Body))
	}
	for hash, n := range before {
		if now[hash] < n {
			tr.Errorf("message %s was there %d times and is %d times: LOST", hash[:8], n, now[hash])
		}
	}
	got := viewOf(after)
	for folder, messages := range contents() {
		for _, m := range messages {
			if !slices.Contains(m.Flags, `\Deleted`) {
				continue
			}
			places := []string{folder}
			if folder == "News" {
				places = append(places, "Lists/News")
			}
			if !slices.ContainsFunc(places, func(f string) bool { return slices.Contains(got[f], line(m, `\Deleted`)) }) {
				tr.Errorf("mail in %q that somebody else has marked \\Deleted was touched: %s", folder, line(m))
			}
		}
	}
}

// honest proves that the result counts nothing that was not done.
func (tr *trial) honest(r *apply.Result) {
	tr.Helper()
	after := imaptest.Snapshot(tr, tr.account)
	came := func(folder string) (n int) {
		was := map[string]int{}
		for _, m := range tr.before.Folders[folder].Messages {
			was[m.Hash]++
		}
		for _, m := range after.Folders[folder].Messages {
			if was[m.Hash]--; was[m.Hash] < 0 {
				n++
			}
		}
		return n
	}
	flagged := 0
	added := map[string]string{"INBOX": `\Flagged`, "Filed": "$Filed"}
	for folder, flag := range added {
		for _, m := range after.Folders[folder].Messages {
			if slices.Contains(m.Flags, flag) {
				flagged++
			}
		}
	}
	for _, m := range after.Folders["INBOX"].Messages { // flags first: some are set, and have not left
		if slices.Contains(m.Flags, "$Filed") {
			flagged++
		}
	}
	for _, m := range after.Folders["Filed"].Messages {
		if slices.Contains(m.Flags, `\Seen`) {
			flagged++
		}
	}
	gone := len(contents()["Logs"]) - len(after.Folders["Logs"].Messages)
	done := r.Messages
	if done.Moved > came("Filed") || done.Trashed > came("Bin") || done.Copied > came("Copies") || done.Deleted > gone || done.Flagged > flagged {
		tr.Errorf("the result says %+v; really moved: %d, trashed: %d, copied: %d, deleted: %d, flagged: %d",
			done, came("Filed"), came("Bin"), came("Copies"), gone, flagged)
	}
}

// want fails the test unless the mailbox holds just what it must in the end.
func (tr *trial) want(got, want view) {
	tr.Helper()
	if diff := cmp.Diff(want, got, emptyIsNil); diff != "" {
		tr.Errorf("in the end (-want +got):\n%s", diff)
	}
}

var emptyIsNil = cmp.FilterValues(func(a, b []string) bool { return len(a) == 0 && len(b) == 0 }, cmp.Comparer(func(a, b []string) bool { return true }))
