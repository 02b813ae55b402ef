package server

import (
	"sync"
	"time"
)

// A Cost is what connections to a server have cost. The zero value is that of none.
type Cost struct {
	Connections    int64 // opened, also if nobody could log in
	Commands       int64
	RoundTrips     int64 // waits for the server: bursts of commands, each after an answer
	Sent, Received int64 // octets, as compressed as they were, within TLS

	// Connecting is the time from dialling until the session could be used, or the dial
	// failed, all dials together.
	Connecting time.Duration
	// Waiting is the time in which the server owed an answer and said nothing, also while
	// connecting.
	Waiting time.Duration
}

// Add returns both costs together.
func (c Cost) Add(other Cost) Cost {
	return Cost{
		Connections: c.Connections + other.Connections,
		Commands:    c.Commands + other.Commands,
		RoundTrips:  c.RoundTrips + other.RoundTrips,
		Sent:        c.Sent + other.Sent,
		Received:    c.Received + other.Received,
		Connecting:  c.Connecting + other.Connecting,
		Waiting:     c.Waiting + other.Waiting,
	}
}

// Sub returns what was spent since the cost was the other one.
func (c Cost) Sub(earlier Cost) Cost {
	return c.Add(Cost{
		Connections: -earlier.Connections,
		Commands:    -earlier.Commands,
		RoundTrips:  -earlier.RoundTrips,
		Sent:        -earlier.Sent,
		Received:    -earlier.Received,
		Connecting:  -earlier.Connecting,
		Waiting:     -earlier.Waiting,
	})
}

// Cost returns what the session has cost so far. Of one that has ended it stays what it
// was.
func (s *Session) Cost() Cost {
	cost := Cost{Connecting: s.connecting}
	if s.conn == nil {
		return cost
	}
	stats := s.conn.Stats()
	cost.Connections, cost.Commands, cost.RoundTrips = 1, stats.Commands, stats.RoundTrips
	cost.Sent, cost.Received, cost.Waiting = stats.Sent, stats.Received, stats.Waited
	return cost
}

// A Meter adds up what all connections to an account cost: those that are open, those
// that have ended or were lost, and those on which nobody could log in. The zero value
// has counted nothing. Several goroutines may use it, and several sessions at once.
type Meter struct {
	mu    sync.Mutex
	ended Cost
	open  map[*Session]struct{}
}

// Cost returns what all of it has cost so far.
func (m *Meter) Cost() Cost {
	m.mu.Lock()
	defer m.mu.Unlock()
	cost := m.ended
	for s := range m.open {
		cost = cost.Add(s.Cost())
	}
	return cost
}

// begin counts a session from its beginning, once it was dialled. A nil Meter counts
// nothing.
func (m *Meter) begin(s *Session) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open == nil {
		m.open = map[*Session]struct{}{}
	}
	m.open[s] = struct{}{}
}

// end counts a session that has ended, once.
func (m *Meter) end(s *Session) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, open := m.open[s]; open {
		delete(m.open, s)
		m.ended = m.ended.Add(s.Cost())
	}
}
