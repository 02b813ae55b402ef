package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// liveFlags are those of show where it is given no file.
type liveFlags struct {
	variableFlags
	accountFlags
	hcl, rules bool
}

func newLiveFlags() liveFlags { return liveFlags{accountFlags: newAccountFlags()} }

func (f *liveFlags) flags(fs *flag.FlagSet) {
	f.variableFlags.flags(fs)
	f.accountFlags.flags(fs)
	fs.BoolVar(&f.hcl, "hcl", false, "Write the live folders that the configuration does not speak of as folder blocks, to start from.")
	fs.BoolVar(&f.rules, "rules", false, "Show the rules of each account in the order in which they run. This uses no network.")
}

// given says whether any of them is: they say nothing of a file.
func (f *liveFlags) given() bool {
	return f.hcl || f.rules || len(f.sources) > 0 || len(f.accounts) > 0 || f.shard != (shard{}) || f.parallelism != defaultParallelism
}

// run shows what there is without a plan: live folders or rules.
func (f *liveFlags) run(ctx context.Context, inv *invocation, json bool) Status {
	switch {
	case f.hcl && f.rules:
		return inv.fail(&problem{"The flags -hcl and -rules exclude each other", "The one shows live folders, the other the rules of the configuration: leave one of them out."})
	case f.hcl && json:
		return inv.fail(&problem{"The flags -hcl and -json exclude each other", "Either is a way of writing the live folders: leave one of them out."})
	case f.rules:
		return f.showRules(inv, json)
	default:
		return f.showFolders(ctx, inv, json)
	}
}

// A listed account has its listing, unless it failed.
type listed struct {
	*planned // without a plan
	listing  *plan.Listing
}

// showFolders shows the folders of the accounts, which are only listed: none is
// opened.
func (f *liveFlags) showFolders(ctx context.Context, inv *invocation, json bool) Status {
	cfg, files, diags := config.Load(inv.source(f.sources, false))
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	accounts, err := f.meant(cfg.Accounts)
	if err != nil {
		return inv.fail(err)
	}
	if len(accounts) == 0 {
		return inv.emptyShard(f.shard)
	}
	inv.connecting.Store(true)
	all := inv.listAll(ctx, accounts, f.parallelism)
	var shown []render.Live
	var failures []render.Failure
	for _, l := range all {
		if l.listing == nil {
			why := l.why
			if l.stopped {
				why = errInterrupted.Error()
			}
			failures = append(failures, render.Failure{Account: l.account.Address, Reason: why})
			continue
		}
		shown = append(shown, liveOf(l.account, *l.listing))
	}
	status := StatusOK
	switch {
	case json:
		status = inv.written(render.LiveFoldersJSON(inv.Stdout, shown, failures))
	case len(shown) == 0:
	case f.hcl:
		status = inv.written(render.FoldersHCL(inv.Stdout, folderBlocks(cfg, all), inv.stdout))
	default:
		status = inv.written(render.LiveFolders(inv.Stdout, shown, inv.stdout))
	}
	return max(status, inv.tellUnlisted(all, files))
}

// listAll lists the folders of the accounts, so many at a time; one that fails does
// not stop the others.
func (inv *invocation) listAll(ctx context.Context, accounts []*config.Account, most int) []*listed {
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	progress, end := inv.progress()
	defer end()
	all := make([]*listed, len(accounts))
	turns := make([]*planned, len(accounts))
	of := map[*planned]*listed{}
	for i, a := range accounts {
		turns[i] = &planned{account: a}
		all[i] = &listed{planned: turns[i]}
		of[turns[i]] = all[i]
	}
	progress.StartLists(len(all))
	inParallel(turns, most, func(p *planned) {
		l := of[p]
		found := guarded(func() {
			l.list(ctx, inv, progress)
			l.close()
		})
		if found != nil {
			l.listing = nil
			l.fail(ctx, "list", found)
			l.abandon()
		}
		progress.End(l.account.Address, l.listing == nil)
	})
	progress.Pause()
	return all
}

func (l *listed) list(ctx context.Context, inv *invocation, progress *render.Progress) {
	if err := ctx.Err(); err != nil {
		l.fail(ctx, "list", err)
		return
	}
	progress.Connecting(l.account.Address)
	session, err := inv.dial(ctx, l.account, server.Options{})
	if err != nil {
		l.fail(ctx, "connect to", err)
		return
	}
	l.session = session
	progress.Listing(l.account.Address)
	listing, err := session.List(ctx)
	if err != nil {
		l.fail(ctx, "list", err)
		return
	}
	l.listing = &listing
	for _, w := range listing.Warnings {
		l.diags = append(l.diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "A folder is left out", Detail: sentence(w)})
	}
}

// tellUnlisted tells the problems of accounts, and which could not be listed.
func (inv *invocation) tellUnlisted(all []*listed, files config.Files) Status {
	var problems []render.Problems
	failed, interrupted := 0, false
	for _, l := range all {
		problems = append(problems, render.Problems{Account: l.account.Address, Diagnostics: l.diags})
		if l.listing == nil {
			failed++
			interrupted = interrupted || l.stopped
		}
	}
	told := inv.stderr
	told.Files = files
	_ = render.ProblemsOf(inv.Stderr, problems, told)
	switch {
	case failed == 0:
		return StatusOK
	case interrupted:
		return inv.fail(&problem{"Interrupted", fmt.Sprintf("%d of %d accounts are not shown. Nothing was changed.", failed, len(all))})
	case len(all) > 1:
		return inv.fail(&problem{fmt.Sprintf("%d of %d accounts could not be listed", failed, len(all)), "The others are shown."})
	default:
		return StatusError // which the diagnostic has told
	}
}

// liveOf is an account with its folders and the blocks that speak of them.
func liveOf(a *config.Account, listing plan.Listing) render.Live {
	live := render.Live{Account: a.Address, Listing: listing, Declared: map[mailbox.Name]plan.Cause{}}
	spelt := speltAs(listing)
	for _, m := range a.Moved {
		live.Declared[spelt(m.To)] = plan.Cause{Block: "moved", Declared: m.Declared}
		live.Declared[spelt(m.From)] = plan.Cause{Block: "moved", Declared: m.Declared}
	}
	for _, r := range a.Removed {
		live.Declared[spelt(r.Folder)] = plan.Cause{Block: "removed", Declared: r.Declared}
	}
	for _, f := range a.Folders {
		name := spelt(f.Name)
		live.Declared[name] = plan.Cause{Block: "folder", Address: f.Address, Declared: f.Declared}
		if !slices.ContainsFunc(listing.Folders, func(g plan.Folder) bool { return g.Name == name && g.Exists }) {
			live.Missing = append(live.Missing, name)
		}
	}
	return live
}

// speltAs gives names the spelling of a listing.
func speltAs(listing plan.Listing) func(mailbox.Name) mailbox.Name {
	if listing.InInbox {
		return mailbox.Name.OutOfInbox
	}
	return func(name mailbox.Name) mailbox.Name { return name }
}
