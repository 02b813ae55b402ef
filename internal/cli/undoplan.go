package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/internal/undo"
	"github.com/imapform/imapform/plan"
)

// planUndo plans how a run is turned around, in so many accounts at a time; one that
// fails does not stop the others.
func (inv *invocation) planUndo(ctx context.Context, t *turnaround, most int, progress *render.Progress) []*planned {
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	var all []*planned
	of := map[*planned]*turn{}
	for _, turn := range t.all {
		all = append(all, turn.planned)
		of[turn.planned] = turn
	}
	now := inv.Now()
	planEach(ctx, all, most, progress, func(p *planned) { of[p].plan(ctx, inv, now, t.policy.Backup, progress) })
	return all
}

// plan plans one account.
func (t *turn) plan(ctx context.Context, inv *invocation, now time.Time, backup string, progress *render.Progress) {
	if err := ctx.Err(); err != nil {
		t.fail(ctx, "plan", err)
		return
	}
	defer inv.begin(t.planned, document.PhasePlan)()
	progress.Connecting(t.account.Address)
	session, err := inv.dial(ctx, t.account, server.Options{})
	if err != nil {
		t.fail(ctx, "connect to", err)
		return
	}
	t.session = session
	if err := t.ask(ctx, now, backup, progress); err != nil {
		t.fail(ctx, "read", err)
	}
	t.idle = inv.Now()
}

// ask asks the server what is not in the journal.
func (t *turn) ask(ctx context.Context, now time.Time, backup string, progress *render.Progress) error {
	progress.Listing(t.account.Address)
	listing, err := t.session.List(ctx)
	if err != nil {
		return err
	}
	t.place, t.listed = placeOf(t.account, listing), listing.Folders
	planner := undo.New(t.journal.Records, listing, t.later...)
	if all := planner.Ask(); len(all) > 0 {
		progress.Reading(t.account.Address, string(all[0].Folder), 0, 0)
		if _, err := t.session.AnswerAll(ctx, all, func(i int, m *message.Message) { planner.Tell(all[i], m) }); err != nil {
			return err
		}
	}
	result := planner.Result(t.account.Address, now)
	for i := range result.Restore {
		if result.Restore[i].Dir == "" {
			result.Restore[i].Dir = backup
		}
	}
	result.Plan.Notes = t.notes(result)
	t.restore, t.planned.plan = result.Restore, result.Plan
	return nil
}

// notes are what somebody should know before a run is turned around.
func (t *turn) notes(r *undo.Result) []plan.Note {
	var notes []plan.Note
	if t.others > 0 && !r.Empty() {
		onward := ""
		if r.Onward > 0 {
			onward = fmt.Sprintf(" %d of the messages were moved on by them, and go back from where they lie now.", r.Onward)
		}
		notes = append(notes, plan.Note{Summary: "There were other runs since", Detail: fmt.Sprintf(
			"Other runs (%d) may have changed the same messages and folders.%s What else they did stays as it is. To turn all of it around, undo the latest run first.", t.others, onward)})
	}
	var back []string
	for _, restore := range r.Restore {
		back = append(back, fmt.Sprintf("  %d in folder %q, from %s", len(restore.Files), restore.Folder, restore.Dir))
	}
	if len(back) > 0 {
		notes = append(notes, plan.Note{Summary: "Messages will be put back from the backup", Detail: "They were deleted for good, and get new UIDs:\n" + strings.Join(back, "\n")})
	}
	var left []string
	for _, l := range r.Left {
		left = append(left, "  "+l.String())
	}
	if len(left) > 0 {
		notes = append(notes, plan.Note{Summary: "Not all of the run can be turned around", Detail: "This stays as it is:\n" + strings.Join(left, "\n")})
	}
	if !r.Empty() {
		notes = append(notes, plan.Note{Summary: "The next apply does the same again", Detail: "The configuration is not changed by this. Change it before the next apply, if it still says what the run did."})
	}
	return notes
}
