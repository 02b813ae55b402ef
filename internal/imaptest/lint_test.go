package imaptest

import (
	"fmt"
	"strings"
	"testing"
)

// said makes a log of lines, each sent when the one before had been answered.
func said(lines ...string) []Command {
	var log []Command
	for i, line := range lines {
		c := parseLine(fmt.Sprintf("a%d %s", i, line))
		c.Conn, c.Sent, c.Answered, c.Status = 1, 2*i+1, 2*i+2, "OK"
		log = append(log, *c)
	}
	return log
}

// readOnly marks a log as that of a plan.
func readOnly(log []Command) []Command {
	for i := range log {
		log[i].ReadOnly = true
	}
	return log
}

// withLiteral gives the last command of a log a literal.
func withLiteral(log []Command, data string) []Command {
	c := &log[len(log)-1]
	c.Literals = append(c.Literals, Literal{Size: int64(len(data)), Data: []byte(data)})
	return log
}

// overlapping is a log of two commands of which the second was sent before the first was answered.
func overlapping(first, second string) []Command {
	log := said(first, second)
	log[0].Answered, log[1].Sent = 3, 2
	return log
}

func TestLintFires(t *testing.T) {
	for name, test := range map[string]struct {
		log  []Command
		want string // part of the error
	}{
		"EXPUNGE":                   {said("EXPUNGE"), "UID EXPUNGE"},
		"expunge in lower case":     {said("expunge"), "UID EXPUNGE"},
		"CLOSE":                     {said("CLOSE"), "UNSELECT"},
		"COPY by number":            {said("COPY 1 x"), "sequence numbers"},
		"MOVE by number":            {said("MOVE 1 x"), "sequence numbers"},
		"STORE by number":           {said(`STORE 1 +FLAGS (\Seen)`), "sequence numbers"},
		"UID COPY to the end":       {said("UID COPY 5:* x"), "* and $"},
		"UID MOVE of the last":      {said("UID MOVE * x"), "* and $"},
		"UID STORE of the found":    {said(`UID STORE $ +FLAGS (\Seen)`), "* and $"},
		"UID EXPUNGE to the end":    {said("UID EXPUNGE 1:*"), "* and $"},
		"FLAGS":                     {said(`UID STORE 1 FLAGS (\Seen)`), "overwrites"},
		"FLAGS.SILENT":              {said(`uid store 1 flags.silent \Seen`), "overwrites"},
		"FLAGS after a modifier":    {said(`UID STORE 1 (UNCHANGEDSINCE 5) FLAGS ()`), "overwrites"},
		"RENAME INBOX":              {said("RENAME inbox Old"), "RENAME of INBOX"},
		"RENAME quoted INBOX":       {said(`RENAME "INBOX" Old`), "RENAME of INBOX"},
		"RENAME INBOX by literal":   {withLiteral(said("RENAME {5} Old"), "INBOX"), "RENAME of INBOX"},
		"BODY[] without PEEK":       {said("UID FETCH 1 (UID BODY[])"), "PEEK"},
		"part without PEEK":         {said("UID FETCH 1 (UID BODY.PEEK[1] BODY[2.1])"), "PEEK"},
		"text without PEEK":         {said("UID FETCH 1 (RFC822.TEXT)"), "PEEK"},
		"header without PEEK":       {said("UID FETCH 1 BODY[HEADER.FIELDS (FROM)]"), "PEEK"},
		"RFC822":                    {said("UID FETCH 1 rfc822"), "PEEK"},
		"UID EXPUNGE too early":     {overlapping(`UID STORE 1 +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE 1"), "wait for the OK"},
		"SELECT in a plan":          {readOnly(said("SELECT x")), "changes nothing"},
		"CREATE in a plan":          {readOnly(said("CREATE x")), "changes nothing"},
		"DELETE in a plan":          {readOnly(said("DELETE x")), "changes nothing"},
		"RENAME in a plan":          {readOnly(said("RENAME x y")), "changes nothing"},
		"SUBSCRIBE in a plan":       {readOnly(said("SUBSCRIBE x")), "changes nothing"},
		"UNSUBSCRIBE in a plan":     {readOnly(said("UNSUBSCRIBE x")), "changes nothing"},
		"UID STORE in a plan":       {readOnly(said(`UID STORE 1 +FLAGS (\Seen)`)), "changes nothing"},
		"UID COPY in a plan":        {readOnly(said("UID COPY 1 x")), "changes nothing"},
		"UID MOVE in a plan":        {readOnly(said("UID MOVE 1 x")), "changes nothing"},
		"UID EXPUNGE in a plan":     {readOnly(said("UID EXPUNGE 1")), "changes nothing"},
		"APPEND in a plan":          {readOnly(withLiteral(said("APPEND x {3}"), "abc")), "changes nothing"},
		"SETMETADATA in a plan":     {readOnly(said("SETMETADATA x (/private/comment NIL)")), "changes nothing"},
		"SETACL in a plan":          {readOnly(said("SETACL x y lr")), "changes nothing"},
		"unheard of in a plan":      {readOnly(said("FROBNICATE")), "changes nothing"},
		"quotes without end":        {said(`CREATE "x`), "cannot be checked"},
		"parenthesis without end":   {said(`UID STORE 1 +FLAGS (\Seen`), "cannot be checked"},
		"UID STORE without its set": {said(`UID STORE (\Seen) FLAGS ()`), "overwrites"},
	} {
		t.Run(name, func(t *testing.T) {
			errs := Lint(test.log)
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), test.want) {
				t.Errorf("got %v, want one error with %q", errs, test.want)
			}
		})
	}
}

