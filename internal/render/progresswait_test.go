package render

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
)

// waitError is a server's wish to be asked later.
type waitError struct {
	class apply.Class
	after time.Duration
}

func (e waitError) Error() string             { return "NO \x1b[31m" }
func (e waitError) Class() apply.Class        { return e.class }
func (e waitError) RetryAfter() time.Duration { return e.after }

// Who waits is told for how long and why, also before the first step, and then what
// goes on.
func TestProgressWaiting(t *testing.T) {
	for _, c := range []struct {
		e    apply.Event
		want string
	}{
		{apply.Event{Wait: 30 * time.Second, Err: waitError{apply.ClassThrottled, 30 * time.Second}, Step: -1}, "the server asks to wait 30 s (throttled)"},
		{apply.Event{Wait: 4500 * time.Millisecond, Err: waitError{class: apply.ClassThrottled}}, "waiting 5 s (throttled)"},
		{apply.Event{Wait: time.Millisecond, Err: waitError{class: apply.ClassTransport}}, "waiting 1 s (connection lost)"},
		{apply.Event{Wait: 599 * time.Second, Err: errors.New("no")}, "waiting 599 s"},
		{apply.Event{Wait: 14*time.Minute + 1, Err: errors.New("no"), Step: 99}, "waiting 15 min"},
		{apply.Event{Step: 0}, string(describe(everything().Steps[0]))},
	} {
		var b strings.Builder
		p := NewProgress(&b, true, newClock().read, Options{Width: 200})
		c.e.Kind = apply.Waiting
		p.Applying(everything(), c.e)
		p.Pause()
		if want := everything().Account + ": " + c.want + " (0s)\r\x1b[K"; b.String() != want {
			t.Errorf("%+v: %q, want %q", c.e, b.String(), want)
		}
	}
}
