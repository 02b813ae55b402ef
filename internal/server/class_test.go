package server

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// Each sign has an example, most of them what some server says.
func TestClassOf(t *testing.T) {
	seen := map[sign]bool{}
	for _, c := range []struct {
		code, text string
		want       apply.Class
	}{
		{"", "", apply.ClassOther},
		{"NOTACODE", "no", apply.ClassOther},
		{"ALERT", "Please read the news", apply.ClassOther},
		{"CLIENTBUG", "", apply.ClassOther},
		{"", "quota", apply.ClassOther},

		{"OVERQUOTA", "Account exceeded command or bandwidth limits. 53if2 (Failure)", apply.ClassThrottled},
		{"OVERQUOTA", "Account exceeded command limits", apply.ClassThrottled},
		{"OVERQUOTA", "Quota exceeded (mailbox for user is full)", apply.ClassQuota},
		{"OVERQUOTA", "", apply.ClassQuota},
		{"TOOBIG", "Message too large", apply.ClassState},

		{"THROTTLED", "", apply.ClassThrottled},
		{"UNAVAILABLE", "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", apply.ClassThrottled},
		{"UNAVAILABLE", "UID FETCH Server error - Please try again later", apply.ClassThrottled},
		{"INUSE", "Mailbox in use", apply.ClassThrottled},
		{"LIMIT", "Too many commands", apply.ClassThrottled},

		{"AUTHENTICATIONFAILED", "Invalid credentials (Failure)", apply.ClassAuthentication},
		{"EXPIRED", "", apply.ClassAuthentication},
		{"PRIVACYREQUIRED", "", apply.ClassAuthentication},
		{"WEBALERT", "Web login required.", apply.ClassAuthentication},

		{"AUTHORIZATIONFAILED", "", apply.ClassPermission},
		{"CONTACTADMIN", "", apply.ClassPermission},
		{"NOPERM", "Permission denied", apply.ClassPermission},
		{"READ-ONLY", "", apply.ClassPermission},

		{"NONEXISTENT", `Mailbox "over quota" doesn't exist`, apply.ClassState},
		{"ALREADYEXISTS", "", apply.ClassState},
		{"TRYCREATE", "", apply.ClassState},
		{"HASCHILDREN", "", apply.ClassState},
		{"CANNOT", "Folder contains excess whitespace", apply.ClassState},
		{"USEATTR", "", apply.ClassState},
		{"BADCHARSET", "", apply.ClassState},

		{"EXPUNGEISSUED", "Some of the requested messages no longer exist.", apply.ClassConcurrency},
		{"MODIFIED", "", apply.ClassConcurrency},

		{"SERVERBUG", "Server error - Please try again later", apply.ClassServerBug},
		{"CORRUPTION", "", apply.ClassServerBug},

		{"", "User is authenticated but not connected.", apply.ClassAuthentication},
		{"ALERT", "Web login required: https://example.com/1", apply.ClassAuthentication},
		{"", "Request is throttled. Suggested Backoff Time: 299961 milliseconds", apply.ClassThrottled},
		{"", "Request is throttled.", apply.ClassThrottled},
		{"ALERT", "Too many simultaneous connections. (Failure)", apply.ClassThrottled},
		{"", "Too many connections from your IP address", apply.ClassThrottled},
		{"", "Maximum number of connections exceeded", apply.ClassThrottled},
		{"", "Server Unavailable. 15", apply.ClassThrottled},
		{"", "Server busy", apply.ClassThrottled},
		{"", "Bandwidth limit reached", apply.ClassThrottled},
		{"", "Rate limit hit", apply.ClassThrottled},
		{"", "Please try again later", apply.ClassThrottled},
		{"", "Temporary problem", apply.ClassThrottled},
		{"", "User is over quota", apply.ClassQuota},
		{"", "Quota exceeded", apply.ClassQuota},
		{"", "Mailbox is full", apply.ClassQuota},
		{"", "Permission denied", apply.ClassPermission},
		{"", "Access denied.", apply.ClassPermission},
		{"", "Too many user flags in mailbox", apply.ClassState},
		{"", "Internal error occurred. Refer to server log for more information.", apply.ClassServerBug},
		{"", "System Error (Failure)", apply.ClassServerBug},
	} {
		s := signOf(c.code, c.text, true)
		seen[s] = true
		err := fmt.Errorf("look: %w", &ResponseError{Op: "x", Status: "NO", Code: c.code, Text: c.text})
		if got := apply.ClassOf(err); got != c.want {
			t.Errorf("[%s] %s is %q, want %q", c.code, c.text, got, c.want)
		}
		again := c.want == apply.ClassThrottled || c.want == apply.ClassServerBug
		if apply.Transient(err) != again {
			t.Errorf("[%s] %s: is another attempt worth it?", c.code, c.text)
		}
	}
	for _, s := range signs {
		if !seen[s] {
			t.Errorf("no example of %+v", s)
		}
		if s.words != strings.ToLower(s.words) || s.code != strings.ToUpper(s.code) || s.words == "" && s.code == "" {
			t.Errorf("%+v fits nothing, or everything", s)
		}
	}
}

