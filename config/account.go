package config

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

// An accountBody is an account as far as its arguments say it.
type accountBody struct {
	Account
	password string
	command  []string
	hidden   []string // of command, what comes from sensitive variables
	keywords bool
	cache    bool
}

func accountArguments() []argument[accountBody] {
	return append([]argument[accountBody]{
		{name: "host", value: "a host's name", doc: "the IMAP server; every account has either this or a maildir", set: assign(hostName, func(a *accountBody) *string { return &a.Host })},
		{name: "port", value: "a port", fallback: "993, or 143 where tls is not \"implicit\"", doc: "the server's port", set: func(a *accountBody, v cty.Value) (err error) {
			a.Port, err = whole(v, 1, 65535)
			return err
		}},
		{
			name: "tls", value: "\"implicit\", \"starttls\" or \"none\"", fallback: `"implicit"`,
			doc: "how the connection is protected: from its first octet, by STARTTLS (an error if the server does not offer it), or not at all, which is for this machine only",
			set: oneWord([]string{"implicit", "starttls", "none"}, []TLS{TLSImplicit, TLSStartTLS, TLSNone}, func(a *accountBody) *TLS { return &a.TLS }),
		},
		{name: "allow_plaintext", value: "true or false", fallback: "false", doc: "whether tls = \"none\" is allowed to other machines, too: everybody on the way can read the password and the mail", set: assign(boolean, func(a *accountBody) *bool { return &a.AllowPlaintext })},
		{name: "server_name", value: "a host's name", fallback: "the host", doc: "what the server's certificate must name", set: assign(hostName, func(a *accountBody) *string { return &a.ServerName })},
		{name: "ca_file", value: "a file", fallback: "the system's authorities", doc: "the only authorities whose certificates are believed, in PEM form; relative to the configuration, or with ~/ to the home directory", set: assign(line, func(a *accountBody) *string { return &a.CAFile })},
		{name: "client_cert", value: "a file", doc: "a certificate that this side shows to the server, in PEM form; needs client_key; relative like ca_file", set: assign(line, func(a *accountBody) *string { return &a.ClientCert })},
		{name: "client_key", value: "a file", doc: "the key of client_cert, in PEM form, without a passphrase", set: assign(line, func(a *accountBody) *string { return &a.ClientKey })},
		{
			name: "min_tls_version", value: "\"1.0\", \"1.1\", \"1.2\" or \"1.3\"", fallback: `"1.2"`, doc: "the oldest version of TLS that is spoken; the first two are broken and for servers that know no better",
			set: oneWord([]string{"1.0", "1.1", "1.2", "1.3"}, []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}, func(a *accountBody) *uint16 { return &a.MinTLSVersion }),
		},
		{name: "username", value: "a string", doc: "who logs in; required with a host", secret: true, set: assign(line, func(a *accountBody) *string { return &a.Username }), marked: func(a *accountBody, _ cty.Value) { a.UsernameSensitive = true }},
		{name: "password", value: "a string", doc: "the password, or the token; with a host, either this or password_command is required", secret: true, set: assign(password, func(a *accountBody) *string { return &a.password })},
		{name: "password_command", value: "a list of strings", doc: "a command and its arguments, run without a shell at login, whose first output line is the password or the token", secret: true, set: assign(commandLine, func(a *accountBody) *[]string { return &a.command }), marked: func(a *accountBody, v cty.Value) { a.hidden = markedTexts(v) }},
		{
			name: "auth", value: "\"password\", \"xoauth2\" or \"oauthbearer\"", fallback: `"password"`,
			doc: "what the password is: a password, or a token for one of these two SASL mechanisms",
			set: oneWord([]string{"password", "xoauth2", "oauthbearer"}, []Auth{AuthPassword, AuthXOAuth2, AuthOAuthBearer}, func(a *accountBody) *Auth { return &a.Auth }),
		},
		{name: "authorize_as", value: "a string", fallback: "the username", doc: "the SASL authorization identity: as whom to act, for administrators", set: assign(line, func(a *accountBody) *string { return &a.AuthorizeAs })},
		{name: "timeout", value: "a span of time", fallback: strconv.Quote(defaultTimeout.String()), doc: "for connecting and for a server's silence", set: assign(duration, func(a *accountBody) *time.Duration { return &a.Timeout })},
		{name: "maildir", value: "a directory", doc: "a local Maildir++ tree, instead of a host; relative to the configuration, or with ~/ to the home directory", set: assign(line, func(a *accountBody) *string { return &a.Maildir })},
		{name: "maildir_from", value: "a directory", doc: "mbox files of which the maildir is made where it does not exist yet: for examples and tests", set: assign(line, func(a *accountBody) *string { return &a.MaildirFrom })},
		{name: "protected", value: "a list of folder names and patterns", doc: "folders that no rule's delete, no removed block and no exclusive touches, nor what is in them; rules may move mail out of them", set: assign(folderPatterns, func(a *accountBody) *[]mailbox.Pattern { return &a.Protected })},
		{name: "exclusive", value: "a list of folder names and patterns", doc: "where folders go that nothing declares, once they hold no message and no other folder; never INBOX or a folder with a special use", set: assign(folderPatterns, func(a *accountBody) *[]mailbox.Pattern { return &a.Exclusive })},
		{
			name: "body_search", value: "\"local\" or \"server\"", fallback: `"local"`,
			doc: "where body and text are judged: here, on what is fetched, or first by the server's SEARCH for a word of the test, which fetches less and may miss mail",
			set: oneWord([]string{"local", "server"}, []bool{false, true}, func(a *accountBody) *bool { return &a.BodySearch }),
		},
		{
			name: "unmanaged", value: "\"ignore\" or \"warn\"", fallback: `"ignore"`, doc: "whether a warning names folders that nothing declares",
			set: oneWord([]string{"ignore", "warn"}, []bool{false, true}, func(a *accountBody) *bool { return &a.WarnUnmanaged }),
		},
		{name: "keywords", value: "true or false", fallback: "true", doc: "whether the server keeps keywords; if not, rules that set or read them are errors", set: assign(boolean, func(a *accountBody) *bool { return &a.keywords })},
		{name: "cache", value: "true or false", fallback: "true", doc: "whether what was read of messages is remembered on this machine, headers among it, so that the next plan reads only what has changed since", set: assign(boolean, func(a *accountBody) *bool { return &a.cache })},
	}, limitArguments()...)
}

