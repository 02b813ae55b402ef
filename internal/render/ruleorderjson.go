package render

import (
	"io"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// The JSON of the order of rules.
type (
	ruleOrdersJSON struct {
		FormatVersion string          `json:"format_version"`
		Accounts      []ruleOrderJSON `json:"accounts"`
	}
	ruleOrderJSON struct {
		Account string     `json:"account"`
		Rules   []ruleJSON `json:"rules"`
	}
	ruleJSON struct {
		Number      int      `json:"number"` // from 1 on
		Address     string   `json:"address"`
		Description string   `json:"description,omitempty"`
		File        string   `json:"file"`
		Line        int      `json:"line"`
		In          []string `json:"in"`
		NotIn       []string `json:"not_in"`
		Match       asksJSON `json:"match"`
		AddFlags    []string `json:"add_flags"`
		RemoveFlags []string `json:"remove_flags"`
		CopyTo      []string `json:"copy_to"`
		MoveTo      string   `json:"move_to,omitempty"`
		Delete      string   `json:"delete,omitempty"`
		Stop        bool     `json:"stop"`
		EndsPass    bool     `json:"ends_pass"`
		MaxMessages int      `json:"max_messages,omitempty"`
	}
	asksJSON struct {
		Criterion string     `json:"criterion"`
		Wants     string     `json:"wants,omitempty"`
		Within    []asksJSON `json:"within,omitempty"`
	}
)

// RuleOrdersJSON writes the rules of accounts as one JSON object.
func RuleOrdersJSON(w io.Writer, all []RuleOrder) error {
	made := ruleOrdersJSON{FormatVersion: "1.0", Accounts: []ruleOrderJSON{}}
	for _, order := range all {
		account := ruleOrderJSON{Account: order.Account, Rules: []ruleJSON{}}
		for i, r := range order.Rules {
			account.Rules = append(account.Rules, jsonOfRule(i+1, r))
		}
		made.Accounts = append(made.Accounts, account)
	}
	return writeJSON(w, made)
}

func jsonOfRule(n int, r OrderedRule) ruleJSON {
	made := ruleJSON{
		Number: n, Address: r.Address, Description: r.Description, File: r.Declared.Filename, Line: r.Declared.Start.Line,
		In: patternTexts(r.In), NotIn: patternTexts(r.NotIn), Match: jsonOfAsks(r.Asks),
		AddFlags: words(r.AddFlags), RemoveFlags: words(r.RemoveFlags), CopyTo: []string{},
		Stop: r.Stop, EndsPass: r.Ends(), MaxMessages: r.MaxMessages,
	}
	for _, to := range r.CopyTo {
		made.CopyTo = append(made.CopyTo, to.String())
	}
	for _, to := range r.CopyBy {
		made.CopyTo = append(made.CopyTo, to.String())
	}
	switch {
	case r.MoveBy != nil:
		made.MoveTo = r.MoveBy.String()
	case r.Moves():
		made.MoveTo = r.MoveTo.String()
	}
	switch r.Delete {
	case rules.DeleteTrash:
		made.Delete = "trash"
	case rules.DeletePermanent:
		made.Delete = "permanent"
	}
	return made
}

func patternTexts(patterns []mailbox.Pattern) []string {
	made := []string{}
	for _, p := range patterns {
		made = append(made, p.String())
	}
	return made
}

func jsonOfAsks(e rules.Explanation) asksJSON {
	made := asksJSON{Criterion: e.Criterion, Wants: e.Wants}
	for _, within := range e.Within {
		made.Within = append(made.Within, jsonOfAsks(within))
	}
	return made
}
