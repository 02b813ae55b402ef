# One mailbox, tidied from a project. The password is a variable of the project,
# IMAPFORM_VAR_imap_password.

variable "imap_password" {
  type        = string
  sensitive   = true # shown nowhere, and allowed in nothing but credentials
  description = "the password of the mailbox"
}

account "work" {
  host     = "imap.example.com"
  username = "ada@example.com"
  password = var.imap_password
}

folder "golang" {
  name = "Lists/golang"
}

rule "golang" {
  match { list_id = "golang-nuts.googlegroups.com" }
  move_to = folder.golang
}

rule "old-lists" {
  in = ["Lists/**"]
  match {
    older_than = "1y"
    flagged    = false
  }
  delete = "trash"
}

policy {
  max_messages = 2000
}
