package render

import (
	"io"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

// The JSON of explanations.
type (
	explanationsJSON struct {
		FormatVersion string          `json:"format_version"`
		Messages      []explainedJSON `json:"messages"`
	}
	explainedJSON struct {
		Account   string     `json:"account"`
		File      string     `json:"file,omitempty"`
		Folder    string     `json:"folder"`
		UID       uint32     `json:"uid,omitempty"`
		Assumed   []string   `json:"assumed,omitempty"`
		From      string     `json:"from"`
		Subject   string     `json:"subject"`
		MessageID string     `json:"message_id"`
		Received  time.Time  `json:"received"`
		Size      int64      `json:"size"`
		Passes    []passJSON `json:"passes"`
		Outcome   string     `json:"outcome"`
		EndsIn    string     `json:"ends_in,omitempty"` // none where it is deleted for good
		Flags     []string   `json:"flags"`
		Copies    []string   `json:"copies"`
		Trash     bool       `json:"trash"`
		Protected []string   `json:"protected,omitempty"`
	}
	passJSON struct {
		Folder    string       `json:"folder"`
		Flags     []string     `json:"flags"`
		Rules     []lookedJSON `json:"rules"`
		Elsewhere []string     `json:"elsewhere"`
		Removed   string       `json:"removed,omitempty"`
	}
	lookedJSON struct {
		Rule    string          `json:"rule"`
		Match   explanationJSON `json:"match"`
		EndedBy string          `json:"ended_by,omitempty"`
		NoValue string          `json:"no_value_for,omitempty"`
		Unread  bool            `json:"destination_unknown,omitempty"`
		Does    *deedJSON       `json:"does,omitempty"`
	}
	deedJSON struct {
		MoveTo      string   `json:"move_to,omitempty"`
		Trash       bool     `json:"trash,omitempty"`
		Delete      bool     `json:"delete,omitempty"`
		Stop        bool     `json:"stop,omitempty"`
		CopyTo      []string `json:"copy_to,omitempty"`
		AddFlags    []string `json:"add_flags,omitempty"`
		RemoveFlags []string `json:"remove_flags,omitempty"`
	}
	explanationJSON struct {
		Criterion string            `json:"criterion"`
		Wants     string            `json:"wants,omitempty"`
		By        string            `json:"by,omitempty"`
		Saw       []string          `json:"saw,omitempty"`
		Truth     string            `json:"truth"`
		Why       string            `json:"why,omitempty"`
		Within    []explanationJSON `json:"within,omitempty"`
	}
)

var (
	truthWords   = map[rules.Truth]string{rules.True: "true", rules.False: "false", rules.Unknown: "unknown", rules.NoValue: "no_value"}
	outcomeWords = map[plan.Outcome]string{
		plan.OutcomeFiled: "filed", plan.OutcomeDeleted: "deleted", plan.OutcomeUnread: "unread",
		plan.OutcomeCircle: "circle", plan.OutcomeMarked: "marked",
	}
)

// ExplanationsJSON writes the same as Explanations as one JSON object.
func ExplanationsJSON(w io.Writer, all []Explained) error {
	made := explanationsJSON{FormatVersion: "1.0", Messages: []explainedJSON{}}
	for _, e := range all {
		made.Messages = append(made.Messages, e.json())
	}
	return writeJSON(w, made)
}

func (e Explained) json() explainedJSON {
	t := e.Trace
	made := explainedJSON{
		Account: e.Account, File: e.File, Folder: e.Folder, UID: e.UID, Assumed: e.Assumed,
		From: e.From, Subject: e.Subject, MessageID: e.MessageID, Received: e.Received.UTC(), Size: e.Size,
		Passes: []passJSON{}, Outcome: outcomeWords[t.Outcome], EndsIn: string(t.Folder), Flags: words(t.Flags),
		Copies: texts(t.Copies), Trash: t.Trash, Protected: texts(t.Protected),
	}
	if t.Outcome == plan.OutcomeDeleted {
		made.EndsIn = ""
	}
	for _, pass := range t.Passes {
		made.Passes = append(made.Passes, jsonOfPass(pass))
	}
	return made
}

func jsonOfPass(pass plan.Pass) passJSON {
	made := passJSON{Folder: string(pass.Folder), Flags: words(pass.Flags), Rules: []lookedJSON{}, Elsewhere: append([]string{}, pass.Elsewhere...)}
	if pass.Removed != nil {
		made.Removed = string(causeName(*pass.Removed))
	}
	for _, l := range pass.Rules {
		shown := lookedJSON{Rule: l.Rule, Match: jsonOfExplanation(l.Match), EndedBy: l.Ended, NoValue: l.Lacks, Unread: l.Unread}
		if d := l.Did; d != nil {
			shown.Does = &deedJSON{
				MoveTo: string(d.Move), Trash: d.Trash, Delete: d.Delete, Stop: d.Stop,
				CopyTo: texts(d.Copies), AddFlags: words(d.Add), RemoveFlags: words(d.Remove),
			}
		}
		made.Rules = append(made.Rules, shown)
	}
	return made
}

func jsonOfExplanation(e rules.Explanation) explanationJSON {
	made := explanationJSON{Criterion: e.Criterion, Wants: e.Wants, By: e.By, Saw: e.Saw, Truth: truthWords[e.Truth], Why: e.Why}
	for _, within := range e.Within {
		made.Within = append(made.Within, jsonOfExplanation(within))
	}
	return made
}

func words(flags mailbox.Flags) []string {
	all := []string{}
	for _, f := range flags {
		all = append(all, mailbox.FlagWord(f))
	}
	return all
}

func texts[T ~string](all []T) []string {
	made := []string{}
	for _, s := range all {
		made = append(made, string(s))
	}
	return made
}
