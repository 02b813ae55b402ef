package rules

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

const day = 24 * time.Hour

// never is what Until returns where nothing changes.
var never time.Time

func TestUntilOfAges(t *testing.T) {
	lastTime := time.Unix(lastSecond, 0)
	if !lastTime.After(now) || time.Unix(lastSecond+1, 0).After(now) {
		t.Fatalf("%d is not the last second", lastSecond)
	}
	tests := []struct {
		name     string
		age      string
		happened time.Time // received and saved
		now      time.Time
		want     time.Time
		old      bool // now
	}{
		{"to the second", "30d", ago(30 * day), now, never, true},
		{"a second before", "30d", ago(30*day - time.Second), now, now.Add(time.Second), false},
		{"a second after", "30d", ago(30*day + time.Second), now, never, true},
		{"a nanosecond before", "30d", ago(30 * day), now.Add(-1), now, false},
		{"within the second", "30d", ago(30 * day), now.Add(time.Second - 1), never, true},
		{"in the middle of a second, to the second", "30d", ago(30*day - time.Second/2), now, never, true},
		{"from the middle of a second", "30d", ago(30*day - time.Second/2), now.Add(-time.Second / 2), now, false},
		{"in another zone", "30d", ago(30*day - time.Hour).In(time.FixedZone("", -5*60*60)), now.In(time.FixedZone("", 60*60)), now.Add(time.Hour), false},
		{"just come", "1h", now, now, now.Add(time.Hour), false},
		{"in the future", "1h", now.Add(day), now, now.Add(day + time.Hour), false},
		{"before 1970", "1h", time.Unix(-3601, 500), time.Unix(-2, 0), time.Unix(-1, 0), false},
		{"before 1970, to the second", "1h", time.Unix(-3601, 500), time.Unix(-1, 0), never, true},
		{"the last year of four digits", "1000y", time.Unix(253402300799, 0), now, time.Unix(253402300799+1000*365*24*60*60, 0), false},
		{"due at the last second there is", "1h", time.Unix(lastSecond-3600, 0), now, lastTime, false},
		{"due beyond", "1h", time.Unix(lastSecond-3599, 0), now, never, false},
		{"the last second there is", "1000y", lastTime, now, never, false},
		{"what counts as the last second of all", "1000y", time.Unix(math.MaxInt64, 0), now, never, false},
		{"the first second of all", "1000y", time.Unix(math.MinInt64, 0), now, never, true},
	}
	for _, test := range tests {
		for _, c := range []struct {
			name string
			old  Truth
		}{{"older_than", True}, {"newer_than", False}, {"in_folder_for", True}} {
			m := mailWith(t)
			m.Received, m.Saved = test.happened, test.happened
			age := compiled(t, c.name, str(test.age))
			truth := c.old
			if !test.old {
				truth = c.old.Not()
			}
			if got, _ := age.Judge(m, test.now); got != truth {
				t.Errorf("%s, %s: %v; want %v", test.name, c.name, got, truth)
			}
			until := age.Until(m, test.now)
			if !until.Equal(test.want) {
				t.Errorf("%s, %s: until %v; want %v", test.name, c.name, until, test.want)
				continue
			}
			if until.IsZero() {
				if got, _ := age.Judge(m, lastTime); got != truth {
					t.Errorf("%s, %s: never, but at last it is %v", test.name, c.name, got)
				}
				continue
			}
			if got, _ := age.Judge(m, until.Add(-1)); got != truth {
				t.Errorf("%s, %s: %v just before", test.name, c.name, got)
			}
			if got, _ := age.Judge(m, until); got != truth.Not() {
				t.Errorf("%s, %s: %v then; the opposite of now is due", test.name, c.name, got)
			}
		}
	}
}

