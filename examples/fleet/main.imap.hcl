# The mailboxes of everybody in staff.csv, kept in order by one module. Somebody who
# joins is a new line of that file.

locals {
  staff = { for p in csvdecode(file("staff.csv")) : p.user => p }
}

# One account for each line: account.staff["ada"], account.staff["grace"], …
account "staff" {
  for_each     = local.staff
  maildir      = "work-${each.key}" # ../fleet-imap has a real server here
  maildir_from = "mail/${each.key}"
  protected    = ["Contracts", "Contracts/**"]
}

# Without a key, account.staff is every one of them.
folder "contracts" {
  account = account.staff
  name    = "Contracts"
}

# With one, a single account.
folder "drawings" {
  account = account.staff["ada"]
  name    = "Drawings"
}

module "hygiene" {
  for_each = local.staff
  source   = "./modules/hygiene"
  accounts = { main = account.staff[each.key] }
  keep     = each.value.keep
}
