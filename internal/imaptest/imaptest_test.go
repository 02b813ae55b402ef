package imaptest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// What the suite relies on: a server that lost one of these would leave a path untested.
func TestServers(t *testing.T) {
	for _, test := range []struct {
		name      Name
		options   []Option
		has       string
		hasNot    string
		namespace namespace
	}{
		{Dovecot, nil, "MOVE UIDPLUS ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE UNSELECT", "OBJECTID", namespace{"", "/"}},
		{Dovecot, []Option{Hide("MOVE")}, "UIDPLUS ESEARCH", "MOVE", namespace{"", "/"}},
		{Dovecot, []Option{Hide("UIDPLUS", "MOVE")}, "ESEARCH", "MOVE UIDPLUS", namespace{"", "/"}},
		{Dovecot, []Option{Hide("ESEARCH")}, "MOVE", "ESEARCH SEARCHRES", namespace{"", "/"}},
		{Dovecot, []Option{Hide("LIST-EXTENDED")}, "MOVE", "LIST-EXTENDED LIST-STATUS", namespace{"", "/"}},
		{Dovecot, []Option{Hide("SPECIAL-USE")}, "MOVE", "SPECIAL-USE CREATE-SPECIAL-USE", namespace{"", "/"}},
		{Dovecot, []Option{Namespace("INBOX.", ".")}, "MOVE", "", namespace{"INBOX.", "."}},
		{Cyrus, nil, "MOVE UIDPLUS ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE CONDSTORE OBJECTID", "", namespace{"INBOX.", "."}},
		{Courier, nil, "UIDPLUS", "MOVE ESEARCH LIST-EXTENDED SPECIAL-USE CONDSTORE UNSELECT", namespace{"INBOX.", "."}},
	} {
		t.Run(fmt.Sprintf("%s without %s", test.name, test.hasNot), func(t *testing.T) {
			c := loggedIn(t, Start(t, test.name, test.options...))
			got, err := c.capabilities()
			if err != nil {
				t.Fatal(err)
			}
			for _, capability := range strings.Fields(test.has) {
				if !slices.Contains(got, capability) {
					t.Errorf("no %s in %s", capability, got)
				}
			}
			for _, capability := range strings.Fields(test.hasNot) {
				if slices.Contains(got, capability) {
					t.Errorf("%s in %s", capability, got)
				}
			}
			if got, err := c.namespace(); err != nil || got != test.namespace {
				t.Errorf("namespace: got %q, %v, want %q", got, err, test.namespace)
			}
		})
	}
}

