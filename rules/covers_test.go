package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func TestCovers(t *testing.T) {
	c := func(name string, v cty.Value) Test { return compiled(t, name, v) }
	everything := c("everything", cty.True)
	from := func(ss ...string) Test { return c("from", strs(ss...)) }
	older := func(s string) Test { return c("older_than", str(s)) }
	newer := func(s string) Test { return c("newer_than", str(s)) }
	seen, unseen := c("seen", cty.True), c("seen", cty.False)
	regex := obj("regex", str("[0-9]+"))
	other := &struct{ known }{known{truth: True}}
	tests := []struct {
		name string
		a, b Test
		want bool
	}{
		{"everything", everything, from("a@x.example"), true},
		{"not everything", from("a@x.example"), everything, false},
		{"in a match", All(everything), All(All(from("a@x.example"), seen)), true},
		{"nothing to conjoin", everything, All(), true},
		{"nothing to conjoin covers nothing", All(), from("a@x.example"), false},

		{"the same string", from("a@x.example"), from("A@X.EXAMPLE"), true},
		{"another string", from("a@x.example"), from("b@x.example"), false},
		{"a subset", from("a@x.example", "b@x.example", "Ada"), from("Ada Lovelace", "b@x.example"), true},
		{"a superset", from("a@x.example"), from("a@x.example", "b@x.example"), false},
		{"a domain", from("@x.example"), from("a@x.example", "@sub.x.example"), true},
		{"a domain's parent", from("@sub.x.example"), from("@x.example"), false},
		{"a part of an address", from("x.example and more"), from("a@x.example"), false},
		{"another field", from("a@x.example"), c("to", str("a@x.example")), false},
		{"recipient", c("recipient", str("a@x.example")), c("cc", str("a@x.example")), true},
		{"recipient is more", c("cc", str("a@x.example")), c("recipient", str("a@x.example")), false},
		{"no field of several", c("recipient", obj("exists", cty.False)), c("cc", obj("exists", cty.False)), false},
		{"no such field", c("cc", obj("exists", cty.False)), c("cc", obj("exists", cty.False)), true},
		{"the same object", c("from", obj("name", str("x"), "domain", str("y.example"))), c("from", obj("domain", str("y.example"), "name", str("x"))), true},
		{"another object", c("from", obj("name", str("x"))), c("from", obj("local", str("x"))), false},
		{"not of a subset", Not(from("a@x.example")), Not(from("a@x.example", "b@x.example")), true},
		{"not of a superset", Not(from("a@x.example", "b@x.example")), Not(from("a@x.example")), false},

		{"part of a text", c("subject", str("invoice")), c("subject", strs("Your Invoice", "invoice 17")), true},
		{"text of a part", c("subject", str("your invoice")), c("subject", str("invoice")), false},
		{"a word's end", c("subject", str("go ")), c("subject", str("go now")), true},
		{"no word's end", c("subject", str("go ")), c("subject", str("golang")), false},
		{"the same regex", c("subject", regex), c("subject", tuple(regex)), true},
		{"another text test", c("subject", obj("is", str("x"))), c("subject", obj("prefix", str("x"))), false},
		{"subject is a header", c("subject", str("x")), c("header", obj("SUBJECT", str("x"))), true},
		{"of several headers", c("header", obj("X-A", str("x"))), c("header", obj("X-A", str("x"), "X-B", str("y"))), true},
		{"a list is no text", c("list_id", str("x.example")), c("header", obj("List-Id", str("x.example"))), false},
		{"a list is whole", c("list_id", str("x.example")), c("list_id", str("a.x.example")), false},
		{"one of the lists", c("list_id", strs("x.example", "y.example")), c("list_id", str("x.example")), true},

		{"older", older("1mo"), older("1y"), true},
		{"not so old", older("1y"), older("1mo"), false},
		{"not newer", older("1mo"), Not(newer("1mo")), true},
		{"newer", newer("1y"), newer("1mo"), true},
		{"not newer still", Not(newer("1mo")), older("1mo"), true},
		{"another age", older("1d"), c("in_folder_for", str("1y")), false},
		{"larger", c("larger_than", str("1MB")), c("larger_than", str("2MB")), true},
		{"not smaller", c("larger_than", str("1MB")), Not(c("smaller_than", str("1MB"))), false},
		{"not smaller than more", c("larger_than", str("1B")), Not(c("smaller_than", str("2B"))), true},
		{"before", c("received_before", str("2024-05-02")), c("received_before", str("2024-05-01")), true},
		{"since", c("received_since", str("2024-05-02")), c("received_since", str("2024-05-01")), false},
		{"zones", c("received_since", str("2024-05-01T01:00:00+02:00")), c("received_since", str("2024-05-01")), true},
		{"a fraction of a second", c("received_since", str("2024-05-01T00:00:00.5Z")), c("received_since", str("2024-05-01")), false},
		{"sent", c("sent_before", str("2024-05-02")), c("sent_before", str("2024-05-01")), true},
		{"sent in some zone", c("sent_before", str("2024-06-02")), c("sent_before", str("2024-05-01T00:00:00Z")), false},
		{"without a date", c("sent_before", str("2024-05-02")), Not(c("sent_since", str("2024-05-01"))), false},
		{"perhaps without a date", Not(c("sent_since", str("2024-05-02"))), c("sent_before", str("2024-05-01")), true},

		{"a flag of several", c("flags", strs("$A", "seen")), seen, true},
		{"flags for one", seen, c("flags", strs("$A", "seen")), false},
		{"none of several", unseen, Not(c("flags", strs("$A", "seen"))), true},
		{"not set", Not(seen), unseen, true},
		{"keyword in another case", c("flags", strs("$a")), c("flags", strs("$A")), true},

		{"a conjunction has more", All(seen), All(seen, older("1d")), true},
		{"a conjunction of what is covered", All(seen, older("1d")), All(older("1y"), from("x.example"), seen), true},
		{"a conjunction of what is not", All(seen, older("1d")), seen, false},
		{"one of several", Any(seen, older("1d")), older("1d"), true},
		{"some of several", Any(seen, older("1d"), newer("1h")), Any(older("1y"), seen), true},
		{"all of several", Any(seen, older("1d")), Any(older("1d"), newer("1h")), false},
		{"either way", Any(All(seen, older("1d")), All(unseen, older("1d"))), older("1d"), false}, // true, but not seen to be
		{"De Morgan", Not(Any(seen, older("1d"))), All(Not(seen), Not(older("1h"))), true},
		{"De Morgan the other way", Any(Not(seen), Not(older("1d"))), Not(All(seen, older("1d"))), true},
		{"named", Named("match.x", seen), seen, true},
		{"an unknown criterion", other, All(seen, other), true},
		{"another unknown criterion", other, &struct{ known }{known{truth: True}}, false},
		{"one that cannot be compared", known{truth: True}, known{truth: True}, false},
		{"the opposite of an unknown criterion", other, Not(other), false},
	}
	for _, test := range tests {
		if got := Covers(test.a, test.b); got != test.want {
			t.Errorf("%s: %v; want %v", test.name, got, test.want)
		}
		if test.want && !mayCover(test.a, test.b) {
			t.Errorf("%s: the sketches say that it cannot", test.name)
		}
		if !Covers(test.b, test.b) && test.name != "one that cannot be compared" {
			t.Errorf("%s: b does not cover itself", test.name)
		}
	}
}

