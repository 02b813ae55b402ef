package suite

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/imapform/imapform/internal/imaptest"
)

// losses are the ways to lose a connection. Each returns all trials of its kind.
var losses = map[string]func(f *faulty) []loss{
	"at a command":            lostAtCommands,
	"twice":                   lostTwice,
	"in octets of the client": func(f *faulty) []loss { return lostInOctets(f, imaptest.ClientOctets, 31) },
	"in octets of the server": func(f *faulty) []loss { return lostInOctets(f, imaptest.ServerOctets, 307) },
}

// A loss is what goes wrong with one run's connections.
type loss struct {
	name   string
	faults func() []imaptest.Fault
}

// Wherever the connection is lost, the run goes on and does what its plan says: each
// message is there once, where it must be, and nothing is left to do.
func TestCutsAreSurvived(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.clean(t)
			scores, sizes := map[string]*score{}, map[string]int{}
			var chosen []attempt
			for _, kind := range slices.Sorted(maps.Keys(losses)) {
				s := &score{}
				trials := losses[kind](f)
				scores[kind], sizes[kind] = s, len(trials)
				for i, l := range trials {
					if i%(3*f.thin) == 0 || allFaults() {
						chosen = append(chosen, attempt{kind + "/" + l.name, func(t *testing.T) { f.survive(t, l, s) }})
					}
				}
			}
			f.each(t, chosen)
			for kind, s := range scores {
				report(t, f.name, "Connection lost "+kind, s, sizes[kind])
			}
		})
	}
}

// survive makes a run that loses its connection.
func (f *faulty) survive(t *testing.T, trouble loss, s *score) {
	l := newLasting(t, f.start, imaptest.Script{Faults: trouble.faults()})
	made, r, err := l.persist(t.Context())
	if err != nil {
		t.Fatalf("the run ended with %v %s", err, describe(made, r))
	}
	got := l.judge()
	l.honest(r)
	s.take(got)
	if n := l.inDoubt(made, r); n > 0 {
		s.doubt.Add(int64(n))
		l.finish()
		return
	}
	if !r.Complete() || r.Messages != f.counts {
		t.Errorf("not complete, or %+v instead of %+v: %s", r.Messages, f.counts, describe(made, r))
	}
	l.want(got, outcome())
	if again, _ := l.look(); !again.Empty() {
		t.Errorf("a plan after the run finds something to do: %s", describeSteps(again))
	}
	if found, _ := l.resume(); found {
		t.Error("the journal has no end")
	}
}

// lostAtCommands cuts before, in and after each command, and before its answer.
func lostAtCommands(f *faulty) (all []loss) {
	for _, c := range cuts(f.places) {
		all = append(all, loss{c.String(), func() []imaptest.Fault {
			return []imaptest.Fault{{At: c.at, Match: applying(), Nth: c.nth, Do: imaptest.Cut}}
		}})
	}
	return all
}

// lostTwice cuts at each change, and again while it is found out what became of it.
func lostTwice(f *faulty) (all []loss) {
	later := []imaptest.Point{imaptest.AfterCommand, imaptest.BeforeReply, imaptest.BeforeAnswer}
	for i, c := range cuts(f.changing()) {
		again := imaptest.Fault{
			At: later[i%len(later)], Nth: 4 + i%13, Do: imaptest.Cut, // after what logs in
			Match: func(c imaptest.Command) bool { return c.Conn == 2 },
		}
		all = append(all, loss{fmt.Sprintf("%v, then %s command %d", c, pointNames[again.At], again.Nth), func() []imaptest.Fault {
			return []imaptest.Fault{{At: c.at, Match: applying(), Nth: c.nth, Do: imaptest.Cut}, again}
		}})
	}
	return all
}

// lostInOctets cuts after so many octets of one direction, from the first of the apply
// to its last. That are about as many in each run, hence the start a little later.
func lostInOctets(f *faulty, at imaptest.Point, step int64) (all []loss) {
	first, last := f.spent[0].Sent+16, f.spent[1].Sent
	if at == imaptest.ServerOctets {
		first, last = f.spent[0].Received+256, f.spent[1].Received
	}
	for offset := first; offset <= last; offset += step {
		all = append(all, loss{fmt.Sprint(offset), func() []imaptest.Fault {
			return []imaptest.Fault{{At: at, Offset: offset, Do: imaptest.Cut}}
		}})
	}
	return all
}
