package wire

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

func list(c *imapclient.Client) (string, error) {
	folders, err := c.List("", "*", nil).Collect()
	var b strings.Builder
	for _, f := range folders {
		fmt.Fprintf(&b, "%s%c%v ", f.Mailbox, f.Delim, f.Attrs)
	}
	return strings.ReplaceAll(b.String(), "\x00", "~"), err
}

func fetch(c *imapclient.Client) (string, error) {
	messages, err := c.Fetch(imap.UIDSetNum(7), &imap.FetchOptions{UID: true}).Collect()
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%d%v", m.UID, m.Flags)
		for _, s := range m.BodySection {
			fmt.Fprintf(&b, "%q", s.Bytes)
		}
	}
	return b.String(), err
}

func search(c *imapclient.Client) (string, error) {
	data, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	return fmt.Sprint(data.AllUIDs()), err
}

func esearch(c *imapclient.Client) (string, error) {
	data, err := c.UIDSearch(&imap.SearchCriteria{}, &imap.SearchOptions{ReturnAll: true}).Wait()
	return fmt.Sprint(data.AllUIDs(), data.Count), err
}

func folderStatus(c *imapclient.Client) (string, error) {
	data, err := c.Status("é&", &imap.StatusOptions{UIDNext: true}).Wait()
	return fmt.Sprint(data.UIDNext), err
}

func copied(c *imapclient.Client) (string, error) {
	data, err := c.Copy(imap.UIDSetNum(7), "a").Wait()
	return fmt.Sprint(data.UIDValidity, data.SourceUIDs, data.DestUIDs), err
}

func selected(c *imapclient.Client) (string, error) {
	data, err := c.Select("a", nil).Wait()
	return fmt.Sprint(data.NumMessages, data.UIDNext, data.UIDValidity, data.Flags, data.PermanentFlags), err
}

func namespace(c *imapclient.Client) (string, error) {
	data, err := c.Namespace().Wait()
	return fmt.Sprint(data.Personal), err
}

func noop(c *imapclient.Client) (string, error) { return "", c.Noop().Wait() }

