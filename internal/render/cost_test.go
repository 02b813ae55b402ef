package render

import (
	"strings"
	"testing"

	"github.com/imapform/imapform/internal/document"
)

func TestCosts(t *testing.T) {
	plan := document.ProtocolCost{
		Account: "account.work", Phase: document.PhasePlan, Connections: 1, Commands: 14, RoundTrips: 4,
		OctetsSent: 1230, OctetsReceived: 31 << 10, Seconds: 0.21, ConnectingSeconds: 0.05, WaitingSeconds: 0.123,
	}
	one := document.ProtocolCost{
		Account: "account.b", Phase: document.PhasePlan, Connections: 1, Commands: 1, RoundTrips: 1,
		OctetsSent: 9, OctetsReceived: 1, Seconds: 75, ConnectingSeconds: 70, WaitingSeconds: 12,
	}
	apply := document.ProtocolCost{
		Account: "account.work", Phase: document.PhaseApply, Commands: 1200, RoundTrips: 9,
		OctetsSent: 5 << 20, OctetsReceived: 80, Seconds: 2, WaitingSeconds: 1,
	}
	again := apply
	again.Connections, again.ConnectingSeconds = 2, 0.4
	down := document.ProtocolCost{Account: "account.\x1b[2J", Phase: document.PhasePlan, Seconds: 3, ConnectingSeconds: 3}
	for _, c := range []struct {
		name  string
		costs []document.ProtocolCost
		want  string
	}{
		{"nothing", nil, ""},
		{"one account", []document.ProtocolCost{plan}, `
account.work: 14 commands, 4 round trips, 1.2 KiB sent, 31.0 KiB received, 0.21 s (connecting 0.05 s, waiting for the server 0.12 s)
`},
		{"several accounts", []document.ProtocolCost{one, plan}, `
account.b:      1 command,  1 round trip,     9 B sent,      1 B received, 75.00 s (connecting 70.00 s, waiting for the server 12.00 s)
account.work: 14 commands, 4 round trips, 1.2 KiB sent, 31.0 KiB received, 0.21 s (connecting 0.05 s, waiting for the server 0.12 s)
Total:        15 commands, 5 round trips, 1.2 KiB sent, 31.0 KiB received
`},
		{"several phases", []document.ProtocolCost{one, plan, apply}, `
account.b (plan):         1 command,   1 round trip,     9 B sent,      1 B received, 75.00 s (connecting 70.00 s, waiting for the server 12.00 s)
account.work (plan):    14 commands,  4 round trips, 1.2 KiB sent, 31.0 KiB received, 0.21 s (connecting 0.05 s, waiting for the server 0.12 s)
account.work (apply): 1200 commands,  9 round trips, 5.0 MiB sent,     80 B received, 2.00 s (waiting for the server 1.00 s)
Total:                1215 commands, 14 round trips, 5.0 MiB sent, 31.1 KiB received
`},
		{"lost connections", []document.ProtocolCost{again}, `
account.work: 1200 commands, 9 round trips, 5.0 MiB sent, 80 B received, 2.00 s (2 connections, connecting 0.40 s, waiting for the server 1.00 s)
`},
		{"no connection, and a hostile name", []document.ProtocolCost{down}, `
account.\x1b[2J: 0 commands, 0 round trips, 0 B sent, 0 B received, 3.00 s (no connection, connecting 3.00 s, waiting for the server 0.00 s)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			if err := Costs(&b, c.costs, Options{Width: 80}); err != nil {
				t.Fatal(err)
			}
			if got, want := b.String(), strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}