func TestNever(t *testing.T) {
	c := func(name string, v cty.Value) Test { return compiled(t, name, v) }
	seen, flagged := c("seen", cty.True), c("flagged", cty.True)
	tests := []struct {
		name string
		test Test
		want bool
	}{
		{"seen and not", All(seen, Not(All(seen))), true},
		{"seen and not seen", All(seen, c("seen", cty.False)), true},
		{"seen", seen, false},
		{"seen or not", Any(seen, Not(seen)), false},
		{"nothing", All(), true},
		{"not everything", Not(c("everything", cty.True)), true},
		{"old and new", All(c("older_than", str("1y")), c("newer_than", str("1d"))), true},
		{"not so old, not so new", All(c("older_than", str("1d")), c("newer_than", str("1y"))), false},
		{"the same age", All(c("older_than", str("1d")), c("newer_than", str("24h"))), true},
		{"large and small", All(c("larger_than", str("10MB")), c("smaller_than", str("1MB"))), true},
		{"between sizes", All(c("larger_than", str("10B")), c("smaller_than", str("12B"))), false},
		{"between neighbours", All(c("larger_than", str("10B")), c("smaller_than", str("11B"))), true},
		{"other dates", All(c("received_before", str("2024-01-01")), c("sent_since", str("2025-01-01"))), false},
		{"dates", All(c("received_before", str("2024-01-01")), Any(c("received_since", str("2025-01-01")), c("received_since", str("2024-01-01")))), true},
		{"no date at all", All(Not(c("sent_before", str("2024-01-01"))), Not(c("sent_since", str("2024-01-01")))), false},
		{"from and not from", All(c("from", str("a@x.example")), Not(c("from", str("@x.example")))), true},
		{"from and not from a part", All(c("from", str("@x.example")), Not(c("from", str("a@x.example")))), false},
		{"two senders", All(c("from", str("a@x.example")), c("from", str("b@x.example"))), false}, // From may hold both
		{"each choice is ruled out", All(seen, flagged, Any(Not(seen), All(Not(flagged), c("draft", cty.True)))), true},
		{"a choice is left", All(seen, Any(Not(seen), Not(flagged))), false},
		{"in all of the choices", Any(All(seen, Not(seen)), Not(Any(flagged, Not(flagged)))), true},
		{"any of the flags, and none", All(c("flags", strs("$A", "$B")), Not(c("flags", strs("$A", "$B", "$C")))), true},
		{"any of the flags, and not one", All(c("flags", strs("$A", "$B")), Not(c("flags", strs("$A")))), false},
	}
	for _, test := range tests {
		if got := Never(test.test); got != test.want {
			t.Errorf("%s: %v; want %v", test.name, got, test.want)
		}
	}
}

