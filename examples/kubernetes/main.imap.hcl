# A fleet: an administrator may act for each of the staff, so that one password does.
# It comes from a Secret, as IMAPFORM_VAR_admin_password.

variable "admin_password" {
  type        = string
  sensitive   = true # shown nowhere, and allowed in nothing but credentials
  description = "the password of the administrator"
}

locals {
  staff = toset([for p in csvdecode(file("staff.csv")) : p.user])
}

account "staff" {
  for_each     = local.staff
  host         = "imap.example.com"
  username     = "admin"
  password     = var.admin_password
  authorize_as = "${each.key}@example.com"
}

rule "old-lists" {
  account = account.staff
  in      = ["Lists/**"]
  match {
    older_than = "1y"
    flagged    = false
  }
  delete = "trash"
}

policy {
  max_messages = 2000
}