// What may be meant for good is taken so at a login.
func TestLoginClass(t *testing.T) {
	for _, c := range []struct {
		code, text string
		want       apply.Class
	}{
		{"", "no", apply.ClassAuthentication},
		{"", "Account temporarily locked, try again later", apply.ClassAuthentication},
		{"", "System Error (Failure)", apply.ClassAuthentication},
		{"AUTHENTICATIONFAILED", "too many connections", apply.ClassAuthentication},
		{"AUTHORIZATIONFAILED", "", apply.ClassPermission},
		{"UNAVAILABLE", "Temporary authentication failure.", apply.ClassThrottled},
		{"ALERT", "Too many simultaneous connections. (Failure)", apply.ClassThrottled},
		{"", "Request is throttled. Suggested Backoff Time: 5000 milliseconds", apply.ClassThrottled},
	} {
		if got := loginClass(c.code, c.text); got != c.want {
			t.Errorf("[%s] %s is %q, want %q", c.code, c.text, got, c.want)
		}
	}
}

func TestDelayOf(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                                       0,
		"try again later":                        0,
		"wait 5":                                 0,
		"wait 5 light years":                     0,
		"await 5 seconds":                        0,
		"wait -5 seconds":                        0,
		"wait 5 secondsand":                      0,
		"Suggested Backoff Time: 0":              0,
		"Suggested Backoff Time: 0 milliseconds": 0,
		"Suggested Backoff Time: 299961 milliseconds":                 299961 * time.Millisecond,
		"Request is throttled. SUGGESTED BACKOFF TIME: 1 Millisecond": time.Millisecond,
		"Suggested Backoff Time: 999999999999999999 milliseconds":     maxDelay,
		"Suggested Backoff Time: 99999999999999999999 milliseconds":   0,
		"try again in 30 seconds":                                     30 * time.Second,
		"Too many commands, try again in 5 minutes.":                  5 * time.Minute,
		"please wait for 2 hours":                                     2 * time.Hour,
		"retry-after: 10s":                                            10 * time.Second,
		"Retry after 90 secs":                                         90 * time.Second,
		"wait 25 hours":                                               maxDelay,
		"wait 999999999999999999 hours":                               maxDelay,
		"Mailbox \"wait 1 hour\" is not there":                        time.Hour,
		"limits: wait 100ms, then retry in 5 min":                     100 * time.Millisecond,
		"try again after 7 m":                                         7 * time.Minute,
		"backoff time 3 sec":                                          3 * time.Second,
	} {
		if got := delayOf(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func FuzzDelayOf(f *testing.F) {
	f.Add("NO", "Suggested Backoff Time: 299961 milliseconds")
	f.Fuzz(func(t *testing.T, code, text string) {
		if d := delayOf(text); d < 0 || d > maxDelay {
			t.Errorf("%q asks to wait %v", text, d)
		}
		_ = loginClass(code, text)
	})
}

// The error of a connection says why it was lost, or cannot be made, and whether another
// one is worth a try.
func TestDialClass(t *testing.T) {
	for name, c := range map[string]struct {
		greeting  string
		script    script
		class     apply.Class
		transient bool
		after     time.Duration
	}{
		"wrong password":       {script: polite().with("LOGIN", "TAG NO [AUTHENTICATIONFAILED] no\r\n"), class: apply.ClassAuthentication},
		"locked":               {script: polite().with("LOGIN", "TAG NO account temporarily locked\r\n"), class: apply.ClassAuthentication},
		"too many connections": {script: polite().with("LOGIN", "TAG NO [ALERT] Too many simultaneous connections. (Failure)\r\n"), class: apply.ClassThrottled, transient: true},
		"throttled":            {script: polite().with("LOGIN", "TAG NO Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n"), class: apply.ClassThrottled, transient: true, after: 299961 * time.Millisecond},
		"greeting is BYE":      {greeting: "* BYE [UNAVAILABLE] wait 10 seconds\r\n", script: polite(), class: apply.ClassThrottled, transient: true, after: 10 * time.Second},
		"no business here":     {greeting: "* BYE Access denied\r\n", script: polite(), class: apply.ClassPermission},
		"restarts":             {script: polite().with("LOGIN", "* BYE Server shutting down.\r\nHANGUP"), class: apply.ClassTransport, transient: true},
		"hangs up":             {script: polite().with("LOGIN", "HANGUP"), class: apply.ClassTransport, transient: true},
		"no IMAP":              {greeting: "SSH-2.0-OpenSSH\r\n", script: polite(), class: apply.ClassServerBug, transient: true},
		"not connected": {
			greeting: "* OK The Microsoft Exchange IMAP4 service is ready.\r\n",
			script:   polite().with("NAMESPACE", "TAG BAD User is authenticated but not connected.\r\n"), class: apply.ClassAuthentication,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.greeting == "" {
				c.greeting = greeting
			}
			f := newFake(t, c.greeting, c.script)
			_, err := Dial(t.Context(), f.account, Options{})
			if err == nil {
				t.Fatal("no error")
			}
			if got := apply.ClassOf(err); got != c.class || apply.Transient(err) != c.transient || apply.RetryAfter(err) != c.after {
				t.Errorf("%v: %q, transient %t, after %v", err, got, apply.Transient(err), apply.RetryAfter(err))
			}
		})
	}
}

func TestNobodyThereClass(t *testing.T) {
	f := newFake(t, greeting, polite())
	refused := *f.account
	refused.Port = 1
	_, err := Dial(t.Context(), &refused, Options{})
	if apply.ClassOf(err) != apply.ClassTransport || !apply.Transient(err) {
		t.Errorf("%v: %q", err, apply.ClassOf(err))
	}
	_, err = Dial(t.Context(), &config.Account{Host: "nobody.invalid", Port: 1}, Options{})
	if err == nil {
		t.Error("somebody is there")
	}
}

// A connection that is lost in the middle says why.
func TestLostClass(t *testing.T) {
	for text, c := range map[string]struct {
		class     apply.Class
		transient bool
	}{
		"HANGUP":                           {apply.ClassTransport, true},
		"* STATUS INBOX (MESHANGUP":        {apply.ClassTransport, true},
		"* BYE Session expired\r\nHANGUP":  {apply.ClassTransport, true},
		"* BYE [LIMIT] enough\r\nHANGUP":   {apply.ClassThrottled, true},
		"* BYE [NOPERM] go away\r\nHANGUP": {apply.ClassPermission, false},
		"* BYE [AUTHENTICATIONFAILED] the password was changed\r\nHANGUP": {apply.ClassAuthentication, false},
	} {
		_, s := dialFake(t, polite().with("STATUS INBOX", text))
		_, err := s.Status(t.Context(), mailbox.Inbox)
		if !apply.Lost(err) || apply.ClassOf(err) != c.class || apply.Transient(err) != c.transient {
			t.Errorf("%q: %v is %q, transient %t", text, err, apply.ClassOf(err), apply.Transient(err))
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "EOF") || !strings.Contains(err.Error(), "the server ended the connection") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// An apply waits as the server says, and sends again.
func TestThrottled(t *testing.T) {
	f, s := dialFake(t, polite().
		with("UID STORE", "TAG NO Request is throttled. Suggested Backoff Time: 299961 milliseconds\r\n").then("UID STORE", "TAG OK done\r\n"))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), mailbox.Inbox); err != nil {
		t.Fatal(err)
	}
	store := func() error {
		return stored(s, t.Context(), imap.UIDSetNum(2), true, mailbox.Flags{imap.FlagSeen})
	}
	err := store()
	if apply.ClassOf(err) != apply.ClassThrottled || apply.Lost(err) || apply.RetryAfter(err) != 299961*time.Millisecond {
		t.Errorf("error %v", err)
	}
	if err := store(); err != nil {
		t.Error(err)
	}
	if sent := f.sent("UID STORE"); len(sent) != 2 {
		t.Errorf("sent %q", sent)
	}
}

// A folder that the server does not leave for now is still open.
func TestCloseRefused(t *testing.T) {
	f, s := dialFake(t, polite().with("UNSELECT", "TAG NO [UNAVAILABLE] later\r\n").then("UNSELECT", "TAG OK done\r\n"))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), mailbox.Inbox); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); apply.ClassOf(err) != apply.ClassThrottled {
		t.Errorf("error %v", err)
	}
	if err := s.Delete(t.Context(), "Work"); err != nil {
		t.Errorf("another folder: %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if sent := f.sent("UNSELECT"); len(sent) != 2 {
		t.Errorf("sent %q", sent)
	}
}

// A folder is made without its use where the server does not like the use, not where it
// is busy.
func TestCreateThrottled(t *testing.T) {
	f, s := dialFake(t, polite().
		with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT UIDPLUS MOVE CREATE-SPECIAL-USE\r\nTAG OK done\r\n").
		with("CREATE", "TAG NO [INUSE] later\r\n"))
	if err := s.Create(t.Context(), "New", mailbox.UseArchive); apply.ClassOf(err) != apply.ClassThrottled {
		t.Errorf("error %v", err)
	}
	if sent := f.sent("CREATE"); len(sent) != 1 {
		t.Errorf("sent %q", sent)
	}
}

func TestClassedError(t *testing.T) {
	err := fmt.Errorf("x: %w", unreached(io.ErrUnexpectedEOF))
	if !errors.Is(err, io.ErrUnexpectedEOF) || apply.ClassOf(err) != apply.ClassTransport || !apply.Transient(err) {
		t.Errorf("error %v", err)
	}
}
