// Package bench measures what plans and applies cost: commands, round trips and
// octets, which its tests assert, and seconds, CPU and memory, which they never do.
// `make bench` writes what it measures into docs/performance.md.
//
// It owns the jobs: a mailbox, and the rules for it, of any size; and command floor,
// which does a job with as little as IMAP allows. It leaves servers and proxies to
// package imaptest, and measures the programs as processes of their own.
package bench

import (
	"fmt"
	"strings"
)

// A job is a mailbox and a configuration for it. A first run files, flags or deletes
// about a fifth of the messages, makes half of the folders and renames one.
type job struct {
	Messages int // in INBOX
	Folders  int // declared; half of them are there before
	Rules    int

	Everywhere bool // the rules look into all folders, of which those that are there hold messages
	Gentle     bool // no folder is renamed, and what other jobs delete for good is moved
	Short      bool // no message is longer than some 2 KB, and rules take but each fiftieth
}

func (j job) String() string {
	s := fmt.Sprintf("%d messages, %d folders, %d rules", j.Messages, j.Folders, j.Rules)
	if j.Everywhere {
		s += " that look into all folders"
	}
	if j.Gentle {
		s += " that delete nothing for good"
	}
	return s
}

// A kind is what a rule asks for, and what makes a message one that it takes. In all
// of its strings stands %[1]d for the rule's number.
type kind struct {
	match string // HCL of the rule's match
	query string // the same for IMAP's SEARCH, as far as that goes
	field string // the field that the rule asks for
	value string // the field of a message that it takes
	has   string // the part of that which no other message has
	old   bool   // it takes only what is seen and older than a year
	do    action
}

// An action is what a rule does.
type action int

const (
	move action = iota
	mark
	remove
)

// kinds are a person's rules, twenty of a mix that comes again and again.
var kinds = func() []kind {
	list := kind{
		match: `list_id = "list%[1]d.lists.example.org"`,
		query: `HEADER List-Id "list%[1]d.lists.example.org"`,
		field: "List-Id", value: "List %[1]d <list%[1]d.lists.example.org>", has: "<list%[1]d.lists.",
	}
	person := kind{
		match: `from = "person%[1]d@example.com"`,
		query: `FROM "person%[1]d@example.com"`,
		field: "From", value: "Person %[1]d <person%[1]d@example.com>", has: "<person%[1]d@",
	}
	shop := kind{
		match: `from = "@shop%[1]d.example"`,
		query: `FROM "shop%[1]d.example"`,
		field: "From", value: "Shop <news@mail.shop%[1]d.example>", has: ".shop%[1]d.example>",
	}
	ticket := kind{
		match: `subject = "[ticket-%[1]d]"`,
		query: `SUBJECT "[ticket-%[1]d]"`,
		field: "Subject", value: "Re: [ticket-%[1]d] It is broken", has: "[ticket-%[1]d]",
	}
	old := person
	old.match += "\n    older_than = \"1y\"\n    seen = true"
	old.query += " SEEN OLDER 31536000" // RFC 5032
	old.old = true
	alert := ticket
	alert.do = mark
	noise := shop
	noise.do = remove
	return []kind{
		list, person, shop, list, ticket, list, person, old, list, alert,
		list, shop, person, list, noise, list, person, ticket, list, shop,
	}
}()

// kind is the i-th rule's.
func (j job) kind(i int) kind { return kinds[i%len(kinds)] }

// folder names the i-th of the folders. Every fourth lies below another.
func (j job) folder(i int) string {
	if i%4 == 3 {
		return fmt.Sprintf("Folder %03d/Below %03d", i-1, i)
	}
	return fmt.Sprintf("Folder %03d", i)
}

// there reports whether a folder exists before the first run.
func (j job) there(i int) bool { return i%4 < 2 }

// renamed is the folder that the first run renames, and newName what to.
const (
	renamed = "Newsletters"
	newName = "News"
)

// target is where a rule moves messages to. Several share a folder.
func (j job) target(i int) string { return j.folder(i % max(1, min(j.Folders, j.Rules*5/8))) }

// config is the job in HCL, for an account on a server without TLS.
func (j job) config(at endpoint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "account \"bench\" {\n  host = %q\n  port = %d\n  tls = \"none\"\n  username = %q\n  password = %q\n", at.host, at.port, at.username, at.password)
	if !strings.HasPrefix(at.host, "127.") {
		b.WriteString("  allow_plaintext = true\n") // it does not leave this machine all the same
	}
	b.WriteString("}\n")
	most := max(j.Messages, 2*j.Folders) + newMessages
	fmt.Fprintf(&b, "policy {\n  max_messages = %d\n  max_deleted = %d\n}\n", most, most)
	for i := range j.Folders {
		fmt.Fprintf(&b, "folder \"f%d\" {\n  name = %q\n}\n", i, j.folder(i))
	}
	if !j.Gentle {
		fmt.Fprintf(&b, "moved {\n  from = %q\n  to = %q\n}\n", renamed, newName)
	}
	for i := range j.Rules {
		k := j.kind(i)
		fmt.Fprintf(&b, "rule \"r%d\" {\n", i)
		if j.Everywhere {
			b.WriteString("  in = [\"**\"]\n")
		}
		fmt.Fprintf(&b, "  match {\n    %s\n  }\n", fmt.Sprintf(k.match, i))
		switch {
		case k.do == move || k.do == remove && j.Gentle:
			fmt.Fprintf(&b, "  move_to = %q\n", j.target(i))
		case k.do == mark:
			b.WriteString("  add_flags = [\"flagged\", \"$Alert\"]\n")
		default:
			b.WriteString("  delete = \"permanent\"\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}
