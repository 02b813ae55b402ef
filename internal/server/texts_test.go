package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/plan"
)

// contains is a test of texts.
func contains(word string, header bool) *message.TextTest {
	return &message.TextTest{Header: header, Passes: func(text message.Text) bool { return strings.Contains(text.Plain, word) }}
}

const (
	structures = "UID FETCH 2 (UID BODYSTRUCTURE)"
	plainPart  = `("text" "plain" ("charset" "utf-8") NIL NIL "quoted-printable" 7 1)`
	htmlPart   = `("text" "html" ("charset" "utf-8") NIL NIL "base64" 12 1)`
	filePart   = `("text" "plain" NIL NIL NIL "7bit" 7 1 NIL ("attachment" ("filename" "a.txt")))`
)

// oneMessage is a server with one message, of UID 2.
func oneMessage(structure string) script {
	return polite().with("EXAMINE", counted(1, 10)).
		with(structures, "* 1 FETCH (UID 2 BODYSTRUCTURE "+structure+")\r\nTAG OK\r\n").
		with("UID SEARCH UID 2", "* SEARCH 2\r\nTAG OK\r\n")
}

// row is an answer to UID FETCH 2 of items.
func row(items string, hangup ...string) string {
	return "* 1 FETCH (UID 2 " + items + strings.Join(hangup, "") + ")\r\nTAG OK\r\n"
}