const defaultTimeout = 30 * time.Second

// decodeAccounts decodes what is known of a block's instances by now.
func (l *loader) decodeAccounts(declared *declaredAccount) {
	for i, each := range declared.instances {
		l.decodeAccount(declared.block, each, declared.accounts[i])
	}
	if len(declared.instances) == 0 { // what is wrong with it is wrong today, too
		l.decodeAccount(declared.block, unknownInstances()[0], &Account{})
	}
}

func (l *loader) decodeAccount(b *block, each *instance, account *Account) {
	body := &accountBody{Account: *account}
	body.Timeout, body.MinTLSVersion, body.keywords, body.cache = defaultTimeout, tls.VersionTLS12, true, true
	body.ProtectedRange, body.ExclusiveRange = b.rangeOf("protected"), b.rangeOf("exclusive")
	body.CredentialRange = b.rangeOf("password")
	if _, ok := b.args["password_command"]; ok {
		body.CredentialRange = b.rangeOf("password_command")
	}
	found := decode(l, b, each, accountArguments(), body)
	l.checkPlace(b, body, found)
	l.finishPaths(b, body, found)
	if found["port"] == absent {
		body.Port = 993
		if body.TLS != TLSImplicit {
			body.Port = 143
		}
	}
	switch {
	case found["password"] == set:
		body.Credential = func(context.Context) (string, error) { return body.password, nil }
	case found["password_command"] == set:
		body.Credential = command{args: body.command, hidden: body.hidden, dir: l.src.Dir, environ: l.src.Environ}.credential
	}
	if found["maildir"] == set {
		body.Port, body.Credential = 0, nil
	}
	body.NoKeywords, body.NoCache = !body.keywords, !body.cache
	*account = body.Account
}

// onlyHost are the arguments that mean nothing to a Maildir.
var onlyHost = [...]string{
	"port", "tls", "allow_plaintext", "server_name", "ca_file", "client_cert", "client_key", "min_tls_version", "username", "password", "password_command", "auth", "authorize_as", "timeout",
	"max_rate", "max_download", "max_connections", "cache",
}

