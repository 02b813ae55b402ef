package apply_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// refusedAs is a server's NO of a class.
type refusedAs struct {
	class apply.Class
	after time.Duration
}

func (e refusedAs) Error() string             { return fmt.Sprintf("NO %q", e.class) }
func (e refusedAs) Class() apply.Class        { return e.class }
func (e refusedAs) RetryAfter() time.Duration { return e.after }

var errThrottled = refusedAs{class: apply.ClassThrottled}

// waits are what a run waits for, in a time that does not pass.
type waits struct {
	all  []time.Duration
	told []apply.Event
}

func (w *waits) options() apply.Options {
	return apply.Options{
		Wait: func(ctx context.Context, d time.Duration) error {
			w.all = append(w.all, d)
			return nil
		},
		Report: func(e apply.Event) {
			if e.Kind == apply.Waiting && e.Wait > 0 {
				w.told = append(w.told, e)
			}
		},
	}
}

// A server that wants to be asked later once, whenever, and whether or not it did what
// it was told, changes nothing of what a run does.
func TestRunOutlastsThrottling(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		want := run(t, whole, p)
		complete(t, want)
		for n := 1; n <= whole.Ops(); n++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d after=%t", n, after), func(t *testing.T) {
					a, p := everything(t, v)
					failed := failAt(a, n, after, errThrottled)
					var w waits
					r, err := apply.Run(t.Context(), p, a, w.options())
					careful(t, a)
					if err != nil || !r.Complete() {
						t.Errorf("%s: %v\n%s", failed.Name, err, told(r))
					}
					if diff := cmp.Diff(where(whole), where(a)); diff != "" {
						t.Errorf("%s: not what it is without a fault:\n%s", failed.Name, diff)
					}
					if got, want := counts(r), counts(want); got != want {
						t.Errorf("%s: counted %s, want %s", failed.Name, got, want)
					}
					if len(w.told) == 0 && after && slices.Contains([]string{"RENAME", "DELETE", "UID EXPUNGE"}, failed.Name) {
						return // of a folder that is removed, or messages: it was seen that it was done
					}
					if len(w.told) != 1 || w.told[0].Wait <= 0 || apply.ClassOf(w.told[0].Err) != apply.ClassThrottled {
						t.Errorf("%s: told to wait %+v", failed.Name, w.told)
					}
				})
			}
		}
	})
}

// A server that wants to be asked later for ever is given up: nothing is lost or
// doubled, nothing left half done, and the waiting has an end.
func TestRunGivesUpOnThrottling(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		for _, name := range []string{"LIST", "STATUS", "SELECT", "UID FETCH", "UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE", "CREATE", "RENAME", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "UNSELECT"} {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s after=%t", name, after), func(t *testing.T) { giveUp(t, v, name, after) })
			}
		}
	})
}

func giveUp(t *testing.T, v model.Variant, name string, after bool) {
	a, p := everything(t, v)
	throttled := 0
	hook := only(name, func(model.Op) error {
		throttled++
		return errThrottled
	})
	hooked(a, after, hook)
	var w waits
	r, err := apply.Run(t.Context(), p, a, w.options())
	careful(t, a)
	if err != nil && name != "UNSELECT" {
		t.Errorf("the run ended with %v", err)
	}
	if throttled == 0 {
		t.Skip("is not sent")
	}
	var sum time.Duration
	for _, e := range w.told {
		sum += e.Wait
	}
	if sum > 15*time.Minute {
		t.Errorf("waited %v", sum)
	}
	lost, doubled := balance(a, 16, func(mail int) bool { return mail == 9 || mail == 10 })
	if len(lost) > 0 || len(doubled) > 0 && v.Can.Move {
		t.Errorf("lost %v, doubled %v\n%s", lost, doubled, told(r))
	}
	if !after && name != "UID FETCH" && name != "UID EXPUNGE" && name != "UID STORE" && len(a.Marked()) > 0 {
		t.Errorf(`left marked \Deleted: %v`, a.Marked())
	}
	unasked := name == "SUBSCRIBE" && v.AutoSubscribe // it is done by the server
	if !after && r.Complete() && name != "UNSELECT" && name != "UNSUBSCRIBE" && !unasked {
		t.Errorf("%s is never done, and the run says that it is complete", name)
	}
	a.Before, a.After = nil, nil
	complete(t, run(t, a, p))
	if lost, doubled := balance(a, 16, func(mail int) bool { return mail == 9 || mail == 10 }); len(lost) > 0 || len(doubled) > 0 && v.Can.Move {
		t.Errorf("second run: lost %v, doubled %v", lost, doubled)
	}
}

