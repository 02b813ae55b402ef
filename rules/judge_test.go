package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

func TestTextTests(t *testing.T) {
	tests := []struct {
		value cty.Value
		field string // of the message: "Subject: …"; empty: none
		want  Truth
	}{
		{str("hello"), "", False},
		{str("hello"), "Subject:", False},
		{str("hello"), "Subject: Say HELLO!", True},
		{str("hello"), "Subject: =?utf-8?q?HELLO?=", True},
		{str("GRÖSSE"), "Subject: Gr\xf6sse", True},
		{str("größe"), "Subject: GRÖSSE", False}, // simple folding
		{str("u\u0308"), "Subject: \u00fc", True},
		{str("u"), "Subject: u\u0308", False},
		{str("a b"), "Subject: a\r\n\t b", True},
		{str("a \u00a0 b"), "Subject: a b", True},
		{str("go "), "Subject: Let's go now", True},
		{str("go "), "Subject: golang", False},
		{str(" go"), "Subject: go", False},
		{strs("x", "hello"), "Subject: hello", True},
		{set("x", "hello"), "Subject: hello", True},
		{strs("x", "y"), "Subject: hello", False},
		{tuple(str("x"), obj("is", str("hello"))), "Subject: hello", True},

		{obj("contains", str("ell")), "Subject: hELLo", True},
		{obj("contains", str("ell"), "case", cty.True), "Subject: hELLo", False},
		{obj("contains", str("ELL"), "case", cty.True), "Subject: hELLo", True},
		{obj("contains", str("ell"), "case", cty.False), "Subject: hELLo", True},
		{obj("contains", strs("x", "ell")), "Subject: hello", True},
		{obj("is", str("hello")), "Subject:  Hello ", True},
		{obj("is", str(" hello ")), "Subject: hello", True},
		{obj("is", str("hello")), "Subject: hello you", False},
		{obj("is", strs("x", "hello")), "Subject: HELLO", True},
		{obj("is", strs("x", "hello"), "case", cty.True), "Subject: HELLO", False},
		{obj("is", str("x"), "contains", null()), "Subject: x", True},
		{obj("prefix", str("Re: ")), "Subject: re: a", True},
		{obj("prefix", str("Re: ")), "Subject: Report: a", False},
		{obj("prefix", str("Re: ")), "Subject: Re:", False},
		{obj("suffix", str("you")), "Subject: Hello YOU", True},
		{obj("suffix", str(" you")), "Subject: Bayou", False},
		{obj("prefix", str("a"), "suffix", str("z")), "Subject: a to z", True},
		{obj("prefix", str("a"), "suffix", str("z")), "Subject: a to y", False},

		{obj("glob", str("[T-*] *?")), "Subject: [t-17] x", True},
		{obj("glob", str("[T-*] *?")), "Subject: [t-17]", False},
		{obj("glob", str("a*")), "Subject: ba", False},
		{obj("glob", str("a.c")), "Subject: abc", False},
		{obj("glob", str("a?c")), "Subject: aüc", True},
		{obj("glob", str("A*"), "case", cty.True), "Subject: abc", False},

		{obj("regex", str(`[\[(][A-Z]+-[0-9]+[\])]`)), "Subject: x [ABC-12]", True},
		{obj("regex", str(`[\[(][A-Z]+-[0-9]+[\])]`)), "Subject: x [abc-12]", False},
		{obj("regex", str(`(?i)ABC`)), "Subject: abc", True},
		{obj("regex", str("^[^a]*$")), "Subject: bcd", True},
		{obj("regex", str("^[^a]*$")), "Subject: bad", False},
		{obj("regex", str("^$")), "Subject:", True},
		{obj("regex", str("^[^ü]*$")), "Subject: u", True},

		{obj("exists", cty.True), "Subject:", True},
		{obj("exists", cty.True), "", False},
		{obj("exists", cty.False), "Subject:", False},
		{obj("exists", cty.False), "", True},
		{obj("exists", cty.True, "is", str("a")), "Subject: b", False},
		{tuple(obj("exists", cty.False), str("a")), "", True},
		{tuple(obj("exists", cty.False), str("a")), "Subject: a", True},
		{tuple(obj("exists", cty.False), str("a")), "Subject: b", False},

		{obj("raw", cty.True, "prefix", str("=?utf-8?")), "Subject: =?utf-8?q?a?=", True},
		{obj("raw", cty.True, "is", str("a")), "Subject: =?utf-8?q?a?=", False},
		{obj("raw", cty.False, "is", str("a")), "Subject: =?utf-8?q?a?=", True},

		{obj("at_least", num(5)), "Subject: 5.0 of 10", True},
		{obj("at_least", num(5)), "Subject: 4.99", False},
		{obj("at_least", num(5)), "Subject: none", False},
		{obj("at_least", num(5)), "", False},
		{obj("above", num(5)), "Subject: 5", False},
		{obj("above", num(-2)), "Subject: score=-1.5", True},
		{obj("at_most", num(-1.5)), "Subject: score=-1.5", True},
		{obj("below", num(0)), "Subject: score=-1.5", True},
		{obj("below", num(1)), "Subject: .5", True},
		{obj("below", num(1)), "Subject: none", False},
		{obj("below", num(0.1)), "Subject: 0.1", False},
		{obj("above", num(1), "below", num(3)), "Subject: 2", True},
		{obj("above", num(1), "below", num(3)), "Subject: 4 2", False},
		{obj("above", num(1e300)), "Subject: " + strings.Repeat("9", 400), True},
		{obj("at_least", tuple(num(9), num(1))), "Subject: 2", True},
	}
	for _, test := range tests {
		var header []string
		if test.field != "" {
			header = []string{test.field}
		}
		if got := judge(t, compiled(t, "subject", test.value), mailWith(t, header...)); got != test.want {
			t.Errorf("subject = %#v on %q: %v; want %v", test.value, test.field, got, test.want)
		}
	}
}