func TestNeverAfter(t *testing.T) {
	c := func(name string, v cty.Value) Test { return compiled(t, name, v) }
	seen, a, none := mailbox.NewFlags(`\Seen`), mailbox.NewFlags("$A"), mailbox.Flags(nil)
	tests := []struct {
		name        string
		test        Test
		add, remove mailbox.Flags
		want        bool
	}{
		{"unseen, now seen", c("seen", cty.False), seen, none, true},
		{"seen, now unseen", All(c("seen", cty.True), c("older_than", str("1d"))), none, seen, true},
		{"seen, still", c("seen", cty.True), seen, none, false},
		{"another flag", c("seen", cty.False), a, none, false},
		{"one of two choices", Any(c("seen", cty.False), c("older_than", str("1d"))), seen, none, false},
		{"both choices", Any(c("seen", cty.False), c("flags", strs("$A"))), seen, a, true},
		{"one of two flags", c("flags", strs("$A", "$B")), none, a, false},
		{"none of two flags", Not(c("flags", strs("$A", "$B"))), a, none, true},
		{"no flags", c("everything", cty.True), seen, a, false},
	}
	for _, test := range tests {
		if got := NeverAfter(test.test, test.add, test.remove); got != test.want {
			t.Errorf("%s: %v; want %v", test.name, got, test.want)
		}
	}
}

