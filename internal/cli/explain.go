package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/rules"
)

func explainEntry() entry {
	return entry{
		name:    "explain",
		summary: "Show what the rules make of one message, and why",
		args:    "[FILE.eml | -]",
		text: "Follows one message the way a plan would: every rule in order, each criterion with what it saw and whether it held (✓ it held, ✗ it did not, ? it cannot be told or has no value), what each rule does, and where the message ends up.\n\n" +
			"With -uid or -message-id the message is read from the server, and nothing is changed there. " +
			"With a file, or - for standard input, there is no network and no login: the message is followed as if it lay in the folder of -folder, with the flags and the age that are given. " +
			"The other folders are then taken to be those that the configuration names, and one for each special use.\n\n" +
			"The texts of messages are private, and written by strangers: think twice before you post what this shows.",
		make: func(*invocation) command { return &explainCommand{folder: mailbox.Inbox} },
	}
}

// explainCommand is the explain command.
type explainCommand struct {
	variableFlags
	account   string
	folder    mailbox.Name
	uid       imap.UID // 0: not given
	messageID string
	flagsSet  bool // -flags is given
	marks     mailbox.Flags
	age       int64 // in seconds, with ageSet
	ageSet    bool  // -age is given
	json      bool
}

func (c *explainCommand) flags(fs *flag.FlagSet) {
	c.variableFlags.flags(fs)
	fs.StringVar(&c.account, "account", "", "The account, by `NAME` or address. Needed where the configuration declares several.")
	fs.Func("folder", "The `FOLDER` in which the message lies, as it is named now: INBOX unless told here.", func(s string) (err error) {
		c.folder, err = mailbox.ParseName(s)
		return err
	})
	fs.Func("uid", "The message with the UID `N` in the folder.", func(s string) error {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is no UID: it is a number from 1 on", s)
		}
		c.uid = imap.UID(n)
		return nil
	})
	fs.Func("message-id", "The messages in the folder whose Message-ID is `ID`, with or without its angle brackets.", func(s string) error {
		if c.messageID = bareMessageID(s); c.messageID == "" {
			return errors.New("write a Message-ID behind it")
		}
		return nil
	})
	fs.Func("flags", "With a file: the `FLAGS` and keywords that the message has, as in seen,$Invoice; none unless told here.", c.setFlags)
	fs.Func("age", "With a file: how long ago the message arrived, as an `AGE` such as 12h or 30d; by its Date unless told here.", func(s string) (err error) {
		c.ageSet = true
		c.age, err = rules.ParseAge(s)
		return err
	})
	fs.BoolVar(&c.json, "json", false, "Write one JSON object.")
}

func (c *explainCommand) setFlags(s string) error {
	c.flagsSet = true
	var all []imap.Flag
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		f, err := mailbox.ParseFlag(word)
		if strings.EqualFold(strings.TrimPrefix(word, `\`), "deleted") { // which no rule may set, and a message may have
			f, err = imap.FlagDeleted, nil
		}
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	c.marks = mailbox.NewFlags(all...)
	return nil
}

// bareMessageID is a Message-ID without what stands around it.
func bareMessageID(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
}

func (c *explainCommand) run(ctx context.Context, inv *invocation, args []string) Status {
	if err := c.check(args); err != nil {
		return inv.fail(err)
	}
	offline := len(args) == 1
	src := inv.source(c.sources, offline)
	cfg, files, diags := config.Load(src)
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	account, err := c.chosen(cfg)
	if err != nil {
		return inv.fail(err)
	}
	var all []render.Explained
	if offline {
		if cfg.Partial {
			inv.diagnose(hcl.Diagnostics{{
				Severity: hcl.DiagWarning, Summary: "Something of the configuration is left out",
				Detail: "It hangs on variables without a value. Where rules are among it, give the variables values by -var, -var-file or IMAPFORM_VAR_name: what is shown here lacks those rules.",
			}}, nil)
		}
		all, diags, err = c.explainFile(inv, account, cfg.Policy, src.Now, args[0])
	} else {
		all, diags, err = c.explainLive(ctx, inv, account, cfg.Policy, src.Now)
	}
	inv.diagnose(diags, files)
	switch {
	case diags.HasErrors():
		return StatusError
	case err != nil:
		return inv.fail(err)
	case c.json:
		return inv.written(render.ExplanationsJSON(inv.Stdout, all))
	default:
		return inv.written(render.Explanations(inv.Stdout, all, inv.stdout))
	}
}

// check refuses what cannot be meant together.
func (c *explainCommand) check(args []string) error {
	live := c.uid != 0 || c.messageID != ""
	switch {
	case len(args) > 1:
		return &problem{"The explain command takes one file", fmt.Sprintf("It was given %d. Explain one after the other.", len(args))}
	case len(args) == 1 && live:
		return &problem{"A file stands for itself", "The flags -uid and -message-id name a message on a server: leave them out, or the file."}
	case len(args) == 0 && !live:
		return &problem{"Which message is to be explained?", "Say -uid=N or -message-id=ID, with -folder where it is not in INBOX; or name a file that holds the message: imapform explain mail.eml"}
	case c.uid != 0 && c.messageID != "":
		return &problem{"The flags -uid and -message-id exclude each other", "Either names a message: leave one of them out."}
	case len(args) == 0 && (c.flagsSet || c.ageSet):
		return &problem{"The flags -flags and -age are for files", "A message on a server has its own: leave them out."}
	}
	return nil
}

// chosen is the account that is meant.
func (c *explainCommand) chosen(cfg *config.Config) (*config.Account, error) {
	var names []string
	if c.account != "" {
		names = []string{c.account}
	}
	accounts, err := chosen(cfg.Accounts, names)
	if err != nil {
		return nil, err
	}
	if len(accounts) > 1 {
		return nil, &problem{"Which account is meant?", fmt.Sprintf("There are several: %s. Name one by the flag -account.", render.Some(declared(accounts)))}
	}
	return accounts[0], nil
}
