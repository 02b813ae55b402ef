package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// Values as configurations write them.

func str(s string) cty.Value                { return cty.StringVal(s) }
func num(n float64) cty.Value               { return cty.NumberFloatVal(n) }
func tuple(vs ...cty.Value) cty.Value       { return cty.TupleVal(vs) }
func obj(kvs ...any) cty.Value              { return cty.ObjectVal(attributes(kvs)) }
func strs(ss ...string) cty.Value           { return cty.ListVal(values(ss)) }
func null() cty.Value                       { return cty.NullVal(cty.DynamicPseudoType) }
func set(ss ...string) cty.Value            { return cty.SetVal(values(ss)) }
func mapOf(k string, v cty.Value) cty.Value { return cty.MapVal(map[string]cty.Value{k: v}) }

func values(ss []string) []cty.Value {
	vs := make([]cty.Value, len(ss))
	for i, s := range ss {
		vs[i] = str(s)
	}
	return vs
}

func attributes(kvs []any) map[string]cty.Value {
	attrs := make(map[string]cty.Value)
	for kv := range slices.Chunk(kvs, 2) {
		attrs[kv[0].(string)] = kv[1].(cty.Value)
	}
	return attrs
}

func criterion(t testing.TB, name string) Criterion {
	t.Helper()
	all := Criteria()
	i := slices.IndexFunc(all, func(c Criterion) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no criterion %q", name)
	}
	return all[i]
}

func compiled(t testing.TB, name string, v cty.Value) Test {
	t.Helper()
	test, err := criterion(t, name).Compile(v)
	if err != nil {
		t.Fatalf("%s = %#v: %v", name, v, err)
	}
	return test
}

// now is the run's clock.
var now = time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

var allFields = message.Fields("from", "to", "cc", "bcc", "reply-to", "sender", "delivered-to", "x-original-to",
	"subject", "message-id", "date", "list-id", "x-list-id", "x-score", "precedence", "list-unsubscribe").Fields

// mailWith is a message of which all is known.
func mailWith(t testing.TB, header ...string) *message.Message {
	t.Helper()
	h, err := message.ParseHeader([]byte(strings.Join(header, "\r\n") + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &message.Message{
		Known:    message.Parts{Flags: true, Received: true, Size: true, Saved: true, Fields: allFields},
		Header:   h,
		Flags:    mailbox.NewFlags(`\Seen`, "$Invoice"),
		Received: ago(30 * 24 * time.Hour),
		Saved:    ago(24 * time.Hour),
		Size:     1000,
	}
}

// judge wants an outcome without anything missing.
func judge(t *testing.T, test Test, m *message.Message) Truth {
	t.Helper()
	truth, missing := test.Judge(m, now)
	if !missing.Empty() {
		t.Errorf("Judge asks for %+v although all is known", missing)
	}
	return truth
}

func (t Truth) String() string { return [...]string{"False", "Unknown", "True"}[t] }
