package plan

import (
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
)

func TestPlace(t *testing.T) {
	account := func(change func(*config.Account)) Place {
		a := &config.Account{Host: "imap.example.com", Port: 993, Username: "ada", AuthorizeAs: "team"}
		change(a)
		return PlaceOf(a, 7)
	}
	same := func(*config.Account) {}
	hidden := func(a *config.Account) { a.UsernameSensitive = true }
	local := func(a *config.Account) { *a = config.Account{Maildir: "/home/ada/Maildir"} }
	if p := account(hidden); p.Username != "" || !p.UsernameSensitive {
		t.Errorf("a sensitive username is kept: %+v", p)
	}
	for name, c := range map[string]struct {
		planned, now func(*config.Account)
		want         string // in the error; empty: none
	}{
		"same":               {same, same, ""},
		"host in other case": {same, func(a *config.Account) { a.Host = "IMAP.example.com" }, ""},
		"sensitive":          {hidden, hidden, ""},
		"sensitive, other":   {hidden, func(a *config.Account) { hidden(a); a.Username = "bob" }, ""}, // INBOX tells them apart
		"local":              {local, local, ""},
		"another host":       {same, func(a *config.Account) { a.Host = "imap.example.org" }, `names the server "imap.example.org", port 993`},
		"another port":       {same, func(a *config.Account) { a.Port = 143 }, "port 143"},
		"another username":   {same, func(a *config.Account) { a.Username = "bob" }, `for the username "ada", and the configuration names "bob"`},
		"now sensitive":      {same, hidden, "whether the username is sensitive has changed"},
		"sensitive no more":  {hidden, same, "whether the username is sensitive has changed"},
		"for somebody else":  {same, func(a *config.Account) { a.AuthorizeAs = "" }, `authorize_as "team"`},
		"a maildir by now":   {same, local, `for the server "imap.example.com", port 993, and the configuration names the maildir`},
		"another maildir":    {local, func(a *config.Account) { a.Maildir, a.Host = "/tmp", "" }, `for the maildir "/home/ada/Maildir"`},
		"a host by now":      {local, same, "names the server"},
	} {
		t.Run(name, func(t *testing.T) {
			err := account(c.now).Same(account(c.planned))
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				other := account(c.now)
				other.InboxUIDValidity = 8
				if err := other.Same(account(c.planned)); err == nil || !strings.Contains(err.Error(), "UIDVALIDITY 7, and here it has 8") {
					t.Errorf("another INBOX: %v", err)
				}
				if err := other.SameLogin(account(c.planned)); err != nil {
					t.Errorf("the login alone: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if strings.Contains(c.want, "sensitive") && err != nil && (strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "bob")) {
				t.Errorf("the error shows a sensitive username: %v", err)
			}
		})
	}
}
