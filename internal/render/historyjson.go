package render

import (
	"io"
	"time"

	"github.com/imapform/imapform/internal/journal"
)

// The JSON of history.
type (
	historyJSON struct {
		FormatVersion string         `json:"format_version"`
		Runs          []recordedJSON `json:"runs"`
	}
	recordedJSON struct {
		ID       string      `json:"id"`
		Account  string      `json:"account"`
		Mailbox  string      `json:"mailbox"`
		Command  string      `json:"command"`
		Tool     string      `json:"tool"`
		Began    time.Time   `json:"began"`
		Last     *time.Time  `json:"last_noted,omitempty"`
		State    string      `json:"state"` // complete, incomplete, cut_short, running, unreadable
		Error    string      `json:"error,omitempty"`
		Undoes   string      `json:"undoes,omitempty"`
		UndoneBy string      `json:"undone_by,omitempty"`
		Undone   *bool       `json:"undone,omitempty"` // wholly
		Done     *countsJSON `json:"done,omitempty"`
		Journal  string      `json:"journal"`
		Steps    []stepJSON  `json:"steps,omitempty"`
	}
	countsJSON struct {
		Copied   int `json:"copied"`
		Moved    int `json:"moved"`
		Trashed  int `json:"trashed"`
		Deleted  int `json:"deleted"`
		Restored int `json:"restored"`
		Flagged  int `json:"flagged"`
		Folders  int `json:"folders"`
	}
	stepJSON struct {
		Verb     string      `json:"verb"` // of a folder, or "messages"
		Folder   string      `json:"folder"`
		To       string      `json:"to,omitempty"`
		Copies   []string    `json:"copies,omitempty"`
		Messages int         `json:"messages,omitempty"`
		Done     *countsJSON `json:"done,omitempty"`
		Settled  bool        `json:"settled"`
		Unknown  string      `json:"unknown,omitempty"`
		Causes   []string    `json:"causes,omitempty"`
	}
)

// HistoryJSON writes runs as one JSON object, with the steps of those that have them.
func HistoryJSON(w io.Writer, runs []Recorded) error {
	made := historyJSON{FormatVersion: "1.0", Runs: []recordedJSON{}}
	for _, r := range runs {
		made.Runs = append(made.Runs, recordedObject(r))
	}
	return writeJSON(w, made)
}

func recordedObject(r Recorded) recordedJSON {
	s, run := r.Summary, r.Summary.Run
	made := recordedJSON{
		ID: r.Entry.Run, Account: run.Account, Mailbox: run.Mailbox, Command: run.Command, Tool: run.Tool, Undoes: run.Undoes, Journal: r.Path,
	}
	if r.Err != nil {
		made.Began, made.State, made.Error = r.Entry.Time, "unreadable", r.Err.Error()
		return made
	}
	made.Began, made.Last, made.Error, made.Done = s.Began, &s.Last, s.Error, countsObject(s.Counts)
	switch {
	case r.Running:
		made.State = "running"
	case s.State == journal.CutShort:
		made.State = "cut_short"
	default:
		made.State = string(s.State)
	}
	if r.UndoneBy != "" {
		made.UndoneBy, made.Undone = r.UndoneBy, &r.Undone
	}
	for _, d := range s.Deeds {
		made.Steps = append(made.Steps, stepObject(d))
	}
	return made
}

func stepObject(d journal.Deed) stepJSON {
	if f := d.Folder; f != nil {
		return stepJSON{Verb: string(f.Verb), Folder: string(f.Name), To: string(f.To), Settled: d.Settled, Causes: f.Because}
	}
	b := d.Batch
	made := stepJSON{Verb: "messages", Folder: string(b.Folder), Messages: len(b.Messages), Done: countsObject(d.Counts), Settled: d.Settled, Unknown: d.Unknown, Causes: b.Because}
	if b.To != nil {
		made.To = string(b.To.Name)
	}
	for _, to := range b.Copies {
		made.Copies = append(made.Copies, string(to.Name))
	}
	return made
}

func countsObject(c journal.Counts) *countsJSON {
	made := countsJSON(c)
	return &made
}
