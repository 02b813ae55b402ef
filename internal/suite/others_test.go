package suite

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// fresh is mail that comes when the plan has been made.
func fresh() map[string][]imaptest.Message {
	return map[string][]imaptest.Message{
		"INBOX": {text("first but too late", day), text("rubbish but too late", day)},
		"Filed": {text("filed just now", day)},
		"Logs":  {text("log but too late", day)},
	}
}

// meddling has another client deliver, flag, mark and remove mail, between the plan and
// the apply or at one of its commands.
func meddling(f *faulty) (all []attempt) {
	all = append(all, attempt{"before", func(t *testing.T) { f.meddle(t, 0) }})
	for _, p := range f.places {
		all = append(all, attempt{fmt.Sprintf("at %d %s", p.nth, p.Name), func(t *testing.T) { f.meddle(t, p.nth) }})
	}
	return all
}

// interfere is what the other client does.
func interfere(tr *trial) {
	for folder, messages := range fresh() {
		imaptest.Append(tr, tr.account, folder, messages...)
	}
	imaptest.Do(tr, tr.account, "SELECT INBOX",
		`UID STORE 2 +FLAGS (\Deleted)`, "UID EXPUNGE 2", // "first 2"
		`UID STORE 4 +FLAGS (\Seen)`,    // "after 1", which the rule wants unseen
		`UID STORE 8 +FLAGS (\Flagged)`, // "rubbish 1"
		`UID STORE 7 +FLAGS (\Deleted)`) // "copy 2"
}

func (f *faulty) meddle(t *testing.T, nth int) {
	var tr *trial
	others := func() { interfere(tr) }
	var script imaptest.Script
	if nth > 0 {
		script.Faults = []imaptest.Fault{{At: imaptest.BeforeCommand, Match: applying(), Nth: nth, Func: others, Do: imaptest.Nothing}}
	}
	tr = newTrial(t, f.start, script)
	made, s := tr.look()
	if nth == 0 {
		others()
	}
	_, r, err := tr.run(t.Context(), made, s, apply.Options{})
	if err != nil {
		t.Errorf("apply: %v %s", err, describe(made, r))
	}
	tr.conservedAmongOthers()
	tr.settle()
	f.tally.messages.Add(int64(tr.conservedAmongOthers()))
}

// conservedAmongOthers proves that each message is there once, but for what the other
// client has removed, what is copied, and what rules delete. It returns how many there
// are.
func (tr *trial) conservedAmongOthers() (total int) {
	tr.Helper()
	now := imaptest.Snapshot(tr, tr.account).Messages()
	expect := func(m imaptest.Message, times ...int) {
		n := now[imaptest.Hash(m.Body)]
		total += n
		if !slices.Contains(times, n) {
			tr.Errorf("%q is there %d times, want %v", line(m), n, times)
		}
	}
	for folder, messages := range contents() {
		for i, m := range messages {
			switch {
			case folder == "Logs" && i < 2:
				expect(m, 0, 1) // until the second apply
			case folder == "INBOX" && (i == 0 || i == 2):
				expect(m, 2) // the same twice
			case folder == "INBOX" && i == 1:
				expect(m, 0, 1) // the other client may have come too late
			case folder == "INBOX" && (i == 5 || i == 6):
				expect(m, 1, 2)
			default:
				expect(m, 1)
			}
		}
	}
	for folder, messages := range fresh() {
		for _, m := range messages {
			if folder == "Logs" {
				expect(m, 0, 1)
			} else {
				expect(m, 1)
			}
		}
	}
	return total
}

// doubling applies one plan in two sessions at once. Nothing is lost by that. But no
// server with processes of its own for each session keeps them from moving the same
// messages twice: Dovecot and Cyrus tell both by COPYUID that they did (RFC 6851 asks
// for no more than that each MOVE be one act).
func doubling(f *faulty) (all []attempt) {
	for n := range 8 {
		all = append(all, attempt{fmt.Sprint(n + 1), f.double})
	}
	return all
}

func (f *faulty) double(t *testing.T) {
	tr := newTrial(t, f.start, imaptest.Script{})
	var both sync.WaitGroup
	start := make(chan struct{})
	for range 2 {
		made, s := tr.look()
		both.Go(func() {
			<-start
			if _, err := apply.Run(t.Context(), made, s, apply.Options{}); err != nil {
				t.Logf("one of the two: %v", err) // servers may hang up on who works in a folder that is renamed
			}
		})
	}
	close(start)
	both.Wait()
	t.Cleanup(func() {
		for _, c := range tr.recorder.Commands() {
			if t.Failed() && (c.Name == "UID MOVE" || c.Name == "UID COPY") {
				t.Logf("session %d: %s: %q %s", c.Conn, c.Line, c.Responses, c.Reply)
			}
		}
	})
	tr.once(f)
	if _, _, err := tr.plan(everything); err != nil && f.name == "courier" && strings.Contains(err.Error(), "Both folders of a moved block exist") {
		f.tally.left.Add(1) // its RENAME is no single act: two at once leave both folders, which people must look at
		return
	}
	tr.finish()
	tr.once(f)
}

// once proves that no message is lost, that none is there more than once for each of the
// two sessions and, where moves exclude one another, none more often than before; but
// nobody promises that for what rules copy.
func (tr *trial) once(f *faulty) {
	tr.Helper()
	after := imaptest.Snapshot(tr, tr.account)
	tr.lossless(after)
	was, is := uncopied(tr.before), uncopied(after)
	for hash, n := range is {
		f.tally.messages.Add(int64(n))
		switch more := n - was[hash]; {
		case more > 0 && f.exclusive:
			tr.Errorf("message %s is there %d times, and was %d times", hash[:8], n, was[hash])
		case more > 0:
			f.tally.doubled.Add(int64(more))
		}
	}
	copies := imaptest.State{Folders: map[string]imaptest.Folder{"Copies": after.Folders["Copies"]}}.Messages()
	for hash := range after.Messages() {
		if copies[hash] > 2 || is[hash] > 2*max(1, was[hash]) {
			tr.Errorf("message %s is there %d times, and %d copies of it", hash[:8], is[hash], copies[hash])
		}
	}
}

// uncopied counts the messages outside the folder that rules copy to.
func uncopied(state imaptest.State) map[string]int {
	folders := maps.Clone(state.Folders)
	delete(folders, "Copies")
	return imaptest.State{Folders: folders}.Messages()
}
