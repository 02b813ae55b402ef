package message

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"
)

func parse(t *testing.T, block string) Header {
	t.Helper()
	h, err := ParseHeader([]byte(block))
	if err != nil {
		t.Fatalf("ParseHeader(%.60q): %v", block, err)
	}
	return h
}

func TestParseHeader(t *testing.T) {
	tests := []struct {
		name, block string
		field, want string
		none        bool
	}{
		{name: "nothing", block: "", field: "subject", none: true},
		{name: "blank line only", block: "\r\n", field: "subject", none: true},
		{name: "no colon", block: "garbage\r\nSubject: a\r\n\r\n", field: "subject", want: "a"},
		{name: "no colon, continued", block: "garbage\r\n Subject: b\r\nSubject: a\r\n\r\n", field: "subject", want: "a"},
		{name: "begins with a continuation", block: " Subject: b\r\nSubject: a\r\n\r\n", field: "subject", want: "a"},
		{name: "mbox line", block: "From ada@example.com Mon 10:00\nSubject: a\n\n", field: "subject", want: "a"},
		{name: "mbox line is no From", block: "From ada@example.com Mon 10:00\n\n", field: "from", none: true},
		{name: "space in the name", block: "Sub ject: a\r\n\r\n", field: "sub ject", none: true},
		{name: "space before the colon", block: "Subject : a\r\n\r\n", field: "subject", want: "a"},
		{name: "no name", block: ": a\r\nSubject: b\r\n\r\n", field: "subject", want: "b"},
		{name: "8-bit name", block: "Subj\xe9ct: a\r\nSubject: b\r\n\r\n", field: "subject", want: "b"},
		{name: "NUL in the name", block: "Sub\x00ject: a\r\n\r\n", field: "subject", none: true},
		{name: "NUL in the value", block: "Subject: a\x00b\r\n\r\n", field: "subject", want: "a\x00b"},
		{name: "no final blank line", block: "Subject: a\r\n", field: "subject", want: "a"},
		{name: "no final line end", block: "Subject: a", field: "subject", want: "a"},
		{name: "bare LF", block: "From: x\nSubject: a\n\n", field: "subject", want: "a"},
		{name: "bare CR is white space", block: "From: x\rSubject: a\r\n\r\n", field: "from", want: "x Subject: a"},
		{name: "bare CR begins no field", block: "From: x\rSubject: a\r\n\r\n", field: "subject", none: true},
		{name: "after the blank line", block: "From: x\r\n\r\nSubject: a\r\n", field: "subject", none: true},
		{name: "folded", block: "Subject: a\r\n b\r\n\tc\r\n\r\n", field: "subject", want: "a b c"},
		{name: "folded before the value", block: "Subject:\r\n a\r\n\r\n", field: "subject", want: "a"},
		{name: "folded over a blank", block: "Subject: a\r\n \r\n b\r\n\r\n", field: "subject", want: "a b"},
		{name: "empty", block: "Subject:\r\nFrom: x\r\n\r\n", field: "subject", want: ""},
		{name: "the first of several", block: "Subject: a\r\nSUBJECT: b\r\n\r\n", field: "subject", want: "a"},
		{name: "letter case", block: "sUBJECT: a\r\n\r\n", field: "SUBJECT", want: "a"},
		{name: "colons in the value", block: "Subject:a: b\r\n\r\n", field: "subject", want: "a: b"},
		{name: "Kelvin is no K", block: "K: a\r\n\r\n", field: "\u212A", none: true},
		{name: "long line", block: "Subject: " + strings.Repeat("a", 5000) + "\r\n\r\n", field: "subject", want: strings.Repeat("a", 5000)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parse(t, test.block).Text(test.field)
			if ok == test.none || got != test.want {
				t.Errorf("Text(%q) = %q, %v; want %q, %v", test.field, got, ok, test.want, !test.none)
			}
		})
	}
}

func TestParseHeaderBroken(t *testing.T) {
	tests := map[string]string{
		"octets": "Subject: " + strings.Repeat("a", maxBlock),
		"fields": strings.Repeat("a:\n", maxFields+1),
	}
	for name, block := range tests {
		t.Run(name, func(t *testing.T) {
			h, err := ParseHeader([]byte(block))
			if err == nil || !h.Broken() {
				t.Fatalf("got error %v, broken %v; want an error and a broken header", err, h.Broken())
			}
			if h.First("a") != nil || h.First("subject") != nil {
				t.Error("a broken header must have no fields")
			}
		})
	}
	if h := parse(t, strings.Repeat("a:\n", maxFields)); h.Broken() {
		t.Error("as many fields as are allowed must do")
	}
}

func TestHeaderRaw(t *testing.T) {
	tests := []struct{ name, block, want string }{
		{"CRLF", "Date: a\r\n\tb\r\n c \r\n\r\n", "a b c"},
		{"LF", "Date: a\n\tb\n c \n\n", "a b c"},
		{"folded elsewhere", "Date:\r\n a b\r\n  c\r\n", "a b c"},
		{"not decoded", "Date: =?utf-8?q?a?= \xff\r\n", "=?utf-8?q?a?= \xff"},
		{"spaces", "Date: a  b\r\n", "a b"},
		{"no-break space stays", "Date: a \u00a0b\r\n", "a \u00a0b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := parse(t, test.block).Raw("date"); !ok || got != test.want {
				t.Errorf("Raw = %q, %v; want %q", got, ok, test.want)
			}
		})
	}
	if _, ok := (Header{}).Raw("date"); ok {
		t.Error("the zero Header must have no field")
	}
}