// related returns a criterion and a value, which have much to do with others that it
// returns.
func related(rng *rand.Rand) (string, cty.Value) {
	one := func(ss ...string) cty.Value { return str(ss[rng.IntN(len(ss))]) }
	some := func(vs ...cty.Value) cty.Value {
		rng.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
		return tuple(vs[:1+rng.IntN(min(3, len(vs)))]...)
	}
	ages := []string{"1h", "1d", "2d", "30d", "1y"}
	dates := []string{"2026-09-01", "2026-09-02", "2026-09-01T12:00:00+02:00", "2026-09-01T00:00:00.5Z"}
	addresses := func() cty.Value {
		return some(str("ada@example.com"), str("@example.com"), str("sub.example.com"), str("ADA@sub.example.com"), str("bob"), str("bo"),
			str("ada@m\u00fcller.example"), str("@xn--mller-kva.example"), str("\u017fam@kiosk.example"), str("@kiosk.example"),
			obj("exists", cty.False), obj("exists", cty.True), obj("user", str("ada")), obj("name", obj("exists", cty.False)))
	}
	texts := func() cty.Value {
		return some(str("hello"), str("Hello you"), str("you "), str("you"), obj("exists", cty.False), obj("is", str("hello")), obj("regex", str("[0-9]")), obj("above", num(1)))
	}
	switch rng.IntN(16) {
	case 0, 1:
		return one("from", "to", "cc", "recipient", "recipient").AsString(), addresses()
	case 2:
		return one("from", "recipient").AsString(), addresses()
	case 3, 4:
		return "subject", texts()
	case 5:
		return "header", obj("Subject", texts(), "X-Score", texts())
	case 6:
		return "list_id", some(str("a.example"), str("b.example"), obj("exists", cty.False))
	case 7, 8:
		return one("older_than", "newer_than", "in_folder_for").AsString(), one(ages...)
	case 9:
		return one("larger_than", "smaller_than").AsString(), one("1B", "2B", "1kB", "1MB")
	case 10:
		return one("received_before", "received_since").AsString(), one(dates...)
	case 11:
		return one("sent_before", "sent_since").AsString(), one(dates...)
	case 12, 13:
		return one("seen", "flagged").AsString(), cty.BoolVal(rng.IntN(2) == 0)
	case 14:
		return "flags", some(str("seen"), str("$A"), str("flagged"))
	default:
		return "everything", cty.True
	}
}

func relatedTree(t *testing.T, rng *rand.Rand, depth int) Test {
	if depth == 0 || rng.IntN(3) == 0 {
		return relatedLeaf(t, rng)
	}
	children := make([]Test, 1+rng.IntN(3))
	for i := range children {
		children[i] = relatedTree(t, rng, depth-1)
	}
	switch rng.IntN(5) {
	case 0:
		return Not(children[0])
	case 1:
		return Named("match.x", children[0])
	case 2, 3:
		return Any(children...)
	default:
		return All(children...)
	}
}

func relatedLeaf(t *testing.T, rng *rand.Rand) Test {
	name, v := related(rng)
	return compiled(t, name, v)
}

func relatedMail(t *testing.T, rng *rand.Rand) *message.Message {
	var lines []string
	line := func(name string, values ...string) {
		for range rng.IntN(3) {
			lines = append(lines, name+": "+values[rng.IntN(len(values))])
		}
	}
	for _, name := range []string{"From", "To", "Cc", "Delivered-To"} {
		line(name, "ada@example.com", "Bob <ada@SUB.example.com>", "ada+x@sub.example.com, bo@x.example", "ada@xn--mller-kva.example", "s\u017fam@\u212aiosk.example",
			"\u017fam@kio\u017fk.example", "", "bob", "Ada <>")
	}
	line("Subject", "hello", "Hello you", "you", "hello 17", "2", "")
	line("X-Score", "hello you too", "0.5")
	line("List-Id", "<a.example>", "b.example")
	line("X-List-Id", "<a.example>", "<c.example>")
	line("Date", "Tue, 1 Sep 2026 23:30:00 -0500", "Tue, 1 Sep 2026 10:00:00 +0000", "nonsense", "Mon, 31 Aug 2026 23:00:00 -0300")
	m := mailWith(t, lines...)
	moments := []time.Duration{time.Hour, 24*time.Hour - time.Second, 24 * time.Hour, 30 * 24 * time.Hour, 27*24*time.Hour + 12*time.Hour, 400 * 24 * time.Hour}
	m.Received, m.Saved = ago(moments[rng.IntN(len(moments))]), ago(moments[rng.IntN(len(moments))])
	m.Size = []int64{0, 1, 2, 3, 1000, 1001, 5000000}[rng.IntN(7)]
	m.Flags = nil
	for _, f := range mailbox.NewFlags(`\Seen`, "$a", `\Flagged`) {
		if rng.IntN(2) == 0 {
			m.Flags = m.Flags.With(mailbox.NewFlags(f))
		}
	}
	return m
}

