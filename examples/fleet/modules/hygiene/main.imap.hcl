# Keeps one mailbox in order.

variable "keep" {
  type        = string
  description = "the age at which mail that was read leaves INBOX"
}

folder "staff" {
  name = "Lists/Staff"
}

rule "staff" {
  match { list_id = "staff.example.com" }
  move_to = folder.staff
}

rule "old" {
  match {
    older_than = var.keep
    seen       = true
    flagged    = false
  }
  move_to = "Archive"
}
