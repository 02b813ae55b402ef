package wire

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/emersion/go-imap/v2"
)

// appends is a server that takes a literal of one line, or refuses it.
func appends(answer string) handler {
	return func(command string) string {
		switch {
		case strings.HasSuffix(command, "{5}"):
			return answer
		case strings.HasSuffix(command, "{5+}"), !strings.Contains(command, " "):
			return ""
		}
		return "%T OK done\r\n"
	}
}

// A literal that the server refuses ends the command; everything goes on as before.
func TestDoLiteralRefused(t *testing.T) {
	var l log
	client, conn := dial(t, appends("%T NO [OVERQUOTA] full\r\n"), l.options())
	for range 3 {
		_, err := conn.DoLiteral(t.Context(), "APPEND a", Literal{Size: 5, From: strings.NewReader("hello")})
		var refused *imap.Error
		if !errors.As(err, &refused) || refused.Code != "OVERQUOTA" {
			t.Fatalf("error %v", err)
		}
		if err := client.Rename("a", "b", nil).Wait(); err != nil {
			t.Errorf("the library afterwards: %v", err)
		}
		if _, err := conn.Do(t.Context(), "LSUB a b"); err != nil {
			t.Errorf("a raw command afterwards: %v", err)
		}
	}
	if conn.Err() != nil || strings.Contains(l.trace(), "hello") || !strings.Contains(l.trace(), "APPEND a {5} (5 octets)") {
		t.Errorf("%v, trace:\n%s", conn.Err(), l.trace())
	}
}

// What is asked for is sent.
func TestDoLiteral(t *testing.T) {
	var got []string
	client, conn := dial(t, func(command string) string {
		got = append(got, command)
		if command == "APPEND a {5}" {
			return "+ go on\r\n"
		}
		if !strings.Contains(command, " ") { // "hello" has no tag
			return "X1 OK [APPENDUID 1 2] done\r\n"
		}
		return "%T OK done\r\n"
	}, Options{})
	reply, err := conn.DoLiteral(t.Context(), "APPEND a", Literal{Size: 5, From: iotest.OneByteReader(strings.NewReader("hello and more"))})
	if err != nil || reply.Code != "APPENDUID" || reply.Arguments != "1 2" {
		t.Errorf("%+v, %v", reply, err)
	}
	if err := client.Rename("a", "b", nil).Wait(); err != nil {
		t.Errorf("the library afterwards: %v", err)
	}
}

func TestDoLiteralRefusesToSend(t *testing.T) {
	_, conn := dial(t, ok(""), Options{})
	for _, line := range []string{"", " APPEND", "APPEND \"é\"", "APPEND a\r\nX2 DELETE a", "APPEND {3}"} {
		if _, err := conn.DoLiteral(t.Context(), line, Literal{Size: 1, From: strings.NewReader("a")}); err == nil {
			t.Errorf("%q is sent", line)
		}
	}
	if _, err := conn.DoLiteral(t.Context(), "APPEND a", Literal{Size: -1, From: strings.NewReader("a")}); err == nil {
		t.Error("a negative size is sent")
	}
	if sent := conn.Stats().Sent; sent != 0 {
		t.Errorf("%d octets are sent", sent)
	}
}

// A server that asks for what was not announced breaks the protocol, as before.
func TestDoIsNotAskedForMore(t *testing.T) {
	_, conn := dial(t, func(string) string { return "+ more\r\n" }, Options{})
	if _, err := conn.Do(t.Context(), "LSUB a b"); !errors.Is(err, ErrProtocol) {
		t.Errorf("error %v", err)
	}
}
