package bench

import (
	"bufio"
	"fmt"
	"iter"
	"net"
	"strings"

	"github.com/imapform/imapform/internal/imaptest"
)

// internalDate is how INTERNALDATE is written (RFC 9051 section 9, date-time).
const internalDate = "_2-Jan-2006 15:04:05 -0700"

// appendAll puts messages into INBOX, each batch by one APPEND (RFC 3502): one by one
// they take the longer the more there are, for Dovecot writes its index anew.
func appendAll(a imaptest.Account, batches iter.Seq[[]imaptest.Message]) error {
	conn, err := a.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	if _, err := answers.ReadString('\n'); err != nil { // the greeting
		return err
	}
	if err := command(conn, answers, func(out *bufio.Writer) { fmt.Fprintf(out, "LOGIN %q %q", a.Username, a.Password) }); err != nil {
		return err
	}
	for messages := range batches {
		err := command(conn, answers, func(out *bufio.Writer) {
			out.WriteString("APPEND INBOX")
			for _, m := range messages {
				fmt.Fprintf(out, " (%s) %q {%d+}\r\n%s", strings.Join(m.Flags, " "), m.Date.Format(internalDate), len(m.Body), m.Body)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// command sends a command, and reads until it is answered.
func command(conn net.Conn, answers *bufio.Reader, write func(out *bufio.Writer)) error {
	out := bufio.NewWriterSize(conn, 1<<20)
	out.WriteString("t ")
	write(out)
	out.WriteString("\r\n")
	if err := out.Flush(); err != nil {
		return err
	}
	for {
		line, err := answers.ReadString('\n')
		if err != nil {
			return err
		}
		if answer, ok := strings.CutPrefix(line, "t "); ok {
			if !strings.HasPrefix(answer, "OK") {
				return fmt.Errorf("the server says %.200q", answer)
			}
			return nil
		}
	}
}
