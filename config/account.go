package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// An accountBody is an account as far as its arguments say it.
type accountBody struct {
	Account
	password string
	command  []string
	hidden   []string // of command, what comes from sensitive variables
}

func accountArguments() []argument[accountBody] {
	return []argument[accountBody]{
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
	}
}

const defaultTimeout = 30 * time.Second

// A declaredAccount is what account.NAME is in expressions.
type declaredAccount struct{ account *Account }

var accountType = cty.Capsule("an account", reflect.TypeFor[declaredAccount]())

func (l *loader) declareAccount(b *block) {
	account := &declaredAccount{&Account{Address: "account." + b.label, Label: b.label, Declared: b.declared}}
	isNew := l.node("account", b.label, b.declared, func() cty.Value {
		l.decodeAccount(b, account.account)
		return cty.CapsuleVal(accountType, account)
	})
	if isNew {
		l.accounts = append(l.accounts, account)
	}
}

func (l *loader) decodeAccount(b *block, account *Account) {
	body := &accountBody{Account: *account}
	body.Timeout = defaultTimeout
	body.CredentialRange = b.rangeOf("password")
	if _, ok := b.args["password_command"]; ok {
		body.CredentialRange = b.rangeOf("password_command")
	}
	found := decode(l, b, nil, accountArguments(), body)
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
	*account = body.Account
}

// onlyHost are the arguments that mean nothing to a Maildir.
var onlyHost = [...]string{
	"port", "tls", "allow_plaintext", "server_name", "ca_file", "username", "password", "password_command", "auth", "authorize_as", "timeout",
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
	if found["tls"] == set && a.TLS == TLSNone && found["host"] == set && found["allow_plaintext"] != unknown && !a.AllowPlaintext && !b.broken && !loopback(a.Host) {
		l.report.errorAt(b.rangeOf("tls"), "Unprotected connection",
			fmt.Sprintf("The password and all mail would cross the network to %s for everybody to read. Use tls = \"implicit\" or \"starttls\"; if it must be, say allow_plaintext = true.", a.Host))
	}
	if found["tls"] == set && a.TLS == TLSNone {
		for _, arg := range []string{"ca_file", "server_name"} {
			if found[arg] != absent {
				l.report.errorAt(b.args[arg].NameRange, "Argument without effect", fmt.Sprintf("With tls = \"none\" no certificate is looked at: remove %s.", arg))
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

// wrongItself says whether an argument is wrong whatever others say, which is
// reported: what else is wrong with it follows from that.
func wrongItself(b *block, found fates, arg string) bool {
	return found[arg] == unknown && len(b.args[arg].Expr.Variables()) == 0
}

// finishPaths makes paths absolute: they are relative to the configuration, or to
// the home directory.
func (l *loader) finishPaths(b *block, a *accountBody, found fates) {
	for arg, path := range map[string]*string{"maildir": &a.Maildir, "maildir_from": &a.MaildirFrom, "ca_file": &a.CAFile} {
		if found[arg] != set {
			continue
		}
		absolute, err := l.absolute(*path)
		if err != nil {
			l.report.errorAt(b.rangeOf(arg), "Invalid value for "+arg, sentence(err.Error()))
		}
		*path = absolute
	}
}

func (l *loader) absolute(path string) (string, error) {
	if path == "~" || strings.HasPrefix(path, "~/") {
		home := l.src.Environ["HOME"]
		if home == "" {
			return "", errors.New("\"~\" is the home directory, and the environment variable HOME does not say which that is: write the whole path")
		}
		path = filepath.Join(home, path[1:])
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(l.src.Dir, path)
	}
	return filepath.Abs(path)
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

// accountOf is the account that a block belongs to: the one it names, or the only
// one there is. Nil if that cannot be told, which is reported.
func (l *loader) accountOf(b *block, each *instance) *Account {
	attr, ok := b.args["account"]
	if ok {
		if account, isNull := l.namedAccount(b, each); !isNull {
			return account
		}
	}
	switch len(l.accounts) {
	case 0:
		if !l.missingAccount {
			l.missingAccount = true
			l.report.errorAt(b.declared, "No account", "Nothing says whose mailbox this is: declare an account block.")
		}
		return nil
	case 1:
		return l.accounts[0].account
	}
	at := b.declared
	if ok {
		at = attr.Expr.Range()
	}
	l.report.errorAt(at, "Missing required argument",
		fmt.Sprintf("There are several accounts: say which one is meant, as in account = %s.", l.accounts[0].account.Address))
	return nil
}

func (l *loader) namedAccount(b *block, each *instance) (account *Account, isNull bool) {
	attr := b.args["account"]
	v, ctx := l.eval(attr.Expr, each)
	if v.IsMarked() {
		l.sensitiveAt(attr, v, ctx)
		return nil, false
	}
	if !v.IsKnown() || v.IsNull() {
		return nil, v.IsNull()
	}
	if !v.Type().Equals(accountType) {
		l.valueError(attr, ctx, wants("an account, as in account.work", v))
		return nil, false
	}
	return v.EncapsulatedValue().(*declaredAccount).account, false
}
