package server

import (
	"context"
	"crypto/tls"
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
func connect(ctx context.Context, a *config.Account, settings *tls.Config, limits *Limits) (net.Conn, error) {
	address := net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
	ctx, cancel := context.WithTimeoutCause(ctx, timeout(a), fmt.Errorf("no answer within %v, the account's timeout", timeout(a)))
	defer cancel()
	dialer := net.Dialer{KeepAlive: keepAlive}
	conn, err := limits.connect(func() (net.Conn, error) { return dialer.DialContext(ctx, "tcp", address) })
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
	secure := tls.Client(conn, settings)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close() // the handshake's error is the one that matters
		return nil, explainTLS(ctx, a, settings, err)
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

// explainDial says what can be done about a connection that failed.
func explainDial(ctx context.Context, address string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, ErrLimit):
		return fmt.Errorf("connect to %s: %w", address, err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreached(fmt.Errorf("connect to %s: %w: is the server running there, and are host and port right?", address, err))
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("connect to %s: there is no host of that name: %w", address, err)
	case ctx.Err() != nil:
		return unreached(fmt.Errorf("connect to %s: %w", address, context.Cause(ctx)))
	}
	return unreached(fmt.Errorf("connect to %s: %w", address, err))
}
