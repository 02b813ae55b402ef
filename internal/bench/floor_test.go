package bench

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/internal/imaptest"
)

// The floor does what imapform does, or it is no measure for it.
func TestFloor(t *testing.T) {
	j := job{Messages: 1000, Folders: 12, Rules: 20}
	s := newStore(t, j, time.Now())
	clients := []client{newProgram(t, build(t, "../..")), newFloor(t, build(t, "./floor"))}
	var after []map[string][]string
	for _, c := range clients {
		b := s.bed(t)
		b.near(t, c, beds(c)[1], func(p phase, _ use, _ time.Duration) { t.Logf("%s: %s", c.name, p.name) })
		after = append(after, contents(imaptest.Snapshot(t, b.account)))
	}
	if diff := cmp.Diff(after[0], after[1]); diff != "" {
		t.Errorf("imapform (-) and the floor (+) do not do the same:\n%s", diff)
	}
	if filed := len(after[1]["Folder 000"]); filed < 10 {
		t.Errorf("only %d messages were filed into the first folder: %q", filed, after[1])
	}
}

// contents are a mailbox's folders with their messages and flags, and the subscriptions.
func contents(s imaptest.State) map[string][]string {
	all := map[string][]string{"(subscribed)": s.Subscribed}
	for name, folder := range s.Folders {
		messages := []string{}
		for _, m := range folder.Messages {
			messages = append(messages, m.Hash[:12]+" "+m.Date.UTC().Format(time.RFC3339)+" "+strings.Join(m.Flags, " "))
		}
		slices.Sort(messages)
		all[name] = messages
	}
	return all
}