// checkPlace reports where an account does not say, or says twice, where its mail
// is and how to log in.
func (l *loader) checkPlace(b *block, a *accountBody, found fates) {
	switch {
	case found["host"] != absent && found["maildir"] != absent:
		l.report.errorAt(b.rangeOf("maildir"), "Conflicting arguments", "An account has a host or a maildir, not both.")
		return
	case found["host"] == absent && found["maildir"] == absent && b.broken:
		return
	case found["host"] == absent && found["maildir"] == absent:
		l.report.errorAt(b.declared, "Missing required argument", "An account needs a host, the name of the IMAP server, or a maildir, the directory of a local Maildir++ tree.")
		return
	case found["maildir"] != absent:
		for _, arg := range onlyHost {
			if found[arg] != absent {
				l.report.errorAt(b.args[arg].NameRange, "Argument without effect", fmt.Sprintf("An account with a maildir connects to nothing and logs in nowhere: remove %s.", arg))
			}
		}
		return
	}
	if found["maildir_from"] != absent {
		l.report.errorAt(b.args["maildir_from"].NameRange, "Argument without effect", "Only a maildir can be made of mbox files: remove maildir_from.")
	}
	l.checkLogin(b, found)
	l.checkPair(b, found, "client_cert", "client_key")
	if found["tls"] == set && a.TLS == TLSNone && found["host"] == set && found["allow_plaintext"] != unknown && !a.AllowPlaintext && !b.broken && !loopback(a.Host) {
		l.report.errorAt(b.rangeOf("tls"), "Unprotected connection",
			fmt.Sprintf("The password and all mail would cross the network to %s for everybody to read. Use tls = \"implicit\" or \"starttls\"; if it must be, say allow_plaintext = true.", a.Host))
	}
	if found["tls"] == set && a.TLS == TLSNone {
		for _, arg := range []string{"ca_file", "server_name", "client_cert", "client_key", "min_tls_version"} {
			if found[arg] != absent {
				l.report.errorAt(b.args[arg].NameRange, "Argument without effect", fmt.Sprintf("With tls = \"none\" there is no TLS: remove %s.", arg))
			}
		}
	}
}

func (l *loader) checkLogin(b *block, found fates) {
	if found["username"] == absent && !b.broken {
		l.report.errorAt(b.declared, "Missing required argument", "An account with a host needs a username.")
	}
	switch {
	case wrongItself(b, found, "password") || wrongItself(b, found, "password_command"):
	case found["password"] != absent && found["password_command"] != absent:
		l.report.errorAt(b.rangeOf("password_command"), "Conflicting arguments", "An account has a password or a password_command, not both.")
	case found["password"] == absent && found["password_command"] == absent && !b.broken:
		l.report.errorAt(b.declared, "Missing required argument", "An account with a host needs a password, best from a sensitive variable, or a password_command that prints it.")
	}
}

// checkPair reports where one of two arguments is there without the other.
func (l *loader) checkPair(b *block, found fates, one, other string) {
	for _, pair := range [][2]string{{one, other}, {other, one}} {
		if found[pair[0]] != absent && found[pair[1]] == absent && !b.broken {
			l.report.errorAt(b.args[pair[0]].NameRange, "Missing required argument", fmt.Sprintf("%s says half of it: say %s, too.", pair[0], pair[1]))
		}
	}
}

// wrongItself says whether an argument is wrong whatever others say, which is
// reported: what else is wrong with it follows from that.
func wrongItself(b *block, found fates, arg string) bool {
	return found[arg] == unknown && len(b.args[arg].Expr.Variables()) == 0
}

// finishPaths makes paths absolute: they are relative to the configuration, or to
// the home directory.
func (l *loader) finishPaths(b *block, a *accountBody, found fates) {
	for arg, path := range map[string]*string{"maildir": &a.Maildir, "maildir_from": &a.MaildirFrom, "ca_file": &a.CAFile, "client_cert": &a.ClientCert, "client_key": &a.ClientKey} {
		if found[arg] != set {
			continue
		}
		*path = l.finishPath(b, arg, *path)
	}
}

// finishPath is the absolute path that an argument says.
func (l *loader) finishPath(b *block, arg, path string) string {
	absolute, err := l.absolute(path)
	if err != nil {
		l.report.errorAt(b.rangeOf(arg), "Invalid value for "+arg, sentence(err.Error()))
	}
	return absolute
}

func (l *loader) absolute(path string) (string, error) {
	said := path
	if path == "~" || strings.HasPrefix(path, "~/") {
		home := l.src.Environ["HOME"]
		if home == "" {
			return "", errors.New("\"~\" is the home directory, and the environment variable HOME does not say which that is: write the whole path")
		}
		path = filepath.Join(home, path[1:])
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(l.src.Dir, path)
	}
	full, err := filepath.Abs(path)
	l.inputs.note(joined("path", said), full)
	return full, err
}

func hostName(v cty.Value) (string, error) {
	host, err := line(v)
	if err != nil {
		return "", err
	}
	if _, rest, ok := strings.Cut(host, "://"); ok {
		return "", fmt.Errorf("this is the name of a host, not a URL: write %q", strings.TrimRight(rest, "/"))
	}
	bare := strings.Trim(host, "[]")
	if net.ParseIP(bare) != nil {
		return bare, nil
	}
	if name, port, err := net.SplitHostPort(host); err == nil {
		return "", fmt.Errorf("the port has an argument of its own: write host = %q and port = %s", name, port)
	}
	if strings.ContainsAny(host, " /:@[]\\") {
		return "", fmt.Errorf("%q is not the name of a host", host)
	}
	return host, nil
}

// loopback says whether a host is this machine.
func loopback(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
