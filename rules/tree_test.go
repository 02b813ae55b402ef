package rules

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// known is a test whose outcome is given.
type known struct {
	always
	truth   Truth
	missing message.Parts
}

func (t known) Judge(*message.Message, time.Time) (Truth, message.Parts) { return t.truth, t.missing }

func TestTreeOfNothing(t *testing.T) {
	for name, test := range map[string]Test{"All": All(), "Any": Any(), "Not All": Not(All()), "Not Any": Not(Any())} {
		if got := judge(t, test, mailWith(t)); got != Unknown {
			t.Errorf("%s of nothing is %v; want Unknown", name, got)
		}
	}
}

// A conjunction is the minimum, a disjunction the maximum, and De Morgan's laws
// hold in three-valued logic.
func TestTreeLogic(t *testing.T) {
	truths := []Truth{False, Unknown, True}
	m := mailWith(t)
	for _, a := range truths {
		for _, b := range truths {
			for _, c := range truths {
				tests := []Test{known{truth: a}, known{truth: b}, known{truth: c}}
				if got, want := judge(t, All(tests...), m), min(a, b, c); got != want {
					t.Errorf("All(%v, %v, %v) = %v; want %v", a, b, c, got, want)
				}
				if got, want := judge(t, Any(tests...), m), max(a, b, c); got != want {
					t.Errorf("Any(%v, %v, %v) = %v; want %v", a, b, c, got, want)
				}
				nots := []Test{Not(tests[0]), Not(tests[1]), Not(tests[2])}
				if got, want := judge(t, Not(All(tests...)), m), judge(t, Any(nots...), m); got != want {
					t.Errorf("not all (%v, %v, %v) = %v; any not = %v", a, b, c, got, want)
				}
				if got, want := judge(t, Not(Any(tests...)), m), judge(t, All(nots...), m); got != want {
					t.Errorf("not any (%v, %v, %v) = %v; all not = %v", a, b, c, got, want)
				}
			}
		}
	}
}

// Only what could still decide is asked for.
func TestTreeMissing(t *testing.T) {
	size := known{truth: Unknown, missing: message.Parts{Size: true}}
	subject := known{truth: Unknown, missing: message.Fields("subject")}
	structure := known{truth: Unknown, missing: message.Parts{Structure: true}}
	text := known{truth: Unknown, missing: message.Parts{Texts: []*message.TextTest{{}}}}
	lost, yes, no := known{truth: Unknown}, known{truth: True}, known{truth: False}
	both := size.missing.Union(subject.missing)
	tests := []struct {
		name    string
		test    Test
		want    Truth
		missing message.Parts
	}{
		{"all, decided", All(size, no, subject), False, message.Parts{}},
		{"all, open", All(size, yes, subject), Unknown, both},
		{"all, lost", All(lost, size), Unknown, size.missing},
		{"any, decided", Any(size, yes, subject), True, message.Parts{}},
		{"any, open", Any(size, no, subject), Unknown, both},
		{"not", Not(Any(no, size)), Unknown, size.missing},
		{"nested", All(subject, Any(size, yes)), Unknown, subject.missing},
		{"all, cheap first", All(text, structure, size, subject), Unknown, both},
		{"all, structure before text", All(text, structure, yes), Unknown, structure.missing},
		{"all, text last", All(lost, text, yes), Unknown, text.missing},
		{"all, text for nothing", All(text, structure, no), False, message.Parts{}},
		{"any, cheap first", Any(text, structure, size), Unknown, size.missing},
		{"any, structure before text", Any(no, text, structure), Unknown, structure.missing},
		{"any, text for nothing", Any(text, yes), True, message.Parts{}},
		{"nested, cheap first", All(Any(text, size), Not(All(structure, subject)), text), Unknown, both},
		{"nested, structure before text", All(Any(text, structure), text), Unknown, structure.missing},
	}
	for _, test := range tests {
		truth, missing := test.test.Judge(mailWith(t), now)
		if truth != test.want || !missing.Covers(test.missing) || !test.missing.Covers(missing) {
			t.Errorf("%s: %v, missing %+v; want %v, missing %+v", test.name, truth, missing, test.want, test.missing)
		}
	}
}

