package bench

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A phase is one run of a client on a bed.
type phase struct {
	name      string
	alone     bool // on a bed of its own, into which nobody has looked
	repeats   bool // it leaves all as it is: near, the best of three is taken
	news      bool // messages came since the one before
	status    int
	memory    string   // what earlier phases with the same word learned is remembered; "": nothing is
	arguments []string // imapform's
	floor     string   // what command floor does
}

var (
	planning = []string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}
	applying = []string{"apply", "-auto-approve", "-input=false", "-no-color"}
)

// phases are the runs of a job, in their order.
var phases = []phase{
	{name: "plan", alone: true, status: 2, arguments: planning, floor: "plan"},
	{name: "apply", memory: "kept", arguments: applying, floor: "apply"},
	{name: "nothing", repeats: true, arguments: planning, floor: "plan"},
	{name: "known", memory: "kept", arguments: planning, floor: "state"},
	{name: "again", repeats: true, memory: "kept", arguments: planning, floor: "state"},
	{name: "news", memory: "kept", news: true, arguments: applying, floor: "apply"},
}

// beds is how a client's phases share beds.
func beds(c client) [][]phase {
	var alone, shared [][]phase
	var rest []phase
	for _, p := range phases {
		switch {
		case !c.does(p):
		case p.alone:
			alone = append(alone, []phase{p})
		default:
			rest = append(rest, p)
		}
	}
	if rest != nil {
		shared = append(shared, rest)
	}
	return slices.Concat(alone, shared)
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
	waits    []string       // what was sent in each round trip
}

// near runs a client's phases on the bed, with nothing between, and gives what each
// took, and the server's CPU for it.
func (b bed) near(t testing.TB, c client, phases []phase, took func(p phase, used use, server time.Duration)) {
	t.Helper()
	at := endpoint{b.account.Host, b.account.Port, b.account.Username, b.account.Password}
	for _, p := range phases {
		b.prepare(t, p)
		times := 1
		if p.repeats {
			times = 3
		}
		var best use
		var server time.Duration
		for i := range times {
			var used use
			cpu := takes(t, func() { used = c.run(t, b.job, at, p) })
			if i == 0 || used.Wall < best.Wall {
				best, server = used, cpu
			}
		}
		took(p, best, server)
	}
}

// far runs a client's phases on the bed, through one proxy, for what a client remembers
// may hang on the address. The proxy objects to what imapform may not say; a plan may
// change nothing.
func (b bed) far(t *testing.T, c client, phases []phase, l line, took func(p phase, used use, sent count)) {
	t.Helper()
	t.Run("through the proxy", func(t *testing.T) { // which checks what it has seen when its test ends
		proxy := imaptest.Proxy(t, l.dial(b.account.Dial), imaptest.Script{Unlinted: c.unlinted})
		host, port := address(t, proxy.Addr())
		at := endpoint{host, port, b.account.Username, b.account.Password}
		for _, p := range phases {
			b.prepare(t, p)
			cost, commands := proxy.Cost(), len(proxy.Commands())
			var used use
			run := func() { used = c.run(t, b.job, at, p) }
			if slices.Equal(p.arguments, planning) {
				proxy.ReadOnly(run)
			} else {
				run()
			}
			took(p, used, since(proxy, cost, commands))
		}
	})
}

// prepare does what happens before a phase.
func (b bed) prepare(t testing.TB, p phase) {
	t.Helper()
	if p.news {
		imaptest.Append(t, b.account, "INBOX", b.job.news(b.now)...)
	}
}

// since is what went through a proxy since it had a cost and as many commands.
func since(proxy *imaptest.Recorder, before imaptest.Cost, commands int) count {
	c := count{Cost: proxy.Cost(), commands: map[string]int{}}
	c.Connections -= before.Connections
	c.Commands -= before.Commands
	c.RoundTrips -= before.RoundTrips
	c.Sent -= before.Sent
	c.Received -= before.Received
	sent := proxy.Commands()[commands:]
	for i, command := range sent {
		c.commands[command.Name]++
		if i == 0 || command.Burst != sent[i-1].Burst {
			c.waits = append(c.waits, "")
		}
		wait := &c.waits[len(c.waits)-1]
		switch {
		case *wait == "":
			*wait = command.Name
		case command.Name == sent[i-1].Name:
			*wait = strings.TrimSuffix(*wait, " …") + " …"
		default:
			*wait += ", " + command.Name
		}
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
