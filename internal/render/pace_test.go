package render

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var p pace
	for _, c := range []struct {
		of          string
		done, total int
		after       time.Duration
		want        safe
	}{
		{"INBOX", 0, 10_000, 0, ""},
		{"INBOX", 1000, 10_000, time.Second, ""},                       // too early to tell
		{"INBOX", 4000, 10_000, 4 * time.Second, ", 1000/s, 6 s left"}, // 6,000 are left
		{"INBOX", 10_000, 10_000, 10 * time.Second, ", 1000/s"},
		{"Archive", 500, 10_000, 11 * time.Second, ""}, // another folder has its own pace
		{"Archive", 500, 10_000, 20 * time.Second, ""}, // it stands still
		{"Archive", 510, 10_000, 31 * time.Second, ", 30/min, 317 min left"},
		{"Archive", 0, 10_000, 32 * time.Second, ""}, // from the start again
		{"Archive", 100, 0, 60 * time.Second, ""},    // nobody knows how many
	} {
		if got := p.step(c.of, c.done, c.total, start.Add(c.after)); got != c.want {
			t.Errorf("%s %d of %d after %v: %q, want %q", c.of, c.done, c.total, c.after, got, c.want)
		}
	}
}
