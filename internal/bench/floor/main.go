// Command floor does what a job of package bench asks for, with as few waits and as
// little work as IMAP allows: headers fetched once, judged here, changes pipelined. It
// checks nothing, keeps no journal and asks nobody; it is what imapform's costs are
// compared with, and must never be let near mail that somebody wants to keep.
//
// It owns its few lines of IMAP, and uses no library, so that nothing stands between
// the measurement and the protocol. It leaves the job to package bench.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// A job is what package bench writes for it, in JSON.
type job struct {
	Folders []string // to be there, and subscribed to
	Old     string   // a folder to be renamed where it is there
	New     string   // what to
	Rules   []rule   // the first that takes a message has it
}

// A rule takes messages from INBOX.
type rule struct {
	Has string // what the four fields hold
	Old bool   // only those that are seen and older than a year
	Do  string // "move", "mark" or "remove"
	To  string // where to move to
}

func main() {
	server := flag.String("server", "", "`host:port`, without TLS")
	user := flag.String("user", "", "whose mailbox")
	password := flag.String("password", "", "their password")
	path := flag.String("job", "", "the job, a `file` of JSON")
	do := flag.String("do", "plan", "state: look whether anything changed; plan: fetch and judge; apply: and change")
	from := flag.Int("from", 1, "the first `UID` that is not known yet")
	flag.Parse()
	if err := run(*server, *user, *password, *path, *do, *from); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

// run does the job.
func run(server, user, password, path, do string, from int) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var j job
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c, err := dial(server)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	// Alone in its burst: not every server takes what comes right behind it.
	if err := c.burst(nil, "LOGIN "+quote(user)+" "+quote(password)); err != nil {
		return err
	}
	return j.do(c, do, from)
}

// listing asks for all folders and what says whether they have changed.
const listing = `LIST "" "*" RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))`

// do does the job on a connection that is logged in, and logs out.
func (j job) do(c *connection, do string, from int) error {
	found := newFound(j)
	fetch := fmt.Sprintf("UID FETCH %d:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT LIST-ID)])", from)
	switch do {
	case "state":
		return c.burst(found.take, listing, "LOGOUT")
	case "plan":
		return c.burst(found.take, listing, "EXAMINE INBOX", fetch, "LOGOUT")
	case "apply":
	default:
		return fmt.Errorf("-do=%s is not known", do)
	}
	if err := c.burst(found.take, listing, "SELECT INBOX", fetch); err != nil {
		return err
	}
	changes, expunge, err := found.changes(uint32(from))
	if err != nil {
		return err
	}
	if len(expunge) > 0 { // only when \Deleted is there (RFC 9051 section 5.5)
		if err := c.burst(nil, changes...); err != nil {
			return err
		}
		changes = expunge
	}
	return c.burst(nil, append(changes, "LOGOUT")...)
}