func TestHeaderTests(t *testing.T) {
	bulk := obj("Precedence", strs("bulk", "junk"), "List-Unsubscribe", obj("exists", cty.True))
	tests := []struct {
		value      cty.Value
		header     []string
		conj, disj Truth // as it stands in a match, and in any
	}{
		{bulk, nil, False, False},
		{bulk, []string{"Precedence: bulk"}, False, True},
		{bulk, []string{"List-Unsubscribe: <x>"}, False, True},
		{bulk, []string{"PRECEDENCE: junk", "list-unsubscribe:"}, True, True},
		{bulk, []string{"Precedence: first", "Precedence: junk", "List-Unsubscribe:"}, True, True},
		{obj("X-Score", obj("above", num(1), "below", num(3))), []string{"X-Score: 0", "X-Score: 4"}, False, False},
		{obj("X-Score", obj("exists", cty.False), "Precedence", null()), nil, True, True},
		{mapOf("X-Score", str("4")), []string{"X-Score: 4"}, True, True},
	}
	for _, test := range tests {
		c := compiled(t, "header", test.value)
		m := mailWith(t, test.header...)
		if got := judge(t, c, m); got != test.conj {
			t.Errorf("header = %#v on %q: %v; want %v", test.value, test.header, got, test.conj)
		}
		if got := judge(t, Any(c), m); got != test.disj {
			t.Errorf("any { header = %#v } on %q: %v; want %v", test.value, test.header, got, test.disj)
		}
		if got := judge(t, Any(All(c)), m); got != test.conj {
			t.Errorf("any { all { header = %#v } } on %q: %v; want %v", test.value, test.header, got, test.conj)
		}
	}
}

func TestListTests(t *testing.T) {
	tests := []struct {
		value  cty.Value
		header string
		want   Truth
	}{
		{str("go.example.org"), "Subject: x", False},
		{str("go.example.org"), "List-Id: Go <go.example.org>", True},
		{str("GO.example.org"), "List-ID: <Go.Example.ORG>", True},
		{str("go.example.org"), "List-Id: go.example.org", True},
		{str("go.example.org"), "X-List-Id: <go.example.org>", True},
		{str("example.org"), "List-Id: <go.example.org>", False},
		{str("Go"), "List-Id: Go <go.example.org>", False},
		{strs("x.y", "go.example.org"), "List-Id: <go.example.org>", True},
		{obj("suffix", str(".example.org")), "List-Id: <go.example.org>", True},
		{obj("exists", cty.True), "List-Id: <go.example.org>", True},
		{obj("exists", cty.False), "X-List-Id: <go.example.org>", False},
		{obj("exists", cty.False), "Subject: x", True},
	}
	for _, test := range tests {
		if got := judge(t, compiled(t, "list_id", test.value), mailWith(t, test.header)); got != test.want {
			t.Errorf("list_id = %#v on %q: %v; want %v", test.value, test.header, got, test.want)
		}
	}
}

