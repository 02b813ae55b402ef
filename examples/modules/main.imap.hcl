# One set of rules for two accounts. What is to be kept in order is said once, in
# modules/hygiene; each module block hands it an account and says how it is meant
# there.

account "work" {
  maildir      = "work-work" # made from the mail in mail/work on first use
  maildir_from = "mail/work"
}

account "home" {
  maildir      = "work-home"
  maildir_from = "mail/home"
}

module "work" {
  source   = "./modules/hygiene"
  accounts = { main = account.work }
  lists = {
    dovecot = "dovecot.dovecot.org"
    golang  = "golang-nuts.googlegroups.com"
  }
}

module "home" {
  source       = "./modules/hygiene"
  accounts     = { main = account.home }
  keep         = "90d"
  from_robots  = ["@parcels.example", "@bank.example"]
  robot_folder = "Notices"
}

# Rules of an account's own stand beside its module. They run after those of the
# module, as this block stands below.
rule "from-grace" {
  account = account.work
  in      = ["INBOX", module.work.folders["golang"]] # what the module calls this folder
  match {
    from = "grace@example.com"
    seen = false
  }
  add_flags = ["flagged"]
}
