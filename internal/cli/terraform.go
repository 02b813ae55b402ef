package cli

// terraformCommands are commands of Terraform that have no meaning here, and what
// to do instead. imapform has no state and no providers: the live mailbox is the
// truth.
var terraformCommands = map[string]string{
	"destroy":      "Nothing is ever deleted because its block is gone. Declare what shall go by a removed block, or by a rule with delete, and run imapform apply.",
	"force-unlock": "A lock ends with the process that holds it, however that ends: there is never one to break.",
	"get":          "Modules are local directories, so that there is nothing to download: run imapform plan right away.",
	"import":       "There is no state to import into: a folder block whose name exists already simply describes that folder. Run imapform plan.",
	"init":         "There is nothing to initialise: imapform needs no backend and no providers. Run imapform plan right away.",
	"login":        "Credentials belong to the account block: password with a sensitive variable, or password_command.",
	"logout":       "imapform keeps no credentials. They belong to the account block: password with a sensitive variable, or password_command.",
	"metadata":     "To see the functions, with all else of the language, run imapform schema -json.",
	"modules":      "To see what the configuration, with its modules, comes to, run imapform plan.",
	"output":       "There is no state to read outputs from: run imapform plan to see what the live mailboxes need.",
	"providers":    "imapform has no providers: IMAP is built in. To see the whole language, run imapform schema -json.",
	"refresh":      "There is no state to refresh: every plan reads the live mailboxes. Run imapform plan.",
	"stacks":       "imapform has no stacks: run it once for each directory, with -chdir=DIR.",
	"state":        "There is no state file: the live mailbox is the truth. To rename a folder, write a moved block; to give one up, delete its block.",
	"taint":        "There is no state in which a folder could be marked: what differs from the configuration is what the plan shows. Run imapform plan.",
	"untaint":      "There is no state in which a folder could be marked: what differs from the configuration is what the plan shows. Run imapform plan.",
	"workspace":    "There is no state to keep apart: use a directory for each set of accounts, with -chdir=DIR, or -var-file with other values.",
}