func TestTexts(t *testing.T) {
	const (
		one   = "UID FETCH 2 (UID BODY.PEEK[1])"
		two   = "UID FETCH 2 (UID BODY.PEEK[1] BODY.PEEK[2])"
		both  = "UID FETCH 2 (UID BODY.PEEK[HEADER] BODY.PEEK[1])"
		fails = message.Fails
	)
	mixed := "(" + plainPart + htmlPart + filePart + ` "mixed")`
	for name, c := range map[string]struct {
		script script
		test   *message.TextTest // nil: of the word "gr\u00fcn"
		want   message.Verdict
		says   string   // an error
		gone   bool     // the message
		sent   []string // the FETCH after that of the structure; nil: any
	}{
		"passes": {
			script: oneMessage(plainPart).with(one, row("BODY[1] {9}\r\ngr=C3=BCn")), want: message.Passes, sent: []string{one},
		},
		"fails":    {script: oneMessage(plainPart).with(one, row("BODY[1] {7}\r\nnothing")), want: fails},
		"in HTML":  {script: oneMessage(htmlPart).with(one, row("body[1] \"PGI+Z3LDvG48\"")), want: message.Passes},
		"the last": {script: oneMessage(mixed).with(two, row("BODY[2] {12}\r\nPGI+Z3LDvG48 BODY[1] {7}\r\nnothing")), want: message.Passes, sent: []string{two}},
		"in two responses": {
			script: oneMessage(mixed).with(two, "* 1 FETCH (UID 2 BODY[1] {7}\r\nnothing)\r\n* 1 FETCH (FLAGS ())\r\n* 5 FETCH (UID 7 BODY[1] \"x\")\r\n"+row("BODY[2] {12}\r\nPGI+Z3LDvG48")),
			want:   message.Passes,
		},
		"only the attachment":        {script: oneMessage("(" + filePart + filePart + ` "mixed")`), want: fails, sent: []string{}},
		"nothing to read":            {script: oneMessage(`("image" "png" NIL NIL NIL "base64" 7)`), want: fails, sent: []string{}},
		"no structure":               {script: oneMessage("NIL"), want: message.Unreadable, sent: []string{}},
		"a broken structure":         {script: oneMessage(`("text" ("plain"`), want: message.Unreadable, sent: []string{}},
		"a structure unlike a value": {script: oneMessage(`("text" "pl"ai"n" "x`), want: message.Unreadable, sent: []string{}},
		"a structure that ends":      {script: oneMessage(``), want: message.Unreadable, sent: []string{}},
		"NIL":                        {script: oneMessage(plainPart).with(one, row("BODY[1] NIL")), want: message.Unreadable},
		"cut short":                  {script: oneMessage(plainPart).with(one, row("BODY[1] {3}\r\ngr=")), want: message.Unreadable},
		"nothing of it":              {script: oneMessage(plainPart).with(one, row("BODY[1] \"\"")), want: message.Unreadable},
		"an unknown charset": {
			script: oneMessage(`("text" "plain" ("charset" "klingon") NIL NIL "7bit" 7 1)`).with(one, row("BODY[1] {7}\r\nnothing")), want: message.Unreadable,
		},
		"an unknown encoding": {
			script: oneMessage(`("text" "plain" NIL NIL NIL "x-rot13" 7 1)`).with(one, row("BODY[1] {7}\r\nnothing")), want: message.Unreadable,
		},
		"unreadable, and fails":  {script: oneMessage(mixed).with(two, row("BODY[1] NIL BODY[2] {12}\r\nPGI+PC9iPgo=")), want: message.Unreadable},
		"unreadable, and passes": {script: oneMessage(mixed).with(two, row("BODY[1] NIL BODY[2] {12}\r\nPGI+Z3LDvG48")), want: message.Passes},
		"passes, and unreadable": {script: oneMessage(mixed).with(two, row("BODY[1] {9}\r\ngr=C3=BCn BODY[2] NIL")), want: message.Passes},
		"too long": {
			script: oneMessage(`("text" "plain" NIL NIL NIL "7bit" 8388609 1)`), want: message.Unreadable, sent: []string{},
		},
		"more than one command asks for": {
			script: oneMessage("("+strings.Repeat(`("text" "plain" NIL NIL NIL "7bit" 8388608 1)`, 3)+` "mixed")`).
				with(two, row("BODY[1] NIL BODY[2] NIL")).with("UID FETCH 2 (UID BODY.PEEK[3])", row("BODY[3] NIL")),
			want: message.Unreadable, sent: []string{two, "UID FETCH 2 (UID BODY.PEEK[3])"},
		},
		"the header passes": {
			script: oneMessage(plainPart).with(both, row("BODY[HEADER] {32}\r\nSubject: =?utf-8?q?gr=C3=BCn?=\r\n BODY[1] {7}\r\nnothing")),
			test:   contains("grün", true), want: message.Passes, sent: []string{both},
		},
		"the header fails": {
			script: oneMessage(plainPart).with(both, row("BODY[HEADER] {18}\r\nSubject: nothing\r\n BODY[1] {7}\r\nnothing")),
			test:   contains("grün", true), want: fails,
		},
		"the header, and no text": {
			script: oneMessage(`("image" "png" NIL NIL NIL "base64" 7)`).with("UID FETCH 2 (UID BODY.PEEK[HEADER])", row("BODY[HEADER] {16}\r\nSubject: nothing")),
			test:   contains("noth", true), want: message.Passes,
		},
		"the header, and no structure": {
			script: oneMessage("NIL").with("UID FETCH 2 (UID BODY.PEEK[HEADER])", row("BODY[HEADER] {16}\r\nSubject: nothing")),
			test:   contains("noth", true), want: message.Passes,
		},
		"no header": {
			script: oneMessage(plainPart).with(both, row("BODY[HEADER] NIL BODY[1] {7}\r\nnothing")),
			test:   contains("grün", true), want: message.Unreadable,
		},
		"a broken header": {
			script: oneMessage(plainPart).with(both, row(fmt.Sprintf("BODY[HEADER] {%d}\r\n%s BODY[1] {7}\r\nnothing", 1<<21, strings.Repeat("a: b\r\n", 1<<19)[:1<<21]))),
			test:   contains("grün", true), want: message.Unreadable,
		},
		"sent when asked again": {
			script: oneMessage(plainPart).with(one, "TAG OK\r\n").then(one, row("BODY[1] {9}\r\ngr=C3=BCn")), want: message.Passes, sent: []string{one, one},
		},
		"one of two, sent when asked again": {
			script: oneMessage(mixed).with(two, row("BODY[1] {7}\r\nnothing")).then(two, row("BODY[1] {9}\r\ngr=C3=BCn BODY[2] {12}\r\nPGI+PC9iPgo=")),
			want:   fails, // what was judged is not judged twice
		},
		"never sent": {
			script: oneMessage(plainPart).with(one, "TAG OK\r\n"), says: "does not send the text, the first of them with UID 2",
		},
		"gone meanwhile": {
			script: oneMessage(plainPart).with(one, "TAG OK\r\n").with("UID SEARCH UID 2", "* SEARCH\r\nTAG OK\r\n").then("EXAMINE", counted(0, 10)), gone: true,
		},
		"gone, and counted": {
			script: oneMessage(plainPart).with(one, "TAG OK\r\n").with("UID SEARCH UID 2", "* SEARCH\r\nTAG OK\r\n"), says: "counts 1 messages in it but tells of 0",
		},
		"refused":                 {script: oneMessage(plainPart).with(one, "TAG NO [SERVERBUG] oops\r\n"), says: `read folder "Work": the server refuses: NO [SERVERBUG] oops`},
		"refused in the midst":    {script: oneMessage(plainPart).with(one, "* 1 FETCH (UID 2 BODY[1] {7}\r\nnothing)\r\nTAG NO oops\r\n"), says: "refuses"},
		"the connection cut":      {script: oneMessage(plainPart).with(one, row("BODY[1] {7}\r\nnoth", "HANGUP")), says: `read folder "Work"`},
		"cut behind the literal":  {script: oneMessage(plainPart).with(one, row("BODY[1] {7}\r\nnothing)\r\n", "HANGUP")), says: `read folder "Work"`},
		"a literal of no end":     {script: oneMessage(plainPart).with(one, row("BODY[1] {99999999999}\r\nx")), says: "beyond the limit"},
		"an answer of no form":    {script: oneMessage(plainPart).with(one, row("BODY[1]")), says: "not pairs"},
		"an answer cut by quotes": {script: oneMessage(plainPart).with(one, row("BODY[1] \"x")), says: "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s := dialFake(t, c.script)
			if c.test == nil {
				c.test = contains("grün", false)
			}
			q := plan.Question{Folder: "Work", UIDs: imap.UIDSetNum(2), Fetch: message.Parts{Texts: []*message.TextTest{c.test}}}
			if c.gone || strings.Contains(c.says, "counts") {
				q.UIDs = nil
				f.script = f.script.with("UID FETCH 1:9 (UID BODYSTRUCTURE)", c.script[structures][0])
			}
			told := 0
			_, err := s.Answer(t.Context(), q, func(m *message.Message) {
				told++
				if verdict, judged := m.Texts[c.test]; !judged || verdict != c.want || !m.Known.Covers(q.Fetch) {
					t.Errorf("verdict %d (%t), want %d", verdict, judged, c.want)
				}
				if m.Known.Structure || m.Structure != nil {
					t.Error("the structure is told, which nobody asked for")
				}
			})
			switch {
			case c.says != "":
				wantError(t, err, c.says)
				if told > 0 {
					t.Error("a verdict is told all the same")
				}
			case err != nil:
				t.Error(err)
			case (told == 0) != c.gone:
				t.Errorf("told of %d messages", told)
			}
			sent := slices.DeleteFunc(f.sent("UID FETCH"), func(c string) bool { return strings.Contains(c, "STRUCTURE") })
			if c.sent != nil && !slices.Equal(sent, c.sent) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
		})
	}
}

