package journal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What was sent together is told in turns, and is read batch by batch; what has no number
// stays where it is.
func TestByBatch(t *testing.T) {
	batch := func(n int) Record { return Record{Batch: &Batch{Number: n}} }
	command := func(n int) Record { return Record{Command: &Command{Batch: n}} }
	done := func(n int) Record { return Record{Done: &Done{Batch: n}} }
	settled := func(n int) Record { return Record{Settled: &Settled{Batch: n}} }
	run, end := Record{Run: &Run{}}, Record{End: &End{}}
	for name, test := range map[string]struct{ records, want []Record }{
		"nothing": {nil, []Record{}},
		"one after the other": {
			[]Record{run, batch(0), command(0), done(0), settled(0), batch(0), command(0), end},
			[]Record{run, batch(0), command(0), done(0), settled(0), batch(0), command(0), end},
		},
		"together": {
			[]Record{run, batch(1), command(1), batch(2), command(2), done(2), done(1), settled(2), settled(1), end},
			[]Record{run, batch(1), command(1), done(1), settled(1), batch(2), command(2), done(2), settled(2), end},
		},
		"one again alone, before another is settled": {
			[]Record{batch(1), command(1), batch(2), command(2), settled(1), batch(0), command(0), settled(0), done(2), settled(2)},
			[]Record{batch(1), command(1), settled(1), batch(2), command(2), done(2), settled(2), batch(0), command(0), settled(0)},
		},
		"a number once more": {
			[]Record{batch(1), settled(1), batch(1), command(1), done(7)},
			[]Record{batch(1), settled(1), batch(1), command(1), done(7)},
		},
		"never settled": {
			[]Record{batch(1), batch(2), command(1), command(2)},
			[]Record{batch(1), command(1), batch(2), command(2)},
		},
	} {
		if diff := cmp.Diff(test.want, ByBatch(test.records)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
