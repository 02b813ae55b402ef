package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

func TestKeys(t *testing.T) {
	from := compiled(t, "from", strs("Ada@Example.com", "@Shop.example", "b.example"))
	list := compiled(t, "list_id", strs("Go.example.org"))
	to := compiled(t, "to", strs("x@y.example"))
	for name, c := range map[string]struct {
		test Test
		want string
	}{
		"addresses and domains":                {from, "from ADA@EXAMPLE.COM, from b.example, from shop.example"},
		"a list":                               {list, "list-id,x-list-id GO.EXAMPLE.ORG"},
		"one of a conjunction":                 {All(from, to), "to X@Y.EXAMPLE"},
		"all of a disjunction":                 {Any(list, to), "list-id,x-list-id GO.EXAMPLE.ORG, to X@Y.EXAMPLE"},
		"named":                                {Named("match.x", All(compiled(t, "seen", cty.True), to)), "to X@Y.EXAMPLE"},
		"recipients":                           {compiled(t, "recipient", strs("x@y.example")), "bcc,cc,delivered-to,to,x-original-to X@Y.EXAMPLE"},
		"not":                                  {Not(to), "none"},
		"a disjunction with one that has none": {Any(to, compiled(t, "seen", cty.True)), "none"},
		"contained":                            {compiled(t, "from", strs("Ada", "x@y.example")), "from X@Y.EXAMPLE, from …ADA…"},
		"an object":                            {compiled(t, "from", cty.TupleVal([]cty.Value{cty.StringVal("x@y.example"), cty.ObjectVal(map[string]cty.Value{"user": cty.StringVal("x")})})), "none"},
		"no such field":                        {compiled(t, "list_id", cty.ObjectVal(map[string]cty.Value{"exists": cty.False})), "none"},
		"list and object":                      {compiled(t, "list_id", cty.TupleVal([]cty.Value{cty.StringVal("x"), cty.ObjectVal(map[string]cty.Value{"contains": cty.StringVal("x")})})), "none"},
		"text":                                 {compiled(t, "subject", strs("x", " Grüße ")), "subject … GRÜßE …, subject …X…"},
		"text, by itself as an object":         {compiled(t, "subject", cty.ObjectVal(map[string]cty.Value{"contains": cty.StringVal("x")})), "none"},
		"text of a field that holds addresses": {compiled(t, "header", cty.ObjectVal(map[string]cty.Value{"From": cty.StringVal("x")})), "from …X…"},
		"addresses rather than text":           {All(compiled(t, "subject", cty.StringVal("x")), from), "from ADA@EXAMPLE.COM, from b.example, from shop.example"},
		"nothing":                              {Any(), "none"},
	} {
		keys, ok := Keys(c.test)
		var words []string
		for _, k := range keys {
			if k.Piece {
				k.Value = "…" + k.Value + "…"
			}
			words = append(words, k.Look.Fields+" "+k.Value)
		}
		slices.Sort(words)
		got := strings.Join(words, ", ")
		if !ok {
			got = "none"
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// A message that has none of a test's keys is one for which the test is False.
func TestKeysAreNeeded(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	some, decided := 0, 0
	addresses := []string{"ada@example.com", "@example.com", "x.example", "bob@x.example", "a@b.example", "ada+x@y.example", "@com", "ADA@EXAMPLE.COM", "b@xn--bcher-kva.example", "b@bücher.example", "Bob", "böb", "bücher", "a@b"}
	for range 20_000 {
		test := randomKeyed(t, rng, addresses, 2)
		keys, ok := Keys(test)
		if !ok {
			continue
		}
		some++
		lines := append(randomLines(rng), "From: =?utf-8?q?B=C3=B6b?= <b@b\u00fccher.example>, a@sub.x.example",
			"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= aus\r\n\tK\u00f6ln", "Subject: a \t folded\r\n line =", "SUBJECT: odd = ?x")
		rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		m := letterOf(t, lines[:rng.IntN(len(lines)+1)], message.Fields("from", "to", "cc", "bcc", "reply-to", "sender", "delivered-to", "x-original-to", "list-id", "x-list-id", "subject"))
		has := false
		for _, k := range keys {
			finder := k.Look.Finder()
			finder.Add(k, 1)
			found, told := finder.Find(m, nil)
			if !told {
				t.Fatal("all is known")
			}
			has = has || len(found) > 0
		}
		if truth, _ := test.Judge(m, now); !has {
			decided++
			if truth != False {
				t.Fatalf("%v: has none of %v, and is %d of %q", test, keys, truth, lines)
			}
		}
	}
	if some < 1000 || decided < 300 {
		t.Errorf("%d tests had keys, of which %d decided", some, decided)
	}
	m := letterOf(t, []string{"From: a@b.example"}, message.Fields("from"))
	fromTo, from := Look{Fields: "from,to"}.Finder(), Look{Fields: "from"}.Finder()
	if _, told := fromTo.Find(m, nil); told {
		t.Error("a field that is not known was told")
	}
	if _, told := from.Find(letterOf(t, []string{"From: " + strings.Repeat("a@b.example, ", 20_001)}, message.Fields("from")), nil); told {
		t.Error("more addresses than can be told were told")
	}
}

// letterOf is a message of which those parts are known.
func letterOf(t *testing.T, lines []string, known message.Parts) *message.Message {
	t.Helper()
	h, err := message.ParseHeader([]byte(strings.Join(lines, "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{Known: known, Header: h}
}

// texts are what the subjects of random messages may hold.
var texts = []string{"hello", "HE", "Grüße aus", "köln", "folded line", " line", "= ?X", "?", "=", "e"}

func randomKeyed(t *testing.T, rng *rand.Rand, addresses []string, depth int) Test {
	if depth == 0 || rng.IntN(3) == 0 {
		switch rng.IntN(6) {
		case 0:
			return compiled(t, "subject", strs(texts[rng.IntN(len(texts))]))
		case 1:
			return compiled(t, "header", cty.ObjectVal(map[string]cty.Value{"Subject": strs(texts[rng.IntN(len(texts))], texts[rng.IntN(len(texts))])}))
		case 2:
			return compiled(t, "list_id", strs([]string{"go.example.org", "x.example", "GO.example.ORG"}[rng.IntN(3)]))
		}
		name := []string{"from", "to", "cc", "recipient", "sender"}[rng.IntN(5)]
		return compiled(t, name, strs(addresses[rng.IntN(len(addresses))], addresses[rng.IntN(len(addresses))]))
	}
	children := []Test{randomKeyed(t, rng, addresses, depth-1), randomKeyed(t, rng, addresses, depth-1)}
	switch rng.IntN(5) {
	case 0:
		return Not(children[0])
	case 1:
		return Named(fmt.Sprint("match.", depth), children[0])
	case 2:
		return Any(children...)
	default:
		return All(children...)
	}
}