// Messages of one shape are read together, and each test is judged by itself.
func TestTextsTogether(t *testing.T) {
	script := polite().
		with("UID FETCH 1:9 (UID FLAGS BODYSTRUCTURE)", "* 1 FETCH (UID 2 FLAGS () BODYSTRUCTURE "+plainPart+")\r\n"+
			"* 2 FETCH (UID 5 FLAGS () BODYSTRUCTURE ("+plainPart+htmlPart+" \"mixed\"))\r\n"+
			"* 3 FETCH (UID 9 FLAGS () BODYSTRUCTURE "+plainPart+")\r\nTAG OK\r\n").
		with("UID FETCH 2,9 (UID BODY.PEEK[1])", "* 1 FETCH (UID 2 BODY[1] {7}\r\nnothing)\r\n* 3 FETCH (UID 9 BODY[1] {8}\r\nor noone)\r\nTAG OK\r\n").
		with("UID FETCH 5 (UID BODY.PEEK[1] BODY.PEEK[2])", "* 2 FETCH (UID 5 BODY[1] {7}\r\nnothing BODY[2] {12}\r\nPGI+Z3LDvG48)\r\nTAG OK\r\n")
	f, s := dialFake(t, script)
	nothing, green, one := contains("nothing", false), contains("grün", false), contains("one", false)
	q := plan.Question{Folder: "Work", Fetch: message.Parts{Flags: true, Structure: true, Texts: []*message.TextTest{nothing, green, one}}}
	got := map[imap.UID]string{}
	if _, err := s.Answer(t.Context(), q, func(m *message.Message) {
		got[m.UID] = fmt.Sprint(m.Texts[nothing], m.Texts[green], m.Texts[one], m.Structure != nil, m.Known.Covers(q.Fetch))
	}); err != nil {
		t.Fatal(err)
	}
	want := map[imap.UID]string{2: "2 0 0 true true", 5: "2 2 0 true true", 9: "0 0 2 true true"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if sent := f.sent("UID FETCH"); len(sent) != 3 {
		t.Errorf("sent %q", sent)
	}
}

// A structure that cannot be read spoils nothing else, whatever stands behind it.
func TestBrokenStructure(t *testing.T) {
	_, s := dialFake(t, polite().with("UID FETCH 1:9 (UID FLAGS BODYSTRUCTURE)",
		"* 1 FETCH (UID 2 FLAGS (a) BODYSTRUCTURE (\"text\" \"a\" (\"name\" \"a \"b\")\r\n"+
			"* 2 FETCH (UID 5 FLAGS (a) BODYSTRUCTURE (\"text\" \"plain\" (\"name\" \"a\"b\") NIL NIL \"7bit\" 1 1))\r\n"+
			"* 3 FETCH (UID 9 FLAGS (a) BODYSTRUCTURE "+strings.Repeat("(", 5000)+plainPart+strings.Repeat(" \"mixed\")", 5000)+")\r\nTAG OK\r\n"))
	var got []string
	q := plan.Question{Folder: "Work", Fetch: message.Parts{Flags: true, Structure: true}}
	if _, err := s.Answer(t.Context(), q, func(m *message.Message) {
		got = append(got, fmt.Sprint(m.UID, m.Flags, m.Structure == nil, m.Known.Covers(q.Fetch)))
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"2 a true true", "5 a true true", "9 a true true"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Courier tells no more than 300 parts.
func TestStructureCutOff(t *testing.T) {
	many := func(n int) string { return "(" + strings.Repeat(plainPart, n) + ` "mixed")` }
	for name, c := range map[string]struct {
		greeting string
		parts    int
		known    bool
	}{
		"Courier, cut off": {"* OK Courier-IMAP ready\r\n", 300, false},
		"Courier":          {"* OK Courier-IMAP ready\r\n", 299, true},
		"others":           {greeting, 300, true},
	} {
		f := newFake(t, c.greeting, oneMessage(many(c.parts)))
		s, err := Dial(t.Context(), f.account, Options{})
		if err != nil {
			t.Fatal(err)
		}
		q := plan.Question{Folder: "Work", UIDs: imap.UIDSetNum(2), Fetch: message.Parts{Structure: true}}
		if _, err := s.Answer(t.Context(), q, func(m *message.Message) {
			if known := m.Structure != nil; known != c.known {
				t.Errorf("%s: the structure of %d parts is known: %t", name, c.parts, known)
			}
		}); err != nil {
			t.Error(err)
		}
		if err := s.drop(); err != nil {
			t.Error(err)
		}
	}
}

func TestMaxFetch(t *testing.T) {
	const (
		text   = "UID FETCH 2 (UID BODY.PEEK[1])"
		fields = `UID FETCH 2 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])`
	)
	test := contains("x", false)
	texts := message.Parts{Texts: []*message.TextTest{test}}
	script := oneMessage(`("text" "plain" NIL NIL NIL "7bit" 7 1)`).with(text, row("BODY[1] {7}\r\nnothing")).
		with(fields, row("BODY[HEADER.FIELDS (SUBJECT)] {12}\r\nSubject: a\r\n"))
	for name, c := range map[string]struct {
		limit  int64
		fetch  []message.Parts // one question each
		needed int64           // 0: no error
		sent   int             // FETCH commands, with those for structures
	}{
		"no limit":                     {0, []message.Parts{texts, texts, message.Fields("Subject")}, 0, 5},
		"just enough":                  {7, []message.Parts{texts}, 0, 2},
		"too much, not read":           {6, []message.Parts{texts}, 7, 1},
		"too much in sum, not read":    {13, []message.Parts{texts, texts}, 14, 3},
		"headers":                      {12, []message.Parts{message.Fields("Subject")}, 0, 1},
		"headers, known afterwards":    {11, []message.Parts{message.Fields("Subject")}, 12, 1},
		"headers, where nothing is":    {12, []message.Parts{message.Fields("Subject"), message.Fields("Subject")}, 13, 1},
		"headers count with the texts": {18, []message.Parts{message.Fields("Subject"), texts}, 19, 2},
		"flags cost nothing":           {1, []message.Parts{{Structure: true}}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, greeting, script)
			s, err := Dial(t.Context(), f.account, Options{MaxFetch: c.limit})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.drop(); err != nil {
					t.Error(err)
				}
			})
			for _, fetch := range c.fetch {
				if _, err = s.Answer(t.Context(), plan.Question{Folder: "Work", UIDs: imap.UIDSetNum(2), Fetch: fetch}, func(*message.Message) {}); err != nil {
					break
				}
			}
			limit, refused := errors.AsType[*FetchLimitError](err)
			switch {
			case c.needed == 0 && err != nil:
				t.Error(err)
			case c.needed == 0:
			case !refused || limit.Limit != c.limit || limit.Needed != c.needed:
				t.Errorf("error %v", err)
			default:
				wantError(t, err, `read folder "Work"`, fmt.Sprintf("policy { max_fetch = \"%dB\" }", c.needed), fmt.Sprintf("allows %dB", c.limit))
			}
			if sent := f.sent("UID FETCH"); len(sent) != c.sent {
				t.Errorf("sent %q", sent)
			}
			if _, err := s.Open(t.Context(), "Work"); err != nil {
				t.Fatal(err)
			}
			if err := s.Fetch(t.Context(), imap.UIDSetNum(2), texts, func(*message.Message) {}); err != nil {
				t.Errorf("an apply is kept from its work: %v", err)
			}
		})
	}
}

