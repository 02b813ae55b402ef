package server

import "fmt"

// A FetchLimitError says that more mail would have to be read for a plan than
// Options.MaxFetch allows.
type FetchLimitError struct {
	Limit  int64 // octets
	Needed int64 // octets, at least: what was read already and what would have come next
}

func (e *FetchLimitError) Error() string {
	return fmt.Sprintf("the plan needs at least %s of mail from the server, and max_fetch allows %s: no more was read. "+
		"Where that is not too much for the provider, write policy { max_fetch = %q }; else have rules that test texts or headers "+
		"look at fewer folders or at newer mail", megabytes(e.Needed), megabytes(e.Limit), megabytes(e.Needed))
}

// megabytes writes octets as a configuration does, rounded up.
func megabytes(octets int64) string {
	if octets < 1e6 {
		return fmt.Sprintf("%dB", octets)
	}
	return fmt.Sprintf("%dMB", (octets-1)/1e6+1)
}

// A budget is what may be read of messages: headers and texts. Nil is without limit.
type budget struct {
	limit int64 // octets; 0: none
	used  int64
}

// allow refuses what would be too much, before it is read.
func (b *budget) allow(more int64) error {
	if b == nil || b.limit <= 0 || more <= b.limit-b.used {
		return nil
	}
	return &FetchLimitError{Limit: b.limit, Needed: b.used + more}
}

// spend counts what was read, and says if that was too much: how long a header is
// shows only then.
func (b *budget) spend(octets int64) error {
	if b == nil {
		return nil
	}
	b.used += octets
	return b.allow(0)
}
