package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A trouble is a chapter of docs/reliability.md: a kind of trial of which the numbers
// are kept.
type trouble struct {
	name   string
	about  string
	absent map[string]string // servers on which it is not tried, and why
}

// troubles are all of them, in the order of the page.
var troubles = []trouble{
	{
		name: "Connection lost at a command",
		about: "The connection is cut before, in and after each command of the apply, and, once the server has carried it out, " +
			"before its answer and before the tagged line of its answer. The run must go on by itself and end complete.",
	},
	{
		name: "Connection lost twice",
		about: "The connection is cut at each command that changes something, and the next one again, " +
			"while it is being found out what became of that command.",
	},
	{
		name:  "Connection lost in octets of the client",
		about: "The connection is cut after so many octets from the program, in steps of 31 octets, wherever in a command that is.",
	},
	{
		name:  "Connection lost in octets of the server",
		about: "The connection is cut after so many octets from the server, in steps of 307 octets, wherever in an answer that is.",
	},
	{
		name: killedAtRecords,
		about: "The process kills itself (SIGKILL) right before or right after it writes a record of its journal, at each of them. " +
			"The next one must find out by the journal what was done, and finish it. With a Maildir the server dies, too: a lock file that it was writing, which counts as left behind " +
			"after two minutes, is made to look that old.",
	},
	{
		name: killedSometime,
		about: "The process is killed from outside, at 97 moments all over the time that an apply takes. " +
			"Some of them come too late: then nothing is left to do.",
	},
	{
		name:  killedTwice,
		about: "The process is killed right after each record of its journal, and the one that resumes is killed, too, soon after it has begun.",
	},
	{
		name: serverKilled,
		about: "All processes of the server are killed (SIGKILL) at each command that changes something, and the server is started again: " +
			"the run must go on by itself and end complete.",
		absent: onlyAlone,
	},
	{
		name:   serverDown,
		about:  "The server is asked to shut down (SIGTERM) at each command that changes something, and started again: the run must go on.",
		absent: onlyAlone,
	},
	{
		name: serverHung,
		about: "All processes of the server are stopped (SIGSTOP) at each command that changes something, " +
			"for longer than the account's timeout: the run must connect again, and go on.",
		absent: onlyAlone,
	},
	{
		name: serverGone,
		about: "The same, until the run has given up: it must do so in time, and say that it is not complete; " +
			"the next one must find out by the journal what was done, and finish it.",
		absent: onlyAlone,
	},
	{
		name: networkGone,
		about: "From each command that changes something on, nothing gets through to the server or back, nor on a new connection: " +
			"the run must give up in time, and the next one must finish it.",
		absent: map[string]string{"maildir": "there is no network", "courier": "not tried: by itself it is silent for seconds"},
	},
}

// onlyAlone says where no server can be had that a trial may kill.
var onlyAlone = map[string]string{
	"maildir": "it dies with the process",
	"cyrus":   "not tried: its processes serve other trials, too",
	"courier": "not tried: its processes serve other trials, too",
}

// A reported is what a full run of the trials of one kind has seen on one server. All
// but the date are numbers of messages or trials.
type reported struct {
	Date     string `json:"date"`
	Trials   int64  `json:"trials"`
	Messages int64  `json:"messages"`
	Lost     int64  `json:"lost"`
	Doubled  int64  `json:"doubled"`
	Doubt    int64  `json:"doubt"`
}

// reporting keeps tests that run at once from writing the files at once.
var reporting sync.Mutex