// loggedIn is a client of a new user of s.
func loggedIn(t *testing.T, s *Server) *client {
	t.Helper()
	c, err := login(s.Account(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestServersAreShared(t *testing.T) {
	s := Start(t, Dovecot)
	if Start(t, Dovecot) != s {
		t.Error("equal options start another server")
	}
	if Start(t, Dovecot, Hide("MOVE")) == s {
		t.Error("different options share a server")
	}
	if Start(t, Dovecot, Hide("MOVE", "UIDPLUS")) != Start(t, Dovecot, Hide("UIDPLUS"), Hide("MOVE")) {
		t.Error("the order of options makes a difference")
	}
	if a, b := s.Account(t), s.Account(t); a.Username == b.Username {
		t.Error("two accounts are one")
	}
}

func TestWrongPassword(t *testing.T) {
	for _, name := range Names() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel() // Courier takes its time
			a := Start(t, name).Account(t)
			a.Password = "wrong"
			if _, err := login(a); err == nil || !strings.Contains(err.Error(), "LOGIN") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDovecotTLS(t *testing.T) {
	s := Start(t, Dovecot, RequireTLS())
	conn, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{conn: conn, reader: bufio.NewReader(conn)}
	if greeting, err := c.reader.ReadString('\n'); err != nil || !strings.Contains(greeting, "LOGINDISABLED") {
		t.Errorf("greeting %q, %v", greeting, err)
	}
	if _, err := c.do("LOGIN", "x", password); err == nil {
		t.Error("a password in plain text is taken")
	}
	if _, err := c.do("STARTTLS"); err != nil {
		t.Fatal(err)
	}
	encrypted := tls.Client(conn, &tls.Config{RootCAs: x509.NewCertPool(), ServerName: s.Host})
	if err := encrypted.Handshake(); err == nil {
		t.Error("the certificate verifies without the authority's")
	}
	if _, err := s.DialTLS(); err != nil {
		t.Errorf("the certificate does not verify with the authority's: %v", err)
	}
	loggedIn(t, s)
}

func TestDovecotStartTLS(t *testing.T) {
	s := Start(t, Dovecot)
	conn, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{conn: conn, reader: bufio.NewReader(conn)}
	if _, err := c.reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := c.do("STARTTLS"); err != nil {
		t.Fatal(err)
	}
	octets, err := os.ReadFile(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(octets)
	encrypted := tls.Client(conn, &tls.Config{RootCAs: roots, ServerName: s.Host})
	c = &client{conn: encrypted, reader: bufio.NewReader(encrypted)}
	if _, err := c.do("LOGIN", "someone", password); err != nil {
		t.Error(err)
	}
}

// What one server has stored in a tree another one shows.
func TestDovecotServesSdbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if parents := filepath.Dir(filepath.Dir(path)); os.Chmod(parents, 0o755) != nil || os.Chmod(filepath.Dir(path), 0o755) != nil {
		t.Fatal("cannot let Dovecot in")
	}
	body := []byte("Subject: x\r\n\r\nhello\r\n")
	s := Start(t, Dovecot, Sdbox(path))
	Append(t, s.Account(t), "INBOX", Message{Body: body, Flags: []string{`\Seen`}})
	s.Stop()
	if conn, err := s.Dial(); err == nil {
		conn.Close()
		t.Error("the server still answers")
	}
	again := Start(t, Dovecot, Sdbox(path))
	if again == s {
		t.Fatal("a server that was stopped is given out again")
	}
	defer again.Stop()
	state := Snapshot(t, again.Account(t))
	if got := state.Folders["INBOX"].Messages; len(got) != 1 || got[0].Hash != Hash(body) || !slices.Equal(got[0].Flags, []string{`\Seen`}) {
		t.Errorf("got %+v", got)
	}
}

func TestMissingServers(t *testing.T) {
	t.Setenv(CacheVariable, t.TempDir())
	for name, start := range map[Name]starter{Cyrus: startCyrus, Courier: startCourier} {
		_, err := start(config{name: name}, t.TempDir())
		if _, ok := err.(missing); !ok || !strings.Contains(err.Error(), "install.sh") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s := &Server{Name: Cyrus, Missing: "it is not there"}
	for require, want := range map[string]string{"": "skip", "0": "skip", "1": "fatal"} {
		t.Setenv(RequireVariable, require)
		w := &endings{TB: t}
		miss(w, s)
		if w.got != want+": SERVER MISSING: cyrus: it is not there" {
			t.Errorf("%s=%q: got %q", RequireVariable, require, w.got)
		}
	}
}

// endings takes note of how a test would end.
type endings struct {
	testing.TB
	got string
}

func (e *endings) Helper()        {}
func (e *endings) Skip(a ...any)  { e.got = "skip: " + fmt.Sprint(a...) }
func (e *endings) Fatal(a ...any) { e.got = "fatal: " + fmt.Sprint(a...) }

func TestOptionsThatDoNotExist(t *testing.T) {
	for _, c := range []config{{name: Cyrus, hide: "MOVE"}, {name: Courier, requireTLS: true}} {
		if err := c.check(); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if _, err := start(config{name: "exchange"}); err == nil {
		t.Error("there is an Exchange")
	}
	if _, err := start(config{name: Dovecot, hide: "FROBNICATE"}); err == nil || !strings.Contains(err.Error(), "FROBNICATE") {
		t.Errorf("hiding what is not there: got %v", err)
	}
}

// A server that ends by itself is told about, with its log, at once.
func TestServerThatDoesNotStart(t *testing.T) {
	folder, err := newFolder("broken")
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(folder, "", nil, "/bin/sh", "-c", "echo no disk; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	err = p.await("127.0.0.1:1")
	if err == nil || !strings.Contains(err.Error(), "no disk") || !strings.Contains(err.Error(), "status 3") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("its folder is still there")
	}
}

// startVariable makes this test binary start a server, tell its address and folder, and wait.
const startVariable = "IMAPTEST_START"

func TestServersEndWithTheBinary(t *testing.T) {
	if name := os.Getenv(startVariable); name != "" {
		s := Start(t, Name(name))
		fmt.Printf("started %s %s\n", s.addr(s.Port), s.process.folder)
		time.Sleep(time.Minute)
	}
	for _, name := range Names() {
		t.Run(string(name), func(t *testing.T) {
			Start(t, name) // or skip
			t.Parallel()
			binary := exec.Command(os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$")
			binary.Env = append(os.Environ(), startVariable+"="+string(name))
			output, err := binary.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := binary.Start(); err != nil {
				t.Fatal(err)
			}
			var addr, folder string
			if _, err := fmt.Fscanf(output, "started %s %s\n", &addr, &folder); err != nil {
				t.Fatal(err)
			}
			if err := greet(addr); err != nil {
				t.Fatal(err)
			}
			if err := binary.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, output)
			binary.Wait() // it was killed

			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				conn, dialErr := net.Dial("tcp", addr)
				if dialErr == nil {
					conn.Close()
				}
				_, statErr := os.Stat(folder)
				if dialErr != nil && os.IsNotExist(statErr) {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("the server is still there: connect: %v, folder: %v", dialErr, statErr)
				}
			}
		})
	}
}
