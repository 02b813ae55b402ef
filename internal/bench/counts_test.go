package bench

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// apart is how far away the server is whose round trips are counted: far enough that a
// command which does not wait for the one before is seen to be sent before its answer.
var apart = line{rtt: 20 * time.Millisecond}

// A trial is a job on a kind of server, whose counts are held to a golden table. That
// says what a run costs as the program is today: whoever makes a number smaller writes
// it anew with -update; none may become larger unnoticed.
type trial struct {
	name string
	job  job
	hide []string       // capabilities that the server does not have
	now  map[string]int // round trips of the phases as they are: more fail, unless they are within what is to be
}

// What is to be, from login to the end, on a server that has all extensions. Where one
// is missing, and where rules look into all folders, it may be firstRunWaits and
// another one for each folder and each command that changes something.
const (
	firstRunWaits = 8
	nothingWaits  = 4
)

// few is the job of the trials.
var few = job{Messages: 2000, Folders: 50, Rules: 20}

// gentle does nothing for which somebody has to wait.
var gentle = job{Messages: 2000, Folders: 50, Rules: 20, Gentle: true}

// everywhere has rules that look into all folders.
var everywhere = job{Messages: 300, Folders: 10, Rules: 10, Everywhere: true}

var trials = []trial{
	{name: "usual", job: few, now: map[string]int{"apply": 14}},
	{name: "gentle", job: gentle},
	{name: "everywhere", job: everywhere},
	{name: "no MOVE", job: few, hide: []string{"MOVE"}},
	{name: "no ESEARCH", job: few, hide: []string{"ESEARCH"}},
	{name: "no LIST-STATUS", job: few, hide: []string{"LIST-STATUS"}},
	{name: "no CONDSTORE", job: few, hide: []string{"CONDSTORE"}},
	{name: "none of them", job: everywhere, hide: []string{"MOVE", "ESEARCH", "LIST-STATUS", "CONDSTORE", "LIST-EXTENDED"}},
}

// target is how many round trips a phase is to take at most.
func (trial trial) target(phase string, c count) int {
	switch {
	case trial.hide != nil || trial.job.Everywhere:
		return firstRunWaits + trial.job.Folders + c.changes()
	case phase == "apply" || phase == "news":
		return firstRunWaits
	}
	return nothingWaits
}

// TestCounts holds the program to what it sends. Commands are exact, round trips but
// for race; octets, of which some hang on dates and ports, may differ by a fiftieth.
func TestCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("the counts are the same under the race detector, and so slow there that they say nothing more")
	}
	path := build(t, "../..")
	now := time.Now()
	stores := map[job]store{}
	for _, j := range []job{few, gentle, everywhere} {
		stores[j] = newStore(t, j, now)
	}
	t.Run("of", func(t *testing.T) { // which ends when all have ended
		for _, trial := range trials {
			t.Run(trial.name, func(t *testing.T) {
				t.Parallel()
				trial.run(t, newProgram(t, path), stores[trial.job])
			})
		}
	})
}

// run does all phases of a trial, and looks at what they cost.
func (trial trial) run(t *testing.T, c client, s store) {
	var options []imaptest.Option
	if trial.hide != nil {
		options = append(options, imaptest.Hide(trial.hide...))
	}
	got := map[string]count{}
	for _, phases := range beds(c) {
		s.bed(t, options...).far(t, c, phases, apart, func(p phase, _ use, sent count) { got[p.name] = sent })
	}
	if t.Failed() {
		return
	}
	table := countTable(trial.job, trial.hide, got)
	t.Logf("\n%s", table)
	for _, phase := range doesAll {
		t.Logf("the waits of %s:\n%s", phase, strings.Join(got[phase].waits, "\n"))
		n, target, now := got[phase].RoundTrips, trial.target(phase, got[phase]), trial.now[phase]
		switch {
		case n > target && n > now+race:
			t.Errorf("%s: %d round trips, which were %d and are to be %d at most", phase, n, now, target)
		case n > target:
			t.Logf("%s: %d round trips, which are to become %d", phase, n, target)
		case now > target:
			t.Logf("%s: %d round trips; the %d that the trial still allows can go", phase, n, now)
		}
	}
	trial.compare(t, table)
}

// compare compares the counts with the golden table, or writes that.
func (trial trial) compare(t *testing.T, table string) {
	t.Helper()
	file := filepath.Join("testdata", "counts", strings.ReplaceAll(trial.name, " ", "-")+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range compareTables(string(want), table) {
		t.Errorf("%s: %s", file, difference)
	}
	if t.Failed() {
		t.Log("if that is meant, run this test with -update")
	}
}

// changing are the commands that change something.
var changing = []string{"CREATE", "RENAME", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE"}

// changes is how many commands changed something.
func (c count) changes() int {
	n := 0
	for _, name := range changing {
		n += c.commands[name]
	}
	return n
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
func countTable(j job, hidden []string, phases map[string]count) string {
	var b strings.Builder
	row := func(name string, cell func(c count) int64) {
		fmt.Fprintf(&b, "%-16s", name)
		for _, column := range doesAll {
			fmt.Fprintf(&b, "%10d", cell(phases[column]))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "# %s\n", j)
	if len(hidden) > 0 {
		fmt.Fprintf(&b, "# without %s\n", strings.Join(hidden, ", "))
	}
	fmt.Fprintf(&b, "%-16s", "")
	for _, column := range doesAll {
		fmt.Fprintf(&b, "%10s", column)
	}
	b.WriteByte('\n')
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

// undoing turns the last run around.
var undoing = phase{name: "undo", memory: "kept", arguments: []string{"undo", "-auto-approve", "-input=false", "-no-color"}}

// TestUndoCounts holds the turning around of a first run to its round trips: two for each
// folder that messages go back from, four for each layer of folders that are removed, and
// those of a run.
func TestUndoCounts(t *testing.T) {
	if testing.Short() {
		t.Skip("the counts are the same under the race detector, and so slow there that they say nothing more")
	}
	t.Parallel()
	var run []phase
	for _, p := range phases {
		if p.name == "apply" {
			run = append(run, p)
		}
	}
	s := newStore(t, gentle, time.Now())
	s.bed(t).far(t, newProgram(t, build(t, "../..")), append(run, undoing), apart, func(p phase, _ use, sent count) {
		if p.name != undoing.name {
			return
		}
		folders, layers := sent.commands["SELECT"]/2, 2 // each is tried out before
		t.Logf("%d round trips for %d folders:\n%s", sent.RoundTrips, folders, strings.Join(sent.waits, "\n"))
		if most := firstRunWaits + 2*folders + 4*layers; sent.RoundTrips > most {
			t.Errorf("%d round trips, which are to be %d at most", sent.RoundTrips, most)
		}
		if sent.commands["DELETE"] == 0 || sent.commands["UID MOVE"] == 0 {
			t.Errorf("nothing was turned around: %v", sent.commands)
		}
	})
}