func TestMegabytes(t *testing.T) {
	for octets, want := range map[int64]string{0: "0B", 999_999: "999999B", 1e6: "1MB", 1e6 + 1: "2MB", 500e6: "500MB", 12_345_678_901: "12346MB"} {
		if got := megabytes(octets); got != want {
			t.Errorf("%d: %s, want %s", octets, got, want)
		}
	}
}

func TestFields(t *testing.T) {
	var got []string
	for f := range fields("A: 1\r\nb : 2\r\n 3\r\nno field\r\n\tfolded\r\n: none\r\nA: 4\n\r\nC: body\r\n") {
		got = append(got, f.Text().Plain)
	}
	if want := []string{"1", "2 3", "4"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTooManyHeaders(t *testing.T) {
	row := func(uid int, rest string) wire.Raw {
		return wire.Raw{Number: 1, Type: "FETCH", Octets: fmt.Appendf(nil, " (UID %d BODY[HEADER.FIELDS (SUBJECT)] {10}\r\nSubject: a%s)\r\n", uid, rest)}
	}
	parts := message.Fields("Subject")
	parts.Flags = true
	for name, c := range map[string]struct {
		collects bool
		rows     []wire.Raw
		refused  bool
	}{
		"told and forgotten":          {false, []wire.Raw{row(1, " FLAGS ()"), row(2, " FLAGS ()"), row(3, " FLAGS ()")}, false},
		"collected":                   {true, []wire.Raw{row(1, " FLAGS ()"), row(2, " FLAGS ()"), row(3, " FLAGS ()")}, true},
		"not complete":                {false, []wire.Raw{row(1, ""), row(2, ""), row(3, "")}, true},
		"not complete, again":         {false, []wire.Raw{row(1, ""), row(1, ""), row(1, "")}, true},
		"of others":                   {true, []wire.Raw{row(1, ""), row(2, ""), row(7, "")}, false},
		"of one that is told already": {true, []wire.Raw{row(1, " FLAGS ()"), row(1, ""), row(1, "")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, polite())
			r := s.newReading("Work", parts)
			r.most, r.collects = 25, c.collects
			told := 0
			all := tellings{r.telling(part{imap.UIDSet{{Start: 1, Stop: 3}}, 3}, func(*message.Message) { told++ })}
			for i, row := range c.rows {
				err := all.take(r, row)
				if last := i == len(c.rows)-1; (err != nil) != (last && c.refused) {
					t.Errorf("row %d: %v", i, err)
				} else if err != nil {
					wantError(t, err, "more than 25 octets")
				}
			}
			if t.Failed() || c.refused {
				return
			}
			if want := all[0].told.count; told != want {
				t.Errorf("told %d, counted %d", told, want)
			}
		})
	}
}
