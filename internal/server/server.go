// Package server owns an IMAP session: connecting, TLS, logging in, deadlines,
// folder names on the wire, capabilities and what is done without them, and the
// quirks of servers. It answers a plan's questions and does what an apply asks.
//
// It looks and does, and judges nothing: which messages are meant belongs to plan,
// the order of changes and their proof to apply. How octets travel, and what of
// them the library would not survive, belongs to package wire.
//
// Reading never changes anything: folders are opened by EXAMINE, messages read by
// BODY.PEEK, and nothing is sent that the server did not announce after the login.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
)

// Options are the settings of a session. The zero value is the default.
type Options struct {
	// Trace, if not nil, is given each line of the protocol, without credentials and
	// without what messages say. It is called serially, from several goroutines.
	Trace func(sent bool, line string)
	// Progress, if not nil, is told how far the reading of a folder has come.
	Progress func(Progress)
	// MaxFetch is how many octets of mail, headers and texts, the session may read for
	// Answer: more is refused with a FetchLimitError before it is read, as far as it is
	// known by then how much it will be. 0: any number.
	MaxFetch int64
	// Cache, if not nil, is what is remembered of the account's messages: Answer reads
	// what has changed since, and remembers what it tells.
	Cache *cache.Account
	// Limits are what is left of the account's limits, which sessions of one run share.
	// Nil: the session has them for itself.
	Limits *Limits
	// Meter, if not nil, counts what the session costs together with others of the
	// account, also if it cannot be dialled.
	Meter *Meter
	// Connect, if not nil, opens the connection, instead of the network or the
	// account's Maildir: for tests, which stand between.
	Connect func(ctx context.Context) (net.Conn, error)
	// Version is the program's, for the few servers that want to know.
	Version string
}

// Progress says how many of a folder's messages have been read.
type Progress struct {
	Folder       mailbox.Name
	Messages, Of int
}

// A Session is a connection to one account, logged in. It is used by one goroutine
// at a time. After a LostError it is of no more use.
type Session struct {
	account *config.Account
	options Options
	conn    *wire.Conn
	client  *imapclient.Client
	tls     *tls.Config  // nil: none
	release func() error // what else goes with the connection; nil: nothing

	caps       capabilities
	known      quirk
	namespaces namespaces
	located    bool        // namespaces are known: not before they are needed
	folders    folderTable // empty until List
	relisted   *relisting  // nil: there is none
	states     states      // of folders, as listed last
	namesakes  namesakes   // likewise
	open       openFolder
	purges     map[mailbox.Name]bool // the server's own trash and junk, as listed last
	window     int64                 // messages read by one command
	allowance  *Limits               // what a run may ask of the server
	paced      int64                 // commands that were waited for until they could be sent
	connecting time.Duration         // how long the dial took
	budget     budget

	// statusFirst says that SELECT does not tell UIDNEXT, as with Courier.
	statusFirst bool

	// secrets are the forms of the credential, from the login on: no error and no trace
	// may hold one, since a server can repeat it whenever it likes.
	secrets secrets

	heard heard

	compression compression
}

var _ apply.Server = (*Session)(nil)

// Dial connects to the account's server, or serves its Maildir in this process, and
// logs in. A refused login wraps ErrAuth.
func Dial(ctx context.Context, a *config.Account, o Options) (*Session, error) {
	s := &Session{account: a, options: o, folders: newFolderTable(), window: maxWindow, allowance: o.Limits, budget: budget{limit: o.MaxFetch}}
	if s.allowance == nil {
		s.allowance = NewLimits(a)
	}
	began := time.Now()
	err := s.dial(ctx)
	s.connecting = time.Since(began)
	o.Meter.begin(s)
	if err != nil {
		return nil, errors.Join(err, s.drop())
	}
	return s, nil
}

func (s *Session) dial(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return s.explainEntry(err)
	}
	// What is offered before the login says nothing about what is offered after it.
	if err := s.learnCapabilities(ctx); err != nil {
		return err
	}
	if !s.caps.has("IMAP4REV1") {
		return fmt.Errorf("%s does not offer IMAP4rev1 (RFC 3501): %w", s.host(), ErrCapability)
	}
	if n := s.caps.number("MESSAGELIMIT"); n > 0 {
		s.window = min(s.window, int64(n)) // RFC 9738
	}
	if err := s.identify(ctx); err != nil {
		return s.explainFirst(err)
	}
	if s.known.effect.notAllowed != "" {
		return s.locate(ctx) // only a command tells whether this was a login
	}
	return nil
}

