package apply_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// Whatever other clients do between a plan and its apply: no message is lost or
// doubled, none that came since is touched, none that somebody flagged since is
// deleted, and what is not done is explained.
func TestRunSavedAmongOthers(t *testing.T) {
	servers := model.Variants()
	applied, done, skipped := 0, 0, map[string]int{}
	for seed := *first; seed < *first+*rounds*3/5; seed++ {
		v := servers[seed%uint64(len(servers))]
		w := &dice{rng: rand.New(rand.NewPCG(seed, 9)), t: t}
		a := w.mailbox(v)
		account := w.account()
		p, diags := makePlan(t, a, account)
		if diags.HasErrors() || p.Empty() || len(p.Broken) > 0 || deletes(p) && !v.Can.UIDPlus {
			continue
		}
		p = reread(t, p)
		o := &others{dice: w, account: a, start: a.Census()}
		for range 1 + w.rng.IntN(12) {
			o.act()
		}
		o.middle = a.Census()
		r, err := apply.Run(t.Context(), p, a, apply.Options{})
		careful(t, a)
		o.check(seed, p, r)
		if t.Failed() {
			t.Fatalf("seed %d on %s: %v\n%s\nthe others: %q\n%s", seed, v.Name, err, w.said.String(), o.acts, a.Dump())
		}
		applied++
		for _, out := range r.Steps {
			done += out.Done.Moved + out.Done.Trashed + out.Done.Deleted + out.Done.Copied + out.Done.Flagged
			for _, s := range out.Skipped {
				skipped[s.Reason] += s.Messages
			}
		}
	}
	t.Logf("%d applied, %d messages changed, left alone: %v", applied, done, skipped)
	if *rounds > 1000 && (applied < 200 || done < 200 || len(skipped) < 5) {
		t.Error("too little was tried to show much")
	}
}

// others are the other clients of an account.
type others struct {
	*dice
	account       *model.Account
	acts          []string
	start, middle map[int][]model.Place // before and after what they did
	flagged, came map[int]bool          // mail that they flagged, or that was delivered
}

// act does something that any client, or the mail system, may do at any time.
func (o *others) act() {
	var folders []mailbox.Name
	for _, f := range o.account.Listing().Folders {
		if f.Exists && f.Selectable {
			folders = append(folders, f.Name)
		}
	}
	n := pick(o.dice, folders)
	uids := o.account.UIDs(n)
	act := pick(o.dice, []string{"deliver", "deliver", "move", "flag", "flag", "flag", "unflag", "expunge", "replace", "refill", "rename", "remove"})
	if slices.Contains([]string{"replace", "refill", "rename", "remove"}, act) && (n == mailbox.Inbox || n == "Trash" || o.chance(50)) {
		act = "deliver"
	}
	needs := slices.Contains([]string{"move", "flag", "unflag", "expunge"}, act)
	if needs && len(uids) == 0 || o.account.Can().Labels && act != "deliver" && act != "flag" && act != "unflag" {
		act = "deliver"
	}
	o.acts = append(o.acts, act+" "+string(n))
	switch act {
	case "deliver":
		o.deliver(n)
	case "move":
		if to := pick(o.dice, folders); to != n {
			o.account.MoveMail(n, pick(o.dice, uids), to)
		}
	case "flag":
		o.flag(n, pick(o.dice, uids), pick(o.dice, append(slices.Clone(marks), imap.FlagFlagged, imap.FlagDraft, imap.FlagDeleted)))
	case "unflag":
		o.account.Flag(n, pick(o.dice, uids), nil, mailbox.NewFlags(pick(o.dice, marks)))
	case "expunge":
		o.account.Vanish(n, pick(o.dice, uids))
	case "replace":
		o.account.Replace(n, false)
	case "refill": // within the second in which it was made, as some servers count UIDVALIDITY
		o.account.Replace(n, true)
		for range uids {
			o.deliver(n)
		}
	case "rename":
		to := mailbox.Name(fmt.Sprintf("Renamed%d", o.rng.IntN(1000)))
		if !slices.Contains(folders, to) {
			o.account.RenameFolder(n, to)
		}
	case "remove":
		if !slices.ContainsFunc(folders, func(f mailbox.Name) bool { return f.Below(n) }) {
			o.account.RemoveFolder(n)
		}
	}
}