// A delay that the server names is what is waited, and one that is longer than a run
// waits is not waited at all.
func TestRunWaitsAsTold(t *testing.T) {
	for _, c := range []struct {
		named time.Duration
		times int // that the server says so
		waits []time.Duration
		says  string // of the step that is given up; empty: it is done
	}{
		{named: 300 * time.Second, times: 1, waits: []time.Duration{300 * time.Second}},
		{named: time.Millisecond, times: 2, waits: []time.Duration{time.Second, time.Second}},
		{named: 15 * time.Minute, times: 1, waits: []time.Duration{15 * time.Minute}},
		{named: 15*time.Minute + 1, times: 1, says: "the server asks to wait 15m0s, which is longer than a run waits: apply again after that"},
		{named: 10 * time.Minute, times: 2, waits: []time.Duration{10 * time.Minute}, says: "the server asks to wait 10m0s"},
		{named: time.Second, times: 99, waits: slices.Repeat([]time.Duration{time.Second}, 5), says: "it was tried 6 times"},
		{named: -time.Hour, times: 99, waits: make([]time.Duration, 5), says: "it was tried 6 times"},
	} {
		t.Run(fmt.Sprintf("%v %d", c.named, c.times), func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "INBOX", letters(2)...)
			p := planned(a, file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{"$Keyword"}}))
			left := c.times
			a.Before = only("UID STORE", func(model.Op) error {
				if left == 0 {
					return nil
				}
				left--
				return refusedAs{apply.ClassThrottled, c.named}
			})
			var w waits
			r, err := apply.Run(t.Context(), p, a, w.options())
			if err != nil {
				t.Fatal(err)
			}
			for i := range w.all {
				if c.named < 0 && w.all[i] > 0 {
					w.all[i] = 0 // at random
				}
			}
			if !slices.Equal(w.all, c.waits) {
				t.Errorf("waited %v, want %v", w.all, c.waits)
			}
			switch err := r.Steps[0].Err; {
			case c.says == "":
				complete(t, r)
			case err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "max_rate"):
				t.Errorf("error %v does not say %q", err, c.says)
			}
		})
	}
}

// Somebody who asks to stop does not wait for the server; nor does who cancels.
func TestStopWhileWaiting(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		run(t, whole, p)
		for n := sources(p) + 1; n <= whole.Ops(); n++ {
			for _, hard := range []bool{false, true} {
				a, p := everything(t, v)
				failed := failAt(a, n, n%2 == 0, errThrottled)
				ctx, cancel := context.WithCancel(t.Context())
				stop, waited := make(chan struct{}), false
				r, err := apply.Run(ctx, p, a, apply.Options{Stop: stop, Wait: func(ctx context.Context, _ time.Duration) error {
					if !waited {
						close(stop)
					}
					if waited = true; hard {
						cancel()
					}
					<-ctx.Done()
					return context.Cause(ctx)
				}})
				cancel()
				careful(t, a)
				if !waited { // it was seen that it was done
					complete(t, r)
					continue
				}
				if hard != (err != nil) && failed.Name != "UNSELECT" {
					t.Errorf("%d %s hard=%t: the run ended with %v", n, failed.Name, hard, err)
				}
				if !r.Interrupted && !hard {
					t.Errorf("%d %s: not interrupted", n, failed.Name)
				}
				lost, doubled := balance(a, 16, func(mail int) bool { return mail == 9 || mail == 10 })
				if len(lost) > 0 || len(doubled) > 0 && v.Can.Move {
					t.Errorf("%d %s hard=%t: lost %v, doubled %v", n, failed.Name, hard, lost, doubled)
				}
				for i, o := range r.Steps {
					if !hard && o.Status == apply.StatusFailed && !errors.Is(o.Err, apply.ErrStopped) {
						t.Errorf("%d %s: step %d: %v", n, failed.Name, i, o.Err)
					}
				}
				if hard {
					continue
				}
				a.Before, a.After = nil, nil
				complete(t, run(t, a, p))
			}
		}
	})
}

