package imaptest

import (
	"testing"
	"time"
)

// A server that is a test's alone keeps its mail and its address over all that happens to
// it, and does not answer meanwhile.
func TestOutage(t *testing.T) {
	t.Parallel()
	s := StartAlone(t)
	a := s.Account(t)
	Append(t, a, "INBOX", Text("a@example.com", "b@example.com", "x", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	before := Snapshot(t, a)
	for _, step := range []struct {
		name string
		do   func() error
		runs bool // the server greets afterwards
	}{
		{"Kill", s.Kill, false}, {"Restart", s.Restart, true},
		{"ShutDown", s.ShutDown, false}, {"Restart", s.Restart, true},
		{"Continue", s.Continue, true}, // it was not paused
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if err := greet(s.addr(s.Port)); (err == nil) != step.runs {
			t.Errorf("after %s: %v", step.name, err)
		}
	}
	after := Snapshot(t, a)
	if len(after.Messages()) != 1 || after.Folders["INBOX"].UIDValidity != before.Folders["INBOX"].UIDValidity {
		t.Errorf("before %+v, after %+v", before, after)
	}

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	conn, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	octet := make([]byte, 1)
	if n, err := conn.Read(octet); n > 0 || err == nil {
		t.Errorf("a server that is paused says %q", octet[:n])
	}
	if err := s.Continue(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(octet); err != nil {
		t.Errorf("a server that goes on: %v", err)
	}
}

// What other tests use is not for one to pause or end.
func TestOutageOfOthersServer(t *testing.T) {
	t.Parallel()
	s := Start(t, Dovecot)
	for name, do := range map[string]func() error{"Pause": s.Pause, "Continue": s.Continue, "Kill": s.Kill, "ShutDown": s.ShutDown} {
		if do() == nil {
			t.Errorf("%s of a server that others use", name)
		}
	}
}
