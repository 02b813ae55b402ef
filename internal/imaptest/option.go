package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// An Option changes how a server is configured. Servers with equal options are shared.
type Option func(*config)

// A config is a server's configuration; it is comparable, so that equal ones can share a server.
type config struct {
	name       Name
	hide       string // capabilities, separated by spaces, sorted
	separator  string // "": the product's default
	prefix     string
	sdbox      string // "": a Maildir of each user's own
	requireTLS bool

	requireClientCert bool
	compress          bool
	owner             string // the test that has the server for itself; "": none
}

// Hide leaves capabilities out of what Dovecot announces. The commands still work: prove by a [Recorder]'s log that they
// were not used. What builds on a hidden capability goes with it.
func Hide(capabilities ...string) Option {
	return func(c *config) {
		all := append(strings.Fields(c.hide), capabilities...)
		for _, capability := range capabilities {
			all = append(all, dependents[capability]...)
		}
		slices.Sort(all)
		c.hide = strings.Join(slices.Compact(all), " ")
	}
}

// dependents are the capabilities that make no sense without another.
var dependents = map[string][]string{
	"LIST-EXTENDED": {"LIST-STATUS"},
	"SPECIAL-USE":   {"CREATE-SPECIAL-USE"},
	"CONDSTORE":     {"QRESYNC"},
	"ESEARCH":       {"SEARCHRES", "ESORT", "CONTEXT=SEARCH"},
}

// isDependent reports whether a capability may have been hidden only because of another.
func isDependent(capability string) bool {
	for _, those := range dependents {
		if slices.Contains(those, capability) {
			return true
		}
	}
	return false
}

// Namespace gives Dovecot's folders a prefix and a hierarchy separator, such as "INBOX." and ".".
func Namespace(prefix, separator string) Option {
	return func(c *config) { c.prefix, c.separator = prefix, separator }
}

// Sdbox makes Dovecot serve the tree at path to every user, in its own format: a file for each message, and the flags in
// an index. A folder that is empty will do. Its files change hands: they belong to Dovecot's mail user from then on. Accounts
// of such a server share one mailbox, which is as full as the tree.
func Sdbox(path string) Option {
	return func(c *config) { c.sdbox = path }
}

// RequireTLS makes Dovecot announce LOGINDISABLED, and refuse to log in, until TLS is on.
func RequireTLS() Option {
	return func(c *config) { c.requireTLS = true }
}

// RequireClientCert makes Dovecot let only those log in who show a certificate that [Server.ClientCertificate] has made, or
// another one of the same authority. [Append], [Snapshot] and [Proxy] have none to show.
func RequireClientCert() Option {
	return func(c *config) { c.requireClientCert = true }
}

// Compress makes Dovecot offer COMPRESS=DEFLATE, which Cyrus does without being asked to.
func Compress() Option {
	return func(c *config) { c.compress = true }
}

// check refuses options that the product does not have.
func (c config) check() error {
	if c.name != Dovecot && c != (config{name: c.name}) {
		return fmt.Errorf("only %s has options", Dovecot)
	}
	return nil
}
