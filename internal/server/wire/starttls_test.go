package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// certificate returns a server's certificate for example.com and what trusts it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: pool, ServerName: "example.com"}
}

// serveStartTLS greets, answers the first line, and goes on within TLS.
func serveStartTLS(conn net.Conn, greet, answer string, config *tls.Config) {
	defer conn.Close()
	io.WriteString(conn, greet)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	tag, _, _ := strings.Cut(line, " ")
	io.WriteString(conn, strings.ReplaceAll(answer, "%T", tag))
	if !strings.Contains(answer, "OK") {
		io.Copy(io.Discard, conn)
		return
	}
	serve(tls.Server(conn, config), "", func(command string) string {
		if command == "CAPABILITY" {
			return "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%T OK\r\n"
		}
		return "%T OK\r\n"
	})
}

func TestStartTLS(t *testing.T) {
	server, config := certificate(t)
	near, far := net.Pipe()
	go serveStartTLS(far, "* OK [CAPABILITY IMAP4rev1 STARTTLS UIDPLUS] hi\r\n", "* CAPABILITY MOVE\r\n%T OK go\r\n", server)
	var l log
	conn := New(near, l.options())
	if err := conn.StartTLS(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	if n := l.of(StatusResponse); len(n) != 1 || n[0].Text != "hi" {
		t.Errorf("notices %+v, want the greeting", n)
	}
	client := imapclient.New(conn, nil)
	defer client.Close()
	if err := client.WaitGreeting(); err != nil {
		t.Fatal(err)
	}
	if caps := client.Caps(); len(caps) != 1 || conn.Capabilities() != nil {
		t.Errorf("capabilities %v, %v, before the server has said any within TLS", caps, conn.Capabilities())
	}
	if _, err := conn.Do(t.Context(), "CAPABILITY", "CAPABILITY"); err != nil {
		t.Fatal(err)
	}
	caps := client.Caps()
	if caps.Has(imap.CapUIDPlus) || caps.Has(imap.CapMove) || !caps.Has("AUTH=PLAIN") {
		t.Errorf("capabilities %v, want those sent within TLS", caps)
	}
	if err := client.Noop().Wait(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Do(t.Context(), "X-ANY"); err != nil {
		t.Error(err)
	}
}

func TestStartTLSRefused(t *testing.T) {
	server, config := certificate(t)
	const hello = "* OK hi\r\n"
	for _, test := range []struct{ name, greet, answer, want string }{
		{"PREAUTH", "* PREAUTH hi\r\n", "%T OK\r\n", "PREAUTH"},
		{"BYE", "* BYE too many\r\n", "%T OK\r\n", "too many"},
		{"not IMAP", "220 example ESMTP\r\n", "%T OK\r\n", "greeting"},
		{"stripped", hello, "%T BAD what?\r\n", "what?"},
		{"refused", hello, "%T NO not today\r\n", "not today"},
		{"injected", hello, "%T OK\r\n* OK [CAPABILITY X]\r\n", "not encrypted"},
		{"endless", hello, strings.Repeat("* OK\r\n", 1000), "does not answer"},
		{"silent", hello, "", "does not answer"},
		{"silent handshake", hello, "mute", "does not answer"},
		{"long line", hello, strings.Repeat("x", 10_000), "longer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			go func() {
				if test.answer != "mute" {
					serveStartTLS(far, test.greet, test.answer, server)
					return
				}
				io.WriteString(far, hello)
				bufio.NewReader(far).ReadString('\n')
				io.WriteString(far, "X0 OK\r\n")
				io.Copy(io.Discard, far)
			}()
			t.Cleanup(func() { far.Close() })
			conn := New(near, Options{Silence: 200 * time.Millisecond, MaxLine: 5000})
			err := conn.StartTLS(t.Context(), config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if conn.Err() == nil {
				t.Error("the connection is not closed")
			}
		})
	}
}

func TestStartTLSWrongCertificate(t *testing.T) {
	server, config := certificate(t)
	config.ServerName = "elsewhere.example"
	near, far := net.Pipe()
	go serveStartTLS(far, "* OK hi\r\n", "%T OK\r\n", server)
	err := New(near, Options{}).StartTLS(t.Context(), config)
	var wrong *tls.CertificateVerificationError
	if !errors.As(err, &wrong) {
		t.Errorf("error %v", err)
	}
}

func TestStartTLSContext(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := New(near, Options{}).StartTLS(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}
