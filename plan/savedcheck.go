package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/imapform/imapform/internal/mailbox"
)

// check returns why this could not be what a planner has made: an apply must not begin
// with a plan of which it only finds out part way that it makes no sense.
func (f *Saved) check() error {
	switch {
	case f.FormatVersion != FormatVersion:
		return fmt.Errorf("its format version is %q, not %q", f.FormatVersion, FormatVersion)
	case f.ID == "" || len(f.ID) > 64 || strings.Trim(f.ID, idLetters) != "":
		return fmt.Errorf("%.80q is no id of a plan: up to 64 letters, digits and \"-\"", f.ID)
	case f.Made.IsZero():
		return errors.New("it does not say when it was made")
	case f.Tool == "":
		return errors.New("it does not say what made it")
	case min(f.Hidden.Steps, f.Hidden.Messages, f.Hidden.Accounts) < 0:
		return errors.New("it has a count below zero")
	}
	seen := map[string]bool{}
	for _, a := range f.Accounts {
		if seen[a.Plan.Account] {
			return fmt.Errorf("it holds two plans of %s", a.Plan.Account)
		}
		seen[a.Plan.Account] = true
		if err := errors.Join(a.Place.check(), a.Plan.check()); err != nil {
			return fmt.Errorf("%s: %w", a.Plan.Account, err)
		}
	}
	return nil
}

const idLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func (p *Plan) check() error {
	before := map[mailbox.Name]bool{}
	for _, b := range p.Folders {
		if err := checkName(b.Name); err != nil {
			return err
		}
		if before[b.Name] {
			return fmt.Errorf("folder %q is described twice", b.Name)
		}
		before[b.Name] = true
	}
	for _, r := range p.Resolved {
		if err := errors.Join(checkName(r.Name), checkUse(r.Use)); err != nil {
			return err
		}
	}
	if err := checkWatched(p.Watched); err != nil {
		return err
	}
	for _, m := range p.Matched {
		if err := m.check(); err != nil {
			return err
		}
	}
	stage := 0
	for i, s := range p.Steps {
		next, err := checkOperation(s.Op, before)
		if err == nil && next == stageSet && stage > stageSet {
			next = stageUnset
		}
		if err == nil && next < stage {
			err = errors.New("it comes after steps that must come after it")
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		stage = next
	}
	return nil
}

// The stages of a plan, in the order in which its steps stand.
const (
	stageRename = iota
	stageCreate
	stageSet
	stageFile
	stageUnset // settings of what is gone by then
	stageRemove
)

// checkOperation returns the stage to which an operation belongs. before are the
// folders of which the plan says how it found them.
func checkOperation(op Operation, before map[mailbox.Name]bool) (int, error) {
	switch op := op.(type) {
	case Rename:
		return stageRename, op.check()
	case Create:
		if op.Use != "" {
			if err := checkUse(op.Use); err != nil {
				return 0, err
			}
		}
		return stageCreate, checkName(op.Name)
	case Set:
		return stageSet, checkName(op.Name)
	case File:
		if !before[op.Was] {
			return 0, fmt.Errorf("the plan does not say how it found folder %q", op.Was)
		}
		return stageFile, op.check()
	case Remove:
		if op.Name == mailbox.Inbox {
			return 0, errors.New("INBOX cannot be removed")
		}
		return stageRemove, checkName(op.Name)
	}
	return 0, fmt.Errorf("%T is no operation", op)
}

func (op Rename) check() error {
	switch {
	case op.From == mailbox.Inbox || op.To == mailbox.Inbox:
		return errors.New("INBOX cannot be renamed")
	case op.From == op.To || op.To.Below(op.From):
		return fmt.Errorf("folder %q cannot be renamed to %q", op.From, op.To)
	case op.Children < 0:
		return errors.New("it has a count below zero")
	}
	for _, name := range op.Subscribed {
		if name != op.From && !name.Below(op.From) {
			return fmt.Errorf("folder %q does not lie in %q, with which it would be renamed", name, op.From)
		}
	}
	return checkNames(append([]mailbox.Name{op.From, op.To}, op.Subscribed...))
}

func (op File) check() error {
	if err := op.checkWay(); err != nil {
		return err
	}
	if err := op.checkChanges(); err != nil {
		return err
	}
	if len(op.Copies) == 0 && op.Away == AwayNot && !op.ChangesFlags() {
		return fmt.Errorf("nothing is to be done to messages of folder %q", op.Folder)
	}
	return nil
}

// checkWay returns what is wrong with the folders of the step.
func (op File) checkWay() error {
	if err := checkNames(slices.Concat([]mailbox.Name{op.Folder, op.Was}, op.Copies, op.Via)); err != nil {
		return err
	}
	switch {
	case op.Away == AwayNot && len(op.Via) > 0:
		return fmt.Errorf("messages of folder %q stay, and are on their way", op.Folder)
	case op.Away != AwayMove && (op.To != "" || op.Trash || op.Finish):
		return fmt.Errorf("messages of folder %q are not moved, and have a destination", op.Folder)
	case op.Away == AwayMove && op.To == op.Folder:
		return fmt.Errorf("messages of folder %q cannot be moved there", op.Folder)
	case op.Away == AwayMove:
		if err := checkName(op.To); err != nil {
			return err
		}
	}
	taken := map[mailbox.Name]bool{op.Folder: true, op.To: true}
	for _, to := range op.Copies {
		if taken[to] {
			return fmt.Errorf("messages of folder %q cannot be copied to %q", op.Folder, to)
		}
		taken[to] = true
	}
	return nil
}

// checkChanges returns what is wrong with the flags of the step: only those that a
// configuration can name are changed.
func (op File) checkChanges() error {
	for _, flags := range []mailbox.Flags{op.Add, op.Remove} {
		if err := checkFlags(flags); err != nil {
			return err
		}
		for _, f := range flags {
			if named, err := mailbox.ParseFlag(string(f)); err != nil || named != f {
				return fmt.Errorf("%.80q is no flag that a plan can change", f)
			}
		}
	}
	if both := op.Add.Common(op.Remove); len(both) > 0 {
		return fmt.Errorf("%s would be both added and removed", both)
	}
	return nil
}

func (m Matched) check() error {
	below := m.Looked < 0 || m.Messages < 0
	for _, l := range m.Left {
		below = below || l.Messages < 0
	}
	for _, r := range m.Rivals {
		below = below || r.Messages < 0
	}
	if below {
		return errors.New("it has a count below zero")
	}
	return checkName(m.Folder)
}

// checkWatched allows EveryFlag, which sorts first.
func checkWatched(flags mailbox.Flags) error {
	if len(flags) > 0 && flags[0] == mailbox.EveryFlag()[0] {
		flags = flags[1:]
	}
	return checkFlags(flags)
}

func checkUse(use mailbox.Use) error {
	if !slices.Contains(mailbox.Uses(), use) {
		return fmt.Errorf("%.40q is no special use", use)
	}
	return nil
}

func checkNames(names []mailbox.Name) error {
	for _, n := range names {
		if err := checkName(n); err != nil {
			return err
		}
	}
	return nil
}

// checkName returns why a name is not in the form of mailbox.Name. Besides that a
// server's folder may be called anything.
func checkName(n mailbox.Name) error {
	switch levels := n.Levels(); {
	case n == "":
		return errors.New("a folder has no name")
	case !utf8.ValidString(string(n)):
		return fmt.Errorf("the folder name %q is not valid UTF-8", n)
	case slices.Contains(levels, ""):
		return fmt.Errorf("the folder name %q has an empty level", n)
	case mailbox.FromLevels(levels) != n, !norm.NFC.IsNormalString(string(n)):
		return fmt.Errorf("the folder name %q is not in its canonical form", n)
	}
	return nil
}