// What is said to follow does, for random tests and messages; so it is with what is
// said to be impossible.
func TestProofs(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11))
	var mails []*message.Message
	for range 250 {
		mails = append(mails, relatedMail(t, rng))
	}
	covered, never, after := 0, 0, 0
	for range 6000 {
		a, b := relatedTree(t, rng, rng.IntN(3)), relatedTree(t, rng, rng.IntN(3))
		if rng.IntN(4) == 0 { // what is likely to follow
			b = All(b, a)
		}
		covers, impossible := Covers(a, b), Never(b)
		var add, remove mailbox.Flags
		if rng.IntN(2) == 0 {
			add = mailbox.NewFlags(`\Seen`)
		} else {
			remove = mailbox.NewFlags("$A", `\Flagged`)
		}
		undone := NeverAfter(a, add, remove)
		if covers && !mayCover(a, b) {
			missed := describe(a) + " covers " + describe(b)
			if !strings.Contains(missed, "not") { // a sketch need not see what negation brings
				t.Fatalf("the sketches miss that %s", missed)
			}
		}
		if !covers && !impossible && !undone {
			continue
		}
		covered, never, after = covered+count(covers), never+count(impossible), after+count(undone)
		for _, m := range mails {
			truth := judge(t, b, m)
			if truth == True && impossible {
				t.Fatalf("%s holds for\n%+v", describe(b), m)
			}
			if truth == True && covers && judge(t, a, m) != True {
				t.Fatalf("%s covers %s, but not for\n%+v", describe(a), describe(b), m)
			}
			changed := *m
			changed.Flags = m.Flags.With(add).Without(remove)
			if undone && judge(t, a, &changed) == True {
				t.Fatalf("%s still holds with %s and without %s for\n%+v", describe(a), add, remove, m)
			}
		}
	}
	if covered < 1000 || never < 50 || after < 50 {
		t.Errorf("covered %d times, never held %d times, undone %d times: the test shows too little", covered, never, after)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// describe writes a test out for people who debug.
func describe(test Test) string {
	parts := func(word string, ts []Test) string {
		var words []string
		for _, t := range ts {
			words = append(words, describe(t))
		}
		return word + "(" + strings.Join(words, ", ") + ")"
	}
	switch t := test.(type) {
	case not:
		return parts("not", []Test{t.Test})
	case named:
		return describe(t.Test)
	case headers:
		return parts("headers", t.all)
	case all:
		return parts("all", t)
	case anyOf:
		return parts("any", t)
	case *fieldTest:
		return fmt.Sprintf("%s%v", t.criterion, t.given)
	default:
		return fmt.Sprintf("%+v", t)
	}
}

// A tree may nest in ways for which a proof takes exponentially many steps.
func TestProofsEnd(t *testing.T) {
	a, b := compiled(t, "seen", cty.True), compiled(t, "flagged", cty.True)
	var x, y Test = a, b
	for i := range 40 {
		x, y = Any(All(x, compiled(t, "older_than", str(fmt.Sprintf("%dd", i+1)))), x), All(Any(y, compiled(t, "newer_than", str("1h"))), y)
	}
	if Covers(x, y) || Never(All(x, y)) {
		t.Error("what is not so was proved")
	}
	Never(All(x, y, Not(x))) // proved or not: it must end
}

func mayCover(a, b Test) bool {
	x, y := NewSketch(a), NewSketch(b)
	return x.MayCover(&y)
}
