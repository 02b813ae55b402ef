package imaptest

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestArguments(t *testing.T) {
	for _, test := range []struct {
		line     string
		literals []string
		want     list
	}{
		{"NOOP", nil, list{}},
		{`UID STORE 1:3 (UNCHANGEDSINCE 5) +FLAGS (\Seen $x)`, nil, list{"1:3", list{"UNCHANGEDSINCE", "5"}, "+FLAGS", list{`\Seen`, "$x"}}},
		{`RENAME "a \"b\\" c`, nil, list{`a "b\`, "c"}},
		{`CREATE "{5}"`, nil, list{"{5}"}},
		{"APPEND {3} () {4+}", []string{"a b", "mail"}, list{"a b", list{}, "mail"}},
		{"UID FETCH 1 (BODY.PEEK[HEADER.FIELDS (FROM TO)]<0.9>)", nil, list{"1", list{"BODY.PEEK[HEADER.FIELDS (FROM TO)]<0.9>"}}},
		{`UID COPY 1 ""`, nil, list{"1", ""}},
	} {
		c := parseLine("a " + test.line)
		for _, l := range test.literals {
			c.Literals = append(c.Literals, Literal{Size: int64(len(l)), Data: []byte(l)})
		}
		got, err := c.arguments()
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", test.line, err, diff)
		}
	}
	for _, line := range []string{`CREATE "a`, `CREATE "a\`, "X (", "X )", "X (a))", "X " + strings.Repeat("(", 1000)} {
		if got, err := parseLine("a " + line).arguments(); err == nil {
			t.Errorf("%s: got %v, want an error", line, got)
		}
	}
}

func TestLiteralAt(t *testing.T) {
	for line, want := range map[string]int64{
		"a APPEND x {310}": 310, "a LOGIN {0+}": 0, `a CREATE "{" {7}`: 7,
		"a APPEND x {310": -1, "a CREATE {x}": -1, `a CREATE "x{3}`: -1, "a CREATE {-1}": -1, "": -1, "}": -1, "{}": -1,
		"a {99999999999999999999}": -1,
	} {
		size, _, ok := literalAt(line)
		if ok != (want >= 0) || ok && size != want {
			t.Errorf("%q: got %d, %v, want %d", line, size, ok, want)
		}
	}
}

func TestReadResponse(t *testing.T) {
	for wire, want := range map[string][]any{
		"* LIST (\\A \\B) \"/\" {3}\r\na)b\r\n":                           {"LIST", []any{`\A`, `\B`}, "/", "a)b"},
		"* 1 FETCH (UID 3 BODY[HEADER.FIELDS (A B)] {2}\r\nxy X nil)\r\n": {"1", "FETCH", []any{"UID", "3", "BODY[HEADER.FIELDS (A B)]", "xy", "X", nil}},
		"* OK [CODE (] text \"\r\n":                                       {"OK", "OK [CODE (] text \""},
	} {
		got, err := readResponse(bufio.NewReader(strings.NewReader(wire)))
		if diff := cmp.Diff(want, got.values); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", wire, err, diff)
		}
	}
	for _, wire := range []string{"", "* LIST (", "* LIST (\r\n", "* LIST )\r\n", "* X \"a\r\n", "* X {9}\r\na", "* X {x}\r\n", "* " + strings.Repeat("(", 100) + "\r\n"} {
		if got, err := readResponse(bufio.NewReader(strings.NewReader(wire))); err == nil {
			t.Errorf("%q: got %v, want an error", wire, got)
		}
	}
}

func TestUTF7(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "a b": "a b", "R&D": "R&-D", "Bücher": "B&APw-cher", "日本": "&ZeVnLA-", "\U0001f600": "&2D3eAA-", "a&ü": "a&-&APw-",
		"\t": "&AAk-",
	} {
		if got := encodeUTF7(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	for _, wire := range []string{"&", "&AP", "&A-", "&2D0-", "&!!-", "&AAAA"} {
		if got, err := decodeUTF7(wire); err == nil {
			t.Errorf("%q: got %q, want an error", wire, got)
		}
	}
}

func FuzzUTF7(f *testing.F) {
	f.Add("Bücher & 日本 \U0001f600")
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || strings.ContainsRune(name, utf8.RuneError) {
			t.Skip()
		}
		if got, err := decodeUTF7(encodeUTF7(name)); err != nil || got != name {
			t.Errorf("%q became %q, %v", name, got, err)
		}
	})
}

// FuzzRecord shows that what is recorded does not depend on how it arrives, and that everything gets through.
func FuzzRecord(f *testing.F) {
	f.Add("a LOGIN {4}\r\nuser {6+}\r\nsecret\r\nb UID MOVE 1 x\r\n", uint8(3))
	f.Add("a AUTHENTICATE PLAIN\r\nAHg=\r\nb IDLE\r\nDONE\r\nc NOOP\r\n", uint8(1))
	f.Add("\r\n\r\na\n {3}\r\n", uint8(2))
	f.Fuzz(func(t *testing.T, wire string, size uint8) {
		if wire == "" || wire[0] == 0x16 {
			t.Skip()
		}
		whole, through := recorded(wire, len(wire))
		pieces, throughPieces := recorded(wire, int(size%16)+1)
		if through != throughPieces || !strings.HasPrefix(wire, through) {
			t.Errorf("%q: %q and %q get through", wire, through, throughPieces)
		}
		if diff := cmp.Diff(whole, pieces, cmp.AllowUnexported(Command{})); diff != "" {
			t.Errorf("%q:\n%s", wire, diff)
		}
		Lint(whole) // must not panic
	})
}

// recorded is the log of a client that sends in chunks, and what is passed on.
func recorded(wire string, chunk int) (log []Command, through string) {
	r := &Recorder{open: map[net.Conn]struct{}{}}
	s := newSession(r, 1, nil, nil)
	for len(wire) > 0 {
		n := min(chunk, len(wire))
		for _, p := range s.record([]byte(wire[:n])) {
			through += string(p.octets)
		}
		wire = wire[n:]
	}
	for _, c := range r.Commands() {
		c.Burst = 0 // that does depend on it
		log = append(log, c)
	}
	return log, through
}

func FuzzReadResponse(f *testing.F) {
	f.Add("* 1 FETCH (UID 3 BODY[] {2}\r\nxy FLAGS ())\r\n")
	f.Fuzz(func(t *testing.T, wire string) {
		r, err := readResponse(bufio.NewReader(strings.NewReader(wire)))
		if err == nil && r.is("FETCH") {
			stored(r) // must not panic
		}
	})
}