func TestAddressTests(t *testing.T) {
	const ada = `From: "Ada Lovelace" <Ada+news@Mail.Example.com>`
	tests := []struct {
		value  cty.Value
		header string
		want   Truth
	}{
		{str("ada+news@mail.example.com"), "", False},
		{str("ada+news@mail.example.com"), "From:", False},
		{str("ADA+news@mail.EXAMPLE.com"), ada, True},
		{str("ada+news@mail.example.com."), ada, True},
		{str("ada@mail.example.com"), ada, False},
		{str("news@mail.example.com"), ada, False},
		{str("@example.com"), ada, True},
		{str("@mail.example.com"), ada, True},
		{str("@ample.com"), ada, False},
		{str("@example.com"), "From: a@example.com.evil.example", False},
		{str("@example.com"), `From: "a@example.com" <thief@evil.example>`, False},
		{str("example.com"), ada, True},
		{str("example.com"), `From: example.com <thief@evil.example>`, False},
		{str("ample.com"), ada, False},
		{str("lovelace"), ada, True},
		{str("+news@mail"), "From: ada@mail", False},
		{str("ADA L"), ada, True},
		{str("ada+news"), ada, True},
		{str("Dr. Who"), "From: Dr. Who <w@x.example>", True},
		{str("Größe"), "From: =?utf-8?q?GR=C3=96SSE?= <w@x.example>", False},
		{str("größe"), "From: =?utf-8?q?GR=C3=96=C3=9FE?= <w@x.example>", True},
		{str("root"), "From: root", True},
		{str("@example.com"), "From: root", False},
		{strs("x@y.example", "ada+news@mail.example.com"), ada, True},
		{strs("x@y.example", "@y.example", "Bob"), ada, False},
		{str("b@example.org"), "From: a@example.org, b@example.org", True},
		{str("b@example.org"), "From: a@example.org\r\nFrom: b@example.org", True},
		{str("a@b.example"), "From: <<<, broken, (a) a@b.example", True},

		{str("@müller.example"), "From: a@xn--mller-kva.example", True},
		{str("@XN--mller-kva.example"), "From: a@Müller.example", True},
		{str("müller.example"), "From: a@mail.xn--mller-kva.example", True},
		{str("a@müller.example"), "From: A@MÜLLER.example", True},
		{str("mülle"), "From: a@xn--mller-kva.example", True},
		{obj("domain", obj("is", str("müller.example"))), "From: a@xn--mller-kva.example", True},
		{obj("domain", obj("is", str("xn--mller-kva.example"))), "From: a@müller.example", True},

		{obj("address", str("ada+news@mail.example.com")), ada, True},
		{obj("address", obj("glob", str("ada*@*.example.com"))), ada, True},
		{obj("address", obj("is", str("a@b@example.com"))), `From: "a@b"@example.com`, True},
		{obj("local", str("ADA+news")), ada, True},
		{obj("local", str("ada")), ada, False},
		{obj("user", str("ada")), ada, True},
		{obj("user", str("ada")), "From: ada@x.example", True},
		{obj("detail", str("NEWS")), ada, True},
		{obj("detail", str("news")), "From: news@x.example", False},
		{obj("detail", obj("exists", cty.True)), ada, True},
		{obj("detail", obj("exists", cty.False)), ada, False},
		{obj("detail", obj("exists", cty.False)), "From: ada@x.example", True},
		{obj("domain", str("example.com")), ada, True},
		{obj("domain", str("@example.com")), ada, True},
		{obj("domain", obj("is", str("example.com"))), ada, False},
		{obj("domain", obj("is", str("mail.example.com"))), ada, True},
		{obj("domain", obj("exists", cty.False)), "From: root", True},
		{obj("name", str("love")), ada, True},
		{obj("name", str("mail")), ada, False},
		{obj("name", obj("exists", cty.False)), "From: ada@x.example", True},
		{obj("name", strs("x", "ada")), ada, True},
		{obj("name", tuple(str("x"), obj("is", str("ada lovelace")))), ada, True},

		// Several keys hold together, for the same address.
		{obj("name", str("ada"), "domain", str("example.com")), ada, True},
		{obj("name", str("bob"), "domain", str("example.com")), "From: Bob <b@x.example>, Ada <a@example.com>", False},
		{obj("name", str("bob"), "prefix", str("ada")), "From: Bob <b@x.example>, Ada <a@example.com>", False},

		// Keys of a text test are over `Name <address>`.
		{obj("is", str("ada lovelace <ada+news@mail.example.com>")), ada, True},
		{obj("contains", str("lace <ada")), ada, True},
		{obj("is", str("<ada@x.example>")), "From: ada@x.example", True},
		{obj("regex", str("<ADA[+]")), ada, True}, // letter case never counts
		{obj("exists", cty.True), "From:", True},
		{obj("exists", cty.True), "", False},
		{obj("exists", cty.False), "", True},
		{obj("exists", cty.False), ada, False},
		{obj("exists", cty.True, "contains", str("bob")), ada, False},
	}
	for _, test := range tests {
		var header []string
		if test.header != "" {
			header = []string{test.header}
		}
		if got := judge(t, compiled(t, "from", test.value), mailWith(t, header...)); got != test.want {
			t.Errorf("from = %#v on %q: %v; want %v", test.value, test.header, got, test.want)
		}
	}
}

