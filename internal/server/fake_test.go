package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// A script is what a fake server answers: by the beginning of a command, the longest
// that fits, one answer after the other and then the last one again. TAG stands for
// the command's tag and FORMER for that of the one before; an answer of "" is silence, THEN
// stands where the client must say more, and HANGUP at the end is the end of the connection.
type script map[string][]string

// with is the script with another answer.
func (s script) with(command, answer string) script {
	c := script{}
	for k, v := range s {
		c[k] = v
	}
	c[command] = []string{answer}
	return c
}

// then is the script with one more answer, given from the second time on.
func (s script) then(command, answer string) script {
	c := s.with(command, answer)
	c[command] = append(slices.Clone(s[command]), answer)
	return c
}

// polite is a server that does little, and that well.
func polite() script {
	return script{
		"CAPABILITY":                {"* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT UIDPLUS MOVE\r\nTAG OK done\r\n"},
		"LOGIN":                     {"TAG OK welcome\r\n"},
		"NAMESPACE":                 {"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nTAG OK done\r\n"},
		"LIST":                      {"* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\nTAG OK done\r\n"},
		"LSUB":                      {"* LSUB () \"/\" INBOX\r\nTAG OK done\r\n"},
		"STATUS INBOX":              {"* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK done\r\n"},
		`STATUS "Work"`:             {"* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\nTAG OK done\r\n"},
		"EXAMINE":                   {"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\nTAG OK [READ-ONLY] done\r\n"},
		"SELECT":                    {"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted \\*)] x\r\nTAG OK [READ-WRITE] done\r\n"},
		"UID SEARCH ALL":            {"* SEARCH 2 5 9\r\nTAG OK done\r\n"},
		"UNSELECT":                  {"TAG OK done\r\n"},
		"LOGOUT":                    {"* BYE see you\r\nTAG OK done\r\nHANGUP"},
		"UID FETCH 1:9 (UID FLAGS)": {"* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS (\\Seen))\r\n* 3 FETCH (FLAGS (a) UID 9)\r\nTAG OK done\r\n"},
		"UID STORE":                 {"TAG OK done\r\n"},
		"UID EXPUNGE":               {"* 1 EXPUNGE\r\nTAG OK done\r\n"},
		"CREATE":                    {"TAG OK done\r\n"},
		"RENAME":                    {"TAG OK done\r\n"},
		"DELETE":                    {"TAG OK done\r\n"},
		"SUBSCRIBE":                 {"TAG OK done\r\n"},
		"UNSUBSCRIBE":               {"TAG OK done\r\n"},
		"UID COPY":                  {"TAG OK [COPYUID 9 2 1] done\r\n"},
		"UID MOVE":                  {"* OK [COPYUID 9 2 1] x\r\n* 1 EXPUNGE\r\nTAG OK done\r\n"},
		"ID":                        {"* ID NIL\r\nTAG OK done\r\n"},
		"NOOP":                      {"TAG OK done\r\n"},
	}
}

// A fake is a server that answers by a script, and remembers what it was told.
type fake struct {
	account  *config.Account
	script   script
	mu       sync.Mutex
	commands []string // without tags
	asked    map[string]int
}

// newFake starts a server for one test.
func newFake(t *testing.T, greeting string, s script) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{script: s, asked: map[string]int{}}
	f.account = &config.Account{
		Address: "account.work", Label: "work",
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: config.TLSNone,
		Username: "me", Timeout: 5 * time.Second,
		Credential: func(context.Context) (string, error) { return "hunter2", nil },
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.serve(conn, greeting) })
		}
	})
	return f
}

func (f *fake) serve(conn net.Conn, greeting string) {
	defer conn.Close()
	fmt.Fprint(conn, greeting)
	lines := bufio.NewReader(conn)
	former := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		answer := strings.NewReplacer("TAG", tag, "FORMER", former).Replace(f.answer(command))
		former = tag
		answer, hangup := strings.CutSuffix(answer, "HANGUP")
		answer, after, goesOn := strings.Cut(answer, "THEN ")
		fmt.Fprint(conn, answer)
		if goesOn {
			more, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			f.mu.Lock()
			f.commands = append(f.commands, "+ "+strings.TrimRight(more, "\r\n"))
			f.mu.Unlock()
			fmt.Fprint(conn, after)
		}
		if hangup {
			return
		}
	}
}

func (f *fake) answer(command string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, command)
	best, found := "", false
	for beginning := range f.script {
		if strings.HasPrefix(command, beginning) && len(beginning) >= len(best) {
			best, found = beginning, true
		}
	}
	if !found {
		return "TAG BAD what is " + command + "?\r\n"
	}
	answers := f.script[best]
	n := min(f.asked[best], len(answers)-1)
	f.asked[best]++
	return answers[n]
}

// sent returns the commands that begin with the word.
func (f *fake) sent(beginning string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.commands), func(c string) bool { return !strings.HasPrefix(c, beginning) })
}

const greeting = "* OK fake ready\r\n"

// dialFake logs in to a fake that lets it.
func dialFake(t *testing.T, s script) (*fake, *Session) {
	t.Helper()
	f := newFake(t, greeting, s)
	session, err := Dial(t.Context(), f.account, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.drop(); err != nil {
			t.Error(err)
		}
	})
	return f, session
}

// wantError fails the test unless the error says all of this.
func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", want)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// stored is what Session.Store fails with.
func stored(s *Session, ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) error {
	_, err := s.Store(ctx, uids, add, flags)
	return err
}
