package render

import (
	"io"
	"strconv"

	"github.com/imapform/imapform/internal/document"
)

// Costs writes what a run has cost on the protocol, a line for each account, or for each
// phase where there are several, and the total. The costs of an account stand together.
// Where there are none it writes nothing.
func Costs(w io.Writer, costs []document.ProtocolCost, o Options) error {
	if len(costs) == 0 {
		return nil
	}
	phases := severalPhases(costs)
	var rows [][]safe
	for _, cost := range costs {
		name := clean(cost.Account)
		if phases {
			name += " (" + safe(cost.Phase) + ")"
		}
		rows = append(rows, append([]safe{name + ":"}, append(counted(cost), spent(cost))...))
	}
	if len(costs) > 1 {
		rows = append(rows, append([]safe{"Total:"}, counted(sumOf(costs))...))
	}
	p := newPage(o)
	p.costs(rows)
	return p.writeTo(w)
}

// costs writes rows in columns: a name, numbers to the right of theirs with commas
// between them, and at the end whatever it is.
func (p *page) costs(rows [][]safe) {
	const aligned = 5 // columns, of which each row has at least so many
	var widest [aligned]int
	for _, row := range rows {
		for i, cell := range row[:aligned] {
			widest[i] = max(widest[i], columns(cell))
		}
	}
	for _, row := range rows {
		line := pad(row[0], widest[0])
		for i, cell := range row[1:] {
			if i+1 < aligned {
				cell = pad("", widest[i+1]-columns(cell)) + cell
			}
			line += pick(i == 0, " ", ", ") + cell
		}
		p.line(line)
	}
}

// counted are the numbers of a cost that can be added up.
func counted(c document.ProtocolCost) []safe {
	return []safe{
		count(c.Commands, "command"), count(c.RoundTrips, "round trip"),
		size(c.OctetsSent) + " sent", size(c.OctetsReceived) + " received",
	}
}

// spent is the time that a cost took: "0.21 s (connecting 0.05 s, waiting for the server
// 0.12 s)".
func spent(c document.ProtocolCost) safe {
	var within []safe
	switch {
	case c.Connections > 1:
		within = append(within, count(c.Connections, "connection"))
	case c.Connections == 0 && c.Commands == 0:
		within = append(within, "no connection")
	}
	if c.Connections > 0 || c.Commands == 0 || c.ConnectingSeconds > 0 {
		within = append(within, "connecting "+inHundredths(c.ConnectingSeconds))
	}
	within = append(within, "waiting for the server "+inHundredths(c.WaitingSeconds))
	return inHundredths(c.Seconds) + " (" + join(within, ", ") + ")"
}

// inHundredths is a short time as people compare it: "0.21 s".
func inHundredths(seconds float64) safe {
	return safe(strconv.FormatFloat(seconds, 'f', 2, 64)) + " s"
}

// severalPhases says whether any account has more than one.
func severalPhases(costs []document.ProtocolCost) bool {
	for i := 1; i < len(costs); i++ {
		if costs[i].Account == costs[i-1].Account {
			return true
		}
	}
	return false
}

// sumOf adds up what can be added: accounts are dealt with at the same time, so that the
// sum of their times is none that anybody has waited for.
func sumOf(costs []document.ProtocolCost) document.ProtocolCost {
	var sum document.ProtocolCost
	for _, c := range costs {
		sum.Connections += c.Connections
		sum.Commands += c.Commands
		sum.RoundTrips += c.RoundTrips
		sum.OctetsSent += c.OctetsSent
		sum.OctetsReceived += c.OctetsReceived
	}
	return sum
}

// Costs writes what a run has cost, a line for each account and phase.
func (s *Stream) Costs(costs []document.ProtocolCost) {
	if s == nil {
		return
	}
	for _, cost := range costs {
		words := append(counted(cost), spent(cost))
		message := clean(cost.Account) + " (" + safe(cost.Phase) + "): " + join(words, ", ")
		s.write(document.Line{Type: document.LineProtocolCost, Message: string(message), Cost: &cost})
	}
}
