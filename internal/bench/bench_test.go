package bench

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchVariable is the environment variable with the numbers of messages to measure,
// as in "1000,10000".
const benchVariable = "IMAPFORM_BENCH"

// distant is a server that is not near, in the measurements.
var distant = line{rtt: 40 * time.Millisecond}

// A measurement is one phase of one job by one client.
type measurement struct {
	job
	Client string
	Phase  string
	Near   use           // on loopback, with nothing between
	Far    time.Duration // wall, behind the distant line
	Server time.Duration // the server's CPU, near; -1: not known
	Cost   count         // of the far run
}

// A maker makes a client that has seen no server yet.
type maker struct {
	name string
	make func(t testing.TB) client
}

// TestBench is what `make bench` runs. It measures, and asserts nothing of it.
func TestBench(t *testing.T) {
	sizes := os.Getenv(benchVariable)
	if sizes == "" {
		t.Skipf("%s names no sizes; see the Makefile", benchVariable)
	}
	jobs, million, err := jobsOf(sizes)
	if err != nil {
		t.Fatal(err)
	}
	program, floor := build(t, "../.."), build(t, "./floor")
	makers := []maker{
		{"imapform", func(t testing.TB) client { return newProgram(t, program) }},
		{"floor", func(t testing.TB) client { return newFloor(t, floor) }},
	}
	remark := ""
	if _, err := exec.LookPath("imapfilter"); err != nil {
		remark = "imapfilter is not installed, so that it does not stand beside."
		t.Log(remark)
	} else {
		makers = append(makers, maker{"imapfilter", newPeer})
	}
	var all []measurement
	for _, j := range jobs {
		before := len(all)
		t.Run(j.String(), func(t *testing.T) {
			those := makers
			if j != usual(j.Messages) { // for the curves; a peer takes long over many rules
				those = makers[:2]
			}
			all = append(all, j.measure(t, those)...)
		})
		if t.Failed() {
			return
		}
		if len(all) == before { // -run left it out
			continue
		}
		// After each job, for the large ones take long.
		if err := writeSection("measured", table(all, remark)+ratios(all)); err != nil {
			t.Fatal(err)
		}
		if err := writeSection("waits", waits(all)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(picture, []byte(curves(all)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(jobs) > 0 {
		j := jobs[0]
		for _, other := range jobs {
			if other == usual(other.Messages) && other.Messages > j.Messages {
				j = other
			}
		}
		t.Run("narrow", func(t *testing.T) { j.measureNarrow(t, program) })
	}
	if million > 0 {
		t.Run("million", func(t *testing.T) { measureMillion(t, program, million) })
	}
}

// large is from how many messages on only memory is measured, of short messages: as
// many as usual ones do not fit anywhere.
const large = 500_000

// jobsOf are the jobs of the sizes, and for the growth with rules and folders jobs of
// the first size that have more and fewer of them. The size that is large stands by itself.
func jobsOf(sizes string) (jobs []job, million int, err error) {
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil {
			return nil, 0, err
		}
		if n >= large {
			million = n
			continue
		}
		jobs = append(jobs, usual(n))
	}
	if len(jobs) > 0 {
		n := jobs[0].Messages
		jobs = append(jobs,
			job{Messages: n, Folders: 200, Rules: 10}, job{Messages: n, Folders: 200, Rules: 160},
			job{Messages: n, Folders: 50, Rules: 40}, job{Messages: n, Folders: 400, Rules: 40})
	}
	return jobs, million, nil
}

// usual is the job whose messages grow.
func usual(messages int) job { return job{Messages: messages, Folders: 200, Rules: 40} }

// measure has clients do the job on beds of their own: near, for what the machine does,
// and far and through a proxy, for what the protocol does.
func (j job) measure(t *testing.T, makers []maker) []measurement {
	s := newStore(t, j, time.Now())
	var all []measurement
	for _, m := range makers {
		t.Run(m.name, func(t *testing.T) {
			c := m.make(t)
			found := map[string]*measurement{}
			for _, name := range c.phases {
				found[name] = &measurement{job: j, Client: c.name, Phase: name}
			}
			for _, phases := range beds(c) {
				t.Run("near", func(t *testing.T) {
					s.bed(t).near(t, c, phases, func(p phase, used use, server time.Duration) {
						found[p.name].Near, found[p.name].Server = used, server
					})
				})
			}
			c = m.make(t) // which knows nothing of the first beds
			for _, phases := range beds(c) {
				t.Run("far", func(t *testing.T) {
					s.bed(t).far(t, c, phases, distant, func(p phase, used use, sent count) {
						found[p.name].Far, found[p.name].Cost = used.Wall, sent
					})
				})
			}
			for _, name := range c.phases {
				all = append(all, *found[name])
			}
		})
	}
	return all
}

// takes is the CPU that the server takes for what f does; -1: not known.
func takes(t testing.TB, f func()) time.Duration {
	t.Helper()
	before, err := serversCPU()
	f()
	time.Sleep(100 * time.Millisecond) // until the server's process for the connection has ended
	after, err2 := serversCPU()
	if err != nil || err2 != nil {
		t.Logf("the server's CPU is not known: %v, %v", err, err2)
		return -1
	}
	return after - before
}
