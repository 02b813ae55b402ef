package render

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/plan"
)

// A Stream writes what happens in a run as JSON, one object a line, in the shape of
// Terraform's machine-readable UI. Several goroutines may use it at once. A nil Stream
// writes nothing. Once a line could not be written, no other is: Err says why.
type Stream struct {
	w   io.Writer
	now func() time.Time

	mu    sync.Mutex
	err   error
	ended bool
	steps map[*plan.Plan]*planSteps // of those that are being applied
}

// NewStream begins a stream; now is the clock.
func NewStream(w io.Writer, version string, now func() time.Time) *Stream {
	s := &Stream{w: w, now: now, steps: map[*plan.Plan]*planSteps{}}
	s.write(document.Line{
		Type: document.LineVersion, Message: "imapform " + version, Imapform: version, UI: document.FormatVersion,
	})
	return s
}

// Err is why a line could not be written; nil: all are.
func (s *Stream) Err() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// write writes a line of level info, unless it says another. The last line ends the
// stream: what somebody still says behind it is not part of it.
func (s *Stream) write(line document.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || s.ended {
		return
	}
	s.ended = line.Type == document.LineOutcome
	if line.Level == "" {
		line.Level = document.LevelInfo
	}
	line.Message = string(oneLine(line.Message))
	line.Module, line.Timestamp = document.ModuleUI, s.now().UTC().Format(time.RFC3339Nano)
	text, err := json.Marshal(line)
	if err == nil {
		err = ValueJSON(s.w, text)
	}
	s.err = err
}

// Diagnostics writes problems; the files are those that they point into, the account
// the one that they are about; empty: none.
func (s *Stream) Diagnostics(account string, diags hcl.Diagnostics, files config.Files) {
	if s == nil {
		return
	}
	for _, told := range diagnosticsOf(account, diags, files) {
		line := document.Line{Type: document.LineDiagnostic, Level: document.LevelError, Message: "Error: " + told.Summary, Diagnostic: &told}
		if told.Severity == document.SeverityWarning {
			line.Level, line.Message = document.LevelWarn, "Warning: "+told.Summary
		}
		s.write(line)
	}
}

// Error writes a problem that is about no place in the configuration.
func (s *Stream) Error(summary, detail string) {
	s.Diagnostics("", hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail}}, nil)
}

// Plans writes what plans would do: their warnings, their resources, their counts, and
// the rails that they break. Hidden is what was left out of them.
func (s *Stream) Plans(plans []*plan.Plan, hidden plan.Hidden, files config.Files) {
	if s == nil {
		return
	}
	if part := partial(hidden, anyBroken(plans)); part != nil {
		s.Diagnostics("", hcl.Diagnostics{part}, nil)
	}
	var sum plan.Summary
	for _, pl := range plans {
		s.Diagnostics(pl.Account, warnings(pl), files)
		for _, r := range document.Resources(pl) {
			s.write(plannedChange(r))
		}
		sum = add(sum, pl.Summary())
	}
	counts := changesOf(document.CountsOf(sum), document.RunPlan)
	counts.Hidden = document.HiddenOf(hidden)
	s.write(document.Line{Type: document.LineChangeSummary, Message: sum.String(), Changes: counts})
	for _, pl := range plans {
		s.Diagnostics(pl.Account, rails(pl), files)
	}
}

func changesOf(c document.Counts, operation document.RunOperation) *document.Changes {
	return &document.Changes{Add: c.Add, Change: c.Change, Remove: c.Destroy, Operation: operation, Messages: c.Messages}
}

func plannedChange(r document.ResourceChange) document.Line {
	action := r.Change.Actions[0]
	change := &document.PlannedChange{Resource: r.Named(), Action: action}
	message := r.Address + ": Plan to " + string(action)
	if r.Type == document.TypeRule {
		change.Messages = r.Change.Before.Messages
		message += ", " + string(count(*change.Messages, "message"))
	}
	return document.Line{Type: document.LinePlannedChange, Message: message, Change: change}
}

// End writes the last line: how the run ended.
func (s *Stream) End(exitStatus int, status document.OutcomeStatus) {
	if s == nil {
		return
	}
	line := document.Line{
		Type: document.LineOutcome, Message: "Exit status " + string(number(exitStatus)) + ": " + string(status),
		Outcome: &document.Outcome{ExitStatus: exitStatus, Status: status},
	}
	if status != document.OutcomeSuccess && status != document.OutcomeChanges {
		line.Level = document.LevelError
	}
	s.write(line)
}
