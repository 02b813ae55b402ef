# No folder is removed. This policy names nothing that is imapform's own: it is one for
# Terraform plans, as it stands.
package imapform.destroy

deny contains msg if {
	some change in input.resource_changes
	change.type == "folder"
	"delete" in change.change.actions
	msg := sprintf("%s would be destroyed", [change.address])
}
