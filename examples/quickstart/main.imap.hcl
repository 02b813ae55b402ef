# A small mailbox to try imapform on: `imapform plan` shows what would change,
# `imapform apply` does it. The mailbox is a local Maildir, so that no server is
# needed; to work on a real account, give host, username and password instead.

account "demo" {
  maildir      = "work" # made from the mail in mail/ on first use; remove it to start again
  maildir_from = "mail"
}

locals {
  lists = {
    dovecot = "dovecot.dovecot.org"
    golang  = "golang-nuts.googlegroups.com"
  }
}

# Folders that shall exist.

folder "list" {
  for_each = local.lists
  name     = "Lists/${each.key}"
}

folder "news" {
  name = "Lists/News"
}

folder "receipts" {
  name = "Receipts"
}

folder "trash" {
  name        = "Trash"
  special_use = "trash"
}

# What was called Newsletters is now Lists/News: its mail and its subscription
# come along.
moved {
  from = "Newsletters"
  to   = folder.news.name
}

# Rules run in this order; the first that moves a message ends its way.

rule "list" {
  for_each = local.lists
  match {
    list_id = each.value
  }
  move_to = folder.list[each.key].name
}

rule "news" {
  match {
    from = "@news.example.net"
    header = {
      "List-Unsubscribe" = { exists = true }
    }
  }
  move_to = folder.news.name
}

rule "receipts" {
  match {
    from    = "@shop.example"
    subject = ["receipt", "invoice"]
  }
  add_flags = ["seen", "$Receipt"]
  move_to   = folder.receipts.name
}

rule "urgent" {
  match {
    from = "grace@example.com"
    seen = false
  }
  add_flags = ["flagged"]
}

rule "old-news" {
  in = [folder.news.name]
  match {
    older_than = "5y"
    seen       = true
    flagged    = false
  }
  delete = "trash"
}