func TestTreeTells(t *testing.T) {
	test := All(
		Not(compiled(t, "seen", cty.True)),
		Any(compiled(t, "flags", strs("$Invoice")), compiled(t, "header", obj("X-Score", str("a"))), compiled(t, "larger_than", str("1kB"))),
		Named("match.bulk", compiled(t, "older_than", str("1d"))),
	)
	if want := mailbox.NewFlags(`\Seen`, "$Invoice"); !test.Reads().Equal(want) {
		t.Errorf("Reads = %v; want %v", test.Reads(), want)
	}
	want := message.Parts{Flags: true, Received: true, Size: true, Fields: []string{"x-score"}}
	if got := test.Needs(); !got.Covers(want) || !want.Covers(got) {
		t.Errorf("Needs = %+v; want %+v", got, want)
	}
	for _, name := range []string{"seen", "flags", "header", "larger_than", "older_than", "matches", "match.bulk"} {
		if !test.Mentions(name) {
			t.Errorf("%s is not mentioned", name)
		}
	}
	for _, name := range []string{"flagged", "everything", "match.other", ""} {
		if test.Mentions(name) {
			t.Errorf("%q is mentioned", name)
		}
	}
	for name, v := range samples() {
		if test := compiled(t, name, v); !test.Mentions(name) || test.Mentions("x") {
			t.Errorf("%s does not mention itself alone", name)
		}
	}
}

// samples has a value for every criterion.
func samples() map[string]cty.Value {
	return map[string]cty.Value{
		"from": tuple(str("ada@example.com"), obj("name", str("bob"))), "to": str("@example.com"), "cc": obj("exists", cty.False),
		"bcc": str("bob"), "reply_to": str("example.com"), "sender": obj("user", str("ada")), "recipient": tuple(str("ada@example.com"), obj("exists", cty.False)),
		"subject": tuple(str("hello"), obj("exists", cty.False)), "header": obj("X-Score", obj("above", num(1)), "Precedence", str("bulk")),
		"list_id": tuple(str("go.example.org"), obj("exists", cty.False)), "message_id": str("17"), "older_than": str("30d"), "newer_than": str("1w"), "in_folder_for": str("1d"),
		"received_before": str("2026-01-01"), "received_since": str("2026-01-01"), "sent_before": str("2026-01-01"), "sent_since": str("2026-01-01"),
		"larger_than": str("1kB"), "smaller_than": str("1MB"), "seen": cty.True, "flagged": cty.False, "answered": cty.True, "draft": cty.False,
		"flags": strs("$Invoice", "seen"), "everything": cty.True,
		"body": tuple(str("unsubscribe"), obj("exists", cty.False)), "text": str("unsubscribe"),
		"attachment": obj("type", str("pdf")), "part": tuple(obj("charset", str("utf-8")), obj("params", obj("method", str("request")))),
	}
}

func TestSamplesAreComplete(t *testing.T) {
	for _, c := range Criteria() {
		if _, ok := samples()[c.Name]; !ok {
			t.Errorf("there is no sample of %s", c.Name)
		}
	}
}

// randomTree builds a test of samples.
func randomTree(t *testing.T, rng *rand.Rand, depth int) Test {
	if depth == 0 || rng.IntN(4) == 0 {
		all := Criteria()
		name := all[rng.IntN(len(all))].Name
		return compiled(t, name, samples()[name])
	}
	children := make([]Test, 1+rng.IntN(3))
	for i := range children {
		children[i] = randomTree(t, rng, depth-1)
	}
	switch rng.IntN(4) {
	case 0:
		return Not(children[0])
	case 1:
		return Named("match.x", children[0])
	case 2:
		return Any(children...)
	default:
		return All(children...)
	}
}

// randomLines are header lines, each field there or not.
func randomLines(rng *rand.Rand) []string {
	choices := []string{
		"From: ada@example.com", "From: Bob <b@x.example>", "To: a@example.com", "To: x@y.example", "Cc: ada@example.com", "Bcc: bob@x.example", "Reply-To: a@example.com",
		"Sender: ada+x@y.example", "Delivered-To: ada@example.com", "X-Original-To: a@b.example", "Subject: Hello", "Subject: other", "X-Score: 2", "Precedence: bulk",
		"List-Id: <go.example.org>", "X-List-Id: <x.example>", "Message-ID: <17@x>", "Date: Tue, 30 Apr 2024 23:30:00 -0500",
	}
	return slices.DeleteFunc(choices, func(string) bool { return rng.IntN(2) == 0 })
}

