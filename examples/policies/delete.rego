# Mail is deleted for good only out of folders that are there for it.
package imapform.delete

folders := {"Trash", "Junk"}

deny contains msg if {
	some change in input.message_changes
	change.action == "delete"
	not change.folder in folders
	causes := concat(", ", [name | some cause in change.causes; name := object.get(cause, "address", "a block")])
	msg := sprintf("%s: %s would delete %d messages in %q for good", [change.account, causes, change.messages, change.folder])
}
