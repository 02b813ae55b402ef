package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
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
		"password repeated in a BYE": {
			script: polite().with("LOGIN", "* BYE no user me with password hunter2\r\nHANGUP"), says: []string{"password ***"},
		},
		"password repeated as a line":  {script: polite().with("LOGIN", "hunter2 is wrong\r\n"), is: wire.ErrProtocol},
		"password repeated in a line":  {script: polite().with("LOGIN", "* LIST "+strings.Repeat("(", 193)+"hunter2\r\n* 7 hunter2 is wrong\r\n*\r\n"), is: wire.ErrProtocol},
		"password repeated as a code":  {script: polite().with("LOGIN", "TAG NO [hunter2] x\r\n"), is: ErrAuth, says: []string{"NO [***] x"}},
		"password in other letters":    {script: polite().with("LOGIN", "TAG NO HUNTER2 and Hunter2\r\n"), is: ErrAuth, says: []string{"*** and ***"}},
		"password at the end of much":  {script: polite().with("LOGIN", "TAG NO "+strings.Repeat("x", 296)+"hunter2\r\n"), is: ErrAuth},
		"password at the end of a BYE": {script: polite().with("LOGIN", "* BYE "+strings.Repeat("x", 296)+"hunter2\r\nHANGUP"), says: []string{"xxx***"}},
		"password repeated as it was quoted": {
			script: polite().with("LOGIN", `TAG NO what is LOGIN "me" "hunter2\"\\x"?`+"\r\n"),
			account: func(a *config.Account) {
				a.Credential = func(context.Context) (string, error) { return `hunter2"\x`, nil }
			},
			is: ErrAuth, says: []string{`LOGIN "me" "***"?`},
		},
		"password with a tab repeated": {
			script: polite().with("LOGIN", "TAG NO bad hunter2\tx\r\n"),
			account: func(a *config.Account) {
				a.Credential = func(context.Context) (string, error) { return "hunter2\tx", nil }
			},
			is: ErrAuth, says: []string{"bad ***: check"},
		},
		"refused before the response": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n").with("AUTHENTICATE PLAIN", "+ \r\nTAG NO go away\r\n"),
			is:     ErrAuth, says: []string{"NO go away"},
		},
		"accepted before the response": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 NAMESPACE AUTH=PLAIN\r\nTAG OK\r\n").with("AUTHENTICATE PLAIN", "+ \r\nTAG OK come in\r\nHANGUP"),
		},
		"gone before the response": {
			script: polite().with(anyCaps, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n").with("AUTHENTICATE PLAIN", "+ \r\nHANGUP"),
			says:   []string{"log in to 127.0.0.1"},
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
				_, err = s.List(t.Context()) // which asks for the namespaces
				s.drop()
			}
			wantError(t, err, c.says...)
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %q is not %q", err, c.is)
			}
			if errors.Is(err, ErrAuth) != (c.is == ErrAuth) {
				t.Errorf("error %q: is it ErrAuth?", err)
			}
			for _, secret := range []string{"hunt", "ahvudgvymg", "ag1laGh1bnrlcji", "\x1b"} {
				if strings.Contains(strings.ToLower(err.Error()), strings.ToLower(secret)) {
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

// The refusal and what it was sent ahead of may arrive at any moment of the exchange.
func TestLoginRefusedEarly(t *testing.T) {
	for range 30 {
		f := newFake(t, greeting, polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK\r\n").
			with("AUTHENTICATE PLAIN", "+ \r\nTAG NO go away\r\n"))
		var (
			mu    sync.Mutex
			trace strings.Builder
		)
		o := Options{Trace: func(_ bool, line string) { mu.Lock(); defer mu.Unlock(); trace.WriteString(line + "\n") }}
		done := make(chan error, 1)
		go func() {
			_, err := Dial(t.Context(), f.account, o)
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "go away") {
				t.Fatalf("error %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the login hangs")
		}
		mu.Lock()
		if strings.Contains(trace.String(), "AG1lAGh1bnRlcjI") {
			t.Fatalf("trace:\n%s", trace.String())
		}
		mu.Unlock()
		for _, command := range f.sent("") {
			if command == "" {
				t.Error("the response was sent as a command")
			}
		}
	}
}

// A library that waits for what never comes is left waiting.
func TestAwait(t *testing.T) {
	because := errors.New("enough")
	for name, end := range map[string]func(*Session, context.CancelCauseFunc){
		"the context ends":    func(_ *Session, cancel context.CancelCauseFunc) { cancel(because) },
		"the connection ends": func(s *Session, _ context.CancelCauseFunc) { s.conn.Close() },
		"the server refuses": func(s *Session, _ context.CancelCauseFunc) {
			s.heard.notice(wire.Notice{Tag: "T9", Command: "LOGIN", Type: "NO", Text: "go away"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, polite())
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			begun, never := make(chan bool), make(chan error)
			defer close(never)
			go func() { <-begun; end(s, cancel) }()
			if err := s.await(ctx, func() error { close(begun); return <-never }); err == nil {
				t.Error("no error")
			}
		})
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
	t.Run("trace of a server that repeats", func(t *testing.T) {
		f := newFake(t, greeting, polite().with("LOGIN", "* NO [ALERT] bad password hunter2\r\nTAG NO [AUTHENTICATIONFAILED] hunter2 is wrong\r\n* BYE hunter2\r\nHANGUP"))
		var trace []string
		_, err := Dial(t.Context(), f.account, Options{Trace: func(_ bool, line string) { trace = append(trace, line) }})
		wantError(t, err, "*** is wrong")
		all := strings.Join(trace, "\n")
		if strings.Contains(all, "hunter2") || !strings.Contains(all, "* NO [ALERT] ***") || !strings.Contains(all, " NO [AUTHENTICATIONFAILED] ***") {
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

// A username that must not be shown is in no error, even where the server says it.
func TestDialHidesUsername(t *testing.T) {
	for name, script := range map[string]script{
		"refused":    polite().with("LOGIN", "TAG NO [AUTHENTICATIONFAILED] no user verysecret here\r\n"),
		"hangs up":   polite().with("LOGIN", "* BYE go away, verysecret\r\nHANGUP"),
		"namespaces": polite().with("NAMESPACE", "TAG NO later\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, greeting, script)
			f.account.Username, f.account.UsernameSensitive = "verysecret", true
			session, err := Dial(t.Context(), f.account, Options{})
			if err == nil {
				_, err = session.List(t.Context()) // which asks for the namespaces
				session.drop()
			}
			wantError(t, err)
			if strings.Contains(err.Error(), "verysecret") {
				t.Errorf("the error %q tells the username", err)
			}
		})
	}
}

// A bearer token is presented as each mechanism wants it, at once where the server
// offers that (SASL-IR, RFC 4959) and after its leave otherwise.
func TestDialWithToken(t *testing.T) {
	for name, c := range map[string]struct {
		auth      config.Auth
		mechanism string
		initial   string
	}{
		"xoauth2":     {config.AuthXOAuth2, "XOAUTH2", "user=me\x01auth=Bearer hunter2\x01\x01"},
		"oauthbearer": {config.AuthOAuthBearer, "OAUTHBEARER", "n,a=me,\x01host=127.0.0.1\x01port=PORT\x01auth=Bearer hunter2\x01\x01"},
	} {
		for _, initial := range []bool{true, false} {
			t.Run(fmt.Sprint(name, initial), func(t *testing.T) {
				caps, answer := "AUTH="+c.mechanism, "+ \r\nTHEN TAG OK welcome\r\n"
				if initial {
					caps, answer = caps+" SASL-IR", "TAG OK welcome\r\n"
				}
				f := newFake(t, greeting, polite().
					with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT "+caps+"\r\nTAG OK done\r\n").
					with("AUTHENTICATE "+c.mechanism, answer))
				f.account.Auth = c.auth
				s, err := Dial(t.Context(), f.account, Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer s.drop()
				want := base64.StdEncoding.EncodeToString([]byte(strings.Replace(c.initial, "PORT", fmt.Sprint(f.account.Port), 1)))
				if got := strings.Join(f.sent(""), "\n"); !strings.Contains(got, want) {
					t.Errorf("sent %q, want it to hold %q", got, want)
				}
			})
		}
	}
}