// What is not known, or not told, does not come about by waiting.
func TestUntilOfWhatCannotBeTold(t *testing.T) {
	for _, name := range []string{"older_than", "newer_than", "in_folder_for"} {
		age := compiled(t, name, str("1000y"))
		told := mailWith(t)
		if age.Until(told, now).IsZero() {
			t.Errorf("%s of what is told: never", name)
		}
		untold := *told
		untold.Known.Received, untold.Known.Saved = name == "in_folder_for", name != "in_folder_for"
		if until := age.Until(&untold, now); !until.IsZero() {
			t.Errorf("%s of what is not known: until %v", name, until)
		}
		none := *told
		none.Received, none.Saved = time.Time{}, time.Time{}
		if until := age.Until(&none, time.Date(500, 1, 1, 0, 0, 0, 0, time.UTC)); !until.IsZero() { // the zero time is in the year 1
			t.Errorf("%s of what the server does not tell: until %v", name, until)
		}
	}
}

func TestUntilOfTrees(t *testing.T) {
	m := mailWith(t)
	m.Received = now
	older := func(hours int) Test { return compiled(t, "older_than", str(fmt.Sprintf("%dh", hours))) }
	newer := func(hours int) Test { return compiled(t, "newer_than", str(fmt.Sprintf("%dh", hours))) }
	yes, no := compiled(t, "seen", cty.True), compiled(t, "seen", cty.False)
	lost, without := known{truth: Unknown, missing: message.Fields("subject")}, known{truth: NoValue}
	tests := []struct {
		name  string
		test  Test
		hours int // from now; 0: never
	}{
		{"all of nothing", All(), 0},
		{"any of nothing", Any(), 0},
		{"all, timeless", All(yes, lost, without), 0},
		{"all, True", All(yes, newer(3), newer(2)), 2},
		{"all, what is False stays so", All(older(1), no, older(2)), 0},
		{"all, what is False stays so, first", All(no, older(1)), 0},
		{"all, the last to be False", All(older(1), older(3), older(2)), 3},
		{"all, what is True does not count beside False", All(newer(1), older(3), newer(5), yes, lost), 3},
		{"all, Unknown", All(lost, newer(3), newer(2)), 2},
		{"all, without a value", All(without, newer(2), yes), 2},
		{"any, False", Any(no, older(3), older(2)), 2},
		{"any, what is True stays so", Any(newer(1), yes, newer(2)), 0},
		{"any, the last to be True", Any(newer(1), newer(3), older(5), newer(2), no, lost), 3},
		{"any, Unknown", Any(lost, older(3), older(2)), 2},
		{"any, without a value", Any(without, older(2), no), 2},
		{"not", Not(older(2)), 2},
		{"not, False", Not(All(no, newer(2))), 0},
		{"named", Named("match.x", newer(2)), 2},
		{"nested", All(yes, Any(no, All(newer(4), yes), newer(3)), Not(older(6))), 4},
		{"header entries", Any(compiled(t, "header", obj("X-Score", str("a"), "Precedence", str("b"))), older(2)), 2},
	}
	for _, test := range tests {
		want := never
		if test.hours > 0 {
			want = now.Add(time.Duration(test.hours) * time.Hour)
		}
		if got := test.test.Until(m, now); !got.Equal(want) {
			t.Errorf("%s: until %v; want %v", test.name, got, want)
		}
	}
}

// A criterion is Timed if there are times between which it makes a difference.
func TestTimed(t *testing.T) {
	m := mailWith(t)
	m.Structure = mailWithFiles
	for name, v := range samples() {
		test := compiled(t, name, v)
		m.Known = m.Known.Union(test.Needs())
		first, _ := test.Judge(m, now.AddDate(-200, 0, 0))
		last, _ := test.Judge(m, now.AddDate(200, 0, 0))
		if got, want := test.Timed(), first != last; got != want {
			t.Errorf("%s: Timed is %v; want %v", name, got, want)
		}
		for _, tree := range []Test{Not(test), Named("match.x", test), All(always{}, test), Any(test, always{}), Not(Any(Named("match.x", All(test)), always{}))} {
			if tree.Timed() != test.Timed() {
				t.Errorf("%T with %s: Timed is %v", tree, name, tree.Timed())
			}
		}
	}
}

