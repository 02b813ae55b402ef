package config

import (
	"errors"
	"fmt"
	"math"

	"github.com/zclconf/go-cty/cty"
)

// limitArguments are what an account asks of a server at the most: providers shut
// out who asks for more.
func limitArguments() []argument[accountBody] {
	return []argument[accountBody]{
		{name: "max_rate", value: "a number above 0", fallback: "no limit", doc: "commands that are sent to the server a second, at the most; 0.5 is one every two seconds. UID EXPUNGE does not wait, so that nothing changes between it and the look before; what follows waits longer instead", set: assign(rate, func(a *accountBody) *float64 { return &a.MaxRate })},
		{name: "max_download", value: "size", fallback: "no limit", doc: "all that one run may receive from the server, whatever for: at more it stops with an error, and what is done by then stays done; the policy's max_fetch counts only mail that a plan reads, and does not let a plan come about that needs more", set: assign(size, func(a *accountBody) *int64 { return &a.MaxDownload })},
		{name: "max_connections", value: "a whole number, at least 1", fallback: "imapform's own choice", doc: "connections that one run holds to the account at the same time, at the most", set: func(a *accountBody, v cty.Value) (err error) {
			a.MaxConnections, err = whole(v, 1, math.MaxInt32)
			return err
		}},
	}
}

// The bounds of a rate: between two commands there are a thousand seconds at the
// most, and a microsecond at the least.
const (
	leastRate = 0.001
	mostRate  = 1e6
)

// rate decodes how often something happens in a second.
func rate(v cty.Value) (float64, error) {
	n, err := number(v, "a number")
	if err != nil {
		return 0, err
	}
	perSecond, _ := n.Float64()
	switch {
	case perSecond == 0:
		return 0, errors.New("this must be above 0: for no limit, leave it out")
	case perSecond < leastRate || perSecond > mostRate:
		return 0, fmt.Errorf("this must be a number from %g to %.0f", leastRate, float64(mostRate))
	}
	return perSecond, nil
}