// report notes what the trials of a kind have seen on a server, if they were all made.
func report(t *testing.T, server, name string, s *score, trials int) {
	t.Helper()
	t.Logf("%s: %v", name, s)
	if !allFaults() || s.trials.Load() != int64(trials) {
		return
	}
	reporting.Lock()
	defer reporting.Unlock()
	all, err := readReported(server)
	if err != nil {
		t.Fatal(err)
	}
	all[name] = reported{
		Date: time.Now().UTC().Format(time.DateOnly), Trials: s.trials.Load(), Messages: s.messages.Load(),
		Lost: s.lost.Load(), Doubled: s.doubled.Load(), Doubt: s.doubt.Load(),
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(reportedFile(server), append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	page, err := reliabilityPage()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(reliabilityFile, page, 0o644); err != nil {
		t.Fatal(err)
	}
}

// reliabilityFile is the page.
const reliabilityFile = "../../docs/reliability.md"

// reportedFile is where the numbers of a server are kept.
func reportedFile(server string) string {
	return filepath.Join("testdata", "reliability", server+".json")
}

// readReported reads them, by trouble.
func readReported(server string) (map[string]reported, error) {
	all := map[string]reported{}
	text, err := os.ReadFile(reportedFile(server))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	return all, json.Unmarshal(text, &all)
}

const reliabilityIntro = `<!-- Written by "make test-faults"; do not edit. -->

# Reliability

An apply must not lose mail, and not double it, whatever happens to the connection, to
the server or to imapform itself. This page says how that is proven, and what the last
full run of the proof has counted.

Each trial fills a mailbox with %d messages and applies one configuration that needs
every kind of change: folders are created, renamed and removed, messages moved, copied,
flagged, put into the trash and deleted for good. Two of the messages are the same to
the last octet, and some are marked ` + "`\\Deleted`" + ` by somebody else. Something goes wrong on
the way. In the end, every message is read with another client and compared with what
must be there, where, and with which flags; mail that somebody else marked ` + "`\\Deleted`" + `
must still lie where it lay; and one more plan must find nothing to do. A proxy between
imapform and the server fails the trial for every command that a careful client does not
send, such as EXPUNGE, CLOSE, or any that names messages by sequence numbers.

- **Trials**: how often something was made to go wrong.
- **Messages**: how many were found and compared in the end, over all trials.
- **Lost**: how many of those that must be there were not.
- **Doubled**: how many were there more often than they must be.
- **In doubt**: of how many the run said that it could not find out what became of them.
  Such messages are left alone, and are not lost.

The servers are Dovecot 2.3, with MOVE and with MOVE hidden, Cyrus 3 and Courier 5, each
started for the tests, and imapform's own server of a local Maildir.

The numbers come from ` + "`make test-faults`" + `, which makes every trial and writes this page;
it takes about an hour on two cores. ` + "`go test ./internal/suite`" + `, and so every change, makes
a sample of the same trials.

Not counted here, but made with the same checks: commands refused that were carried out
or not, runs that keep no journal, another client that delivers, flags and removes mail
meanwhile, two processes at once, and servers that answer wrongly: with refusals, wrong
tags, wrong or no COPYUID, unknown or endless lines, names that do not decode, literals
of any size.

One thing the numbers do not show. A server without MOVE is told to copy and then to
delete. When a plan finds a message in the destination that has the same header fields,
size and time of arrival as one to be moved, it takes it for the copy of a move that was
cut off and that no journal knows of; the run compares the two, and if they are the same
to the last octet, it only deletes. Of two such messages that were there all along, and
are moved by different runs, one is left then.
`

// reliabilityPage is the page as the kept numbers have it.
func reliabilityPage() ([]byte, error) {
	messages := 0
	for _, folder := range contents() {
		messages += len(folder)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, reliabilityIntro, messages)
	for _, trouble := range troubles {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", trouble.name, fold(trouble.about))
		fmt.Fprintln(&b, "| Server | Trials | Messages | Lost | Doubled | In doubt | Run in full |")
		fmt.Fprintln(&b, "| --- | ---: | ---: | ---: | ---: | ---: | --- |")
		for _, f := range faulties() {
			all, err := readReported(f.name)
			if err != nil {
				return nil, err
			}
			switch r, ok := all[trouble.name]; {
			case ok:
				fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %s |\n", f.name, r.Trials, r.Messages, r.Lost, r.Doubled, r.Doubt, r.Date)
			case trouble.absent[f.name] != "":
				fmt.Fprintf(&b, "| %s | | | | | | %s |\n", f.name, trouble.absent[f.name])
			default:
				fmt.Fprintf(&b, "| %s | | | | | | not yet: only samples, with every change |\n", f.name)
			}
		}
	}
	return b.Bytes(), nil
}

// fold breaks a text into lines.
func fold(text string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > 88:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

var update = flag.Bool("update", false, "write docs/reliability.md anew, from the numbers of the last full runs")

// The page says what the numbers of the last full runs say, which speak of nothing lost
// and nothing doubled, and of no trials but those that there are.
func TestReliabilityPage(t *testing.T) {
	if allFaults() {
		t.Skip("a full run is writing it")
	}
	want, err := reliabilityPage()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(reliabilityFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(reliabilityFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the kept numbers make of it (%v): run go test ./internal/suite -run TestReliabilityPage -update", reliabilityFile, err)
	}
	known := map[string]bool{}
	for _, trouble := range troubles {
		known[trouble.name] = true
	}
	for _, f := range faulties() {
		all, err := readReported(f.name)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range all {
			if _, err := time.Parse(time.DateOnly, r.Date); err != nil || !known[name] || r.Trials == 0 || r.Messages == 0 {
				t.Errorf("%s, %s: %+v tells of no run", f.name, name, r)
			}
			if r.Lost != 0 || r.Doubled != 0 {
				t.Errorf("%s, %s: %d messages lost, %d doubled", f.name, name, r.Lost, r.Doubled)
			}
		}
	}
}
