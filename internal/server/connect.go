package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/maildir"
)

// defaultTimeout is for an account that says none.
const defaultTimeout = 30 * time.Second

// localSilence is how long the server in this process may say nothing: it has no
// network to lose, but may have to look at very many files first.
const localSilence = 10 * time.Minute

// keepAlive is how often a connection on which nothing passes is probed: routers
// forget silent connections without telling anybody.
const keepAlive = 30 * time.Second

// connectMaildir serves the account's tree in this process; one that is not there
// is made first if the account says of what. The tree is closed by calling the
// returned function.
func connectMaildir(a *config.Account) (net.Conn, func() error, error) {
	if _, err := os.Stat(a.Maildir); errors.Is(err, fs.ErrNotExist) && a.MaildirFrom != "" {
		if err := maildir.Seed(a.Maildir, a.MaildirFrom); err != nil {
			return nil, nil, err
		}
	}
	tree, err := maildir.Open(a.Maildir, maildir.Options{})
	if err != nil {
		return nil, nil, err // it names the directory
	}
	conn, err := tree.Dial()
	if err != nil {
		return nil, nil, errors.Join(err, tree.Close())
	}
	return conn, tree.Close, nil
}

// connect opens a connection to the account's server, with TLS if that is from the
// first octet. It takes the account's timeout at most.
func connect(ctx context.Context, a *config.Account) (net.Conn, error) {
	address := net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
	ctx, cancel := context.WithTimeoutCause(ctx, timeout(a), fmt.Errorf("no answer within %v, the account's timeout", timeout(a)))
	defer cancel()
	dialer := net.Dialer{KeepAlive: keepAlive}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, explainDial(ctx, address, err)
	}
	if a.TLS == config.TLSNone && !a.AllowPlaintext && !loopback(conn) {
		return nil, errors.Join(fmt.Errorf("connect to %s: tls = \"none\" would send the password readably across the network: "+
			"use \"implicit\" or \"starttls\", or say allow_plaintext = true", address), conn.Close())
	}
	if a.TLS != config.TLSImplicit {
		return conn, nil
	}
	settings, err := tlsConfig(a)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	secure := tls.Client(conn, settings)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close() // the handshake's error is the one that matters
		return nil, explainTLS(ctx, a, err)
	}
	return secure, nil
}

// loopback says whether the other end is on this machine.
func loopback(conn net.Conn) bool {
	address, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

func timeout(a *config.Account) time.Duration {
	if a.Timeout > 0 {
		return a.Timeout
	}
	return defaultTimeout
}

// tlsConfig says whom the server must prove to be. With a ca_file only its
// authorities count.
func tlsConfig(a *config.Account) (*tls.Config, error) {
	settings := &tls.Config{ServerName: serverName(a), MinVersion: tls.VersionTLS12}
	if a.CAFile == "" {
		return settings, nil
	}
	pem, err := os.ReadFile(a.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	settings.RootCAs = x509.NewCertPool()
	if !settings.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read ca_file %s: it holds no certificate in PEM form", a.CAFile)
	}
	return settings, nil
}

func serverName(a *config.Account) string {
	if a.ServerName != "" {
		return a.ServerName
	}
	return a.Host
}

// explainDial says what can be done about a connection that failed.
func explainDial(ctx context.Context, address string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("connect to %s: %w: is the server running there, and are host and port right?", address, err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("connect to %s: there is no host of that name: %w", address, err)
	case ctx.Err() != nil:
		return fmt.Errorf("connect to %s: %w", address, context.Cause(ctx))
	}
	return fmt.Errorf("connect to %s: %w", address, err)
}

// explainTLS says what does not verify, and where that can be set right.
func explainTLS(ctx context.Context, a *config.Account, err error) error {
	name := serverName(a)
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority) && a.CAFile == "":
		return fmt.Errorf("the certificate of %s is signed by an authority that this machine does not know: %w: "+
			"if it is the right server, name its authority's certificate in ca_file", name, err)
	case errors.As(err, &authority):
		return fmt.Errorf("the certificate of %s is not signed by an authority in ca_file %s: %w", name, a.CAFile, err)
	case errors.As(err, &host):
		return fmt.Errorf("the certificate is for another host than %s: %w: set host, or server_name, to a name that it holds", name, err)
	case errors.As(err, &invalid):
		return fmt.Errorf("the certificate of %s is not valid: %w: the server's operator, or this machine's clock, must be asked (ca_file cannot help)", name, err)
	case errors.As(err, &noTLS):
		return fmt.Errorf("%s port %d does not speak TLS: %w: if the port is for STARTTLS, as 143 mostly is, say tls = \"starttls\"", a.Host, a.Port, err)
	case ctx.Err() != nil:
		return fmt.Errorf("TLS with %s: %w", name, context.Cause(ctx))
	}
	return fmt.Errorf("TLS with %s: %w", name, err)
}
