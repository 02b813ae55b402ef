# One mailbox of this machine's owner. The password is a credential of the service: see
# LoadCredential= in imapform.service.

account "work" {
  host     = "imap.example.com"
  username = "ada@example.com"

  # Only the running service can read it; by hand, there is no such credential.
  password_command = ["systemd-creds", "cat", "imap-password"]
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