// Where there is no room nothing more is copied, and what was to be copied first is
// not deleted; all else goes on.
func TestQuota(t *testing.T) {
	for _, v := range model.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			if !v.Can.UIDPlus {
				t.Skip("deletes nothing for good")
			}
			a := model.New(v)
			fill(a, "INBOX", letters(8)...)
			fill(a, "Copies")
			fill(a, "To")
			p := planned(a,
				file(t, a, plan.File{Folder: "INBOX", Copies: []mailbox.Name{"Copies"}, Away: plan.AwayPermanent}, 1, 2),
				file(t, a, plan.File{Folder: "INBOX", Copies: []mailbox.Name{"Copies"}}, 3, 4),
				file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To"}, 5, 6),
				file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{"$Keyword"}}, 7),
				file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, 8),
			)
			copies := 0
			a.Before = only("UID COPY", func(model.Op) error {
				copies++
				return refusedAs{class: apply.ClassQuota}
			})
			var w waits
			r, err := apply.Run(t.Context(), p, a, w.options())
			if err != nil {
				t.Fatal(err)
			}
			careful(t, a)
			moves := apply.StatusBlocked
			if v.Can.Move { // which needs no room
				moves = apply.StatusDone
			}
			want := []apply.Status{apply.StatusFailed, apply.StatusBlocked, moves, apply.StatusDone, apply.StatusDone}
			var got []apply.Status
			for _, o := range r.Steps {
				got = append(got, o.Status)
			}
			if !slices.Equal(got, want) || copies != 1 || len(w.all) > 0 {
				t.Errorf("steps %v, want %v; %d copies, waited %v\n%s", got, want, copies, w.all, told(r))
			}
			if !strings.Contains(r.Steps[0].Err.Error(), "no room left") {
				t.Errorf("error %q does not say what to do", r.Steps[0].Err)
			}
			if census := a.Census(); len(census[1])*len(census[2]) != 1 || len(census[8]) != 0 {
				t.Errorf("there are %v", census)
			}
		})
	}
}

// What the user may not do in one folder stops nothing in others.
func TestPermission(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "Shared", letters(2)...)
	fill(a, "Own", letters(2)...)
	keyword := mailbox.Flags{"$Keyword"}
	p := planned(a, file(t, a, plan.File{Folder: "Shared", Add: keyword}), file(t, a, plan.File{Folder: "Own", Add: keyword}))
	a.Before = only("UID STORE", func(op model.Op) error {
		if op.Folder == "Shared" {
			return refusedAs{class: apply.ClassPermission}
		}
		return nil
	})
	var w waits
	r, err := apply.Run(t.Context(), p, a, w.options())
	if err != nil || len(w.all) > 0 {
		t.Errorf("the run ended with %v, and waited %v", err, w.all)
	}
	if r.Steps[0].Status != apply.StatusFailed || !strings.Contains(r.Steps[0].Err.Error(), "have the right granted") || r.Steps[1].Status != apply.StatusDone {
		t.Errorf("%s", told(r))
	}
}

// A look that fails by the server's own fault is tried on one more connection, and
// then fails only the steps that need it.
func TestServerBug(t *testing.T) {
	for _, c := range []struct {
		times, connections int
		status             apply.Status
	}{
		{times: 1, connections: 1, status: apply.StatusDone},
		{times: 99, connections: 1, status: apply.StatusFailed},
	} {
		a := model.New(model.Variants()[0])
		fill(a, "Bad", letters(2)...)
		fill(a, "Good", letters(2)...)
		keyword := mailbox.Flags{"$Keyword"}
		p := planned(a, file(t, a, plan.File{Folder: "Bad", Add: keyword}), file(t, a, plan.File{Folder: "Good", Add: keyword}))
		left, connections := c.times, 0
		a.Before = only("UID FETCH", func(op model.Op) error {
			if op.Folder != "Bad" || left == 0 {
				return nil
			}
			left--
			return refusedAs{class: apply.ClassServerBug}
		})
		o := again(a)
		connect := o.Reconnect
		o.Reconnect = func(ctx context.Context) (apply.Server, error) {
			connections++
			return connect(ctx)
		}
		r, err := apply.Run(t.Context(), p, a, o)
		if err != nil || connections != c.connections || r.Steps[0].Status != c.status || r.Steps[1].Status != apply.StatusDone {
			t.Errorf("%d times: %v, %d connections\n%s", c.times, err, connections, told(r))
		}
		left = c.times
		if r, err := apply.Run(t.Context(), p, a, apply.Options{}); err != nil || c.times > 1 && r.Steps[0].Status != apply.StatusFailed {
			t.Errorf("without another connection: %v\n%s", err, told(r))
		}
	}
}

// A server that lets nobody in is asked once more at the most: others wait for as long
// as it says, or are told why not.
func TestReconnectRefused(t *testing.T) {
	for _, c := range []struct {
		class    apply.Class
		after    time.Duration
		attempts int
	}{
		{class: apply.ClassAuthentication, attempts: 1},
		{class: apply.ClassPermission, attempts: 1},
		{class: apply.ClassThrottled, attempts: 5},
		{class: apply.ClassThrottled, after: time.Minute, attempts: 5},
		{class: apply.ClassThrottled, after: 10 * time.Minute, attempts: 2},
		{class: apply.ClassThrottled, after: time.Hour, attempts: 1},
		{class: apply.ClassTransport, attempts: 5},
	} {
		a := model.New(model.Variants()[0])
		fill(a, "INBOX", letters(2)...)
		p := planned(a, file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{"$Keyword"}}))
		failAt(a, 3, false, model.ErrLost)
		attempts := 0
		var w waits
		o := w.options()
		o.Reconnect = func(context.Context) (apply.Server, error) {
			attempts++
			return nil, connectError{refusedAs{c.class, c.after}}
		}
		_, err := apply.Run(t.Context(), p, a, o)
		if attempts != c.attempts || !errors.Is(err, model.ErrLost) || !strings.Contains(err.Error(), fmt.Sprintf("NO %q", c.class)) {
			t.Errorf("%v: %d attempts, want %d: %v", c.class, attempts, c.attempts, err)
		}
		if len(w.all) != attempts-1 || slices.ContainsFunc(w.all, func(d time.Duration) bool { return d < c.after }) {
			t.Errorf("%v: waited %v", c.class, w.all)
		}
	}
}

