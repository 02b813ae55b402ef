# The accounts of ../fleet on real servers. `imapform validate` needs none of the
# passwords; for a plan, put them where no other user can read them:
#
#     export IMAPFORM_VAR_passwords='{ ada = "…", grace = "…", katherine = "…" }'

variable "passwords" {
  type        = map(string)
  sensitive   = true # shown nowhere, and allowed in nothing but credentials
  description = "everybody's password, by user"
}

locals {
  staff = { for p in csvdecode(file("staff.csv")) : p.user => p }
}

account "staff" {
  for_each = local.staff
  host     = each.value.host
  username = "${each.key}@example.com"
  password = var.passwords[each.key]

  # Where passwords are in a password manager, ask that one instead:
  #
  #     password_command = ["pass", "show", "mail/${each.key}"]
  #
  # Where an administrator may act for everybody, one password does:
  #
  #     username     = "admin"
  #     password     = var.admin_password
  #     authorize_as = "${each.key}@example.com"
}

module "hygiene" {
  for_each = local.staff
  source   = "../fleet/modules/hygiene"
  accounts = { main = account.staff[each.key] }
  keep     = each.value.keep
}
