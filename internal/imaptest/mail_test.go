package imaptest

import (
	"bytes"
	"io"
	"net/mail"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMail(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	messages := Mail(7, 500, now)
	if diff := cmp.Diff(messages[:50], Mail(7, 50, now)); diff != "" {
		t.Errorf("equal seeds give different mail:\n%s", diff)
	}
	hashes := map[string]bool{}
	kinds := map[string]int{}
	for i, m := range messages {
		hashes[Hash(m.Body)] = true
		if bytes.Contains(bytes.ReplaceAll(m.Body, []byte("\r\n"), nil), []byte("\n")) {
			t.Errorf("message %d has a line that does not end with CRLF:\n%s", i, m.Body)
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Body))
		if err != nil {
			t.Fatalf("message %d: %v\n%s", i, err, m.Body)
		}
		date, err := parsed.Header.Date()
		if err != nil || !date.Equal(m.Date) || date.After(now) || date.Before(now.AddDate(-2, 0, -2)) {
			t.Errorf("message %d: date %v, %v, want %v, within two years", i, date, err, m.Date)
		}
		if _, err := parsed.Header.AddressList("From"); err != nil {
			t.Errorf("message %d: From: %v", i, err)
		}
		for _, field := range []string{"To", "Subject", "Message-Id"} {
			if parsed.Header.Get(field) == "" {
				t.Errorf("message %d has no %s", i, field)
			}
		}
		if parsed.Header.Get("List-Id") != "" {
			kinds["list"]++
		}
		if bytes.Contains(m.Body, []byte("Subject: =?utf-8?")) {
			kinds["encoded"]++
		}
		if bytes.Contains(m.Body, []byte("Content-Disposition: attachment")) {
			kinds["attachment"]++
		}
		if body, err := io.ReadAll(parsed.Body); err != nil || len(body) < 20 {
			t.Errorf("message %d: body %q, %v", i, body, err)
		}
	}
	if len(hashes) != len(messages) {
		t.Errorf("%d different messages of %d", len(hashes), len(messages))
	}
	for _, kind := range []string{"list", "encoded", "attachment"} {
		if kinds[kind] < 5 {
			t.Errorf("%d messages are of the kind %q", kinds[kind], kind)
		}
	}
}

func TestText(t *testing.T) {
	date := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	m := Text("a@example.org", "b@example.org", "Grüße", date, "List-Id: <x.example.org>")
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	want := mail.Header{
		"From": {"a@example.org"}, "To": {"b@example.org"}, "Subject": {"=?utf-8?q?Gr=C3=BC=C3=9Fe?="},
		"Date": {"Sun, 01 Mar 2026 12:00:00 +0000"}, "Message-Id": parsed.Header["Message-Id"], "List-Id": {"<x.example.org>"},
	}
	if diff := cmp.Diff(want, parsed.Header); diff != "" {
		t.Error(diff)
	}
	if other := Text("a@example.org", "b@example.org", "Other", date); bytes.Equal(other.Body, m.Body) {
		t.Error("two messages are alike")
	}
}
