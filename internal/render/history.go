package render

import (
	"cmp"
	"io"
	"time"

	"github.com/imapform/imapform/internal/journal"
)

// A Recorded is a run of an account as its journal tells of it.
type Recorded struct {
	journal.Entry
	Summary  journal.Summary
	Running  bool
	UndoneBy string // the ID of the run that has turned it around; empty: none
	Undone   bool   // wholly
	Err      error  // why it cannot be read; then there is no Summary
}

// History writes a table of runs, which are of a directory.
func History(w io.Writer, dir string, runs []Recorded, o Options) error {
	p := newPage(o)
	if len(runs) == 0 {
		p.paragraph("No run is recorded in " + clean(dir) + ".")
		return p.writeTo(w)
	}
	rows := [][]safe{{"run", "began (UTC)", "account", "command", "done", "state"}}
	cut := false
	for _, r := range runs {
		run := r.Summary.Run
		began := r.Entry.Time
		if r.Err == nil {
			began = r.Summary.Began
		}
		account := clean(cmp.Or(run.Account, r.Entry.Account))
		rows = append(rows, []safe{clean(r.Entry.Run), safe(began.UTC().Format("2006-01-02 15:04")), account, clean(run.Command), recordedCounts(r), recordedState(r)})
		cut = cut || isCut(r)
	}
	p.table(rows)
	if cut {
		p.line()
		p.paragraph("What a run that was cut short has left in doubt is found out, and finished, by the next apply of its account, or by imapform apply -resume.")
	}
	return p.writeTo(w)
}

func isCut(r Recorded) bool {
	return r.Err == nil && !r.Running && r.Summary.State == journal.CutShort
}

// recordedState is how far a run has come, and what became of it.
func recordedState(r Recorded) safe {
	var state safe
	switch {
	case r.Err != nil:
		return "cannot be read"
	case r.Running:
		return "running"
	case r.Summary.State == journal.CutShort:
		state = "cut short: the next apply finishes it"
	default:
		state = clean(string(r.Summary.State))
	}
	if r.UndoneBy != "" {
		state += pick(r.Undone, ", undone by ", ", undone in part by ") + clean(r.UndoneBy)
	}
	return state
}

func recordedCounts(r Recorded) safe {
	if r.Err != nil {
		return "?"
	}
	if text := journalCounts(r.Summary.Counts); text != "" {
		return text
	}
	return "nothing"
}

// journalCounts says what was done; empty: nothing.
func journalCounts(c journal.Counts) safe {
	var parts []safe
	for _, kind := range []struct {
		n    int
		verb safe
	}{{c.Copied, "copied"}, {c.Moved, "moved"}, {c.Trashed, "trashed"}, {c.Deleted, "deleted"}, {c.Restored, "restored"}, {c.Flagged, "flagged"}} {
		if kind.n > 0 {
			parts = append(parts, number(kind.n)+" "+kind.verb)
		}
	}
	if c.Folders > 0 {
		parts = append(parts, count(c.Folders, "folder change"))
	}
	return join(parts, ", ")
}

// HistoryRun writes what a run did in each of its accounts, step by step.
func HistoryRun(w io.Writer, runs []Recorded, o Options) error {
	p := newPage(o)
	for i, r := range runs {
		if i > 0 {
			p.line()
		}
		p.recorded(r)
	}
	return p.writeTo(w)
}

func (p *page) recorded(r Recorded) {
	p.line(p.bold("Run " + clean(r.Entry.Run)))
	if r.Err != nil {
		p.line("  state:   ", recordedState(r))
		p.line("  journal: ", clean(r.Path))
		return
	}
	run := r.Summary.Run
	at := func(t time.Time) safe { return safe(t.UTC().Format("2006-01-02 15:04:05 UTC")) }
	p.line("  account: ", clean(run.Account), ", ", clean(run.Mailbox))
	p.line("  command: ", clean(run.Command), ", by ", clean(run.Tool))
	if run.Undoes != "" {
		p.line("  undoes:  ", clean(run.Undoes))
	}
	p.line("  began:   ", at(r.Summary.Began))
	p.line(pick(r.Summary.State == journal.CutShort, "  so far:  ", "  ended:   "), at(r.Summary.Last))
	p.line("  state:   ", recordedState(r))
	if r.Summary.Error != "" {
		p.line("  error:   ", oneLine(r.Summary.Error))
	}
	p.line("  done:    ", recordedCounts(r))
	p.line("  journal: ", clean(r.Path))
	if len(r.Summary.Deeds) > 0 {
		p.line()
	}
	for _, d := range r.Summary.Deeds {
		p.deed(d)
	}
}

func (p *page) deed(d journal.Deed) {
	if d.Folder != nil {
		p.line("  ", folderDeed(*d.Folder), pick(d.Settled, "", ": not seen to be done"), causedBy(d.Folder.Because))
		return
	}
	b := d.Batch
	text := quote(string(b.Folder))
	if len(b.Messages) > 0 { // none are those that come from a backup
		text = count(len(b.Messages), "message") + " of " + text
	}
	if b.To != nil {
		text += " to " + quote(string(b.To.Name))
	}
	for _, to := range b.Copies {
		text += ", copied to " + quote(string(to.Name))
	}
	if b.Away == journal.VerbExpunge {
		text += ", to delete for good"
	}
	p.line("  ", text, ": ", cameOf(d), causedBy(b.Because))
}

// cameOf is what was done of a batch, and what is in doubt.
func cameOf(d journal.Deed) safe {
	done := journalCounts(d.Counts)
	switch {
	case d.Unknown != "":
		return cmp.Or(done, "nothing seen to be done") + "; not known: " + oneLine(d.Unknown)
	case !d.Settled && done == "":
		return "in doubt"
	case !d.Settled:
		return done + ", the rest in doubt"
	default:
		return cmp.Or(done, "nothing was done")
	}
}

func folderDeed(f journal.Folder) safe {
	name := quote(string(f.Name))
	switch f.Verb {
	case journal.VerbCreate:
		return "created folder " + name
	case journal.VerbRename:
		return "renamed folder " + name + " to " + quote(string(f.To))
	case journal.VerbSubscribe:
		return "subscribed to " + name
	case journal.VerbUnsubscribe:
		return "unsubscribed from " + name
	case journal.VerbRemove:
		return "removed folder " + name
	default:
		return clean(string(f.Verb)) + " of folder " + name
	}
}

// causedBy names the blocks that something was done for.
func causedBy(addresses []string) safe {
	if len(addresses) == 0 {
		return ""
	}
	var all []safe
	for _, a := range addresses {
		all = append(all, clean(a))
	}
	return " (" + someOf(all) + ")"
}
