package cli

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/render"
)

// A turnaround is a run that is to be turned around, with the accounts of which that is
// still to be done.
type turnaround struct {
	run    string // its ID
	by     string // the ID of a run that has undone it already; empty: none
	policy config.Policy
	all    []*turn
}

// A turn is an account with what the journal of the run holds of it.
type turn struct {
	*planned
	journal *journal.Journal
	later   [][]journal.Record // the journals of the account's runs since, the earliest first
	others  int                // those of these runs that have changed something that still stands
}

// turns finds the run, its journals and their accounts. Each of these must be
// configured, unless others are named by -account.
func (c *undoCommand) turns(inv *invocation, cfg *config.Config, run string) (*turnaround, error) {
	meant, err := c.applying.meant(cfg.Accounts)
	if err != nil {
		return nil, err
	}
	dir, err := c.applying.journaling.dir(inv)
	if err != nil {
		return nil, err
	}
	accounts := map[string]*config.Account{} // by the names of their journals' directories
	for _, a := range meant {
		name, err := stateKey(a).FileName()
		if err != nil {
			return nil, fmt.Errorf("find the journals of %s: %w", a.Address, err)
		}
		if accounts[name] == nil {
			accounts[name] = a
		}
	}
	entries, err := c.entries(dir, run, accounts)
	if err != nil {
		return nil, &problem{"Cannot find the run", sentence(err.Error())}
	}
	t := &turnaround{run: entries[0].Run, policy: cfg.Policy}
	var missing []string
	for _, e := range slices.Backward(entries) {
		a := accounts[e.Account]
		if a == nil {
			missing = append(missing, e.Account)
			continue
		}
		if err := c.add(t, dir, e, a); err != nil {
			return nil, err
		}
	}
	switch {
	case len(missing) > 0 && len(c.applying.accounts) == 0 && c.applying.shard == (shard{}):
		return nil, &problem{"The configuration does not declare every mailbox of the run", fmt.Sprintf("The run %s also changed %s, so that nothing was done: use the configuration that it was made with, or name accounts by the flag -account.", t.run, render.Some(missing))}
	case len(t.all) == 0 && t.by == "":
		return nil, &problem{"There is nothing to undo", fmt.Sprintf("The run %s has changed nothing in these accounts.", t.run)}
	}
	slices.SortFunc(t.all, func(a, b *turn) int {
		return slices.Index(cfg.Accounts, a.account) - slices.Index(cfg.Accounts, b.account)
	})
	return t, nil
}

// entries are the journals of the run that is asked for; without one, of the last run
// of the accounts that is no undo itself.
func (c *undoCommand) entries(dir, run string, accounts map[string]*config.Account) ([]journal.Entry, error) {
	if run != "" {
		return journal.Find(dir, run)
	}
	all, err := journal.ListAll(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if accounts[e.Account] == nil {
			continue
		}
		j, err := journal.Read(e.Path)
		if err != nil {
			return nil, err
		}
		if r := j.Run(); r != nil && r.Undoes == "" && didAnything(j) {
			return journal.Find(dir, e.Run)
		}
	}
	return nil, fmt.Errorf("no apply of these accounts is recorded in %s", dir)
}

// didAnything says whether a run came to more than its beginning and its end.
func didAnything(j *journal.Journal) bool {
	return slices.ContainsFunc(j.Records, func(r journal.Record) bool { return r.Run == nil && r.End == nil })
}

// add reads what a run did to one account. A run that is at it, or died, cannot be
// turned around; one that was is left out.
func (c *undoCommand) add(t *turnaround, dir string, e journal.Entry, a *config.Account) error {
	open, unfinished, err := journal.Unfinished(dir, stateKey(a))
	if err != nil {
		return err
	}
	if unfinished {
		return &problem{fmt.Sprintf("A run of %s did not come to its end", a.Address), fmt.Sprintf("What it left in doubt must be put right first: run imapform apply -resume. Its journal is %s.", open)}
	}
	running, err := e.Running()
	if err != nil {
		return err
	}
	if running {
		return &problem{fmt.Sprintf("The run %s is still at %s", e.Run, a.Address), "Wait until it has ended."}
	}
	j, err := journal.Read(e.Path)
	if err != nil {
		return err
	}
	if !didAnything(j) {
		return nil
	}
	all, err := journal.List(dir, stateKey(a))
	if err != nil {
		return err
	}
	turn := &turn{planned: &planned{account: a, undoes: e.Run}, journal: j}
	var since []journal.Past
	for _, other := range all {
		if !other.Time.After(e.Time) {
			break
		}
		o, err := journal.Read(other.Path)
		if err != nil {
			return err
		}
		if past := o.Past(); past.ID != "" && !past.Nothing {
			since, turn.later = append(since, past), append(turn.later, o.Records)
		}
	}
	if by, wholly := journal.UndoneBy(e.Run, since); wholly {
		t.by = by
		return nil
	}
	slices.Reverse(turn.later)
	turn.others = standing(e.Run, since)
	t.all = append(t.all, turn)
	return nil
}

// standing counts the runs, the newest first, of which something stands that the run has
// not to do with: they were not undone, and are neither undos of the run nor of one another.
func standing(run string, since []journal.Past) int {
	n := 0
	for i, p := range since {
		if _, wholly := journal.UndoneBy(p.ID, since[:i]); wholly {
			continue
		}
		of := slices.IndexFunc(since, func(o journal.Past) bool { return o.ID == p.Undoes })
		switch {
		case p.Undoes == run:
		case of < 0: // an apply, or the undo of an earlier run
			n++
		default:
			if by, wholly := journal.UndoneBy(p.Undoes, since[:of]); !wholly || by != p.ID {
				n++
			}
		}
	}
	return n
}
