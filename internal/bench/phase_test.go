package bench

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A phase is one run of the program on a bed.
type phase struct {
	name      string
	status    int
	arguments []string
}

// phases are the runs of a job, in their order.
var phases = []phase{
	{"plan", 2, []string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}},
	{"apply", 0, []string{"apply", "-auto-approve", "-input=false", "-no-color"}},
	{"nothing", 0, []string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}},
}

// A count is what a phase sent, from the connection to its end.
//
// A round trip is a wait of the client for the server with nothing else in flight: it
// is counted when the client sends something while nothing that it sent before on the
// connection lacks its tagged answer, or when a "+" had asked for it. So commands that
// are sent together count once, and LOGOUT counts if it is sent by itself. Connecting
// and the greeting are not counted.
type count struct {
	imaptest.Cost
	commands map[string]int // how often each was sent
}

// counted runs a phase through a proxy of its own. What an apply may not say, the proxy
// objects to; a plan may change nothing.
func (b bed) counted(t *testing.T, p program, phase phase, rtt time.Duration) (count, use) {
	t.Helper()
	var c count
	var used use
	// The proxy checks what it has seen when its test ends.
	t.Run(phase.name, func(t *testing.T) {
		proxy := imaptest.Proxy(t, lagging(b.account.Dial, rtt), imaptest.Script{ReadOnly: phase.arguments[0] == "plan"})
		host, port := address(t, proxy.Addr())
		p.configure(t, b.config(host, port, b.account.Username, b.account.Password))
		_, used = p.run(t, phase.status, phase.arguments...)
		c = countOf(proxy)
	})
	return c, used
}

// countOf is what went through a proxy.
func countOf(proxy *imaptest.Recorder) count {
	c := count{proxy.Cost(), map[string]int{}}
	for _, command := range proxy.Commands() {
		c.commands[command.Name]++
	}
	return c
}

// address takes a proxy's address apart.
func address(t testing.TB, addr string) (host string, port int) {
	t.Helper()
	host, number, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	if port, err = strconv.Atoi(number); err != nil {
		t.Fatal(err)
	}
	return host, port
}
