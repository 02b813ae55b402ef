package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/server/wire"
)

// login proves to the server who the user is. Neither the credential nor a form of
// it is in any error, whatever the server repeats.
func (s *Session) login(ctx context.Context) error {
	a := s.account
	way, err := s.wayToLogIn()
	if err != nil { // a greeting need not tell everything
		if err := s.readCapabilities(ctx); err != nil {
			return err
		}
		if way, err = s.wayToLogIn(); err != nil {
			return err
		}
	}
	credential, err := s.readCredential(ctx)
	if err != nil {
		return err
	}
	op := loggingIn(a)
	err = s.run(ctx, op, "", func() error { return s.await(ctx, func() error { return way(credential) }) })
	return s.explainLogin(op, err)
}

// readCredential reads what to log in with. From then on nothing that the server says
// may show it.
func (s *Session) readCredential(ctx context.Context) (string, error) {
	a := s.account
	if a.Credential == nil {
		return "", fmt.Errorf("log in to %s: %s has no password", a.Host, a.Address)
	}
	credential, err := a.Credential(ctx)
	if err != nil {
		return "", fmt.Errorf("get the password of %s: %w", a.Address, err)
	}
	// These would end what they stand in, and begin something else.
	if strings.ContainsAny(credential+a.Username+a.AuthorizeAs, "\x00\x01\r\n") {
		return "", fmt.Errorf("log in to %s: username, password or authorize_as of %s hold a line break or NUL", a.Host, a.Address)
	}
	s.secrets.keep(secretForms(a, credential))
	return credential, nil
}

// loggingIn says who logs in where, without a username that must not be shown.
func loggingIn(a *config.Account) string {
	if a.UsernameSensitive {
		return fmt.Sprintf("log in to %s (%s)", a.Host, a.Address)
	}
	return fmt.Sprintf("log in to %s as %q (%s)", a.Host, a.Username, a.Address)
}

// await runs a login of the library's. It does not wait for the library where that
// waits for something that will not come: it asks to be told of the server's next
// "+" without looking whether the server has refused the command meanwhile, or is
// gone. The connection is of no more use then, and the library's goroutine is left.
func (s *Session) await(ctx context.Context, login func() error) (err error) {
	refused := s.heard.refusals()
	done := make(chan error, 1)
	go func() { done <- login() }()
	select {
	case err = <-done:
	case <-s.client.Closed():
		err = errors.New("the connection has ended")
	case <-ctx.Done():
		err = context.Cause(ctx)
	case n := <-refused:
		return refusedBy(n)
	}
	if err == nil {
		return nil
	}
	select { // what the server has said explains it best
	case n := <-refused:
		return refusedBy(n)
	default:
		return err
	}
}

// refusedBy is the library's form of a refusal.
func refusedBy(n wire.Notice) error {
	return &imap.Error{Type: imap.StatusResponseType(n.Type), Code: imap.ResponseCode(n.Code), Text: n.Text}
}

// loginDisabled says why there is no way in (RFC 9051 section 6.2.3).
func (s *Session) loginDisabled() error {
	what := "the server allows no login on this connection (LOGINDISABLED)"
	if s.account.TLS == config.TLSNone {
		what += ": it wants TLS: say tls = \"starttls\" or \"implicit\""
	}
	return fmt.Errorf("log in to %s: %s", s.account.Host, what)
}

// wayToLogIn chooses among what the server offers what the account asks for.
func (s *Session) wayToLogIn() (func(credential string) error, error) {
	a := s.account
	if s.caps.has("LOGINDISABLED") && len(s.caps.list("AUTH=")) == 0 {
		return nil, s.loginDisabled()
	}
	switch a.Auth {
	case config.AuthXOAuth2:
		if !s.caps.has("AUTH=XOAUTH2") {
			return nil, s.noMechanism("XOAUTH2")
		}
		return func(token string) error { return s.authenticate(&xoauth2{a.Username, token}) }, nil
	case config.AuthOAuthBearer:
		if !s.caps.has("AUTH=OAUTHBEARER") {
			return nil, s.noMechanism("OAUTHBEARER")
		}
		return func(token string) error {
			return s.authenticate(&oauthBearer{user: authorizeAs(a), host: a.Host, port: a.Port, token: token})
		}, nil
	}
	switch {
	case s.caps.has("AUTH=PLAIN"):
		return func(password string) error {
			return s.authenticate(sasl.NewPlainClient(a.AuthorizeAs, a.Username, password))
		}, nil
	case a.AuthorizeAs != "":
		return nil, s.noMechanism("PLAIN, which authorize_as needs")
	case s.caps.has("LOGINDISABLED"):
		return nil, s.loginDisabled()
	}
	return func(password string) error { return s.client.Login(a.Username, password).Wait() }, nil
}

// authorizeAs is whose mail is meant.
func authorizeAs(a *config.Account) string {
	if a.AuthorizeAs != "" {
		return a.AuthorizeAs
	}
	return a.Username
}

func (s *Session) noMechanism(name string) error {
	offers := "no mechanism at all"
	if list := s.caps.list("AUTH="); len(list) > 0 {
		offers = strings.Join(list, ", ")
	}
	return fmt.Errorf("log in to %s: the server does not offer %s on this connection; it offers %s: %w",
		s.account.Host, name, safe(offers), ErrCapability)
}

// authenticate runs a SASL exchange. One that this side breaks off leaves the
// server waiting, so that the connection is of no more use.
func (s *Session) authenticate(mechanism sasl.Client) error {
	err := s.client.Authenticate(mechanism)
	var refused *imap.Error
	if err != nil && !errors.As(err, &refused) {
		s.conn.Close() // the exchange's error is the one that matters
	}
	return err
}

// explainLogin says whether the credential is to blame for a refusal.
func (s *Session) explainLogin(op string, err error) error {
	var refused *ResponseError
	if !errors.As(err, &refused) {
		return err
	}
	words := []string{refused.Status}
	if refused.Code != "" {
		words = append(words, "["+refused.Code+"]")
	}
	if refused.Text != "" {
		words = append(words, refused.Text)
	}
	reason, hint := ErrAuth, "check username and password"
	class := loginClass(refused.Code, refused.Text)
	switch {
	case transient(class):
		reason, hint = errBusy, "try again later"
	case refused.Code == string(imap.ResponseCodePrivacyRequired):
		hint = "the server wants TLS"
	case refused.Code == string(imap.ResponseCodeExpired):
		hint = "the password or token has expired"
	case s.account.ClientCert == "" && strings.Contains(strings.ToLower(refused.Text), "certificate"):
		hint = "it may want one of yours, which client_cert and client_key name"
	case s.tls != nil && len(s.tls.Certificates) > 0 && strings.Contains(strings.ToLower(refused.Text), "certificate"):
		hint = "it may not accept client_cert " + s.account.ClientCert + validity(s.tls.Certificates[0].Leaf)
	case s.account.Auth != config.AuthPassword:
		hint = "check username and token"
	}
	return &classedError{
		error: fmt.Errorf("%s: %w: %s: %s", op, reason, strings.Join(words, " "), hint),
		class: class, after: refused.RetryAfter(),
	}
}

var errBusy = errors.New("the server cannot log anybody in for now")