// narrow is the message as far as the parts are known.
func narrow(t *testing.T, m *message.Message, lines []string, parts message.Parts) *message.Message {
	t.Helper()
	less := *m
	less.Known = parts
	if !parts.Flags {
		less.Flags = nil
	}
	if !parts.Size {
		less.Size = 0
	}
	if !parts.Received {
		less.Received = now
	}
	if !parts.Saved {
		less.Saved = now
	}
	if !parts.Structure {
		less.Structure = nil
	}
	less.Texts = maps.Clone(m.Texts)
	maps.DeleteFunc(less.Texts, func(t *message.TextTest, _ message.Verdict) bool { return !slices.Contains(parts.Texts, t) })
	lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return !slices.Contains(parts.Fields, strings.ToLower(name))
	})
	less.Header = mailWith(t, lines...).Header
	return &less
}

// pick takes some of the parts, at least one.
func pick(rng *rand.Rand, parts message.Parts) message.Parts {
	var some message.Parts
	for some.Empty() {
		some = message.Parts{
			Flags: parts.Flags && rng.IntN(2) == 0, Received: parts.Received && rng.IntN(2) == 0,
			Size: parts.Size && rng.IntN(2) == 0, Saved: parts.Saved && rng.IntN(2) == 0,
			Structure: parts.Structure && rng.IntN(2) == 0,
		}
		for _, f := range parts.Fields {
			if rng.IntN(2) == 0 {
				some.Fields = append(some.Fields, f)
			}
		}
		for _, test := range parts.Texts {
			if rng.IntN(2) == 0 {
				some.Texts = append(some.Texts, test)
			}
		}
	}
	return some
}

// Whatever the order in which a message becomes known, it is judged as if all had
// been known at once, nothing is asked twice and nothing that is not needed, nor
// structure and text of a message that what is cheaper settles.
func TestJudgeByAndBy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	outcomes, texts := make(map[Truth]int), 0
	for range 3000 {
		test := randomTree(t, rng, 4)
		lines := randomLines(rng)
		m := mailWith(t, lines...)
		if rng.IntN(5) == 0 {
			m.Saved, m.Received = time.Time{}, time.Time{}
		}
		m.Structure = []*message.Part{nil, textMail, mailWithFiles}[rng.IntN(3)]
		m.Texts = map[*message.TextTest]message.Verdict{}
		for _, text := range test.Needs().Texts {
			m.Texts[text] = message.Verdict(rng.IntN(3))
		}
		m.Known = m.Known.Union(test.Needs())
		want := judge(t, test, m)
		outcomes[want]++

		var parts message.Parts
		for {
			got, missing := test.Judge(narrow(t, m, lines, parts), now)
			if got != Unknown && (got != want || !missing.Empty()) {
				t.Fatalf("with %+v known: %v, missing %+v; with all: %v", parts, got, missing, want)
			}
			if got != Unknown {
				break
			}
			if missing.Empty() {
				if want != Unknown {
					t.Fatalf("with %+v known: nothing more is asked; with all: %v", parts, want)
				}
				break
			}
			if !test.Needs().Covers(missing) {
				t.Fatalf("asks for %+v; needs only %+v", missing, test.Needs())
			}
			if again := missing.Minus(missing.Minus(parts)); !again.Empty() {
				t.Fatalf("asks again for %+v", again)
			}
			cheap := m.Known // all of what costs less than what is asked for
			cheap.Texts = parts.Texts
			if cheap.Structure = len(missing.Texts) > 0; cheap.Structure {
				texts++
			}
			if missing.Structure || cheap.Structure {
				if got, _ := test.Judge(narrow(t, m, lines, parts.Union(cheap)), now); got != Unknown {
					t.Fatalf("asks for %+v, but it is %v by what is cheaper", missing, got)
				}
			}
			parts = parts.Union(pick(rng, missing))
		}
	}
	for _, truth := range []Truth{False, Unknown, True} {
		if outcomes[truth] < 100 {
			t.Errorf("only %d random tests came out %v", outcomes[truth], truth)
		}
	}
	if texts < 100 {
		t.Errorf("text was asked for only %d times", texts)
	}
}
