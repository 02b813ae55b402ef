package maildir_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

const workerDir = "IMAPFORM_TEST_MAILDIR" // tells the test binary to be a worker on that tree

// work moves, flags and copies at random in the two folders, and leaves every message flagged "worker" that it touched.
func work(c *imapclient.Client, seed uint64, rounds int) error {
	r := rand.New(rand.NewPCG(seed, seed))
	folders := []string{"INBOX", "Other"}
	for round := range rounds {
		from, to := folders[r.IntN(2)], folders[r.IntN(2)]
		if from == to {
			continue // a message moved within its folder is tested elsewhere
		}
		data, err := c.Select(from, nil).Wait()
		if err != nil {
			return fmt.Errorf("round %d: select: %w", round, err)
		}
		if data.NumMessages == 0 {
			continue
		}
		start := imap.UID(1 + r.Uint32N(uint32(data.UIDNext)))
		set := imap.UIDSet{{Start: start, Stop: start + imap.UID(r.IntN(10))}}
		switch r.IntN(3) {
		case 0:
			flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagFlagged, imap.Flag(fmt.Sprintf("seed%d", seed))}}
			err = c.Store(set, flags, nil).Close()
		default:
			_, err = c.Move(set, to).Wait()
		}
		var answer *imap.Error
		if errors.As(err, &answer) && answer.Code == "EXPUNGEISSUED" {
			err = nil // another one was faster
		}
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

// checkAll checks that each of n messages is in one of the two folders exactly once, with a UID of its own.
func checkAll(t *testing.T, dir string, n int) {
	t.Helper()
	c := dial(t, openTree(t, dir, maildir.Options{}))
	times := make(map[string]int)
	for _, folder := range []string{"INBOX", "Other"} {
		mustSelect(t, c, folder)
		last := imap.UID(0)
		for _, r := range rows(t, c) {
			times[r.subject]++
			if r.uid <= last {
				t.Errorf("UID %d comes after %d", r.uid, last)
			}
			last = r.uid
		}
	}
	for i := range n {
		if subject := fmt.Sprintf("m%d", i); times[subject] != 1 {
			t.Errorf("message %s is there %d times", subject, times[subject])
		}
	}
	if len(times) != n {
		t.Errorf("%d messages, want %d", len(times), n)
	}
}

// harass does what delivery agents and mail readers do meanwhile: it delivers messages and renames files.
func harass(t *testing.T, dir string, first, n int, stop <-chan struct{}) {
	r := rand.New(rand.NewPCG(7, 7))
	folders := []string{dir, filepath.Join(dir, ".Other")}
	for i := 0; ; i++ {
		select {
		case <-stop:
			for ; i < n; i++ {
				deliver(t, dir, "new", "", fmt.Sprintf("m%d", first+i))
			}
			return
		default:
		}
		if i < n {
			deliver(t, dir, "new", "", fmt.Sprintf("m%d", first+i))
		}
		time.Sleep(time.Millisecond)
		folder := folders[r.IntN(2)]
		for _, sub := range []string{"cur", "new"} {
			names, err := filepath.Glob(filepath.Join(folder, sub, "*"))
			if err != nil {
				t.Error(err)
				return
			}
			if len(names) == 0 {
				continue
			}
			name := names[r.IntN(len(names))]
			base, flags, _ := strings.Cut(filepath.Base(name), ":2,")
			if strings.Contains(flags, "S") {
				flags = strings.Replace(flags, "S", "", 1)
			} else {
				flags += "S"
			}
			// The file may be gone by now; that is the point.
			if err := os.Rename(name, filepath.Join(folder, "cur", base+":2,"+flags)); err != nil && !os.IsNotExist(err) {
				t.Error(err)
				return
			}
		}
	}
}

func TestTwoTrees(t *testing.T) {
	const before, during = 60, 60
	_, dir := newTree(t, maildir.Options{})
	create(t, dial(t, openTree(t, dir, maildir.Options{})), "Other")
	for i := range before {
		deliver(t, dir, "new", "", fmt.Sprintf("m%d", i))
	}
	stop := make(chan struct{})
	var workers, others sync.WaitGroup
	others.Go(func() { harass(t, dir, before, during, stop) })
	for n := range 2 {
		tree := openTree(t, dir, maildir.Options{})
		for s := range 2 {
			c := dial(t, tree)
			workers.Go(func() {
				if err := work(c, uint64(2*n+s), 30); err != nil {
					t.Errorf("tree %d, session %d: %v", n, s, err)
				}
			})
		}
	}
	workers.Wait()
	close(stop)
	others.Wait()
	checkAll(t, dir, before+during)
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(workerDir); dir != "" {
		if err := runWorker(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runWorker(dir string) error {
	tree, err := maildir.Open(dir, maildir.Options{})
	if err != nil {
		return err
	}
	conn, err := tree.Dial()
	if err != nil {
		return err
	}
	c := imapclient.New(conn, nil)
	if err := c.WaitGreeting(); err != nil {
		return err
	}
	return errors.Join(work(c, uint64(os.Getpid()), 60), c.Close(), tree.Close())
}

func TestTwoProcesses(t *testing.T) {
	const n = 80
	_, dir := newTree(t, maildir.Options{})
	create(t, dial(t, openTree(t, dir, maildir.Options{})), "Other")
	for i := range n {
		deliver(t, dir, "cur", "", fmt.Sprintf("m%d", i))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), workerDir+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("worker: %v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	checkAll(t, dir, n)
}

// Folders are listed with their status while others rename them.
func TestListWhileRenamed(t *testing.T) {
	tree, _ := newTree(t, maildir.Options{})
	c, other := dial(t, tree), dial(t, tree)
	for _, name := range []string{"A", "A/B", "A/C", "D"} {
		if err := c.Create(name, nil).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	var renaming sync.WaitGroup
	done := make(chan struct{})
	renaming.Go(func() {
		for from, to := "A", "Z"; ; from, to = to, from {
			select {
			case <-done:
				return
			default:
			}
			if err := other.Rename(from, to, nil).Wait(); err != nil {
				t.Errorf("rename: %v", err)
				return
			}
			time.Sleep(3 * time.Millisecond)
		}
	})
	options := &imap.ListOptions{ReturnSubscribed: true, ReturnStatus: &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}}
	for range 200 {
		if _, err := c.List("", "*", options).Collect(); err != nil {
			t.Errorf("list: %v", err)
			break
		}
	}
	close(done)
	renaming.Wait()
}