func TestLintDoesNotFire(t *testing.T) {
	for name, log := range map[string][]Command{
		"UID EXPUNGE":                    said("UID EXPUNGE 1,3:5"),
		"folder EXPUNGE":                 said("SELECT EXPUNGE", `SELECT "EXPUNGE"`, "CREATE CLOSE", `CREATE "a1 EXPUNGE"`),
		"folder EXPUNGE by literal":      withLiteral(said("CREATE {9}"), "1 EXPUNGE"),
		"mail about EXPUNGE":             withLiteral(said("APPEND x {14}"), "a EXPUNGE\r\nb *"),
		"UNSELECT":                       said("UNSELECT"),
		"folder with a star":             said(`UID COPY 1 "*"`, `UID MOVE 1:3 "5:*"`),
		"reading to the end":             said("UID FETCH 1:* (FLAGS)", "UID SEARCH UID 5:*"),
		"adding and taking flags":        said(`UID STORE 1 +FLAGS (\Seen)`, `UID STORE 1 (UNCHANGEDSINCE 7) -FLAGS.SILENT (FLAGS)`),
		"RENAME to and below INBOX":      said(`RENAME Old "INBOX"`, "RENAME INBOX.Old INBOX.New"),
		"PEEK":                           said("UID FETCH 1 (BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (FROM)] BODY BODYSTRUCTURE RFC822.SIZE RFC822.HEADER)"),
		"UID EXPUNGE after the OK":       said(`UID STORE 1 +FLAGS (\Deleted)`, "UID EXPUNGE 1"),
		"UID EXPUNGE and another flag":   overlapping(`UID STORE 1 +FLAGS (\Seen)`, "UID EXPUNGE 1"),
		"UID EXPUNGE and its withdrawal": overlapping(`UID STORE 1 -FLAGS (\Deleted)`, "UID EXPUNGE 3"),
		"reading in a plan":              readOnly(said("EXAMINE x", `STATUS x (MESSAGES)`, `LIST "" *`, "UID FETCH 1:* (FLAGS)", "LOGOUT")),
		"changing in an apply":           said("SELECT x", "CREATE y", "DELETE y", "SUBSCRIBE y", "UNSUBSCRIBE y", "UID MOVE 1 y"),
	} {
		t.Run(name, func(t *testing.T) {
			if errs := Lint(log); len(errs) > 0 {
				t.Errorf("got %v", errs)
			}
		})
	}
}