func (o *others) deliver(n mailbox.Name) {
	mail, _ := o.account.Deliver(n, o.mail())
	if o.came == nil {
		o.came = map[int]bool{}
	}
	o.came[mail] = true
}

func (o *others) flag(n mailbox.Name, uid imap.UID, flag imap.Flag) {
	o.account.Flag(n, uid, mailbox.Flags{flag}, nil)
	if flag != imap.FlagFlagged {
		return
	}
	if o.flagged == nil {
		o.flagged = map[int]bool{}
	}
	for mail, places := range o.account.Census() {
		for _, at := range places {
			if at.Folder == n && at.UID == uid {
				o.flagged[mail] = true
			}
		}
	}
}

// check says what went wrong in an apply after all that.
func (o *others) check(seed uint64, p *plan.Plan, r *apply.Result) {
	o.t.Helper()
	after := o.account.Census()
	doomed := deletedBy(p, o.start)
	for mail, places := range o.middle {
		now := after[mail]
		if o.came[mail] {
			for _, at := range places {
				if !slices.ContainsFunc(now, func(is model.Place) bool {
					return is.UID == at.UID && is.Flags.Equal(at.Flags) && (is.Folder == at.Folder || is.Folder == renamedTo(p, at.Folder))
				}) || len(now) != len(places) {
					o.t.Errorf("seed %d: mail %d came since the plan, was at %v, is at %v", seed, mail, places, now)
				}
			}
			continue
		}
		if len(now) == 0 && !doomed[mail] {
			o.t.Errorf("seed %d: mail %d is lost: it was at %v", seed, mail, places)
		}
		if len(now) == 0 && o.flagged[mail] && !slices.ContainsFunc(o.start[mail], func(at model.Place) bool { return at.Flags.Has(imap.FlagFlagged) }) &&
			slices.ContainsFunc(places, func(at model.Place) bool { return at.Flags.Has(imap.FlagFlagged) }) {
			o.t.Errorf("seed %d: mail %d was flagged since the plan, and is deleted", seed, mail)
		}
		if outside(now) > outside(places) {
			o.t.Errorf("seed %d: mail %d is doubled: was at %v, is at %v", seed, mail, places, now)
		}
	}
	for i, s := range p.Steps {
		if op, ok := s.Op.(plan.File); ok {
			explained(o.t, seed, i, op, r.Steps[i])
		}
	}
}

// deletedBy is the mail of which the plan deletes a message for good.
func deletedBy(p *plan.Plan, start map[int][]model.Place) map[int]bool {
	all := map[int]bool{}
	for _, s := range p.Steps {
		op, ok := s.Op.(plan.File)
		if !ok || op.Away != plan.AwayPermanent {
			continue
		}
		for mail, places := range start {
			for _, at := range places {
				if at.Folder == op.Was && slices.ContainsFunc(op.Messages, func(m plan.Message) bool { return m.UID == at.UID }) {
					all[mail] = true
				}
			}
		}
	}
	return all
}

func outside(places []model.Place) int {
	n := 0
	for _, at := range places {
		if !at.Folder.Below("Copies") {
			n++
		}
	}
	return n
}

// explained fails the test unless each message of a step was dealt with, or there is a
// reason why not.
func explained(t *testing.T, seed uint64, i int, op plan.File, o apply.Outcome) {
	t.Helper()
	n := 0
	for _, s := range o.Skipped {
		if s.Reason == "" || s.Messages < 1 {
			t.Errorf("seed %d: step %d: %+v", seed, i, s)
		}
		if s.Reason != "copied already" {
			n += s.Messages
		}
	}
	switch op.Away {
	case plan.AwayMove:
		n += o.Done.Moved + o.Done.Trashed
	case plan.AwayPermanent:
		n += o.Done.Deleted
	default:
		return // which of a message's copies and flags were there already is not counted message by message
	}
	if o.Err == nil && n != len(op.Messages) {
		t.Errorf("seed %d: step %d: %d of %d messages are accounted for: %+v", seed, i, n, len(op.Messages), o)
	}
	if o.Err == nil && o.Status != apply.StatusDone {
		t.Errorf("seed %d: step %d: status %d without a reason", seed, i, o.Status)
	}
}
