package config

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

func movedArguments() []argument[Moved] {
	return []argument[Moved]{
		{name: "from", value: "a folder's name", doc: "the name that the folder had", required: true, set: assign(folderName, func(m *Moved) *mailbox.Name { return &m.From })},
		{name: "to", value: "a folder's name", doc: "the name that it shall have", required: true, set: assign(folderName, func(m *Moved) *mailbox.Name { return &m.To })},
	}
}

func (l *loader) decodeMoved(b *block) {
	m := &Moved{Declared: b.declared, FromRange: b.rangeOf("from"), ToRange: b.rangeOf("to")}
	decode(l, b, nil, movedArguments(), m)
	accounts, _ := l.accountsOf(b, nil)
	switch {
	case m.From == "" || m.To == "":
	case m.From == mailbox.Inbox || m.To == mailbox.Inbox:
		l.report.errorAt(pick(m.From == mailbox.Inbox, m.FromRange, m.ToRange), "INBOX cannot be moved",
			"INBOX is where mail arrives: every account has it, and it can be neither renamed nor the new name of another folder. To move the mail in it, write a rule.")
	case m.From == m.To:
		l.report.errorAt(m.ToRange, "Folder moved to itself", "Both names are the same folder. Remove the moved block, or give the new name.")
	case m.To.Below(m.From):
		l.report.errorAt(m.ToRange, "Folder moved into itself", "A folder cannot come to lie below its own old name.")
	case l.real(nil):
		for _, a := range accounts {
			a.Moved = append(a.Moved, m)
		}
	}
}

func pick(first bool, a, b hcl.Range) hcl.Range {
	if first {
		return a
	}
	return b
}

func removedArguments() []argument[Removed] {
	return []argument[Removed]{
		{name: "folder", value: "a folder's name", doc: "the folder that shall not exist", required: true, set: assign(folderName, func(r *Removed) *mailbox.Name { return &r.Folder })},
		{
			name: "messages", value: "\"refuse\", \"move\" or \"delete\"", fallback: `"refuse"`, doc: "what becomes of messages that are still in it once the rules are done: the plan is refused, they go to move_to, or they are deleted for good",
			set: oneWord([]string{"refuse", "move", "delete"}, []RemovedMessages{RemoveRefuse, RemoveMove, RemoveDelete}, func(r *Removed) *RemovedMessages { return &r.Messages }),
		},
		{name: "move_to", value: "a folder", doc: "where they go with messages = \"move\", and required then", set: assign(folderRef, func(r *Removed) *mailbox.Ref { return &r.MoveTo })},
		{name: "children", value: "true or false", fallback: "false", doc: "whether the folders below it go in the same way; without it, a folder that has some is refused", set: assign(boolean, func(r *Removed) *bool { return &r.Children })},
	}
}

func (l *loader) decodeRemoved(b *block) {
	r := &Removed{Declared: b.declared, FolderRange: b.rangeOf("folder"), MoveToRange: b.rangeOf("move_to")}
	found := decode(l, b, nil, removedArguments(), r)
	accounts, _ := l.accountsOf(b, nil)
	wrong := true
	switch {
	case r.Folder == mailbox.Inbox:
		l.report.errorAt(r.FolderRange, "INBOX cannot be removed", "Every account has an INBOX, and no server lets go of it.")
	case r.Messages == RemoveMove && found["move_to"] == absent && !b.broken:
		l.report.errorAt(b.rangeOf("messages"), "Missing required argument", `With messages = "move" the block needs move_to: the folder that the messages go to.`)
	case found["move_to"] == set && found["messages"] != unknown && r.Messages != RemoveMove:
		l.report.errorAt(r.MoveToRange, "Argument without effect", `move_to is where messages go with messages = "move", which this block does not say.`)
	case found["move_to"] == set && r.MoveTo.Use == "" && (r.MoveTo.Name == r.Folder || r.MoveTo.Name.Below(r.Folder)):
		l.report.errorAt(r.MoveToRange, "Messages moved into a removed folder", "The folder is to be removed itself. Name another one for its messages.")
	default:
		wrong = r.Folder == ""
	}
	if wrong || !l.real(nil) {
		return
	}
	for _, a := range accounts {
		a.Removed = append(a.Removed, r)
	}
}
