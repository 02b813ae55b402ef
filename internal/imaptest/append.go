package imaptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Message is mail to be put into a folder, as it is stored.
type Message struct {
	Flags []string  // such as `\Seen` and `$Label1`
	Date  time.Time // INTERNALDATE; zero: when it is stored
	Body  []byte    // the whole message, lines ended by CRLF
}

// internalDate is how INTERNALDATE is written (RFC 9051 section 9, date-time).
const internalDate = "_2-Jan-2006 15:04:05 -0700"

// Append puts messages into a folder of the account, which it creates and subscribes to when it is not there. Folders
// are called by their levels joined with "/" on every server.
func Append(t testing.TB, a Account, folder string, messages ...Message) {
	t.Helper()
	c, err := login(a)
	if err != nil {
		t.Fatalf("append to %q: %v", folder, err)
	}
	defer c.close()
	if err := c.append(folder, messages); err != nil {
		t.Fatalf("append to %q: %v", folder, err)
	}
}

// Do sends one raw command, without its tag, as the account's user, and returns the untagged lines of the answer. Tests
// use it for what other clients of the mailbox do. An answer other than OK fails the test.
func Do(t testing.TB, a Account, commands ...string) (lines []string) {
	t.Helper()
	c, err := login(a)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, command := range commands {
		responses, err := c.do(command)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range responses {
			lines = append(lines, r.line)
		}
	}
	return lines
}

// FolderName is the name that the server gives to a folder, in modified UTF-7, for use with [Do].
func FolderName(t testing.TB, a Account, folder string) string {
	t.Helper()
	c, err := login(a)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	n, err := c.namespace()
	if err != nil {
		t.Fatal(err)
	}
	name, err := n.wire(folder)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// append creates the folder if need be and adds the messages in order.
func (c *client) append(folder string, messages []Message) error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	name, err := n.wire(folder)
	if err != nil {
		return err
	}
	if name != "INBOX" {
		there, err := c.exists(name)
		if err != nil {
			return err
		}
		if !there {
			if _, err := c.do("CREATE", quote(name)); err != nil {
				return err
			}
			if _, err := c.do("SUBSCRIBE", quote(name)); err != nil {
				return err
			}
		}
	}
	return c.appendAll(name, messages)
}

// pipelined is how many messages are under way at once.
const pipelined = 50

// appendAll adds messages to a folder that is there, many at once where the server can do that.
func (c *client) appendAll(name string, messages []Message) error {
	capabilities, err := c.capabilities()
	if err != nil {
		return err
	}
	most := 1
	if slices.Contains(capabilities, "LITERAL+") {
		most = pipelined
	}
	for first := 0; first < len(messages); first += most {
		var tags []string
		for _, m := range messages[first:min(first+most, len(messages))] {
			var body any = literal(m.Body)
			if most > 1 {
				body = freeLiteral(m.Body)
			}
			tag, err := c.send(append(m.arguments(name), body)...)
			if err != nil {
				return fmt.Errorf("message %d: %w", first+len(tags), err)
			}
			tags = append(tags, tag)
		}
		for i, tag := range tags {
			if _, err := c.answer(tag); err != nil {
				return fmt.Errorf("message %d: %w", first+i, err)
			}
		}
	}
	return nil
}

// arguments are an APPEND of the message without its body.
func (m Message) arguments(name string) []any {
	arguments := []any{"APPEND", quote(name), "(" + strings.Join(m.Flags, " ") + ")"}
	if !m.Date.IsZero() {
		arguments = append(arguments, quote(m.Date.Format(internalDate)))
	}
	return arguments
}

// exists reports whether a folder can be selected.
func (c *client) exists(name string) (bool, error) {
	responses, err := c.do("LIST", `""`, quote(name))
	if err != nil {
		return false, err
	}
	for _, r := range responses {
		if r.is("LIST") && !strings.Contains(strings.ToLower(r.line), `\noselect`) && !strings.Contains(strings.ToLower(r.line), `\nonexistent`) {
			return true, nil
		}
	}
	return false, nil
}
