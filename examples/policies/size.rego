# A plan changes no more messages than somebody can look at.
package imapform.size

# How many messages one plan may change, in all accounts together.
most := 100

changed := sum([change.messages | some change in input.message_changes])

deny contains msg if {
	changed > most
	msg := sprintf("the plan changes %d messages; %d are allowed", [changed, most])
}
