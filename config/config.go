// Package config owns the configuration: it reads the files of a directory,
// evaluates their expressions and checks everything that can be told without a
// server. Every problem is an hcl.Diagnostic at the tightest range.
//
// What rules match is compiled by rules; what a configuration means for a live
// mailbox belongs to plan. It reads files and environment that it is handed, and
// nothing else.
package config

import (
	"context"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// A Config is everything that the files of a directory declare.
type Config struct {
	Accounts []*Account // in the order of their declaration
	Policy   Policy
	// Partial says that something is left out because it hangs on a variable without
	// a value, which only an incomplete load has.
	Partial bool

	inputs *inputs // for the Fingerprint; nil: it was not loaded
}

// An Account is a mailbox and all that is declared for it: one account is planned
// and applied without looking at another.
type Account struct {
	Address  string // account.work
	Label    string // work
	Declared hcl.Range

	Host           string // empty: Maildir is set
	Port           int
	TLS            TLS
	AllowPlaintext bool // TLS none to somewhere else than this machine
	ServerName     string
	CAFile         string // absolute
	// ClientCert and ClientKey are absolute paths of a certificate that this side
	// shows and of its key, in PEM form; empty: none.
	ClientCert, ClientKey string
	MinTLSVersion         uint16 // as crypto/tls numbers them: at least TLS 1.2 unless lowered by name
	Username              string
	// UsernameSensitive says that the username comes from a sensitive variable, so
	// that no message may show it.
	UsernameSensitive bool
	Auth              Auth
	AuthorizeAs       string        // SASL authorization identity; empty: Username itself
	Timeout           time.Duration // for connecting and for a server's silence
	MaxRate           float64       // commands that are sent a second, from 0.001 to a million; 0: no limit
	MaxDownload       int64         // octets that one run may receive from the server, of whatever kind; 0: no limit
	MaxConnections    int           // that one run may hold at the same time; 0: the configuration does not say
	Maildir           string        // absolute path of a local tree
	MaildirFrom       string        // absolute path of mbox files of which the tree is made where it is not there; empty: none
	CredentialRange   hcl.Range     // of password or password_command

	// Credential returns the password or token, at login and at no other time. It
	// runs the password_command if there is one. Nil: Maildir.
	Credential func(ctx context.Context) (string, error)

	Protected      []mailbox.Pattern // of whose mail nothing is deleted
	ProtectedRange hcl.Range         // of the argument
	Exclusive      []mailbox.Pattern // where empty folders that nothing declares are to go
	ExclusiveRange hcl.Range         // of the argument
	WarnUnmanaged  bool              // one warning names folders that nothing declares
	NoKeywords     bool              // the server keeps none
	NoCache        bool              // nothing of messages is remembered between runs
	BodySearch     bool              // bodies are searched by the server first, which may miss mail

	Folders []*Folder
	Rules   []*rules.Rule // in the order in which they run
	Moved   []*Moved
	Removed []*Removed
}

// TLS says how a connection is protected. The zero value is implicit TLS.
type TLS int

// The ways of protecting a connection.
const (
	TLSImplicit TLS = iota // from the first octet (RFC 8314)
	TLSStartTLS            // STARTTLS, required
	TLSNone                // loopback only, unless AllowPlaintext
)

// Auth says what the credential is and how it is presented.
type Auth int

// The ways of logging in.
const (
	AuthPassword    Auth = iota // SASL PLAIN, else LOGIN
	AuthXOAuth2                 // a bearer token, as Gmail and Outlook take it
	AuthOAuthBearer             // a bearer token (RFC 7628)
)

// A Folder is declared to exist. What it does not say is left as it is.
type Folder struct {
	Address    string // folder.list["golang"]
	Label      string
	Declared   hcl.Range
	Name       mailbox.Name
	NameRange  hcl.Range   // of name, else of the block's header
	Subscribed *bool       // nil: left alone
	Use        mailbox.Use // empty: none said
}

// A Moved block renames a folder that still has its old name.
type Moved struct {
	Declared           hcl.Range
	From, To           mailbox.Name
	FromRange, ToRange hcl.Range
}

// A Removed block says that a folder shall not exist.
type Removed struct {
	Declared    hcl.Range
	Folder      mailbox.Name
	FolderRange hcl.Range
	Messages    RemovedMessages
	MoveTo      mailbox.Ref // with RemoveMove
	MoveToRange hcl.Range
	Children    bool // children go with it
}

// RemovedMessages says what becomes of messages in a removed folder. The zero
// value refuses to remove a folder that holds any.
type RemovedMessages int

// What can become of them.
const (
	RemoveRefuse RemovedMessages = iota
	RemoveMove
	RemoveDelete
)

// Policy is the rails that a plan is judged by, per account.
type Policy struct {
	Declared          hcl.Range // of the policy block; zero: none
	MaxMessages       int       // changed by one apply
	MaxDeleted        int       // deleted for good
	MaxRemovedFolders int
	MaxFetch          int64 // octets of mail that one plan may read
	MoveThenDelete    bool  // a message may be moved and then deleted for good by one plan
	// Backup is the absolute path of a directory into which each message is written
	// before it is deleted for good; empty: none is.
	Backup string
}

// DefaultPolicy is what holds where the configuration says nothing.
func DefaultPolicy() Policy {
	return Policy{MaxMessages: 10000, MaxDeleted: 1000, MaxRemovedFolders: 10, MaxFetch: 500e6}
}
