package server_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/server"
)

func TestTLS(t *testing.T) {
	s := imaptest.Start(t, imaptest.Dovecot)
	other := imaptest.Start(t, imaptest.Dovecot, imaptest.Hide("MOVE")) // signed by somebody else
	a := s.Account(t)
	none := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(none, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	for what, c := range map[string]struct {
		port    int
		tls     config.TLS
		account func(*config.Account)
		says    string
		as      any
	}{
		"implicit":                    {port: s.TLSPort, tls: config.TLSImplicit},
		"STARTTLS":                    {port: s.Port, tls: config.TLSStartTLS},
		"another name":                {port: s.TLSPort, account: func(a *config.Account) { a.ServerName = "localhost" }},
		"unknown authority":           {port: s.TLSPort, account: func(a *config.Account) { a.CAFile = "" }, says: "name its authority's certificate in ca_file", as: &authority},
		"unknown authority, later":    {port: s.Port, tls: config.TLSStartTLS, account: func(a *config.Account) { a.CAFile = "" }, says: "ca_file", as: &authority},
		"another authority":           {port: s.TLSPort, account: func(a *config.Account) { a.CAFile = other.CAFile }, says: "not signed by an authority in ca_file " + other.CAFile, as: &authority},
		"wrong name":                  {port: s.TLSPort, account: func(a *config.Account) { a.ServerName = "imap.example.org" }, says: "server_name", as: &name},
		"wrong name, later":           {port: s.Port, tls: config.TLSStartTLS, account: func(a *config.Account) { a.ServerName = "imap.example.org" }, says: "server_name", as: &name},
		"no such file":                {port: s.TLSPort, account: func(a *config.Account) { a.CAFile += ".gone" }, says: "ca_file"},
		"a file that is none":         {port: s.TLSPort, account: func(a *config.Account) { a.CAFile = none }, says: "no certificate"},
		"TLS on the port without":     {port: s.Port, tls: config.TLSImplicit, says: `tls = "starttls"`},
		"STARTTLS on the port of TLS": {port: s.TLSPort, tls: config.TLSStartTLS, account: func(a *config.Account) { a.Timeout = 300 * time.Millisecond }, says: "STARTTLS"},
	} {
		t.Run(what, func(t *testing.T) {
			account := at(t, a, s.Host, strconv.Itoa(c.port))
			account.TLS, account.CAFile = c.tls, s.CAFile
			if c.account != nil {
				c.account(account)
			}
			session, err := server.Dial(t.Context(), account, server.Options{})
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				// The greeting, from which it is known, may have come before TLS.
				if l, err := session.List(t.Context()); err != nil || l.Server != "Dovecot" {
					t.Errorf("the server is %q, %v", l.Server, err)
				}
				if err := session.Logout(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v does not say %q", err, c.says)
			}
			if c.as != nil && !errors.As(err, c.as) {
				t.Errorf("error %v is no %T", err, c.as)
			}
		})
	}
}

// Nobody in between can talk the client out of TLS, or into believing what was said
// before it.
func TestStartTLSInBetween(t *testing.T) {
	for what, c := range map[string]struct {
		greeting, answer string
		says             string
	}{
		"not offered":               {"* OK ready\r\n", "X0 BAD unknown command\r\n", "does not offer STARTTLS"},
		"refused":                   {"* OK ready\r\n", "X0 NO not now\r\n", "does not offer STARTTLS"},
		"an answer with more in it": {"* OK ready\r\n", "X0 OK go on\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "not encrypted"},
		"PREAUTH":                   {"* PREAUTH welcome\r\n", "", "PREAUTH"},
		"no TLS behind it":          {"* OK ready\r\n", "X0 OK go on\r\nTHEN* OK ready again\r\n", "TLS"},
	} {
		t.Run(what, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			said := make(chan string, 1)
			go func() {
				defer close(said)
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(5 * time.Second))
				conn.Write([]byte(c.greeting))
				buf := make([]byte, 4096)
				n, _ := conn.Read(buf)
				answer, then, _ := strings.Cut(c.answer, "THEN")
				conn.Write([]byte(answer))
				more, _ := conn.Read(buf[n:])
				conn.Write([]byte(then))
				said <- string(buf[:n+more])
			}()
			defer listener.Close()
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			account := at(t, imaptest.Account{Username: "me", Password: "hunter2"}, "127.0.0.1", port)
			account.TLS, account.Timeout = config.TLSStartTLS, 2*time.Second
			asked := false
			account.Credential = func(context.Context) (string, error) { asked = true; return "hunter2", nil }
			_, err = server.Dial(t.Context(), account, server.Options{})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v does not say %q", err, c.says)
			}
			if heard := <-said; asked || strings.Contains(heard, "hunter2") || strings.Contains(heard, "LOGIN") {
				t.Errorf("said %q", heard)
			}
		})
	}
}

func TestPlaintext(t *testing.T) {
	s := imaptest.Start(t, imaptest.Dovecot, imaptest.RequireTLS())
	a := s.Account(t)
	_, err := server.Dial(t.Context(), at(t, a, s.Host, strconv.Itoa(s.Port)), server.Options{})
	if err == nil || !strings.Contains(err.Error(), "LOGINDISABLED") || !strings.Contains(err.Error(), `tls = "starttls"`) {
		t.Errorf("error %v", err)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	onProducts(t, func(t *testing.T, a imaptest.Account, r *imaptest.Recorder) {
		a.Password = "not the password"
		_, err := server.Dial(t.Context(), through(t, a, r), server.Options{})
		if !errors.Is(err, server.ErrAuth) || strings.Contains(err.Error(), a.Password) || !strings.Contains(err.Error(), a.Username) {
			t.Errorf("error %v", err)
		}
	})
}