// Each address criterion looks at its own fields.
func TestAddressFields(t *testing.T) {
	fields := map[string][]string{
		"from": {"From"}, "to": {"To"}, "cc": {"Cc"}, "bcc": {"Bcc"}, "reply_to": {"Reply-To"}, "sender": {"Sender"},
		"recipient": {"To", "Cc", "Bcc", "Delivered-To", "X-Original-To"},
	}
	all := []string{"From", "To", "Cc", "Bcc", "Reply-To", "Sender", "Delivered-To", "X-Original-To"}
	for name, own := range fields {
		test := compiled(t, name, str("ada@example.com"))
		for _, field := range all {
			want := False
			for _, f := range own {
				if f == field {
					want = True
				}
			}
			if got := judge(t, test, mailWith(t, field+": ada@example.com")); got != want {
				t.Errorf("%s on %s: %v; want %v", name, field, got, want)
			}
		}
	}
}

func TestOtherTests(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		criterion string
		value     cty.Value
		change    func(*message.Message) // nil: none
		want      Truth
	}{
		{"older_than", str("30d"), nil, True}, // that old to the second
		{"newer_than", str("30d"), nil, False},
		{"older_than", str("30d"), func(m *message.Message) { m.Received = m.Received.Add(time.Second) }, False},
		{"newer_than", str("30d"), func(m *message.Message) { m.Received = m.Received.Add(time.Second) }, True},
		{"older_than", str("30d"), func(m *message.Message) { m.Received = m.Received.In(time.FixedZone("", 3600)) }, True},
		{"older_than", str("1h"), func(m *message.Message) { m.Received = now.Add(time.Hour) }, False},
		{"newer_than", str("1h"), func(m *message.Message) { m.Received = now.Add(time.Hour) }, True},
		{"older_than", str("1000y"), nil, False},
		{"older_than", str("1.5d"), func(m *message.Message) { m.Received = ago(36 * time.Hour) }, True},
		{"older_than", str("24h"), func(m *message.Message) { m.Received = ago(day) }, True},
		{"older_than", str("1w"), func(m *message.Message) { m.Received = ago(7 * day) }, True},
		{"older_than", str("1w"), func(m *message.Message) { m.Received = ago(7*day - time.Second) }, False},
		{"older_than", str("1mo"), func(m *message.Message) { m.Received = ago(30 * day) }, True},
		{"older_than", str("1mo"), func(m *message.Message) { m.Received = ago(30*day - time.Second) }, False},
		{"older_than", str("1y"), func(m *message.Message) { m.Received = ago(365 * day) }, True},
		{"older_than", str("1y"), func(m *message.Message) { m.Received = ago(365*day - time.Second) }, False},
		{"older_than", str("1d"), func(m *message.Message) { m.Received = time.Time{} }, Unknown},
		{"in_folder_for", str("1d"), nil, True},
		{"in_folder_for", str("1d"), func(m *message.Message) { m.Saved = m.Saved.Add(time.Second) }, False},
		{"in_folder_for", str("1d"), func(m *message.Message) { m.Saved = time.Time{} }, Unknown},

		{"received_before", str("2026-08-29"), nil, False},
		{"received_before", str("2026-08-30"), nil, True},
		{"received_since", str("2026-08-29"), nil, True},
		{"received_since", str("2026-08-29T12:00:00Z"), nil, True},
		{"received_since", str("2026-08-29T12:00:01Z"), nil, False},
		{"received_before", str("2026-08-29T14:00:01+02:00"), nil, True},
		{"received_since", str("2026-08-29"), func(m *message.Message) { m.Received = time.Time{} }, Unknown},
		{"sent_before", str("2024-05-01"), nil, True}, // 23:30 on the evening before, where it was written
		{"sent_since", str("2024-05-01"), nil, False},
		{"sent_since", str("2024-05-01T04:30:00Z"), nil, True},
		{"sent_before", str("2024-05-01T04:30:00Z"), nil, False},

		{"larger_than", str("999B"), nil, True},
		{"larger_than", str("1000B"), nil, False},
		{"larger_than", str("1kB"), nil, False},
		{"larger_than", str("0.9KB"), nil, True},
		{"smaller_than", str("1KiB"), nil, True},
		{"smaller_than", str("1kB"), nil, False},
		{"smaller_than", str("8TB"), nil, True},

		{"seen", cty.True, nil, True},
		{"seen", cty.False, nil, False},
		{"flagged", cty.True, nil, False},
		{"flagged", cty.False, nil, True},
		{"answered", cty.False, nil, True},
		{"draft", cty.True, nil, False},
		{"flags", str("seen"), nil, True},
		{"flags", str(`\SEEN`), nil, True},
		{"flags", strs("flagged", "$invoice"), nil, True},
		{"flags", strs("flagged", "$Junk"), nil, False},

		{"message_id", str("17@example.com"), nil, True},
		{"message_id", obj("is", str("<17@example.com>")), nil, True},
		{"everything", cty.True, nil, True},
	}
	for _, test := range tests {
		m := mailWith(t, "Message-ID: <17@example.com>", "Date: Tue, 30 Apr 2024 23:30:00 -0500 (EST)")
		if test.change != nil {
			test.change(m)
		}
		if got := judge(t, compiled(t, test.criterion, test.value), m); got != test.want {
			t.Errorf("%s = %#v: %v; want %v", test.criterion, test.value, got, test.want)
		}
	}
}

