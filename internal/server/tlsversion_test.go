package server_test

import (
	"bufio"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/server"
)

// tlsAccount is an account of a server of crypto/tls with these settings, which
// speaks as serve does once TLS is on.
func tlsAccount(t *testing.T, settings *tls.Config, way config.TLS, serve func(*tls.Conn)) *config.Account {
	t.Helper()
	own := httptest.NewTLSServer(nil) // for its certificate, which is for 127.0.0.1
	own.Close()
	settings = settings.Clone()
	settings.Certificates = own.TLS.Certificates
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	account := accountOf(t, way, func(conn net.Conn) {
		secure := tls.Server(conn, settings)
		if secure.Handshake() != nil {
			io.Copy(io.Discard, conn) // what the client still says must not make the alert go by
			return
		}
		serve(secure)
	})
	account.CAFile = authority
	return account
}

// accountOf is an account of a server that gives its connections to serve, where TLS
// begins.
func accountOf(t *testing.T, way config.TLS, serve func(net.Conn)) *config.Account {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		if way == config.TLSStartTLS {
			io.WriteString(conn, "* OK ready\r\n")
			if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
				return
			}
			io.WriteString(conn, "X0 OK go on\r\n")
		}
		serve(conn)
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	account := at(t, imaptest.Account{Username: "me", Password: "hunter2"}, "127.0.0.1", port)
	account.TLS = way
	return account
}

// sayGoodbye is a server that lets nobody in, but has nothing against TLS.
func sayGoodbye(conn *tls.Conn) {
	io.WriteString(conn, "* BYE goodbye\r\n")
	conn.Close()
}

// A server that speaks only what is too old is told from others, and what can be said
// about it.
func TestMinTLSVersion(t *testing.T) {
	dovecot := imaptest.Start(t, imaptest.Dovecot)
	oldCiphers := []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	for name, c := range map[string]struct {
		server *tls.Config
		least  uint16
		says   []string // empty: they understand each other
	}{
		"1.2 of 1.2":                 {server: &tls.Config{MaxVersion: tls.VersionTLS12}, least: tls.VersionTLS12},
		"nothing said, 1.2":          {server: &tls.Config{MaxVersion: tls.VersionTLS12}},
		"nothing said, 1.1":          {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, says: []string{"no TLS as new as 1.2", `min_tls_version = "1.1"`}},
		"1.2 of 1.1":                 {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, least: tls.VersionTLS12, says: []string{"no TLS as new as 1.2", `min_tls_version = "1.1"`}},
		"1.1 of 1.1":                 {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, least: tls.VersionTLS11},
		"1.0 of 1.1":                 {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, least: tls.VersionTLS10},
		"1.1 of 1.0":                 {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, least: tls.VersionTLS11, says: []string{"no TLS as new as 1.1", `min_tls_version = "1.0"`}},
		"1.0 of 1.0":                 {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, least: tls.VersionTLS10},
		"1.0 of 1.0 and old ciphers": {server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: oldCiphers}, least: tls.VersionTLS10},
		"1.2 and old ciphers":        {server: &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: oldCiphers}, least: tls.VersionTLS12, says: []string{"no way of encryption that both sides know"}},
		"1.3 of 1.2":                 {server: &tls.Config{MaxVersion: tls.VersionTLS12}, least: tls.VersionTLS13, says: []string{"no TLS as new as 1.3", `min_tls_version = "1.2"`}},
		"1.3 of 1.3":                 {server: &tls.Config{}, least: tls.VersionTLS13},
	} {
		for way, startTLS := range map[string]config.TLS{"implicit": config.TLSImplicit, "STARTTLS": config.TLSStartTLS} {
			t.Run(name+", "+way, func(t *testing.T) {
				account := tlsAccount(t, c.server, startTLS, func(conn *tls.Conn) { passOn(t, conn, dovecot, startTLS) })
				user := dovecot.Account(t)
				account.Username, account.MinTLSVersion = user.Username, c.least
				account.Credential = at(t, user, "127.0.0.1", "1").Credential
				session, err := server.Dial(t.Context(), account, server.Options{})
				wantDial(t, session, err, c.says)
			})
		}
	}
}

// passOn connects what comes through TLS with the server, whose greeting is not sent
// twice.
func passOn(t *testing.T, conn *tls.Conn, s *imaptest.Server, way config.TLS) {
	inside, err := s.Dial()
	if err != nil {
		t.Error(err)
		return
	}
	defer inside.Close()
	from := bufio.NewReader(inside)
	if way == config.TLSStartTLS {
		if _, err := from.ReadString('\n'); err != nil {
			t.Error(err)
			return
		}
	}
	go func() {
		io.Copy(inside, conn)
		inside.Close()
	}()
	io.Copy(conn, from)
}

// A server from before TLS 1.3 chooses a version that was not offered, instead of
// refusing what was.
func TestTooOldVersionChosen(t *testing.T) {
	for version, c := range map[byte]struct {
		least uint16
		says  []string
	}{
		0x03: {least: tls.VersionTLS13, says: []string{"at most TLS 1.2", "nothing older than TLS 1.3", `: say min_tls_version = "1.2"`}},
		0x02: {says: []string{"at most TLS 1.1", "nothing older than TLS 1.2", `up to date`, `say min_tls_version = "1.1"`}},
		0x01: {says: []string{"at most TLS 1.0", `say min_tls_version = "1.0"`}},
		0x00: {least: tls.VersionTLS10, says: []string{"at most SSLv3", "too old to be spoken at all"}},
	} {
		for _, way := range []config.TLS{config.TLSImplicit, config.TLSStartTLS} {
			hello := append([]byte{3, version}, make([]byte, 32+1)...) // version, random, no session
			hello = append(hello, 0xc0, 0x13, 0)                       // a cipher suite, no compression
			message := append([]byte{2, 0, 0, byte(len(hello))}, hello...)
			record := append([]byte{22, 3, version, 0, byte(len(message))}, message...)
			account := accountOf(t, way, func(conn net.Conn) {
				if _, err := conn.Read(make([]byte, 5)); err != nil { // what the client offers
					return
				}
				conn.Write(record)
				io.Copy(io.Discard, conn)
			})
			account.MinTLSVersion = c.least
			session, err := server.Dial(t.Context(), account, server.Options{})
			wantDial(t, session, err, c.says)
		}
	}
}
