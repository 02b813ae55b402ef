# Folders as they are, written by imapform show -hcl, to start from:
#
#     imapform show -hcl > folders.imap.hcl
#     imapform plan
#
# The plan finds nothing to do for these blocks. Keep those of the folders that are
# to be there, and remove the others: a folder that no block names stays as it is.
# Change a label as you like; it means nothing to the server.

# account.a\nrule "x" {

# "a rule "x" {" is left out: \u2028rule

# n rule
folder "a" {
  name        = "x\"\n}\nrule \"y\" {"
  special_use = "trash"
  subscribed  = false
}

# account.b

# 1 folder is left out here, as the configuration speaks of it already.
