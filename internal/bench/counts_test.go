package bench

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// counts is the golden table of what a run costs as the program is today. Whoever
// makes one smaller writes it anew with -update; none may become larger unnoticed.
const counts = "testdata/counts.txt"

// apart is how far away the server is whose round trips are counted: far enough that a
// command which does not wait for the one before is seen to be sent before its answer.
const apart = 20 * time.Millisecond

// TestCounts holds the program to what it sends. Commands are exact, round trips but
// for race; octets, of which some hang on dates and ports, may differ by a fiftieth.
func TestCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("the counts are the same under the race detector, and so slow there that they say nothing more")
	}
	j := job{Messages: 2000, Folders: 50, Rules: 20}
	b := newBed(t, j, time.Now())
	p := build(t, "")
	got := map[string]count{}
	for _, phase := range phases {
		got[phase.name], _ = b.counted(t, p, phase, apart)
	}
	if t.Failed() {
		return
	}
	table := countTable(j, got)
	t.Logf("\n%s", table)
	if *update {
		if err := os.WriteFile(counts, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(counts)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range compareTables(string(want), table) {
		t.Errorf("%s: %s", counts, difference)
	}
	if t.Failed() {
		t.Log("if that is meant, run this test with -update")
	}
}

// race is by how many round trips two runs may differ: after a login the IMAP library
// asks for capabilities in the background, and what is sent next waits for the answer in
// some runs and not in others. It is to become 0 with that.
const race = 1

// near are the rows of the table that may differ a little, and by how much.
var near = map[string]func(n float64) float64{
	"round trips":    func(float64) float64 { return race },
	"octets up":      fiftieth,
	"octets down":    fiftieth,
	"down / message": fiftieth,
}

func fiftieth(n float64) float64 { return n / 50 }

// countTable writes what each phase sent, a line a command.
func countTable(j job, phases map[string]count) string {
	var b strings.Builder
	columns := []string{"plan", "apply", "nothing"}
	row := func(name string, cell func(c count) int64) {
		fmt.Fprintf(&b, "%-18s", name)
		for _, column := range columns {
			fmt.Fprintf(&b, "%12d", cell(phases[column]))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "# %s\n%-18s%12s%12s%12s\n", j, "", columns[0], columns[1], columns[2])
	row("connections", func(c count) int64 { return int64(c.Connections) })
	row("round trips", func(c count) int64 { return int64(c.RoundTrips) })
	row("commands", func(c count) int64 { return int64(c.Commands) })
	row("octets up", func(c count) int64 { return c.Sent })
	row("octets down", func(c count) int64 { return c.Received })
	row("down / message", func(c count) int64 { return c.Received / int64(j.Messages) })
	b.WriteByte('\n')
	names := map[string]bool{}
	for _, c := range phases {
		for name := range c.commands {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		row(name, func(c count) int64 { return int64(c.commands[name]) })
	}
	return b.String()
}

// compareTables says where two tables differ by more than they may.
func compareTables(want, got string) []string {
	var differences []string
	wanted, have := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(wanted), len(have)) {
		var w, g string
		if i < len(wanted) {
			w = wanted[i]
		}
		if i < len(have) {
			g = have[i]
		}
		if w != g && !about(w, g) {
			differences = append(differences, fmt.Sprintf("line %d:\n  want %s\n  got  %s", i+1, w, g))
		}
	}
	return differences
}

// about reports whether two lines are the same row, with numbers that differ by no more
// than they may in it.
func about(want, got string) bool {
	for row, slack := range near {
		w, ok1 := strings.CutPrefix(want, row)
		g, ok2 := strings.CutPrefix(got, row)
		if !ok1 || !ok2 {
			continue
		}
		return slices.EqualFunc(strings.Fields(w), strings.Fields(g), func(w, g string) bool {
			a, err1 := strconv.ParseFloat(w, 64)
			b, err2 := strconv.ParseFloat(g, 64)
			return err1 == nil && err2 == nil && max(a-b, b-a) <= slack(a)
		})
	}
	return false
}
