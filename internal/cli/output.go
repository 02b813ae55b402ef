package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// output says how plan and apply tell what they have to tell. The zero value: as text.
type output struct {
	json     bool   // as a stream of JSON, instead of text
	jsonInto string // the file for a stream besides the text; empty: none
	compact  bool
	verbosity
}

func (o *output) flags(fs *flag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "Write what happens to standard output as JSON, one object a line, and no text. The last line has the exit status.")
	fs.Func("json-into", "Write what happens as JSON into this `FILE`, one object a line, and the text as without.", file(&o.jsonInto, "json-into"))
	fs.BoolVar(&o.compact, "compact-warnings", false, "Show warnings as a list of their summaries, where there are no errors beside them.")
	o.verbosity.flags(fs)
}

// file takes the name of a file from a flag.
func file(name *string, flag string) func(string) error {
	return func(s string) error {
		if s == "" {
			return fmt.Errorf("write it as -%s=FILE", flag)
		}
		*name = s
		return nil
	}
}

// check refuses what cannot be meant together. The others are files that other
// arguments name.
func (o output) check(inv *invocation, others ...namedFile) error {
	if o.json && o.jsonInto != "" {
		return &problem{"The flags -json and -json-into exclude each other", "Both write the same lines, the one to standard output, the other into a file beside the text: leave one of them out."}
	}
	return inv.differentFiles(append(others, namedFile{"the flag -json-into", o.jsonInto})...)
}

// told does something that is told as the flags say, which were checked: it begins the
// stream, tells what it has cost, and ends the stream with the status.
func (inv *invocation) told(o output, run func() Status) Status {
	do := func() Status {
		status := run()
		inv.tellCosts(o.verbosity)
		return status
	}
	inv.stdout.CompactWarnings, inv.stderr.CompactWarnings = o.compact, o.compact
	switch {
	case o.json:
		lines := inv.Stdout
		inv.Stdout = io.Discard
		inv.text.muted.Store(true)
		inv.stream.Store(render.NewStream(lines, inv.Version, inv.Now))
		return inv.streamed(do(), "standard output")
	case o.jsonInto != "":
		f, err := inv.createStream(o.jsonInto)
		if err != nil {
			return inv.fail(err)
		}
		inv.stream.Store(render.NewStream(f, inv.Version, inv.Now))
		status := inv.streamed(do(), o.jsonInto)
		if err := f.Close(); err != nil {
			return worse(status, inv.fail(&problem{"Cannot write to " + o.jsonInto, err.Error()}))
		}
		return status
	default:
		return do()
	}
}

// streamed ends the stream. That it could not be written is an error, unless something
// else is one already.
func (inv *invocation) streamed(status Status, to string) Status {
	inv.endStream(status)
	if err := inv.stream.Load().Err(); err != nil {
		inv.text.muted.Store(false)
		return worse(status, inv.fail(&problem{"Cannot write to " + to, err.Error()}))
	}
	return status
}

// worse is the status, or the other one where the first says that all is well.
func worse(status, other Status) Status {
	if status == StatusOK || status == StatusChanges {
		return other
	}
	return status
}

// endStream writes the stream's last line.
func (inv *invocation) endStream(status Status) {
	inv.stream.Load().End(int(status), outcomes[status])
}

// outcomes are the exit statuses of plan and apply as words.
var outcomes = map[Status]document.OutcomeStatus{
	StatusOK: document.OutcomeSuccess, StatusError: document.OutcomeError, StatusChanges: document.OutcomeChanges,
	StatusRail: document.OutcomeRail, StatusStale: document.OutcomeStale, StatusIncomplete: document.OutcomeIncomplete,
}

// createStream makes the file for a stream, which only its owner can read: folders
// have names that are nobody else's business.
func (inv *invocation) createStream(file string) (*os.File, error) {
	cannot := func(err error) error { return &problem{"Cannot write to " + file, sentence(err.Error())} }
	if err := inv.mayCreate(file); err != nil {
		return nil, cannot(err)
	}
	f, err := os.OpenFile(inv.path(file), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, cannot(err)
	}
	if err := f.Chmod(0o600); err != nil { // of one that was there already
		return nil, cannot(errors.Join(err, f.Close()))
	}
	return f, nil
}

// A namedFile is a file of the command line, and what names it. The file may be empty:
// nothing does.
type namedFile struct{ by, file string }

// differentFiles refuses that two arguments name the same file: what the one writes
// would be lost.
func (inv *invocation) differentFiles(all ...namedFile) error {
	for i, f := range all {
		for _, other := range all[:i] {
			if f.file != "" && other.file != "" && sameFile(inv.path(f.file), inv.path(other.file)) {
				return &problem{"A file is named twice", fmt.Sprintf("By %s and by %s: what is in it by the one would be lost. Give each a file of its own.", other.by, f.by)}
			}
		}
	}
	return nil
}

// sameFile says whether two paths lead to the same file, which need not be there.
func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// streamPlans tells the stream of plans and what is hidden of them, and first of what
// is wrong with accounts.
func (inv *invocation) streamPlans(problems []render.Problems, plans []*plan.Plan, hidden plan.Hidden, files config.Files) {
	for _, p := range problems {
		inv.stream.Load().Diagnostics(p.Account, p.Diagnostics, files)
	}
	if len(plans) > 0 {
		inv.stream.Load().Plans(plans, hidden, files)
	}
}

// plansOf are the plans that there are.
func plansOf(all []*planned) []*plan.Plan {
	var plans []*plan.Plan
	for _, p := range all {
		if p.plan != nil {
			plans = append(plans, p.plan)
		}
	}
	return plans
}

// problemsOf are the problems of the accounts.
func problemsOf(all []*planned) []render.Problems {
	var problems []render.Problems
	for _, p := range all {
		problems = append(problems, render.Problems{Account: p.account.Address, Diagnostics: p.diags})
	}
	return problems
}

// A textWriter is where text for people goes, unless it is muted because machines are
// told instead.
type textWriter struct {
	w     io.Writer
	muted atomic.Bool
}

func (t *textWriter) Write(b []byte) (int, error) {
	if t.muted.Load() {
		return len(b), nil
	}
	return t.w.Write(b)
}
