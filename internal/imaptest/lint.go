package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// A rule is something that a client must never say, for it can lose mail, or change what it should only read.
type rule struct {
	broken func(sent) bool
	why    string
}

// sent is a command under judgement.
type sent struct {
	Command
	arguments list
	before    []Command // what was sent earlier over all connections
}

var rules = []rule{
	{
		func(c sent) bool { return c.Name == "EXPUNGE" },
		"EXPUNGE also removes what others have marked as deleted; use UID EXPUNGE (RFC 4315)",
	},
	{
		func(c sent) bool { return c.Name == "CLOSE" },
		"CLOSE expunges all that is marked as deleted; use UNSELECT (RFC 3691)",
	},
	{
		func(c sent) bool { return slices.Contains([]string{"COPY", "MOVE", "STORE"}, c.Name) },
		"sequence numbers may name other messages by the time they are read; use UIDs",
	},
	{
		func(c sent) bool { return changesUIDs(c) && strings.Trim(c.text(0), "0123456789,:") != "" },
		"a set in a command that changes something lists its UIDs: * and $ name messages that nobody looked at",
	},
	{
		func(c sent) bool { return isStore(c) && strings.HasPrefix(c.storeItem(), "FLAGS") },
		"FLAGS without + or - overwrites flags that others have set meanwhile",
	},
	{
		func(c sent) bool { return c.Name == "RENAME" && strings.EqualFold(c.text(0), "INBOX") },
		"RENAME of INBOX moves all mail, or part of it, or drops the connection, depending on the server",
	},
	{
		func(c sent) bool { return strings.HasSuffix(c.Name, "FETCH") && c.marksRead() },
		"FETCH of a body without PEEK sets \\Seen",
	},
	{
		func(c sent) bool { return c.Name == "UID EXPUNGE" && c.overtakesDeleted() },
		"UID EXPUNGE must wait for the OK to the STORE of \\Deleted",
	},
	{
		func(c sent) bool { return c.ReadOnly && !slices.Contains(reading, c.Name) },
		"only what changes nothing may be sent here",
	},
}

// reading are the commands that change nothing. SELECT is not one of them: it takes \Recent from messages and lets
// others through.
var reading = []string{
	"CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "ENABLE", "ID", "NAMESPACE", "COMPRESS", "IDLE",
	"LIST", "LSUB", "XLIST", "STATUS", "EXAMINE", "UNSELECT", "GETMETADATA", "GETQUOTA", "GETQUOTAROOT", "GETACL",
	"MYRIGHTS", "LISTRIGHTS", "FETCH", "SEARCH", "UID FETCH", "UID SEARCH", "UID SORT", "UID THREAD",
}

// Lint returns an error for each command that a careful client would not send. A [Recorder] calls it when a test ends.
func Lint(log []Command) []error {
	var errs []error
	for i, c := range log {
		s := sent{Command: c, before: log[:i]}
		var err error
		if s.arguments, err = c.arguments(); err != nil {
			errs = append(errs, fmt.Errorf("%w: it cannot be checked", err))
		}
		for _, rule := range rules {
			if rule.broken(s) {
				errs = append(errs, fmt.Errorf("command %q: %s", c.Line, rule.why))
			}
		}
	}
	return errs
}

// text is the n-th argument, or "" if that is a list or not there.
func (c sent) text(n int) string {
	if n >= len(c.arguments) {
		return ""
	}
	s, _ := c.arguments[n].(string)
	return s
}

// changesUIDs reports whether a command changes the messages of a UID set.
func changesUIDs(c sent) bool {
	return slices.Contains([]string{"UID COPY", "UID MOVE", "UID STORE", "UID EXPUNGE"}, c.Name)
}

// isStore reports whether a command is a STORE of either kind.
func isStore(c sent) bool { return c.Name == "UID STORE" || c.Name == "STORE" }

// storeItem is what a STORE does, such as +FLAGS.SILENT. A modifier in parentheses may stand before it (RFC 7162).
func (c sent) storeItem() string {
	return strings.ToUpper(c.text(c.storeItemAt()))
}

// storeItemAt is where it stands.
func (c sent) storeItemAt() int {
	if len(c.arguments) > 1 {
		if _, modifier := c.arguments[1].(list); modifier {
			return 2
		}
	}
	return 1
}

// marksRead reports whether a FETCH asks for something that sets \Seen.
func (c sent) marksRead() bool {
	return slices.ContainsFunc(flatten(c.arguments), func(item string) bool {
		item = strings.ToUpper(item)
		return strings.HasPrefix(item, "BODY[") || strings.HasPrefix(item, "BINARY[") || item == "RFC822" || item == "RFC822.TEXT"
	})
}

// overtakesDeleted reports whether a STORE of \Deleted on the same connection had not been answered when c was sent.
func (c sent) overtakesDeleted() bool {
	for _, earlier := range c.before {
		s := sent{Command: earlier}
		if earlier.Conn != c.Conn || !isStore(s) || earlier.Answered != 0 && earlier.Answered < c.Sent {
			continue
		}
		arguments, err := earlier.arguments()
		if err != nil {
			return true // reported on its own account; nothing good can be said of it
		}
		s.arguments = arguments
		if strings.HasPrefix(s.storeItem(), "-") {
			continue
		}
		if slices.ContainsFunc(flatten(arguments), func(f string) bool { return strings.EqualFold(f, `\Deleted`) }) {
			return true
		}
	}
	return false
}

// flatten are the strings of a list and of the lists in it.
func flatten(l list) []string {
	var out []string
	for _, v := range l {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case list:
			out = append(out, flatten(v)...)
		}
	}
	return out
}
