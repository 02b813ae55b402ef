package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/render"
)

func historyEntry() entry {
	return entry{
		name:    "history",
		summary: "List what was applied",
		args:    "[RUN]",
		text: "Lists the runs that have changed mailboxes, the newest first, with what they did, in numbers, by their journals on this machine. " +
			"With a RUN, which is the ID of one, the beginning of it, or \"last\", it shows what that run did step by step. " +
			"It reads no configuration, uses no network, and changes nothing.\n\n" +
			"The exit status is 1 if a journal cannot be read; the others are still listed.",
		make: func(*invocation) command { return &historyCommand{} },
	}
}

// historyCommand is the history command.
type historyCommand struct {
	journaling
	json     bool
	accounts []string
}

func (c *historyCommand) flags(fs *flag.FlagSet) {
	c.journaling.flags(fs)
	fs.BoolVar(&c.json, "json", false, "Write one JSON object.")
	fs.Func("account", "Only runs of this account, by `NAME` or address, as it was called then. May be given several times.", func(s string) error {
		c.accounts = append(c.accounts, s)
		return nil
	})
}

func (c *historyCommand) run(_ context.Context, inv *invocation, args []string) Status {
	if len(args) > 1 {
		return inv.fail(&problem{"The history command takes one run", fmt.Sprintf("It was given %d. Show one after the other.", len(args))})
	}
	dir, err := c.dir(inv)
	if err != nil {
		return inv.fail(&problem{"Cannot find the journals", sentence(err.Error())})
	}
	all, err := journal.ListAll(dir)
	if err != nil {
		return inv.fail(&problem{"Cannot list the journals", sentence(err.Error())})
	}
	runs := recorded(all)
	if len(args) == 1 {
		found, err := journal.Find(dir, args[0])
		if err != nil {
			return inv.fail(&problem{"Cannot find the run", sentence(err.Error())})
		}
		runs = slices.DeleteFunc(runs, func(r render.Recorded) bool { return r.Run != found[0].Run })
		detail(runs)
	}
	if runs, err = c.meant(runs); err != nil {
		return inv.fail(err)
	}
	return c.tell(inv, dir, runs, len(args) == 1)
}

// tell shows the runs, and then what could not be read.
func (c *historyCommand) tell(inv *invocation, dir string, runs []render.Recorded, steps bool) Status {
	var err error
	switch {
	case c.json:
		err = render.HistoryJSON(inv.Stdout, runs)
	case steps:
		err = render.HistoryRun(inv.Stdout, runs, inv.stdout)
	default:
		err = render.History(inv.Stdout, dir, runs, inv.stdout)
	}
	status := inv.written(err)
	for _, r := range runs {
		if r.Err != nil {
			status = inv.fail(&problem{"Cannot read a journal", sentence(r.Err.Error())})
		}
	}
	return status
}

// recorded are the runs that changed something, or began to, without their steps, which
// can be many.
func recorded(all []journal.Entry) []render.Recorded {
	var runs []render.Recorded
	since := map[string][]journal.Past{} // of each account, the newest first
	for _, e := range all {
		r := read(e)
		if r.Err == nil && r.Summary.Run.ID == "" {
			continue // it died before it could begin
		}
		r.UndoneBy, r.Undone = journal.UndoneBy(r.Run, since[e.Account])
		since[e.Account] = append(since[e.Account], journal.Past{
			ID: r.Run, Undoes: r.Summary.Run.Undoes, Complete: r.Summary.State == journal.Complete,
			Nothing: len(r.Summary.Deeds) == 0 && r.Summary.State != journal.CutShort,
		})
		r.Summary.Deeds = nil
		runs = append(runs, r)
	}
	return runs
}

func read(e journal.Entry) render.Recorded {
	r := render.Recorded{Entry: e}
	// Before its content: a run that ends meanwhile is one that has ended.
	running, err := e.Running()
	if err != nil {
		r.Err = err
		return r
	}
	j, err := journal.Read(e.Path)
	if err != nil {
		r.Err = err
		return r
	}
	r.Summary = j.Summary()
	r.Running = running && r.Summary.State == journal.CutShort
	return r
}

// detail adds their steps to runs.
func detail(runs []render.Recorded) {
	for i, r := range runs {
		again := read(r.Entry)
		again.UndoneBy, again.Undone = r.UndoneBy, r.Undone
		runs[i] = again
	}
}

// meant are the runs of the accounts that -account names; without it all. One that
// cannot be read may be any account's.
func (c *historyCommand) meant(runs []render.Recorded) ([]render.Recorded, error) {
	if len(c.accounts) == 0 {
		return runs, nil
	}
	named := map[string]bool{}
	runs = slices.DeleteFunc(runs, func(r render.Recorded) bool {
		address := r.Summary.Run.Account
		label, _, _ := strings.Cut(address, "[")
		is := slices.IndexFunc(c.accounts, func(name string) bool {
			return slices.Contains([]string{address, label}, name) || slices.Contains([]string{address, label}, accountPrefix+name)
		})
		if is >= 0 {
			named[c.accounts[is]] = true
		}
		return is < 0 && r.Err == nil
	})
	var unknown []error
	for _, name := range c.accounts {
		if !named[name] && !slices.ContainsFunc(runs, func(r render.Recorded) bool { return r.Err != nil }) {
			unknown = append(unknown, &problem{fmt.Sprintf("No run of an account %q is recorded", name), "Without -account, imapform history lists those of all accounts."})
		}
	}
	return runs, errors.Join(unknown...)
}
