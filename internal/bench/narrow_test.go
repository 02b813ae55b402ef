package bench

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// narrow is a server at the end of a line that is slow as well.
var narrow = line{rtt: 40 * time.Millisecond, rate: 20_000_000}

// measureNarrow plans over a narrow line, with compression and without. The program
// does not compress on loopback, which is how it is done without: the one relay
// listens there, and the other at an address of the machine's own.
func (j job) measureNarrow(t *testing.T, program string) {
	outside := outsideAddress()
	if outside == "" {
		t.Skip("this machine has no address but loopback, where nothing is compressed")
	}
	s := newStore(t, j, time.Now())
	rows := machine() + fmt.Sprintf(" %s.\n\n| compressed | wall s | client CPU s | server CPU s | KB down |\n|---|---|---|---|---|\n", j)
	for _, way := range []struct{ name, host string }{{"no", "127.0.0.1"}, {"yes", outside}} {
		b := s.bed(t, imaptest.Compress())
		r := newRelay(t, way.host, narrow.dial(b.account.Dial))
		c := newProgram(t, program)
		host, port := address(t, r.addr)
		at := endpoint{host, port, b.account.Username, b.account.Password}
		var used use
		server := takes(t, func() { used = c.run(t, j, at, phases[0]) })
		rows += fmt.Sprintf("| %s | %s | %s | %s | %d |\n", way.name, seconds(used.Wall), seconds(used.CPU), seconds(server), r.received.Load()/1000)
	}
	t.Log(rows)
	if err := writeSection("narrow", rows); err != nil {
		t.Fatal(err)
	}
}

// outsideAddress is an address of this machine's that is not loopback; "": it has none.
func outsideAddress() string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			return ip.IP.String()
		}
	}
	return ""
}

// A relay passes connections on, and understands nothing of what they say.
type relay struct {
	addr     string
	received atomic.Int64 // octets from the server
}

// newRelay listens on a host until the test ends.
func newRelay(t testing.TB, host string, dial func() (net.Conn, error)) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{addr: listener.Addr().String()}
	var pumps sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		pumps.Wait()
	})
	pumps.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := dial()
			if err != nil {
				client.Close()
				t.Errorf("relay: %v", err)
				return
			}
			pumps.Go(func() {
				io.Copy(server, client) // which ends when either side does
				server.Close()
			})
			pumps.Go(func() {
				io.Copy(io.MultiWriter(r, client), server)
				client.Close()
			})
		}
	})
	return r
}

// Write counts what comes from the server.
func (r *relay) Write(octets []byte) (int, error) {
	r.received.Add(int64(len(octets)))
	return len(octets), nil
}
