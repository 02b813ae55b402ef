package server

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/imapform/imapform/internal/server/wire"
)

// What one goroutine hands to the other at once, and what is read of an answer that
// nobody wants any more, so that the connection can go on to be used. To wake up for
// little costs much where the server is the slower one: of batches a quarter as large,
// a tenth more of all that a plan takes of the client.
const (
	batchSize    = 1024      // responses
	batchOctets  = 512 << 10 // of responses, beyond which no more are added
	batchesAhead = 2
	maxDrained   = 1 << 20 // octets
)

var (
	errDrained   = errors.New("the rest of an answer that is of no use is too long to be read")
	errAbandoned = errors.New("what read the server's answer has ended")
)

// A passed is what came of one of the commands of a burst.
type passed struct {
	command int
	raw     wire.Raw
	answer  *wire.Answer // nil: this is an untagged response
}

// A batch is what is handed over at once. The octets of its responses lie in one buffer.
type batch struct {
	all    []passed
	octets []byte
}

func (b *batch) full() bool { return len(b.all) >= batchSize || len(b.octets) >= batchOctets }

// A handover passes what a server answers from the goroutine that reads the connection
// to the one that asked: a panic there ends an account, here the process; and so both
// work at the same time. What is under way is bounded by a few batches, of which the
// server waits to be taken.
type handover struct {
	batches chan batch
	free    chan batch  // to be used again
	over    atomic.Bool // nothing is taken any more

	// Of the reading side.
	filling batch
	drained int
	lost    bool // a batch was, because the context has ended
	ctx     context.Context
	cancel  context.CancelCauseFunc
}

// handOver has run send commands and give what comes of them, and calls take for it on
// the goroutine that called handOver, in the same order. Once take has failed the rest
// is read and forgotten or, where that would be much, run's context ends; take's error
// is returned then, and otherwise run's. When handOver returns, or is left by a panic
// of take's, run has returned.
func handOver(ctx context.Context, run func(context.Context, func(passed)) error, take func(passed) error) error {
	h := &handover{batches: make(chan batch, batchesAhead), free: make(chan batch, batchesAhead+2)}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	var err error
	go func() {
		defer close(h.batches)
		if err = run(h.ctx, h.give); err == nil {
			h.flush()
		}
		if err == nil && h.lost {
			err = context.Cause(h.ctx)
		}
	}()
	defer h.cancel(nil)
	defer func() {
		h.over.Store(true)
		h.cancel(errAbandoned) // unless run has returned
		for range h.batches {
		}
	}()
	var refused error
	for b := range h.batches {
		for i := 0; i < len(b.all) && refused == nil; i++ {
			refused = take(b.all[i])
		}
		if refused != nil {
			h.over.Store(true)
		}
		h.recycle(b)
	}
	if refused != nil {
		return refused
	}
	return err
}

// give is called by the reading side.
func (h *handover) give(p passed) {
	if h.over.Load() {
		if h.drained += len(p.raw.Octets); h.drained > maxDrained {
			h.cancel(errDrained)
		}
		return
	}
	p.raw, h.filling.octets = p.raw.In(h.filling.octets)
	h.filling.all = append(h.filling.all, p)
	if h.filling.full() {
		h.flush()
	}
}

// flush hands over what there is.
func (h *handover) flush() {
	select {
	case h.batches <- h.filling:
	case <-h.ctx.Done():
		h.lost = true
	}
	select {
	case h.filling = <-h.free:
	default:
		h.filling = batch{}
	}
}

// recycle lets a batch be filled again that has not held anything large.
func (h *handover) recycle(b batch) {
	if cap(b.octets) > 2*batchOctets {
		return
	}
	clear(b.all)
	select {
	case h.free <- batch{b.all[:0], b.octets[:0]}:
	default:
	}
}

// stream sends commands at once and passes what comes of them to take, which is called by
// the goroutine that calls stream; see handOver: the responses to those that are marked as
// After, and the answers to the others. Each command's error is its own; the last one
// returned is take's, or says that something was not passed.
func (s *Session) stream(ctx context.Context, commands []asked, take func(passed) error) (errs []error, err error) {
	return s.streamAll(ctx, commands, func(p passed) error {
		if p.answer != nil && commands[p.command].request.After {
			return nil
		}
		return take(p)
	})
}

// streamAll is stream that passes all answers.
func (s *Session) streamAll(ctx context.Context, commands []asked, take func(passed) error) (errs []error, err error) {
	err = handOver(ctx, func(ctx context.Context, give func(passed)) error {
		for i := range commands {
			request := &commands[i].request
			request.Done = func(answer wire.Answer) { give(passed{command: i, answer: &answer}) }
			if request.After {
				request.Raw = func(raw wire.Raw) { give(passed{command: i, raw: raw}) }
			}
		}
		_, errs = s.together(ctx, commands)
		return nil
	}, take)
	return errs, err
}