// harm is what servers send and what the library makes of it by itself ("bare"):
// "dies" is the end of the connection, else what it delivers.
var harm = []struct {
	name string
	run  func(*imapclient.Client) (string, error)
	send string // with "%T" the whole answer, else what precedes "%T OK done"
	bare string
	want string // what the library delivers through a Conn
	kind Kind   // the notice
	fail bool   // the command is answered NO
}{
	{"VANISHED", noop, "* VANISHED (EARLIER) 1:3\r\n", "dies", "", ResponseDropped, false},
	{"LSUB", noop, "* LSUB () \"/\" a\r\n", "dies", "", ResponseDropped, false},
	{"XLIST", noop, "* XLIST () \"/\" {1}\r\na\r\n", "dies", "", ResponseDropped, false},
	{"unknown with number", noop, "* 5 FOO bar\r\n", "dies", "", ResponseDropped, false},
	{"blank line", noop, "\r\n", "dies", "", ResponseDropped, false},
	{"stray continuation", noop, "+ go on\r\n", "dies", "", ResponseDropped, false},
	{"NO without a code", noop, "* NO []\r\n", "dies", "", StatusResponse, false},
	{"bracket in quoted argument", noop, "* OK [BADURL \"a]b\"] x\r\n", "dies", "", StatusResponse, false},
	{"code without end", noop, "* OK [ALERT x\r\n", "skip", "", StatusResponse, false},
	{"text like a literal", noop, "* OK see {5}\r\n", "", "", StatusResponse, false},
	{"UIDNEXT beyond 32 bits", noop, "* OK [UIDNEXT 99999999999] x\r\n", "dies", "", CodeRemoved, false},
	{"EXPUNGE of zero", noop, "* 0 EXPUNGE\r\n", "", "", ResponseDropped, false},
	{"QUOTA without limit", noop, "* QUOTA \"\" (STORAGE 1 -1)\r\n", "dies", "", ResponseDropped, false},
	{"QUOTAROOT of a bad name", noop, "* QUOTAROOT \"R&D\" a\r\n", "dies", "", ResponseDropped, false},
	{"METADATA", noop, "* METADATA a (/private/x {1}\r\n))\r\n", "", "", StatusResponse, false},
	{"ID with NIL", noop, "* ID (\"name\" NIL)\r\n", "dies", "", ResponseDropped, false},

	{"raw ampersand", list, "* LIST () \"/\" \"R&D\"\r\n* LIST () \"/\" b\r\n", "dies", "b/[] ", FolderUnreadable, false},
	{"encoded ASCII", list, "* LIST () \"/\" \"&AGE-\"\r\n* LIST () \"/\" b\r\n", "dies", "b/[] ", FolderUnreadable, false},
	{"adjacent shifts", list, "* LIST () \"/\" \"&AOk-&AOk-\"\r\n", "dies", "", FolderUnreadable, false},
	{"lone surrogate", list, "* LIST () \"/\" \"&2AA-\"\r\n", "dies", "", FolderUnreadable, false},
	{"bad base64", list, "* LIST () \"/\" \"&AO-\"\r\n", "dies", "", FolderUnreadable, false},
	{"latin-1", list, "* LIST () \"/\" \"caf\xe9\"\r\n", "dies", "", FolderUnreadable, false},
	{"control character", list, "* LIST () \"/\" {3}\r\na\nb\r\n", "dies", "", FolderUnreadable, false},
	{"empty delimiter", list, "* LIST () \"\" a\r\n", "dies", "", FolderUnreadable, false},
	{"unquoted space", list, "* LIST () \"/\" a b\r\n", "dies", "", FolderUnreadable, false},
	{"lower-case nil", list, "* LIST () nil a\r\n", "dies", "a~[] ", StatusResponse, false},
	{"spaces in attributes", list, "* LIST ( \\Noselect  \\Marked ) \"/\" a\r\n", "dies", "a/[\\Noselect \\Marked] ", StatusResponse, false},
	{"odd attribute", list, "* LIST (\\a]b \\Marked) \"/\" a\r\n", "dies", "a/[\\Marked] ", ItemRemoved, false},
	{"bad OLDNAME", list, "* LIST () \"/\" a (OLDNAME (\"R&D\"))\r\n", "dies", "a/[] ", ItemRemoved, false},
	{"literal name", list, "* list () \"\\\\\" {3}\r\na\"b\r\n", `a"b\[] `, `a"b\[] `, StatusResponse, false},
	{"extended items", list, "* LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\") X {1}\r\n))\r\n", "a/[] ", "a/[] ", StatusResponse, false},
	{"LIST without name", list, "* LIST () \"/\"\r\n", "dies", "", FolderUnreadable, false},
	{"LIST without attributes", list, "* LIST \"/\" a\r\n", "dies", "", ResponseDropped, true},

	{"flag with bracket", fetch, "* 1 FETCH (UID 7 FLAGS (\\Seen a]b))\r\n", "dies", `7[\Seen \Unreadable]`, FlagsUnreadable, false},
	{"quoted flag", fetch, "* 1 FETCH (UID 7 FLAGS (\"a b\"))\r\n", "dies", `7[\Unreadable]`, FlagsUnreadable, false},
	{"doubled backslash", fetch, "* 1 FETCH (UID 7 FLAGS (\\\\Seen))\r\n", "dies", `7[\Unreadable]`, FlagsUnreadable, false},
	{"UTF-8 flag", fetch, "* 1 FETCH (FLAGS (À) UID 7)\r\n", "dies", `7[\Unreadable]`, FlagsUnreadable, false},
	{"flags without end", fetch, "* 1 FETCH (UID 7 FLAGS (a\r\n", "dies", "", ResponseDropped, true},
	{"unknown item", fetch, "* 1 FETCH (UID 7 X-GM-LABELS (\"a)b\" \\Inbox) FLAGS (a))\r\n", "dies", `7[a]`, ItemRemoved, false},
	{"unknown item with literal", fetch, "* 1 FETCH (UID 7 RFC822.HEADER {3}\r\n)\r\n FLAGS (a))\r\n", "dies", `7[a]`, ItemRemoved, false},
	{"UID behind literal", fetch, "* 1 FETCH (BODY[HEADER] {3}\r\na)\n UID 7)\r\n", "", `7[]"a)\n"`, StatusResponse, false},
	{"UID behind quoted", fetch, "* 1 FETCH (BODY[HEADER] \"a\" UID 7)\r\n", "", `7[]"a"`, StatusResponse, false},
	{"no UID with data", fetch, "* 1 FETCH (BODY[HEADER] \"a\")\r\n", "", "", ResponseDropped, true},
	{"two UIDs", fetch, "* 1 FETCH (UID 7 UID 8)\r\n", "", "gone", -1, true},
	{"UID beyond 32 bits", fetch, "* 1 FETCH (UID 99999999999)\r\n", "dies", "", ResponseDropped, true},
	{"odd date", fetch, "* 1 FETCH (UID 7 INTERNALDATE \"yesterday\")\r\n", "dies", "7[]", ItemRemoved, false},
	{"lower-case nil body", fetch, "* 1 FETCH (UID 7 BODY[] nil)\r\n", "dies", `7[]""`, StatusResponse, false},
	{"spaces", fetch, "* 1  FETCH ( UID  7  FLAGS  ( a ) )\r\n", "dies", "7[a]", StatusResponse, false},
	{"deep nesting", fetch, "* 1 FETCH (UID 7 BODYSTRUCTURE " + strings.Repeat("(", 200) + strings.Repeat(")", 200) + ")\r\n", "dies", "gone", -1, true},

	{"header fields", fetch, "* 1 FETCH (UID 7 BODY[HEADER.FIELDS (From \"To\" List-Id)] {1}\r\na)\r\n", `7[]"a"`, `7[]"a"`, StatusResponse, false},
	{"part and offset", fetch, "* 1 FETCH (UID 7 BODY[1.2.MIME]<0> \"a\" BODY[3] NIL BINARY[1] ~{1}\r\nb)\r\n", `7[]"a"""`, `7[]"a"""`, StatusResponse, false},
	{"literal8 of BODY", fetch, "* 1 FETCH (UID 7 BODY[] ~{1}\r\na)\r\n", "dies", `7[]"a"`, StatusResponse, false},
	{"odd section", fetch, "* 1 FETCH (UID 7 BODY[HEADER.FIELDS] \"a\" FLAGS (a))\r\n", "dies", "7[a]", ItemRemoved, false},
	{"lower case", fetch, "* 1 fetch (uid 7 flags (a) body[text] \"a\")\r\n", `7[a]"a"`, `7[a]"a"`, StatusResponse, false},

	{"FLAGS", selected, "* FLAGS (a]b c)\r\n* 3 EXISTS\r\n", "dies", `3 0 0 [c \Unreadable] []`, FlagsUnreadable, false},
	{"PERMANENTFLAGS", selected, "* OK [PERMANENTFLAGS (a]b \\*)] x\r\n", "dies", `0 0 0 [] [\* \Unreadable]`, FlagsUnreadable, false},
	{"EXISTS beyond 32 bits", selected, "* 99999999999 EXISTS\r\n", "dies", "0 0 0 [] []", ResponseDropped, true},
	{"lower-case code", selected, "* OK [uidvalidity 5] x\r\n", "0 0 0 [] []", "0 0 5 [] []", StatusResponse, false},

	{"SEARCH beyond 32 bits", search, "* SEARCH 1 99999999999\r\n", "dies", "[]", ResponseDropped, true},
	{"SEARCH of words", search, "* SEARCH one\r\n", "dies", "[]", ResponseDropped, true},
	{"SEARCH of zero", search, "* SEARCH 0\r\n", "skip", "[]", ResponseDropped, true},
	{"descending", search, "* SEARCH 9 7 8\r\n", "[7 8 9]", "[7 8 9]", StatusResponse, false},
	{"lower-case tag", esearch, "* ESEARCH (tag \"%T\") uid all 3,1\r\n%T OK\r\n", "dies", "[1 3] 0", StatusResponse, false},
	{"lower-case uid", esearch, "* ESEARCH (TAG \"%T\") uid ALL 3\r\n%T OK\r\n", "dies", "[3] 0", StatusResponse, false},
	{"ESEARCH of no search", esearch, "* ESEARCH UID ALL 3\r\n", "dies", "[] 0", ResponseDropped, true},
	{"dynamic set", esearch, "* ESEARCH (TAG \"%T\") UID ALL 3:*\r\n%T OK\r\n", "dies", "[] 0", ResponseDropped, true},
	{"unknown return item", esearch, "* ESEARCH (TAG \"%T\") UID PARTIAL (1:2 3) ALL 4\r\n%T OK\r\n", "[4] 0", "[4] 0", StatusResponse, false},
	{"giant set", esearch, "* ESEARCH (TAG \"%T\") UID ALL 1:4000000000\r\n%T OK\r\n", "skip", "gone", -1, true},

	{"STATUS of a bad name", folderStatus, "* STATUS \"R&D\" (UIDNEXT 3)\r\n", "dies", "0", FolderUnreadable, true},
	{"STATUS beyond 32 bits", folderStatus, "* STATUS \"&AOk-&-\" (UIDNEXT 99999999999)\r\n", "dies", "0", ResponseDropped, true},
	{"STATUS with spaces", folderStatus, "* STATUS \"&AOk-&-\" ( UIDNEXT  3 )\r\n", "dies", "3", StatusResponse, false},
	{"NAMESPACE", namespace, "* NAMESPACE ((NIL \"/\")) NIL NIL\r\n", "dies", "[]", ResponseDropped, true},
	{"NAMESPACE with extensions", namespace, "* NAMESPACE ((\"INBOX.\" \".\" \"X\" (\"a\"))) () nil\r\n", "dies", "[{INBOX. 46}]", StatusResponse, false},

	{"COPYUID without sets", copied, "%T OK [COPYUID 14  ] done\r\n", "dies", "0  ", CodeRemoved, false},
	{"COPYUID with a star", copied, "%T OK [COPYUID 14 1:* 2:*] done\r\n", "dies", "0  ", CodeRemoved, false},
	{"COPYUID of unequal sets", copied, "%T OK [COPYUID 14 1:3 5] done\r\n", "14 1:3 5", "0  ", CodeRemoved, false},
	{"COPYUID with a source twice", copied, "%T OK [COPYUID 14 1,1 5:6] done\r\n", "14 1 5:6", "0  ", CodeRemoved, false},

	{"unknown tag", noop, "T99 OK done\r\n", "dies", "gone", -1, true},
	{"untagged syntax error", noop, " BAD [Error offset=15]\r\n", "dies", "gone", -1, true},
	{"garbage", noop, "220 mail.example.org ESMTP\r\n", "dies", "gone", -1, true},
	{"giant literal", list, "* LIST () \"/\" {999999999}\r\n", "skip", "gone", -1, true},
}