// enter connects and logs in.
func (s *Session) enter(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.greet(ctx); err != nil || s.account.Maildir != "" {
		return err
	}
	if err := s.learnCapabilities(ctx); err != nil {
		return err
	}
	return s.login(ctx)
}

// host is what people know the server by: its host, or the Maildir's path.
func (s *Session) host() string {
	if s.account.Maildir != "" {
		return s.account.Maildir
	}
	return s.account.Host
}

// connect opens the connection below the library. The files that TLS needs are read
// first: without them there is nothing to connect for.
func (s *Session) connect(ctx context.Context) (err error) {
	if s.tls, err = tlsConfig(s.account); err != nil {
		return err
	}
	o := wire.Options{Silence: timeout(s.account), Notify: s.heard.notice}
	if trace := s.options.Trace; trace != nil {
		o.Trace = func(l wire.Line) { trace(l.Sent, without(l.Text, s.secrets.all()...)) }
	}
	conn, err := s.dialAccount(ctx)
	if err != nil {
		return err
	}
	if s.account.Maildir != "" {
		o.Silence = localSilence
	}
	s.conn = wire.New(conn, o)
	if s.account.TLS != config.TLSStartTLS {
		return nil
	}
	return s.startTLS(ctx)
}

func (s *Session) dialAccount(ctx context.Context) (conn net.Conn, err error) {
	switch {
	case s.options.Connect != nil:
		return s.allowance.connect(func() (net.Conn, error) { return s.options.Connect(ctx) })
	case s.account.Maildir != "":
		conn, s.release, err = connectMaildir(s.account)
		return conn, err
	default:
		return connect(ctx, s.account, s.tls, s.allowance)
	}
}

// startTLS protects the connection before anything else is said.
func (s *Session) startTLS(ctx context.Context) error {
	if err := s.allowance.pace(ctx); err != nil {
		return &LostError{Op: "start TLS", Err: err}
	}
	if err := s.conn.StartTLS(ctx, s.tls); err != nil {
		if refused := refusal("start TLS", "", err); refused != nil {
			return fmt.Errorf("%w: the server does not offer STARTTLS on port %d, or somebody in between hides it; "+
				"nothing was sent: if the port is for TLS from the start, as 993 mostly is, say tls = \"implicit\"", refused, s.account.Port)
		}
		return explainTLS(ctx, s.account, s.tls, err)
	}
	return nil
}

// greet hands the connection to the library and waits for the greeting.
func (s *Session) greet(ctx context.Context) error {
	s.client = imapclient.New(s.conn, nil)
	err := s.wait(ctx, "wait for the greeting of "+s.host(), "", s.client.WaitGreeting)
	if err != nil {
		return err
	}
	// Nobody has proven anything yet. Before TLS it could be somebody in between who
	// says so (RFC 9051 section 11.1).
	if s.account.Maildir == "" && s.client.State() == imap.ConnStateAuthenticated {
		return fmt.Errorf("%s greets as if somebody were logged in already (PREAUTH): as whom cannot be told, so the connection is not used", s.host())
	}
	return nil
}

// Logout says goodbye, unless the connection is lost already, and closes it. A folder
// that is open is left as it is. Its error says nothing about what was done before.
func (s *Session) Logout(ctx context.Context) error {
	var err error
	if s.conn.Err() == nil {
		err = s.run(ctx, "log out", "", func() error { return s.client.Logout().Wait() })
	}
	return errors.Join(err, s.drop())
}

// drop closes the connection and waits for all that goes with it.
func (s *Session) drop() error {
	defer s.options.Meter.end(s)
	if s.conn != nil {
		s.conn.Close() // the other side may have been first, which closing would complain of
	}
	if s.client != nil {
		<-s.client.Closed() // its reader has ended
	}
	if s.release == nil {
		return nil
	}
	release := s.release
	s.release = nil
	return release()
}
