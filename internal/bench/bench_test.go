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

// far is the round trip of a server that is not near, in the measurements.
const far = 40 * time.Millisecond

// A measurement is one phase of one job by one client.
type measurement struct {
	job
	Client string // the program, or its peer
	Phase  string
	Near   use           // on loopback, with nothing between
	Far    time.Duration // wall, with a round trip of far
	Server time.Duration // the server's CPU, near; -1: not known
	Cost   count         // of the far run
}

// TestBench is what `make bench` runs. It measures, and asserts nothing of it.
func TestBench(t *testing.T) {
	sizes := os.Getenv(benchVariable)
	if sizes == "" {
		t.Skipf("%s names no sizes; see the Makefile", benchVariable)
	}
	jobs, err := jobsOf(sizes)
	if err != nil {
		t.Fatal(err)
	}
	peer := ""
	if _, err := exec.LookPath("imapfilter"); err != nil {
		peer = "imapfilter is not installed, so that nothing stands beside."
		t.Log(peer)
	}
	var all []measurement
	for _, j := range jobs {
		t.Run(j.String(), func(t *testing.T) {
			all = append(all, j.measure(t)...)
			if peer == "" && j == usual(j.Messages) {
				all = append(all, j.measurePeer(t)...)
			}
		})
		if t.Failed() {
			return
		}
		if err := writePage(all, peer); err != nil { // after each job: the large ones take long
			t.Fatal(err)
		}
	}
}

// jobsOf are the jobs of the sizes, and for the growth with rules and folders jobs of
// the first size that have more and fewer of them.
func jobsOf(sizes string) ([]job, error) {
	var jobs []job
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, usual(n))
	}
	n := jobs[0].Messages
	return append(jobs,
		job{n, 200, 10}, job{n, 200, 160},
		job{n, 50, 40}, job{n, 400, 40}), nil
}

// usual is the job whose messages grow; the peer runs no others, for it takes long over many rules.
func usual(messages int) job { return job{Messages: messages, Folders: 200, Rules: 40} }

// measure runs the program on two beds of the job: near, for what the machine does, and
// far and through a proxy, for what the protocol does.
func (j job) measure(t *testing.T) []measurement {
	p := build(t, "")
	all := make([]measurement, len(phases))
	t.Run("near", func(t *testing.T) {
		b := newBed(t, j, time.Now())
		p.configure(t, b.config(b.account.Host, b.account.Port, b.account.Username, b.account.Password))
		for i, phase := range phases {
			all[i] = measurement{job: j, Client: "imapform", Phase: phase.name}
			all[i].Server = takes(t, func() { _, all[i].Near = p.run(t, phase.status, phase.arguments...) })
		}
	})
	p = program{p.path, t.TempDir()} // which knows nothing of the first bed
	t.Run("far", func(t *testing.T) {
		b := newBed(t, j, time.Now())
		for i, phase := range phases {
			var used use
			all[i].Cost, used = b.counted(t, p, phase, far)
			all[i].Far = used.Wall
		}
	})
	return all
}

// measurePeer runs imapfilter on two other beds.
func (j job) measurePeer(t *testing.T) []measurement {
	all := []measurement{
		{job: j, Client: "imapfilter", Phase: "apply"},
		{job: j, Client: "imapfilter", Phase: "nothing"},
	}
	t.Run("imapfilter near", func(t *testing.T) {
		b := newBed(t, j, time.Now())
		for i := range all {
			all[i].Server = takes(t, func() {
				all[i].Near = runPeer(t, j.lua(b.account.Host, b.account.Port, b.account.Username, b.account.Password))
			})
		}
	})
	t.Run("imapfilter far", func(t *testing.T) {
		b := newBed(t, j, time.Now())
		for i := range all {
			all[i].Cost, all[i].Far = b.countPeer(t)
		}
	})
	return all
}

// takes is the CPU that the server takes for what f does; -1: not known.
func takes(t *testing.T, f func()) time.Duration {
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