func answer(send string) handler {
	return func(string) string {
		if strings.Contains(send, "%T") {
			return send
		}
		return send + "%T OK done\r\n"
	}
}

// TestBare proves of each case what the library makes of it by itself, so that
// a case goes when the library has learned to bear it.
func TestBare(t *testing.T) {
	for _, test := range harm {
		if test.bare == "skip" {
			continue // it would hang, or end the process by memory or panic
		}
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			go serve(far, greeting, answer(test.send))
			client := imapclient.New(near, nil)
			t.Cleanup(func() { client.Close(); far.Close() })
			got, err := test.run(client)
			if test.bare == "dies" {
				if err == nil {
					t.Fatalf("the library lives and delivers %q", got)
				}
				return
			}
			if err != nil || got != test.bare {
				t.Errorf("the library delivers %q, %v; want %q", got, err, test.bare)
			}
		})
	}
}

// TestHarm sends each through a Conn.
func TestHarm(t *testing.T) {
	for _, test := range harm {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var l log
			client, conn := dial(t, answer(test.send), l.options())
			got, err := test.run(client)
			if test.want == "gone" {
				if err == nil || !errors.Is(conn.Err(), ErrProtocol) {
					t.Fatalf("got %v and the connection %v, want it closed with ErrProtocol", err, conn.Err())
				}
				return
			}
			var refused *imap.Error
			if test.fail != errors.As(err, &refused) || !test.fail && err != nil {
				t.Errorf("error %v, want one: %v", err, test.fail)
			}
			if got != test.want && !test.fail {
				t.Errorf("delivered %q, want %q", got, test.want)
			}
			if len(l.of(test.kind)) == 0 {
				t.Errorf("no notice of kind %d in %+v", test.kind, l.notices)
			}
			_, _ = test.run(client) // the next command still gets through
			if conn.Err() != nil {
				t.Errorf("the connection is gone: %v", conn.Err())
			}
		})
	}
}