// connectError is that of a connection that cannot be made.
type connectError struct{ refusedAs }

func (e connectError) Transient() bool {
	return e.class == apply.ClassTransport || e.class == apply.ClassThrottled
}

// A connection that is lost for a reason that another one would not change ends the
// run.
func TestLostForGood(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(2)...)
	p := planned(a, file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{"$Keyword"}}))
	failAt(a, 3, false, enough{})
	o := again(a)
	o.Reconnect = func(context.Context) (apply.Server, error) {
		t.Error("connects again")
		return nil, errors.New("no")
	}
	if _, err := apply.Run(t.Context(), p, a, o); !errors.Is(err, enough{}) {
		t.Errorf("the run ended with %v", err)
	}
}

type enough struct{}

func (enough) Error() string   { return "enough" }
func (enough) Lost() bool      { return true }
func (enough) Transient() bool { return false }

func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want apply.Class
	}{
		{nil, apply.ClassOther},
		{errors.New("x"), apply.ClassOther},
		{fmt.Errorf("a: %w", errors.Join(errors.New("x"), errThrottled)), apply.ClassThrottled},
		{fmt.Errorf("a: %w", apply.ErrReadOnly), apply.ClassPermission},
		{&apply.UnknownError{Err: model.ErrLost}, apply.ClassTransport},
		{context.Canceled, apply.ClassTransport},
	} {
		if got := apply.ClassOf(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
	if d := apply.RetryAfter(fmt.Errorf("a: %w", refusedAs{after: -time.Second})); d != 0 {
		t.Errorf("wait %v", d)
	}
}

// A server that is busy again and again, and loses connections, changes nothing of what
// a run does.
func TestRunOutlastsBadDays(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		whole, p := everything(t, v)
		want := run(t, whole, p)
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 9))
			a, p := everything(t, v)
			losses := 0
			hook := func(model.Op) error {
				switch n := rng.IntN(100); {
				case n < 8:
					return refusedAs{apply.ClassThrottled, time.Second}
				case n == 8 && losses < 2:
					losses++
					return model.ErrLost
				}
				return nil
			}
			a.Before, a.After = hook, hook
			r, err := apply.Run(t.Context(), p, a, again(a))
			careful(t, a)
			if err != nil || !r.Complete() {
				t.Errorf("seed %d: %v\n%s", seed, err, told(r))
			}
			if diff := cmp.Diff(where(whole), where(a)); diff != "" {
				t.Errorf("seed %d: not what it is without a fault:\n%s", seed, diff)
			}
			if got, want := counts(r), counts(want); got != want {
				t.Errorf("seed %d: counted %s, want %s", seed, got, want)
			}
		}
	})
}

// Where folders are labels a message may have had the label before, and what was done
// before the server said no is harder to see.
func TestLabelsOutlastThrottling(t *testing.T) {
	for _, v := range model.Labels() {
		if !v.Can.Move {
			continue // nothing is moved there
		}
		labelled := func() (*model.Account, *plan.Plan) {
			a := model.New(v)
			fill(a, "INBOX", letters(4)...)
			fill(a, "To")
			seen := mailbox.Flags{imap.FlagSeen}
			return a, planned(a,
				file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Add: seen}, 1, 2),
				file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "To", Add: seen, FlagsFirst: true}, 3),
			)
		}
		whole, p := labelled()
		want := run(t, whole, p)
		complete(t, want)
		for n := 1; n <= whole.Ops(); n++ {
			for _, after := range []bool{false, true} {
				a, p := labelled()
				failed := failAt(a, n, after, errThrottled)
				var w waits
				r, err := apply.Run(t.Context(), p, a, w.options())
				careful(t, a)
				if err != nil || !r.Complete() || counts(r) != counts(want) {
					t.Errorf("%s: %d %s after=%t: %v, counted %s, want %s\n%s", v.Name, n, failed.Name, after, err, counts(r), counts(want), told(r))
				}
				if diff := cmp.Diff(where(whole), where(a)); diff != "" {
					t.Errorf("%s: %d %s after=%t: not what it is without a fault:\n%s", v.Name, n, failed.Name, after, diff)
				}
			}
		}
	}
}
