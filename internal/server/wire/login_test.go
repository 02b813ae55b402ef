package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
)

// A SASL response to a server that has ended the exchange would be a command to it.
func TestLateResponse(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		late bool
	}{
		"base64":                          {"AHNvbWVvbmUAZ2VoZWlt\r\n", true},
		"the beginning of it":             {"AHNvbWVvbmUAZ2VoZWlt", true},
		"base64 that begins like a tag":   {"T123AHNv\r\n", true},
		"base64 that is like a tag":       {"T123\r\n", true},
		"base64 that is like one of ours": {"X12=\r\n", true},
		"a letter":                        {"T \r\n", true},
		"an empty response":               {"\r\n", true},
		"a cancellation":                  {"*\r\n", true},
		"a command of the library":        {"T2 NOOP\r\n", false},
		"the beginning of one":            {"T2", false},
		"a raw command":                   {"X1 CAPABILITY\r\n", false},
		"a raw one, then base64":          {"X1 CAPABILITY\r\nAHNvbWVvbmUA\r\n", true},
		"the library goes on":             {"T2 NOOP\r\nAHNvbWVvbmUA whatever\r\n", false},
	} {
		f := newFlight()
		if _, _, err := f.sent([]byte("T1 AUTHENTICATE PLAIN\r\n"), true); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.sent([]byte("Zmlyc3Q=\r\n"), true); err != nil {
			t.Errorf("%s: while the exchange runs: %v", name, err)
		}
		f.answered("T1")
		lines, _, err := f.sent([]byte(c.sent), true)
		if errors.Is(err, errLate) != c.late || c.late && len(lines) > 0 {
			t.Errorf("%s: %v, traced %v", name, err, lines)
		}
	}
}

func TestLateResponseIsNotSent(t *testing.T) {
	var l log
	client, conn := dial(t, func(command string) string {
		if strings.HasPrefix(command, "AUTHENTICATE") {
			return "+ \r\n%T NO go away\r\n"
		}
		return "%T OK\r\n"
	}, l.options())
	if err := client.Authenticate(sasl.NewPlainClient("", "someone", "geheim")); err == nil {
		t.Error("no error")
	}
	if err := conn.Err(); !errors.Is(err, ErrProtocol) {
		t.Errorf("the reason is %v", err)
	}
	if trace := l.trace(); strings.Contains(trace, "AHNv") || conn.Stats().Sent > int64(len("T1 CAPABILITY\r\nT2 AUTHENTICATE PLAIN\r\n")) {
		t.Errorf("%d octets sent, trace:\n%s", conn.Stats().Sent, trace)
	}
}

// Until a login has succeeded, what the server says may repeat the password.
func TestTraceHidesWhatIsRepeated(t *testing.T) {
	var l log
	client, conn := dial(t, func(command string) string {
		switch command {
		case `LOGIN "someone" "one-geheim"`:
			return "* CAPABILITY geheim\r\n* NO [ALERT] geheim\r\n* NO [GEHEIM] x\r\n\r\n* BAD {9}\r\n%T NO [AUTHENTICATIONFAILED] geheim\r\n"
		case `LOGIN "someone" "two-geheim"`:
			return "* LIST () \"/\" {6}\r\ngeheim\r\n%T OK geheim\r\n"
		case "CAPABILITY", "NOOP":
			return "%T OK hello\r\n"
		}
		return "geheim is wrong\r\n"
	}, l.options())
	if err := client.Login("someone", "one-geheim").Wait(); err == nil {
		t.Error("no error")
	}
	if err := client.Login("someone", "two-geheim").Wait(); err != nil {
		t.Error(err)
	}
	if err := client.Noop().Wait(); err != nil {
		t.Error(err)
	}
	if err := client.Login("someone", "three-geheim").Wait(); err == nil {
		t.Error("no error")
	}
	if err := conn.Err(); !errors.Is(err, ErrProtocol) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("the reason is %v", err)
	}
	trace := l.trace()
	if strings.Contains(strings.ToLower(trace), "geheim") {
		t.Errorf("trace:\n%s", trace)
	}
	for _, line := range []string{"S: * NO [ALERT] ***\n", "S: * NO ***\n", "S: T1 NO [AUTHENTICATIONFAILED] ***\n", "S: T2 OK ***\n", "S: T3 OK hello\n"} {
		if !strings.Contains(trace, line) {
			t.Errorf("the trace lacks %q:\n%s", line, trace)
		}
	}
}

// Outside of a login the line says what is wrong.
func TestProtocolErrorQuotes(t *testing.T) {
	client, conn := dial(t, func(string) string { return "hello there\r\n" }, Options{})
	if err := client.Noop().Wait(); err == nil {
		t.Error("no error")
	}
	if err := conn.Err(); !errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), `"hello there"`) {
		t.Errorf("the reason is %v", err)
	}
}