// randomTimed builds a test of ages, flags, header fields and what cannot be told.
func randomTimed(t *testing.T, rng *rand.Rand, depth int) Test {
	t.Helper()
	if depth == 0 || rng.IntN(5) == 0 {
		age := func(name string) Test { return compiled(t, name, str(fmt.Sprintf("%dh", 1+rng.IntN(maxHours)))) }
		switch rng.IntN(10) {
		case 0:
			return known{truth: Unknown, missing: []message.Parts{{}, {Size: true}, {Structure: true}, {Texts: []*message.TextTest{{}}}}[rng.IntN(4)]}
		case 1:
			return known{truth: NoValue}
		case 2:
			return compiled(t, "seen", cty.BoolVal(rng.IntN(2) == 0))
		case 3:
			return compiled(t, "header", samples()["header"])
		case 4:
			return compiled(t, "subject", samples()["subject"])
		case 5:
			return age("in_folder_for")
		case 6, 7:
			return age("older_than")
		default:
			return age("newer_than")
		}
	}
	tests := make([]Test, rng.IntN(4))
	for i := range tests {
		tests[i] = randomTimed(t, rng, depth-1)
	}
	switch rng.IntN(4) {
	case 0:
		return Not(All(tests...))
	case 1:
		return Named("match.x", All(tests...))
	case 2:
		return Any(tests...)
	default:
		return All(tests...)
	}
}

// maxHours is the largest age in random tests.
const maxHours = 5

// moments are the times at which an age in a random test can be reached by a message,
// and those around them.
func moments(m *message.Message) []time.Time {
	var all []time.Time
	for _, happened := range []time.Time{m.Received, m.Saved} {
		for hours := range maxHours {
			at := happened.Add(time.Duration(1+hours) * time.Hour).Truncate(time.Second)
			all = append(all, at.Add(-time.Second), at.Add(-1), at, at.Add(time.Second))
		}
	}
	return all
}

// At any time before Until, and after it where there is none, a message is judged as
// it is now, and the same parts are asked for; and mostly it is judged in another way
// then.
func TestUntilHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	limited, changed, forever := 0, 0, 0
	for i := range 10_000 {
		test := randomTimed(t, rng, 3)
		m := mailWith(t, randomLines(rng)...)
		near := func() time.Time { return now.Add(time.Duration(rng.Int64N(int64(9*time.Hour))) - 7*time.Hour) }
		m.Received, m.Saved = near(), near()
		switch rng.IntN(8) {
		case 0:
			m.Received = time.Time{}
		case 1:
			m.Saved = time.Time{}
		case 2, 3:
			m.Known = pick(rng, m.Known)
		}
		at := []time.Time{now, near(), now.Add(-1)}[rng.IntN(3)]
		truth, missing := test.Judge(m, at)
		same := func(then time.Time) bool {
			got, parts := test.Judge(m, then)
			return got == truth && parts.Covers(missing) && missing.Covers(parts)
		}

		until := test.Until(m, at)
		times := append(moments(m), until.Add(-1))
		for range 10 {
			times = append(times, near().Add(time.Duration(rng.IntN(8))*time.Hour))
		}
		if until.IsZero() {
			times = append(times, at.AddDate(500, 0, 0))
		}
		for _, then := range times {
			if !then.Before(at) && (until.IsZero() || then.Before(until)) && !same(then) {
				t.Fatalf("tree %d at %v: until %v, but at %v it is judged in another way", i, at, until, then)
			}
		}
		switch {
		case until.IsZero():
			if test.Timed() {
				forever++
			}
			continue
		case !until.After(at):
			t.Fatalf("tree %d at %v: until %v", i, at, until)
		case !test.Timed():
			t.Fatalf("tree %d is not Timed, and until %v", i, until)
		}
		if limited++; !same(until) {
			changed++
		}
	}
	// It need not be another outcome: tests can change into each other.
	if limited < 1000 || forever < 1000 || changed*4 < limited*3 {
		t.Errorf("%d outcomes hold for some time, of which %d are others then, and %d for ever", limited, changed, forever)
	}
}
