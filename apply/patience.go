package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// The bounds of waiting for a server that asks to be left alone.
const (
	maxAgain    = 5                // times that the same thing is tried again, each after three times the wait
	firstDelay  = 5 * time.Second  // before the first of them, where the server names none
	leastDelay  = time.Second      // whatever the server names
	maxPatience = 15 * time.Minute // that a run waits in all
	leastBatch  = 25               // messages, however often a server was throttling
)

// A patience is what a run has left of it.
type patience struct {
	waited time.Duration
	blamed map[string]bool // reading commands that a new connection was made for
}

// patiently does something again for as long as the server wants to be asked later.
// It must be safe to do twice, or look first.
func (r *run) patiently(ctx context.Context, do func() error) error {
	for n := 1; ; n++ {
		err := do()
		if !passing(err) {
			return err
		}
		if err := r.await(ctx, n, err); err != nil {
			return err
		}
	}
}

// A givenUp is the error of what is not tried again.
type givenUp struct {
	err error
	why error
}

func (e *givenUp) Error() string { return fmt.Sprintf("%v; %v", e.err, e.why) }

// Unwrap returns the last refusal, and why nothing more was tried.
func (e *givenUp) Unwrap() []error { return []error{e.err, e.why} }

// await waits before something is tried again for the n-th time that was refused for
// now. The error says why it must not be.
func (r *run) await(ctx context.Context, n int, refused error) error {
	delay := RetryAfter(refused)
	switch left := maxPatience - r.patience.waited; {
	case n > maxAgain:
		return &givenUp{refused, fmt.Errorf("it was tried %d times", n)}
	case delay > left:
		return &givenUp{refused, fmt.Errorf("the server asks to wait %v, which is longer than a run waits: apply again after that", delay.Round(time.Second))}
	case left <= 0:
		return &givenUp{refused, fmt.Errorf("the run has waited %v for the server", r.patience.waited.Round(time.Second))}
	case delay > 0:
		delay = max(delay, leastDelay)
	default:
		delay = min(grown(firstDelay, 3, n), left)
	}
	r.patience.waited += delay
	r.most = max(r.most/2, leastBatch)
	if err := r.pause(ctx, delay, refused); err != nil {
		return &givenUp{refused, err}
	}
	return nil
}

// grown is a wait that grows by a factor each time but the first, somewhat at random:
// others wait for the same server.
func grown(first time.Duration, factor, n int) time.Duration {
	d := first
	for range n - 1 {
		d *= time.Duration(factor)
	}
	return d/2 + rand.N(d)
}

// pause tells that the run waits, and why, and waits. It fails with ErrStopped once
// somebody asks to stop.
func (r *run) pause(ctx context.Context, d time.Duration, why error) error {
	r.report(Event{Kind: Waiting, Step: r.at, Wait: d, Err: why})
	waiting, end := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-r.options.Stop:
			end(ErrStopped)
		case <-waiting.Done():
		}
	})
	err := r.wait(waiting, d)
	stopped := context.Cause(waiting) == ErrStopped || r.asked()
	end(nil)
	watch.Wait()
	r.report(Event{Kind: Waiting, Step: r.at})
	switch {
	case ctx.Err() != nil:
		return errors.Join(context.Cause(ctx), ctx.Err())
	case stopped:
		r.result.Interrupted = true
		return ErrStopped
	}
	return err
}
