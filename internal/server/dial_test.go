package server

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/server/wire"
)

func TestDialRefused(t *testing.T) {
	const anyCaps = "CAPABILITY"
	for name, c := range map[string]struct {
		greeting string
		script   script
		account  func(*config.Account)
		is       error
		says     []string
		notSent  string
	}{
		"wrong password": {
			script: polite().with("LOGIN", "TAG NO [AUTHENTICATIONFAILED] no user me with hunter2\r\n"),
			is:     ErrAuth, says: []string{`127.0.0.1 as "me" (account.work)`, "NO [AUTHENTICATIONFAILED] no user me with ***", "check username and password"},
		},
		"login is BAD": {
			script: polite().with("LOGIN", "TAG BAD no\r\n"), is: ErrAuth,
		},
		"server is busy": {
			script: polite().with("LOGIN", "TAG NO [UNAVAILABLE] too many connections\r\n"),
			is:     errBusy, says: []string{"too many connections", "try again later"},
		},
		"PLAIN refused, and repeated": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK\r\n").
				with("AUTHENTICATE PLAIN", "TAG NO bad AG1lAGh1bnRlcjI=\r\n"),
			is: ErrAuth, says: []string{"NO bad ***"}, notSent: "LOGIN",
		},
		"LOGINDISABLED": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK\r\n"),
			says:   []string{"LOGINDISABLED", `tls = "starttls"`}, notSent: "LOGIN",
		},
		"LOGINDISABLED, other mechanisms": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI\r\nTAG OK\r\n"),
			says:   []string{"LOGINDISABLED"}, notSent: "LOGIN",
		},
		"token without XOAUTH2": {
			script:  polite().with(anyCaps, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n"),
			account: func(a *config.Account) { a.Auth = config.AuthXOAuth2 },
			is:      ErrCapability, says: []string{"XOAUTH2", "it offers PLAIN"}, notSent: "AUTHENTICATE",
		},
		"token refused": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2\r\nTAG OK\r\n").
				with("AUTHENTICATE XOAUTH2", "+ eyJzdGF0dXMiOiI0MDAifQ==\r\nTHEN TAG NO [AUTHENTICATIONFAILED] bad token\r\n"),
			account: func(a *config.Account) { a.Auth = config.AuthXOAuth2 },
			is:      ErrAuth, says: []string{"bad token", "username and token"},
		},
		"bearer token refused": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER\r\nTAG OK\r\n").
				with("AUTHENTICATE OAUTHBEARER", "+ eyJzdGF0dXMiOiI0MDAifQ==\r\nTHEN TAG NO [AUTHENTICATIONFAILED] bad token\r\n"),
			account: func(a *config.Account) { a.Auth = config.AuthOAuthBearer },
			is:      ErrAuth, says: []string{"bad token"},
		},
		"authorize_as without PLAIN": {
			script: polite(), account: func(a *config.Account) { a.AuthorizeAs = "boss" },
			is: ErrCapability, notSent: "LOGIN",
		},
		"no password": {
			script: polite(),
			account: func(a *config.Account) {
				a.Credential = func(context.Context) (string, error) { return "", io.ErrUnexpectedEOF }
			},
			is: io.ErrUnexpectedEOF, says: []string{"password of account.work"}, notSent: "LOGIN",
		},
		"password of two lines": {
			script: polite(),
			account: func(a *config.Account) {
				a.Credential = func(context.Context) (string, error) { return "x\r\nT9 DELETE INBOX", nil }
			},
			says: []string{"line break"}, notSent: "LOGIN",
		},
		"PREAUTH":           {greeting: "* PREAUTH hello root\r\n", script: polite(), says: []string{"PREAUTH"}, notSent: "LOGIN"},
		"BYE":               {greeting: "* BYE too many\x1b[31m of you\r\n", script: polite(), says: []string{"too many", "of you"}},
		"no IMAP":           {greeting: "SSH-2.0-OpenSSH\r\n", script: polite(), is: wire.ErrProtocol},
		"no greeting":       {greeting: "", script: polite(), account: func(a *config.Account) { a.Timeout = 50 * time.Millisecond }, is: wire.ErrSilent},
		"no answer":         {script: polite().with("LOGIN", ""), account: func(a *config.Account) { a.Timeout = 50 * time.Millisecond }, is: wire.ErrSilent, says: []string{"log in to 127.0.0.1"}},
		"hangs up":          {script: polite().with("LOGIN", "* BYE maintenance\r\nHANGUP"), says: []string{"maintenance"}},
		"no capability":     {script: polite().with(anyCaps, "TAG OK\r\n"), says: []string{"capabilities"}, notSent: "LOGIN"},
		"not IMAP4rev1":     {script: polite().with(anyCaps, "* CAPABILITY IMAP4rev2\r\nTAG OK\r\n"), is: ErrCapability, says: []string{"IMAP4rev1"}},
		"namespace refused": {script: polite().with("NAMESPACE", "TAG NO later\r\n"), says: []string{"namespaces", "NO later"}},
		"login that was none": {
			greeting: "* OK The Microsoft Exchange IMAP4 service is ready.\r\n",
			script:   polite().with("NAMESPACE", "TAG BAD User is authenticated but not connected.\r\n"),
			is:       ErrAuth, says: []string{"may not open that mailbox"},
		},
		"no delimiter": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1\r\nTAG OK\r\n").with("LIST", "TAG OK\r\n"),
			says:   []string{"delimiter"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.greeting == "" && name != "no greeting" {
				c.greeting = greeting
			}
			f := newFake(t, c.greeting, c.script)
			if c.account != nil {
				c.account(f.account)
			}
			s, err := Dial(t.Context(), f.account, Options{})
			if err == nil {
				s.drop()
			}
			wantError(t, err, c.says...)
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %q is not %q", err, c.is)
			}
			if errors.Is(err, ErrAuth) != (c.is == ErrAuth) {
				t.Errorf("error %q: is it ErrAuth?", err)
			}
			for _, secret := range []string{"hunter2", "aHVudGVyMg", "AG1lAGh1bnRlcjI", "\x1b"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q holds %q", err, secret)
				}
			}
			if sent := f.sent(c.notSent); c.notSent != "" && len(sent) > 0 {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

func TestDialNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	_, err = Dial(t.Context(), &config.Account{Host: "127.0.0.1", Port: port, TLS: config.TLSNone}, Options{})
	wantError(t, err, "127.0.0.1", "is the server running there")
	_, err = Dial(t.Context(), &config.Account{Host: "nobody.invalid", Port: port}, Options{})
	wantError(t, err, "nobody.invalid")
}

