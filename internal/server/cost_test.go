package server

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A meter counts what its sessions cost while they are open and when they have ended, each
// once, and those that never came to be; what a session says of itself is what has passed.
func TestMeter(t *testing.T) {
	script := polite().then("LOGIN", "TAG OK welcome\r\n").then("LOGIN", "TAG NO [AUTHENTICATIONFAILED] wrong\r\n")
	f := newFake(t, greeting, script)
	r := imaptest.Proxy(t, func() (net.Conn, error) {
		return net.Dial("tcp", net.JoinHostPort(f.account.Host, strconv.Itoa(f.account.Port)))
	}, imaptest.Script{})
	var m Meter
	o := Options{Meter: &m, Connect: func(context.Context) (net.Conn, error) { return r.Dial() }}
	if m.Cost() != (Cost{}) {
		t.Errorf("before: %+v", m.Cost())
	}

	first, err := Dial(t.Context(), f.account, o)
	if err != nil {
		t.Fatal(err)
	}
	open := m.Cost()
	if open != first.Cost() || open.Connections != 1 || open.Commands == 0 || open.RoundTrips == 0 || open.Connecting <= 0 {
		t.Errorf("open: %+v, the session says %+v", open, first.Cost())
	}
	if _, err := first.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if since := m.Cost().Sub(open); since.Commands == 0 || since.Connections != 0 || since.Connecting != 0 || since != first.Cost().Sub(open) {
		t.Errorf("since: %+v", since)
	}
	second, err := Dial(t.Context(), f.account, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time is nothing
		_ = first.Logout(t.Context())
	}
	second.conn.Close() // it is lost
	_ = second.Logout(t.Context())
	if want := first.Cost().Add(second.Cost()); m.Cost() != want {
		t.Errorf("ended: %+v, want %+v", m.Cost(), want)
	}
	same(t, m.Cost(), r.Cost())

	if _, err := Dial(t.Context(), f.account, o); err == nil {
		t.Fatal("logged in")
	}
	if m.Cost().Connections != 3 {
		t.Errorf("with a refused login: %+v", m.Cost())
	}
	same(t, m.Cost(), r.Cost())

	before := m.Cost()
	o.Connect = func(context.Context) (net.Conn, error) { return nil, net.ErrClosed }
	if _, err := Dial(t.Context(), f.account, o); err == nil {
		t.Fatal("connected")
	}
	refused := m.Cost().Sub(before)
	if refused.Connecting <= 0 || refused != (Cost{Connecting: refused.Connecting}) {
		t.Errorf("without a connection: %+v", refused)
	}
}

// same holds what was counted against what went through the proxy.
func same(t *testing.T, counted Cost, passed imaptest.Cost) {
	t.Helper()
	if counted.Waiting <= 0 || counted.Waiting > time.Minute {
		t.Errorf("waited for %v", counted.Waiting)
	}
	if most := int64(passed.RoundTrips); counted.RoundTrips > most { // what is sent one by one, and not awaited, can come as several
		t.Errorf("%d round trips were counted, %d passed", counted.RoundTrips, most)
	}
	want := Cost{
		Connections: int64(passed.Connections), Commands: int64(passed.Commands), RoundTrips: counted.RoundTrips,
		Sent: passed.Sent, Received: passed.Received, Connecting: counted.Connecting, Waiting: counted.Waiting,
	}
	if counted != want {
		t.Errorf("counted %+v, passed: %+v", counted, passed)
	}
}
