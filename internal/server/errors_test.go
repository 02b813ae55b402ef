package server

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode"
)

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		" plain words ":           "plain words",
		"two\r\nlines\tand tab":   "two  lines and tab",
		"\x1b[31mred\x07":         "\uFFFD[31mred\uFFFD",
		"right\u202eleft":         "right\uFFFDleft",
		"zero\u200bwidth\u0085":   "zero\uFFFDwidth",
		"not \xff UTF-8":          "not \uFFFD UTF-8",
		strings.Repeat("é", 1000): strings.Repeat("é", maxText) + "…",
		"Größe 日本":                "Größe 日本",
	} {
		if got := safe(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWithout(t *testing.T) {
	for _, c := range []struct{ text, secret, want string }{
		{"a secret", "secret", "a ***"},
		{"SeCrEt, secretsecret", "sEcret", "***, ******"},
		{"secre", "secret", "secre"},
		{"a\xff\u0130b", "\xff\u0130", "a***b"},
		{"all", "", "all"},
		{"***", "*", "*********"},
	} {
		if got := without(c.text, c.secret); got != c.want {
			t.Errorf("%q without %q is %q, want %q", c.text, c.secret, got, c.want)
		}
	}
}

// An error that is not to say a secret can be compared, but not taken apart.
func TestConceal(t *testing.T) {
	inside := &LostError{Op: "say secret", Err: io.ErrUnexpectedEOF}
	err := conceal(inside, []string{"secret"})
	var lost *LostError
	if err.Error() != "say ***: the server ended the connection in the middle of an answer" || !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &lost) {
		t.Errorf("error %q, %v", err, lost)
	}
	if err := conceal(inside, []string{"other"}); err != error(inside) {
		t.Errorf("an error without a secret becomes %#v", err)
	}
}

func TestLostErrorSaysNoSecret(t *testing.T) {
	_, s := dialFake(t, polite())
	s.secrets.keep([]string{"hunter2"})
	err := s.explain("log in", "", fmt.Errorf("cannot read %q: %w", "Hunter2", io.ErrUnexpectedEOF))
	var lost *LostError
	if !errors.As(err, &lost) || !errors.Is(err, io.ErrUnexpectedEOF) || lost.Error() != `log in: cannot read "***": unexpected EOF` {
		t.Errorf("error %v", err)
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("a\x1b[0m\u202e")
	f.Fuzz(func(t *testing.T, text string) {
		for _, err := range []error{
			&ResponseError{Op: "read", Folder: "x", Status: "NO", Code: safe(text), Text: safe(text)},
			&LostError{Op: "read", Err: errors.New(text)},
		} {
			for _, r := range err.Error() {
				if !unicode.IsPrint(r) {
					t.Fatalf("%q holds %U", err, r)
				}
			}
		}
	})
}

func TestQuirks(t *testing.T) {
	for _, q := range quirks {
		if (q.greeting == "") == (q.capability == "") {
			t.Errorf("%s is known by neither or both", q.server)
		}
		if q.greeting != strings.ToLower(q.greeting) || q.id != strings.ToLower(q.id) || q.capability != strings.ToUpper(q.capability) {
			t.Errorf("%s: letter case", q.server)
		}
		if (q.fault == "") != reflect.ValueOf(q.effect).IsZero() {
			t.Errorf("%s: a fault needs an effect, and an effect a fault", q.server)
		}
	}
	for _, c := range []struct {
		greeting, id string
		caps         capabilities
		want         string
	}{
		{"* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready.", "", nil, "Dovecot"},
		{"Gimap ready", "", capabilities{"X-GM-EXT-1": true}, "Gmail"},
		{"Proton Mail Bridge 03.25.00 - gluon session ID 137", "", nil, "Proton Mail Bridge"},
		{"IMAP4rev1 Service Ready", "name ProtonMail Bridge version 1.8", nil, "Proton Mail Bridge"},
		{"hello", "name Other", capabilities{"IMAP4REV1": true}, ""},
	} {
		if q, ok := knownServer(c.greeting, c.id, c.caps); q.server != c.want || ok != (c.want != "") {
			t.Errorf("%+v is %q", c, q.server)
		}
	}
}

// A refusal is in the same words each time.
func TestResponseErrorWithoutTimes(t *testing.T) {
	for text, want := range map[string]string{
		"Mailbox doesn't exist: Archive (0.001 + 0.000 + 0.001 secs).": "Mailbox doesn't exist: Archive.",
		"Mailbox doesn't exist: Archive (0.001 + 0.000 secs).":         "Mailbox doesn't exist: Archive.",
		"It takes (1.5 secs) and more":                                 "It takes (1.5 secs) and more",
	} {
		if got := withoutTimes(text); got != want {
			t.Errorf("%q is %q", text, got)
		}
	}
}
