package wire

import "time"

const (
	defaultSilence    = 30 * time.Second
	defaultMaxLine    = 8 << 20
	defaultMaxLiteral = 64 << 20
	defaultMaxNumbers = 16 << 20
	defaultMaxReply   = 512 << 20
)

// Options are the settings of a connection. The zero value is the default.
type Options struct {
	// Silence is how long the server may say nothing while an answer is due,
	// or may take nothing of what is written to it. Each octet renews it. A
	// connection on which no command is running, or that is in IDLE, may be
	// silent for ever. Zero: 30 s.
	Silence time.Duration

	// MaxLine limits one response without the literals of a FETCH, in octets.
	// A plain SEARCH that finds a million messages takes 8 MB. Zero: 8 MiB.
	MaxLine int64

	// MaxLiteral limits the literals of one FETCH response together, in
	// octets. Zero: 64 MiB.
	MaxLiteral int64

	// MaxNumbers limits how many messages a set of the server may name: a
	// range of a few octets may stand for four thousand million. Zero: 16 Mi.
	MaxNumbers int64

	// MaxReply limits the memory that the wanted responses to one command of Do
	// take together, in octets: their text, and some for each value. Ten thousand
	// messages with 20 KB of header each take 200 MB. Zero: 512 MiB.
	MaxReply int64

	// Notify, if not nil, is told what the library does not learn, before the
	// library sees the response. It is called by the reading goroutine, one
	// call at a time, and must not call the connection's Read, Write or Do.
	Notify func(Notice)

	// Trace, if not nil, is given each line that passes, as it is on the wire
	// but without passwords, SASL exchanges and literals, and until a login has
	// succeeded without what the server says to it. It is called
	// serially, from several goroutines, and must not use the connection.
	Trace func(Line)
}

func (o Options) withDefaults() Options {
	if o.Silence <= 0 {
		o.Silence = defaultSilence
	}
	if o.MaxLine <= 0 {
		o.MaxLine = defaultMaxLine
	}
	if o.MaxLiteral <= 0 {
		o.MaxLiteral = defaultMaxLiteral
	}
	if o.MaxNumbers <= 0 {
		o.MaxNumbers = defaultMaxNumbers
	}
	if o.MaxReply <= 0 {
		o.MaxReply = defaultMaxReply
	}
	return o
}

// Stats counts what has passed a connection, within TLS.
type Stats struct {
	Commands       int64 // commands begun
	Sent, Received int64 // octets on the wire
	RoundTrips     int64 // times that this side wrote while the server owed nothing, or had asked for more
	// Deflated and Inflated are how many octets more the commands and the answers have
	// than was sent and received, because it was compressed; zero without compression.
	Deflated, Inflated int64
	// Waited is how long there was nothing to read of an answer that was due.
	Waited time.Duration
}
