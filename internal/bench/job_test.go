// Package bench measures what plans and applies cost: commands, round trips and
// octets, which its tests assert, and seconds, CPU and memory, which they never do.
// `make bench` writes what it measures into docs/performance.md.
//
// It owns the jobs: a mailbox, and the rules for it, of any size. It leaves servers
// and proxies to package imaptest, and measures the program as a process of its own.
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
}

func (j job) String() string {
	return fmt.Sprintf("%d messages, %d folders, %d rules", j.Messages, j.Folders, j.Rules)
}

// A kind is what a rule asks for, and what makes a message one that it takes.
type kind struct {
	match  string                  // HCL of the rule's match, of the rule's number
	query  string                  // the same for IMAP's SEARCH, as far as that goes
	fields func(i int) [][2]string // fields that the rule asks for
	do     action
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
		match: `list_id = "list%d.lists.example.org"`,
		query: `HEADER List-Id "list%d.lists.example.org"`,
		fields: func(i int) [][2]string {
			return [][2]string{{"List-Id", fmt.Sprintf("List %d <list%d.lists.example.org>", i, i)}}
		},
	}
	person := kind{
		match: `from = "person%d@example.com"`,
		query: `FROM "person%d@example.com"`,
		fields: func(i int) [][2]string {
			return [][2]string{{"From", fmt.Sprintf("Person %d <person%d@example.com>", i, i)}}
		},
	}
	shop := kind{
		match: `from = "@shop%d.example"`,
		query: `FROM "shop%d.example"`,
		fields: func(i int) [][2]string {
			return [][2]string{{"From", fmt.Sprintf("Shop <news@mail.shop%d.example>", i)}}
		},
	}
	ticket := kind{
		match: `subject = "[ticket-%d]"`,
		query: `SUBJECT "[ticket-%d]"`,
		fields: func(i int) [][2]string {
			return [][2]string{{"Subject", fmt.Sprintf("Re: [ticket-%d] It is broken", i)}}
		},
	}
	old := person
	old.match += "\n    older_than = \"1y\"\n    seen = true"
	old.query += " SEEN OLDER 31536000" // RFC 5032
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
func (j job) config(host string, port int, username, password string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "account \"bench\" {\n  host = %q\n  port = %d\n  tls = \"none\"\n  username = %q\n  password = %q\n}\n", host, port, username, password)
	fmt.Fprintf(&b, "policy {\n  max_messages = %d\n  max_deleted = %d\n}\n", j.Messages, j.Messages)
	for i := range j.Folders {
		fmt.Fprintf(&b, "folder \"f%d\" {\n  name = %q\n}\n", i, j.folder(i))
	}
	fmt.Fprintf(&b, "moved {\n  from = %q\n  to = %q\n}\n", renamed, newName)
	for i := range j.Rules {
		k := j.kind(i)
		fmt.Fprintf(&b, "rule \"r%d\" {\n  match {\n    %s\n  }\n", i, fmt.Sprintf(k.match, i))
		switch k.do {
		case move:
			fmt.Fprintf(&b, "  move_to = %q\n", j.target(i))
		case mark:
			fmt.Fprintf(&b, "  add_flags = [\"flagged\", \"$Alert\"]\n")
		case remove:
			fmt.Fprintf(&b, "  delete = \"permanent\"\n")
		}
		fmt.Fprintf(&b, "}\n")
	}
	return b.String()
}