func TestHeaderFields(t *testing.T) {
	h := parse(t, "To: a\r\nCc: b\r\ntO: c\r\n\r\n")
	var got []string
	for f := range h.Fields("to") {
		got = append(got, f.Text().Plain)
	}
	if want := []string{"a", "c"}; !slices.Equal(got, want) {
		t.Errorf("Fields = %q; want %q", got, want)
	}
	for f := range h.Fields("to") {
		if f.Text().Plain != "a" {
			t.Error("going on after break")
		}
		break
	}
}

// A clone lasts while the memory that it was made from is used for another message, and so
// does what was joined from it.
func TestClone(t *testing.T) {
	m := &Message{UID: 7, Known: Fields("from", "to")}
	if err := m.Header.Parse([]byte("From: a\r\nTo: b\r\n")); err != nil {
		t.Fatal(err)
	}
	lasting, joined, bare := m.Clone(), m.Header.Join(m.Header, []string{"to"}), m.Header.Join(Header{}, nil)
	m.Reset()
	if !reflect.DeepEqual(m, &Message{Header: Header{fields: []Field{}, octets: []byte{}}}) || m.Header.First("from") != nil {
		t.Fatalf("something is left of it: %+v", m)
	}
	if err := m.Header.Parse([]byte("Date: c\r\nCc: d\r\n")); err != nil { // of the same length, so that it lies where those did
		t.Fatal(err)
	}
	for i, h := range []Header{lasting.Header, joined, bare} {
		from, _ := h.Raw("from")
		if to, _ := h.Raw("to"); from != "a" || to != "b" || len(h.fields) < 2 {
			t.Errorf("%d is %+v", i, h)
		}
	}
	from, _ := lasting.Header.Text("from")
	if to, _ := lasting.Header.Text("to"); lasting.UID != 7 || from != "a" || to != "b" {
		t.Errorf("the clone is %+v", lasting)
	}
	if err := m.Header.Parse([]byte(strings.Repeat("a:\n", maxFields+1))); err == nil || !m.Header.Broken() || m.Header.First("a") != nil {
		t.Errorf("too many fields are %+v, %v", m.Header, err)
	}
	if err := m.Header.Parse([]byte("To: e\r\n")); err != nil || m.Header.Broken() || m.Header.First("from") != nil {
		t.Errorf("after that it is %+v, %v", m.Header, err)
	}
}

func TestHeaderJoin(t *testing.T) {
	h := parse(t, "Subject: a\r\n\r\n").Join(parse(t, "SUBJECT: b\r\nFrom: c\r\nFrom: d\r\nTo: e\r\n"), []string{"from", "to"})
	for name, want := range map[string]string{"subject": "a", "from": "c", "to": "e"} {
		if got, _ := h.Text(name); got != want {
			t.Errorf("%s = %q; want %q", name, got, want)
		}
	}
	var from int
	for range h.Fields("from") {
		from++
	}
	if from != 2 {
		t.Errorf("%d From fields; want 2", from)
	}
	broken, _ := ParseHeader(make([]byte, maxBlock+1))
	if !h.Join(broken, nil).Broken() || !broken.Join(h, nil).Broken() {
		t.Error("with a broken header the whole must be broken")
	}
}

// Whatever stands around it, a field on lines of its own is found.
func TestHeaderFindsField(t *testing.T) {
	finds := func(before, after []byte) bool {
		before = bytes.ReplaceAll(before, []byte("\n"), nil) // no blank line
		block := slices.Concat([]byte("X"), before, []byte("\r\nX-Probe: found\r\n"), after)
		h, err := ParseHeader(block)
		raw, _ := h.Raw("x-probe")
		return err == nil && (strings.HasPrefix(raw, "found"))
	}
	if err := quick.Check(finds, nil); err != nil {
		t.Error(err)
	}
}

func TestMessageMerge(t *testing.T) {
	known, more := &Message{Size: 1}, &Message{Size: 2}
	known.Known, known.Header = Parts{Size: true, Fields: []string{"subject"}}, parse(t, "Subject: a\r\n")
	more.Known, more.Header = Parts{Size: true, Fields: []string{"from", "subject"}}, parse(t, "Subject: b\r\nFrom: c\r\n")
	known.Merge(more)
	subject, _ := known.Header.Text("subject")
	from, _ := known.Header.Text("from")
	if known.Size != 1 || subject != "a" || from != "c" || !known.Known.Covers(more.Known) {
		t.Errorf("got size %d, subject %q, from %q, known %v", known.Size, subject, from, known.Known)
	}
}

// What one field works out, those of the same value that learn from it have; others
// learn nothing.
func TestLearn(t *testing.T) {
	h, err := ParseHeader([]byte("From: Ada <ada@example.com>\r\nSender: Ada <ada@example.com>\r\nTo: bob@example.com\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	from, sender, to := h.First("from"), h.First("sender"), h.First("to")
	apart := from.Apart()
	if !bytes.Equal(apart.Wire(), from.Wire()) || apart.Raw() != "Ada <ada@example.com>" {
		t.Errorf("apart it is %q", apart.Wire())
	}
	for _, f := range []*Field{from, sender, to} {
		f.Learn(&apart)
	}
	for f, want := range map[*Field]string{from: "ada@example.com", sender: "ada@example.com", to: "bob@example.com"} {
		addresses, told := f.Addresses()
		if !told || len(addresses) != 1 || addresses[0].Spec.Plain != want {
			t.Errorf("got %+v, want %s", addresses, want)
		}
	}
	if one, _ := from.Addresses(); &one[0] != &apart.known.addresses[0] {
		t.Error("the addresses were worked out twice")
	}
	if text := sender.Text().Plain; text != "Ada <ada@example.com>" || apart.known.text.Plain != text {
		t.Errorf("the text is %q", text)
	}
}