func TestDialCancelled(t *testing.T) {
	because := errors.New("somebody pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	f := newFake(t, greeting, polite().with("LOGIN", ""))
	time.AfterFunc(50*time.Millisecond, func() { cancel(because) })
	_, err := Dial(ctx, f.account, Options{})
	if !errors.Is(err, because) {
		t.Errorf("error %v does not say %q", err, because)
	}
	_, err = Dial(ctx, f.account, Options{})
	if err == nil {
		t.Error("a context that has ended still lets one connect")
	}
}

func TestDial(t *testing.T) {
	t.Run("PLAIN with SASL-IR", func(t *testing.T) {
		f, _ := dialFake(t, polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK\r\n").
			with("AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", "TAG OK\r\n").with("LIST", "* LIST (\\Noselect) \".\" \"\"\r\nTAG OK\r\n"))
		if sent := f.sent("AUTHENTICATE"); len(sent) != 1 {
			t.Errorf("sent %q", sent)
		}
	})
	t.Run("PLAIN without SASL-IR", func(t *testing.T) {
		f, _ := dialFake(t, polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE AUTH=PLAIN\r\nTAG OK\r\n").
			with("AUTHENTICATE PLAIN", "+ \r\nTHEN TAG OK\r\n"))
		if sent := f.sent("AUTHENTICATE"); !slices.Equal(sent, []string{"AUTHENTICATE PLAIN"}) {
			t.Errorf("sent %q", sent)
		}
	})
	t.Run("LOGIN", func(t *testing.T) {
		f, s := dialFake(t, polite())
		if sent := f.sent("LOGIN"); !slices.Equal(sent, []string{`LOGIN "me" "hunter2"`}) {
			t.Errorf("sent %q", sent)
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		if sent := f.sent("LOGOUT"); len(sent) != 1 {
			t.Errorf("sent %q", sent)
		}
	})
	t.Run("trace", func(t *testing.T) {
		f := newFake(t, greeting, polite())
		var trace []string
		s, err := Dial(t.Context(), f.account, Options{Trace: func(_ bool, line string) { trace = append(trace, line) }})
		if err != nil {
			t.Fatal(err)
		}
		s.drop()
		all := strings.Join(trace, "\n")
		if !strings.Contains(all, "LOGIN ***") || strings.Contains(all, "hunter2") {
			t.Errorf("trace:\n%s", all)
		}
	})
	t.Run("a server that wants ID", func(t *testing.T) {
		f := newFake(t, "* OK Coremail System IMap Server Ready\r\n",
			polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE ID\r\nTAG OK\r\n"))
		s, err := Dial(t.Context(), f.account, Options{Version: "1.2"})
		if err != nil {
			t.Fatal(err)
		}
		s.drop()
		if sent := f.sent("ID"); !slices.Equal(sent, []string{`ID ("name" "imapform" "version" "1.2")`}) {
			t.Errorf("sent %q", sent)
		}
	})
}
