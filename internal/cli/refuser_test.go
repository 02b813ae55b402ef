package cli

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// refuser is a command of transcripts: "refuser NAME" starts an IMAP server that
// refuses every login, and puts its port into the environment variable.
func refuser(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: refuser variable")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ts.Setenv(args[0], strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the script has ended
			}
			go refuse(conn)
		}
	}()
}

// refuse speaks with one client until it goes.
func refuse(conn net.Conn) {
	defer conn.Close()
	fmt.Fprint(conn, "* OK ready\r\n")
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		switch name, _, _ := strings.Cut(strings.ToUpper(command), " "); name {
		case "CAPABILITY":
			fmt.Fprintf(conn, "* CAPABILITY IMAP4rev1\r\n%s OK done\r\n", tag)
		case "LOGIN":
			fmt.Fprintf(conn, "%s NO [AUTHENTICATIONFAILED] Wrong password\r\n", tag)
		case "LOGOUT":
			fmt.Fprintf(conn, "* BYE\r\n%s OK done\r\n", tag)
			return
		default:
			fmt.Fprintf(conn, "%s BAD not here\r\n", tag)
		}
	}
}
