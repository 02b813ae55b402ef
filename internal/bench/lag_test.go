package bench

import (
	"io"
	"net"
	"sync"
	"time"
)

// A line is what lies between a client and a server. Its zero value is nothing.
type line struct {
	rtt  time.Duration
	rate int // bits a second at which the server's answers come; 0: without a limit
}

// dial connects to a server at the end of the line: what it sends arrives so much
// later, however much of it is under way, and no faster than the line is.
func (l line) dial(dial func() (net.Conn, error)) func() (net.Conn, error) {
	if l == (line{}) {
		return dial
	}
	return func() (net.Conn, error) {
		conn, err := dial()
		if err != nil {
			return nil, err
		}
		c := &lagged{Conn: conn, arrivals: make(chan arrival, 1<<14), closed: make(chan struct{})}
		go c.receive(l)
		return c, nil
	}
}

// takes is how long so many octets keep the line busy.
func (l line) takes(octets int) time.Duration {
	if l.rate == 0 {
		return 0
	}
	return time.Duration(octets) * 8 * time.Second / time.Duration(l.rate)
}

// A lagged is a connection on which what is received comes late.
type lagged struct {
	net.Conn
	arrivals chan arrival
	closed   chan struct{}
	end      sync.Once
	rest     []byte
}

// An arrival is what the server sent at once, and when the client gets to see it.
type arrival struct {
	octets []byte
	due    time.Time
}

// receive reads what the server sends, until it closes.
func (l *lagged) receive(line line) {
	defer close(l.arrivals)
	var free time.Time // when the line has sent all that came before
	for {
		buffer := make([]byte, 32<<10)
		n, err := l.Conn.Read(buffer)
		if n > 0 {
			now := time.Now()
			if free.Before(now) {
				free = now
			}
			free = free.Add(line.takes(n))
			select {
			case l.arrivals <- arrival{buffer[:n], free.Add(line.rtt)}:
			case <-l.closed:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *lagged) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		next, ok := <-l.arrivals
		if !ok {
			return 0, io.EOF
		}
		time.Sleep(time.Until(next.due))
		l.rest = next.octets
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// CloseWrite tells the server that no more comes.
func (l *lagged) CloseWrite() error {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return l.Close()
}

func (l *lagged) Close() error {
	l.end.Do(func() { close(l.closed) })
	return l.Conn.Close()
}
