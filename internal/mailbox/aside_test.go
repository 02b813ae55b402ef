package mailbox

import (
	"testing"
	"time"
)

func TestSetAside(t *testing.T) {
	at := time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("", 3600))
	aside := Name("A/B").SetAside(at)
	if want := Name("A/B (removed by imapform 20261121T120000Z)"); aside != want {
		t.Errorf("got %q, want %q", aside, want)
	}
	for other, want := range map[Name]bool{"A/B": true, "A": false, "A/B ": false, aside: false} {
		if got := aside.SetAsideFrom(other); got != want {
			t.Errorf("set aside from %q: %t", other, got)
		}
	}
	for _, name := range []Name{"A/B", "A/B (removed by imapform )", "A/B (removed by imapform 2026)", "A/B (removed by imapform 20261121T120000Z) x"} {
		if name.SetAsideFrom("A/B") {
			t.Errorf("%q is taken for one that was set aside", name)
		}
	}
}
