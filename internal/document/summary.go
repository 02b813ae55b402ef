package document

import "github.com/imapform/imapform/plan"

// A Summary counts a plan.
type Summary struct {
	Counts
	// Accounts are the same for each account, first those that are planned, then those
	// that could not be.
	Accounts []AccountSummary `json:"accounts"`
}

// Counts count resources as Terraform does, and messages.
type Counts struct {
	// Add is how many folders are created.
	Add int `json:"add"`
	// Change is how many folders are changed, and how many rules have other work than
	// to delete for good.
	Change int `json:"change"`
	// Destroy is how many folders are removed, and how many rules delete for good.
	Destroy int `json:"destroy"`
	// Messages counts messages by what is done to them.
	Messages MessageCounts `json:"messages"`
}

// MessageCounts count messages. One that is moved and flagged counts in both.
type MessageCounts struct {
	// Copy is how many copies are made.
	Copy int `json:"copy"`
	// Move is how many messages are moved, but to the trash.
	Move int `json:"move"`
	// Trash is how many messages are thrown away.
	Trash int `json:"trash"`
	// Delete is how many messages are deleted for good.
	Delete int `json:"delete"`
	// Flag is on how many messages flags change.
	Flag int `json:"flag"`
}

// An AccountSummary counts the plan of one account.
type AccountSummary struct {
	// Account is its address.
	Account string `json:"account"`
	// Planned says that there is a plan; else nothing is known, and all counts are 0.
	Planned bool `json:"planned"`
	Counts
	// Total is to how many messages something is done, each counted once.
	Total int `json:"total_messages"`
}

func summaryOf(plans []*plan.Plan, missing []string) Summary {
	s := Summary{Accounts: []AccountSummary{}}
	for _, p := range plans {
		counts := CountsOf(p.Summary())
		s.Counts = s.Counts.plus(counts)
		s.Accounts = append(s.Accounts, AccountSummary{Account: p.Account, Planned: true, Counts: counts, Total: p.Total()})
	}
	for _, account := range missing {
		s.Accounts = append(s.Accounts, AccountSummary{Account: account})
	}
	return s
}

// CountsOf are a plan's counts.
func CountsOf(s plan.Summary) Counts {
	return Counts{Add: s.Add, Change: s.Change, Destroy: s.Destroy, Messages: MessageCounts(s.Messages)}
}

func (c Counts) plus(d Counts) Counts {
	return Counts{
		Add: c.Add + d.Add, Change: c.Change + d.Change, Destroy: c.Destroy + d.Destroy,
		Messages: MessageCounts{
			Copy: c.Messages.Copy + d.Messages.Copy, Move: c.Messages.Move + d.Messages.Move,
			Trash: c.Messages.Trash + d.Messages.Trash, Delete: c.Messages.Delete + d.Messages.Delete,
			Flag: c.Messages.Flag + d.Messages.Flag,
		},
	}
}

// A Match counts what a rule found in one folder.
type Match struct {
	// Account is the address of the account.
	Account string `json:"account"`
	// Rule is the address of the rule.
	Rule string `json:"rule"`
	// Folder is the name before folders are renamed.
	Folder string `json:"folder"`
	// Looked is how many messages the rule was judged on.
	Looked int `json:"looked_at"`
	// Messages is how many of them it matched.
	Messages int `json:"messages"`
	// Left are those that it matched and that are left alone all the same.
	Left []LeftAlone `json:"left_alone"`
	// Rivals are later rules that would have taken some of them elsewhere.
	Rivals []Rival `json:"rivals"`
}

// LeftAlone counts messages that are left alone for one reason.
type LeftAlone struct {
	// Reason is in words for people.
	Reason string `json:"reason"`
	// Messages is how many.
	Messages int `json:"messages"`
}

// A Rival counts messages that a later rule would have taken elsewhere.
type Rival struct {
	// Rule is the address of the later rule.
	Rule string `json:"rule"`
	// Messages is how many.
	Messages int `json:"messages"`
}

func matchesOf(p *plan.Plan) []Match {
	var all []Match
	for _, m := range p.Matched {
		match := Match{
			Account: p.Account, Rule: m.Rule, Folder: string(m.Folder), Looked: m.Looked, Messages: m.Messages,
			Left: []LeftAlone{}, Rivals: []Rival{},
		}
		for _, left := range m.Left {
			match.Left = append(match.Left, LeftAlone(left))
		}
		for _, rival := range m.Rivals {
			match.Rivals = append(match.Rivals, Rival(rival))
		}
		all = append(all, match)
	}
	return all
}
