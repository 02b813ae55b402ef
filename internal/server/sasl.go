package server

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"github.com/imapform/imapform/config"
)

// xoauth2 is the SASL mechanism XOAUTH2, a bearer token as Gmail and Outlook take
// it. It is in no RFC.
type xoauth2 struct{ user, token string }

// Start implements sasl.Client.
func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", fmt.Appendf(nil, "user=%s\x01auth=Bearer %s\x01\x01", x.user, x.token), nil
}

// Next implements sasl.Client: a challenge says why the token is refused, and an
// answer, which must not be empty for the library, lets the server say NO.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{1}, nil }

// oauthBearer is the SASL mechanism OAUTHBEARER (RFC 7628). go-sasl's breaks the
// exchange off at the server's challenge, so that its NO is never read.
type oauthBearer struct {
	user, host string
	port       int
	token      string
}

// Start implements sasl.Client.
func (o *oauthBearer) Start() (string, []byte, error) {
	_, first, err := sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
		Username: o.user, Host: o.host, Port: o.port, Token: o.token,
	}).Start()
	return sasl.OAuthBearer, first, err
}

// Next implements sasl.Client (RFC 7628 section 3.2.3).
func (o *oauthBearer) Next([]byte) ([]byte, error) { return []byte{1}, nil }

// leastSecret is the length from which on a form is hidden: a shorter one is part of
// too many words.
const leastSecret = 4

// secretForms are the ways in which a credential crosses the wire, the longest first:
// a server that repeats one of them must not have it printed.
func secretForms(a *config.Account, credential string) []string {
	quoted := quote(credential)
	forms := []string{credential, printable(credential), quoted[1 : len(quoted)-1], base64.StdEncoding.EncodeToString([]byte(credential))}
	for _, mechanism := range []sasl.Client{
		sasl.NewPlainClient(a.AuthorizeAs, a.Username, credential),
		&xoauth2{a.Username, credential},
		&oauthBearer{user: authorizeAs(a), host: a.Host, port: a.Port, token: credential},
	} {
		if _, first, err := mechanism.Start(); err == nil {
			forms = append(forms, base64.StdEncoding.EncodeToString(first))
		}
	}
	forms = append(forms, within64(credential)...)
	if a.UsernameSensitive {
		forms = append(append(forms, a.Username, printable(a.Username)), within64(a.Username)...)
	}
	forms = slices.DeleteFunc(forms, func(form string) bool { return len(form) < leastSecret })
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return forms
}

// within64 are the ways in which a text looks within something longer in base64:
// octets stand for themselves there only together with their neighbours.
func within64(text string) []string {
	var forms []string
	for before := range 3 {
		whole := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + text))
		first := (before*8 + 5) / 6          // of whose octets none is from before
		last := (before + len(text)) * 8 / 6 // behind those of which none is from behind
		if last-first >= 2*leastSecret {
			forms = append(forms, whole[first:last])
		}
	}
	return forms
}
