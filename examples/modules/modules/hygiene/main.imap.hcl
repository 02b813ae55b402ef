# Keeps one mailbox in order: lists and what machines send have folders of their
# own, and what is old goes to the archive.

variable "lists" {
  type        = map(string)
  default     = {}
  description = "mailing lists by the name of their folder: their List-Id"
}

variable "from_robots" {
  type        = list(string)
  default     = []
  description = "addresses or domains from which only machines write"
}

variable "robot_folder" {
  type    = string
  default = "Robots"
}

variable "keep" {
  type        = string
  default     = "365d"
  description = "how long mail that was read stays in INBOX"
  validation {
    condition     = endswith(var.keep, "d")
    error_message = "Say it in days, as in 90d."
  }
}

folder "list" {
  for_each = var.lists
  name     = "Lists/${each.key}"
}

folder "archive" {
  name        = "Archive"
  special_use = "archive"
}

rule "list" {
  for_each = var.lists
  match { list_id = each.value }
  move_to = folder.list[each.key]
}

rule "robots" {
  enabled = length(var.from_robots) > 0
  match {
    # One block for each address. With from = var.from_robots, no address at all
    # would be an error.
    any {
      header = { "Auto-Submitted" = "auto-generated" }
      dynamic "all" {
        for_each = var.from_robots
        content {
          from = all.value
        }
      }
    }
    not {
      flagged = true
    }
  }
  move_to = var.robot_folder
}

rule "old" {
  match {
    older_than = var.keep
    seen       = true
    flagged    = false
  }
  move_to = folder.archive
}

output "folders" {
  value       = { for name, folder in folder.list : name => folder.name }
  description = "the folders of the lists"
}