func TestWithoutUsableDate(t *testing.T) {
	for _, header := range []string{"Subject: x", "Date:", "Date: yesterday", "Date: " + strings.Repeat("1", 5000)} {
		for _, name := range []string{"sent_before", "sent_since"} {
			if got := judge(t, compiled(t, name, str("2024-05-01")), mailWith(t, header)); got != False {
				t.Errorf("%s on %.20q: %v; want False", name, header, got)
			}
		}
	}
}

func TestBrokenHeader(t *testing.T) {
	m := mailWith(t)
	var err error
	if m.Header, err = message.ParseHeader(make([]byte, 2<<20)); err == nil {
		t.Fatal("the header is to be broken")
	}
	for name, v := range map[string]cty.Value{
		"subject": str("a"), "from": str("a@example.com"), "list_id": obj("exists", cty.False), "header": obj("X-Score", str("a")), "sent_since": str("2024-05-01"),
	} {
		test := compiled(t, name, v)
		if got, not := judge(t, test, m), judge(t, Not(test), m); got != Unknown || not != Unknown {
			t.Errorf("%s is %v and its opposite %v; want Unknown", name, got, not)
		}
	}
	many := mailWith(t, "To: "+strings.Repeat("a,", 30_000))
	if got := judge(t, Not(compiled(t, "to", str("b@example.com"))), many); got != Unknown {
		t.Errorf("with more addresses than can be told: %v; want Unknown", got)
	}
}

func TestCriteria(t *testing.T) {
	all := Criteria()
	for i, c := range all {
		if c.Name == "" || c.Value == "" || !strings.HasSuffix(c.Doc, ".") || c.Compile == nil {
			t.Errorf("criterion %q is incomplete", c.Name)
		}
		if i > 0 && all[i-1].Name >= c.Name {
			t.Errorf("%q stands before %q", all[i-1].Name, c.Name)
		}
	}
}
