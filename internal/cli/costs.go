package cli

import (
	"flag"
	"io"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
)

// verbosity says how much is told besides what was asked for.
type verbosity struct {
	costs bool // what the run has cost
}

func (v *verbosity) flags(fs *flag.FlagSet) {
	fs.BoolVar(&v.costs, "v", false, "Tell on standard error what the run took of each account: commands, round trips, octets and time.")
}

// accountCosts are what the run has cost, by the address of the account. The zero value
// is that nothing was asked yet.
type accountCosts struct {
	mu  sync.Mutex
	all map[string]*accountCost
}

// of is the cost of an account, to which all of its connections add.
func (c *accountCosts) of(a *config.Account) *accountCost {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]*accountCost{}
	}
	if c.all[a.Address] == nil {
		c.all[a.Address] = &accountCost{}
	}
	return c.all[a.Address]
}

// An accountCost is what a run has cost in one account, phase by phase. Only one
// goroutine at a time deals with it.
type accountCost struct {
	meter   server.Meter
	phases  []phaseCost
	now     func() time.Time // once there is a phase
	running bool             // the time of the last phase
}

// A phaseCost is a phase, which lasts until the next one as far as its protocol goes, but
// not its time: in between somebody may think.
type phaseCost struct {
	phase  document.Phase
	before server.Cost
	took   time.Duration
}

// begin begins a phase of an account, or goes on with it. What it returns stops its time.
func (inv *invocation) begin(p *planned, phase document.Phase) (stop func()) {
	c := inv.costs.of(p.account)
	p.cost, c.now = c, inv.Now
	if n := len(c.phases); n == 0 || c.phases[n-1].phase != phase {
		c.phases = append(c.phases, phaseCost{phase: phase, before: c.meter.Cost()})
	}
	return c.goOn()
}

// goOn lets the time of the last phase run on, unless it does already. What it returns
// stops it. Nil has no time.
func (c *accountCost) goOn() (stop func()) {
	if c == nil || c.running {
		return func() {}
	}
	last, began := &c.phases[len(c.phases)-1], c.now()
	c.running = true
	return func() {
		last.took += c.now().Sub(began)
		c.running = false
	}
}

// told are the phases as they are told.
func (c *accountCost) told(account string) []document.ProtocolCost {
	var told []document.ProtocolCost
	after := c.meter.Cost()
	for _, p := range slices.Backward(c.phases) {
		spent := after.Sub(p.before)
		told = append(told, document.ProtocolCost{
			Account: account, Phase: p.phase,
			Connections: spent.Connections, Commands: spent.Commands, RoundTrips: spent.RoundTrips,
			OctetsSent: spent.Sent, OctetsReceived: spent.Received,
			Seconds: inMillis(p.took), ConnectingSeconds: inMillis(spent.Connecting), WaitingSeconds: inMillis(spent.Waiting),
		})
		after = p.before
	}
	slices.Reverse(told)
	return told
}

// inMillis is a time in seconds, to the millisecond.
func inMillis(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// tellCosts tells what the run has cost, by account, once all sessions have ended. As text
// it is told to those who ask for it.
func (inv *invocation) tellCosts(v verbosity) {
	var told []document.ProtocolCost
	for _, account := range slices.Sorted(maps.Keys(inv.costs.all)) {
		told = append(told, inv.costs.all[account].told(account)...)
	}
	inv.stream.Load().Costs(told)
	if !v.costs || len(told) == 0 {
		return
	}
	if inv.StderrTerminal {
		_, _ = io.WriteString(inv.Stderr, "\n") // below the plan, or what became of it
	}
	_ = render.Costs(inv.Stderr, told, inv.stderr)
}
