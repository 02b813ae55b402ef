// Package imaptest gives tests an IMAP server to speak to: Dovecot, Cyrus and Courier, started privately on loopback
// for one test binary; a scriptable fake; and a proxy that records what a client says, breaks the connection where it
// is told to, and fails the test when the client says something that could lose mail.
//
// It seeds mailboxes ([Append]) and reads everything that can be observed of them ([Snapshot]) with a client of its own,
// so that a fault of the client under test cannot hide itself. It leaves the getting of servers to install.sh, and every
// judgement about plans and changes to the tests.
package imaptest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// Name says which server product is wanted.
type Name string

// The servers that can be had. See install.sh.
const (
	Dovecot Name = "dovecot"
	Cyrus   Name = "cyrus"
	Courier Name = "courier"
)

// Names lists every server, for tests that run on all of them.
func Names() []Name { return []Name{Dovecot, Cyrus, Courier} }

// RequireVariable is the environment variable that, set to 1, turns a missing server into a failure.
const RequireVariable = "IMAPFORM_REQUIRE_SERVERS"

// A Server is a running private server, or the reason why there is none.
type Server struct {
	Name    Name
	Host    string
	Port    int    // plain text, STARTTLS where CAFile is set
	TLSPort int    // implicit TLS; 0: none
	CAFile  string // PEM file of the authority that signed the server's certificate; "": no TLS
	Missing string // why the server could not be had; "": it runs

	config  config
	process *process
	users   atomic.Int64
	prepare func(username string) error // makes the mailbox of a new user; nil: the server does so at login
}

// An Account is a user of a server. Those that [Server.Account] makes have an empty mailbox that is nobody else's. For a
// server that a test runs by itself Dial, Username and Password do.
type Account struct {
	Server   *Server
	Host     string
	Port     int
	Username string
	Password string
	Dial     func() (net.Conn, error) // connects so that a password may be sent: by TLS where the server insists
}

// password is every user's: the servers are private and live for seconds.
const password = "secret"

// A slot is where a server that is shared by the tests of a binary is started once.
type slot struct {
	once   sync.Once
	server *Server
	err    error
}

// slots holds the running servers of this test binary by configuration. Starting one takes up to seconds, hence shared.
var slots sync.Map // config → *slot

// Start returns a running server of the product, the same one for equal options. Where it cannot be had the test is
// skipped, or failed if [RequireVariable] is 1. A server that is there but does not start is a failure always. It ends
// with the test binary, however that ends.
func Start(t testing.TB, name Name, options ...Option) *Server {
	t.Helper()
	c := config{name: name}
	for _, option := range options {
		option(&c)
	}
	if err := c.check(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	value, _ := slots.LoadOrStore(c, new(slot))
	s := value.(*slot)
	s.once.Do(func() { s.server, s.err = start(c) })
	if s.err != nil {
		t.Fatalf("start %s: %v", name, s.err)
	}
	if s.server.Missing != "" {
		miss(t, s.server)
	}
	before := s.server.process.logged()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s logged:\n%s", name, s.server.process.tail(before))
		}
	})
	return s.server
}

// Stop ends a server before the test binary does; the next Start starts another. The mailboxes are gone, but for a tree
// that was given by [Sdbox]. It is not for servers that other tests may be using.
func (s *Server) Stop() {
	slots.Delete(s.config)
	s.process.stop()
}

// miss ends the test for want of a server.
func miss(t testing.TB, s *Server) {
	t.Helper()
	message := fmt.Sprintf("SERVER MISSING: %s: %s", s.Name, s.Missing)
	end := t.Skip
	if os.Getenv(RequireVariable) == "1" {
		end = t.Fatal
	}
	end(message)
}

// A missing is the error of a server that is not installed or cannot run on this machine.
type missing string

func (m missing) Error() string { return string(m) }

// A starter starts a server whose files go to the folder.
type starter func(c config, folder string) (*Server, error)

var starters = map[Name]starter{
	Dovecot: startDovecot,
	Cyrus:   startCyrus,
	Courier: startCourier,
}

// start starts a server of its own. It returns one with Missing set where that is not possible on this machine.
func start(c config) (*Server, error) {
	run, ok := starters[c.name]
	if !ok {
		return nil, fmt.Errorf("there is no server %q", c.name)
	}
	var err error
	for range 3 { // a port that was free when it was asked for may be taken a moment later
		var s *Server
		if s, err = startOnce(c, run); err == nil {
			return s, nil
		}
		if m, ok := errors.AsType[missing](err); ok {
			return &Server{Name: c.name, Missing: string(m)}, nil
		}
	}
	return nil, err
}

// startOnce starts a server in a folder of its own and waits for its greeting.
func startOnce(c config, run starter) (*Server, error) {
	folder, err := newFolder(c.name)
	if err != nil {
		return nil, err
	}
	s, err := run(c, folder)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	s.Name, s.config = c.name, c
	if err := s.process.await(s.addr(s.Port)); err != nil {
		return nil, err
	}
	return s, nil
}

// Account returns a new user with an empty mailbox.
func (s *Server) Account(t testing.TB) Account {
	t.Helper()
	a := s.account(fmt.Sprintf("user%d", s.users.Add(1)))
	if s.prepare != nil {
		if err := s.prepare(a.Username); err != nil {
			t.Fatalf("make a mailbox for %s on %s: %v", a.Username, s.Name, err)
		}
	}
	return a
}

// account is how a user logs in.
func (s *Server) account(username string) Account {
	a := Account{Server: s, Host: s.Host, Port: s.Port, Username: username, Password: password, Dial: s.Dial}
	if s.config.requireTLS {
		a.Dial = s.DialTLS
	}
	return a
}

// Dial opens a plain connection to the server.
func (s *Server) Dial() (net.Conn, error) { return net.Dial("tcp", s.addr(s.Port)) }

// DialTLS opens a connection with implicit TLS.
func (s *Server) DialTLS() (net.Conn, error) { return dialTLS(s.addr(s.TLSPort), s.CAFile) }

// addr is the address of one of the server's ports.
func (s *Server) addr(port int) string { return net.JoinHostPort(s.Host, strconv.Itoa(port)) }
