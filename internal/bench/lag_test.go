package bench

import (
	"io"
	"net"
	"sync"
	"time"
)

// lagging makes a server as far away as a round trip says: what it sends arrives so
// much later, however much of it is under way.
func lagging(dial func() (net.Conn, error), rtt time.Duration) func() (net.Conn, error) {
	if rtt == 0 {
		return dial
	}
	return func() (net.Conn, error) {
		conn, err := dial()
		if err != nil {
			return nil, err
		}
		l := &lagged{Conn: conn, arrivals: make(chan arrival, 1<<14), closed: make(chan struct{})}
		go l.receive(rtt)
		return l, nil
	}
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
func (l *lagged) receive(rtt time.Duration) {
	defer close(l.arrivals)
	for {
		buffer := make([]byte, 32<<10)
		n, err := l.Conn.Read(buffer)
		if n > 0 {
			select {
			case l.arrivals <- arrival{buffer[:n], time.Now().Add(rtt)}:
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
