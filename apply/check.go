package apply

import (
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// check refuses, before anything was changed, a plan that must not be applied or
// that the server cannot carry out safely. It says everything at once.
func check(p *plan.Plan, can Can) error {
	var all []error
	for _, b := range p.Broken {
		all = append(all, fmt.Errorf("the plan must not be applied: it breaks %s (%s)", b.Rail, b.Detail))
	}
	missing := map[string]bool{} // each said once
	for i, step := range p.Steps {
		var err error
		switch op := step.Op.(type) {
		case plan.Rename:
			err = checkRename(op)
		case plan.Create:
			err = checkName(op.Name)
		case plan.Set:
			err = checkName(op.Name)
		case plan.Remove:
			err = checkRemove(op)
		case plan.File:
			if err = checkFile(op); err == nil {
				if lack := lacking(op, can); lack != "" && !missing[lack] {
					missing[lack] = true
					all = append(all, errors.New(lack))
				}
			}
		default:
			err = fmt.Errorf("%T is no operation", op)
		}
		if err != nil {
			all = append(all, fmt.Errorf("step %d of the plan: %w", i+1, err))
		}
	}
	return errors.Join(all...)
}

// lacking says what the server would have to offer for the step; "": nothing. The
// ways without (plain EXPUNGE, CLOSE) would take other clients' mail along.
func lacking(op plan.File, can Can) string {
	switch {
	case op.Away == plan.AwayMove && !can.Move && !can.UIDPlus:
		return "the server offers neither MOVE (RFC 6851) nor UIDPLUS (RFC 4315): without one of them messages cannot be moved safely, and nothing was changed; leave move_to and delete out of this account's rules, or use copy_to"
	case op.Away == plan.AwayMove && can.Labels && !can.Move:
		return "the folders of the server are labels, and it does not offer MOVE (RFC 6851): without it messages cannot be moved safely, and nothing was changed; leave move_to and delete out of this account's rules"
	case op.Away == plan.AwayPermanent && !can.UIDPlus && !can.Move:
		return "the server does not offer UIDPLUS (RFC 4315): without it messages cannot be deleted for good without deleting others, and nothing was changed; leave delete = \"permanent\" out of this account's rules"
	case op.Away == plan.AwayPermanent && !can.UIDPlus:
		return "the server does not offer UIDPLUS (RFC 4315): without it messages cannot be deleted for good without deleting others, and nothing was changed; say delete = \"trash\" instead"
	}
	return ""
}

func checkName(n mailbox.Name) error {
	if n == "" {
		return errors.New("a folder without a name")
	}
	return nil
}

func checkRename(op plan.Rename) error {
	switch {
	case op.From == "" || op.To == "":
		return errors.New("a folder without a name")
	case op.From == mailbox.Inbox || op.To == mailbox.Inbox:
		return errors.New("INBOX cannot be renamed: move its mail by a rule")
	case op.From == op.To || op.To.Below(op.From):
		return fmt.Errorf("folder %q cannot be renamed to %q", op.From, op.To)
	}
	return nil
}

func checkRemove(op plan.Remove) error {
	switch op.Name {
	case "":
		return errors.New("a folder without a name")
	case mailbox.Inbox:
		return errors.New("INBOX cannot be removed")
	}
	return nil
}

func checkFile(op plan.File) error {
	switch {
	case op.Folder == "" || op.Was == "":
		return errors.New("a folder without a name")
	case op.Away == plan.AwayMove && (op.To == "" || op.To == op.Folder):
		return fmt.Errorf("messages of folder %q cannot be moved to %q", op.Folder, op.To)
	case op.Away != plan.AwayNot && op.Away != plan.AwayMove && op.Away != plan.AwayPermanent:
		return fmt.Errorf("%d is no way for messages to leave a folder", op.Away)
	case op.Add.Has(imap.FlagDeleted) || op.Remove.Has(imap.FlagDeleted):
		return errors.New(`\Deleted is no flag that a plan can change`)
	}
	for _, to := range op.Copies {
		if to == "" || to == op.Folder || op.Away == plan.AwayMove && to == op.To {
			return fmt.Errorf("messages of folder %q cannot be copied to %q", op.Folder, to)
		}
	}
	seen := map[imap.UID]bool{}
	for _, m := range op.Messages {
		if m.UID == 0 || seen[m.UID] {
			return fmt.Errorf("UID %d of folder %q is zero or listed twice", m.UID, op.Folder)
		}
		seen[m.UID] = true
	}
	return nil
}
