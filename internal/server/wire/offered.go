package wire

import (
	"slices"
	"strings"
)

// unasked is the code with which the library is kept from asking what the server offers:
// it would do so by itself wherever a greeting or an answer to a login does not say it.
// It learns more from whatever CAPABILITY comes.
const unasked = "CAPABILITY IMAP4rev1"

// Capabilities returns what the server has said last that it offers, in upper case: in
// its greeting, in the answer to a login, or in answer to CAPABILITY. Nil: it has not
// said since the login began or, before one, since the connection was made; what it said
// before STARTTLS does not count (RFC 9051 section 6.2.1).
func (c *Conn) Capabilities() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.flight.offered)
}

// offers notes what the server offers.
func (c *Conn) offers(list string) {
	words := strings.Fields(strings.ToUpper(list))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight.offered = words
}

// offeredCode is the code with which the library is told, in the answer to a login, what
// the server said while that was running.
func (c *Conn) offeredCode() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.flight.offered) == 0 {
		return unasked
	}
	return string(appendCapabilities([]byte("CAPABILITY"), []byte(strings.Join(c.flight.offered, " "))))
}
