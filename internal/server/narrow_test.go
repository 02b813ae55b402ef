package server

import (
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// Of messages that the server does not find by a test's word no text is read for that
// test; nothing is searched unless the account wants it.
func TestNarrow(t *testing.T) {
	words := func(word string, header bool) *message.TextTest {
		test := contains(word, header)
		test.Word = word
		return test
	}
	script := polite().
		with("UID FETCH 1:9 (UID BODYSTRUCTURE)", "* 1 FETCH (UID 2 BODYSTRUCTURE "+plainPart+")\r\n"+
			"* 2 FETCH (UID 5 BODYSTRUCTURE "+plainPart+")\r\n* 3 FETCH (UID 9 BODYSTRUCTURE NIL)\r\nTAG OK\r\n").
		with("UID FETCH 2 (UID BODY.PEEK[1])", "* 1 FETCH (UID 2 BODY[1] {7}\r\nnothing)\r\nTAG OK\r\n").
		with("UID FETCH 2,5 (UID BODY.PEEK[1])", "* 1 FETCH (UID 2 BODY[1] {7}\r\nnothing)\r\n* 2 FETCH (UID 5 BODY[1] {7}\r\nsubject)\r\nTAG OK\r\n").
		with("UID FETCH 2 (UID BODY.PEEK[HEADER] BODY.PEEK[1])", "* 1 FETCH (UID 2 BODY[HEADER] {18}\r\nSubject: hello\r\n\r\n BODY[1] {7}\r\nnothing)\r\nTAG OK\r\n").
		with("UID SEARCH", "TAG BAD what?\r\n").
		with(`UID SEARCH UID 2,5,9 BODY "noth"`, "* SEARCH 2 7\r\nTAG OK\r\n").
		with(`UID SEARCH UID 2,5,9 TEXT "hello"`, "* SEARCH 2\r\nTAG OK\r\n").
		with(`UID SEARCH UID 2,5,9 BODY "nobody"`, "* SEARCH\r\nTAG OK\r\n").
		with(`UID SEARCH UID 2,5,9 BODY "silent"`, "TAG OK\r\n").
		with(`UID SEARCH UID 2,5,9 BODY "refused"`, "TAG NO not here\r\n")
	noth, hello, nobody := words("noth", false), words("hello", true), words("nobody", false)
	for name, c := range map[string]struct {
		local    bool
		tests    []*message.TextTest
		want     string
		says     []string // an error
		searches int
		fetches  int // of texts
	}{
		"found":                        {tests: []*message.TextTest{noth}, want: "map[2:[2] 5:[0] 9:[0]]", searches: 1, fetches: 1},
		"found in the header":          {tests: []*message.TextTest{hello}, want: "map[2:[2] 5:[0] 9:[0]]", searches: 1, fetches: 1},
		"not found":                    {tests: []*message.TextTest{nobody}, want: "map[2:[0] 5:[0] 9:[0]]", searches: 1},
		"the same word twice":          {tests: []*message.TextTest{noth, words("noth", false)}, want: "map[2:[2 2] 5:[0 0] 9:[0 0]]", searches: 1, fetches: 1},
		"found for one, not for other": {tests: []*message.TextTest{nobody, noth}, want: "map[2:[0 2] 5:[0 0] 9:[0 0]]", searches: 2, fetches: 1},
		"one without a word":           {tests: []*message.TextTest{nobody, contains("noth", false)}, want: "map[2:[0 2] 5:[0 0] 9:[0 1]]", searches: 1, fetches: 1},
		"none with a word":             {tests: []*message.TextTest{contains("noth", false)}, want: "map[2:[2] 5:[0] 9:[1]]", fetches: 1},
		"local":                        {local: true, tests: []*message.TextTest{noth, nobody}, want: "map[2:[2 0] 5:[0 0] 9:[1 1]]", fetches: 1},
		"no answer":                    {tests: []*message.TextTest{words("silent", false)}, says: []string{"body_search", "does not say"}, searches: 1},
		"refused":                      {tests: []*message.TextTest{noth, words("refused", false)}, says: []string{`body_search = "local"`, "not here", `"Work"`}, searches: 2},
		"refused by BAD":               {tests: []*message.TextTest{words("bad", false)}, says: []string{`body_search = "local"`, "what?"}, searches: 1},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, script)
			f.account.BodySearch = !c.local
			got := map[imap.UID][]message.Verdict{}
			_, err := s.Answer(t.Context(), plan.Question{Folder: "Work", Fetch: message.Parts{Texts: c.tests}}, func(m *message.Message) {
				for _, test := range c.tests {
					got[m.UID] = append(got[m.UID], m.Texts[test])
				}
			})
			if c.says != nil {
				wantError(t, err, c.says...)
			} else if err != nil || fmt.Sprint(got) != c.want {
				t.Errorf("got %v %v, want %s", got, err, c.want)
			}
			texts := slices.DeleteFunc(f.sent("UID FETCH"), func(sent string) bool { return sent == "UID FETCH 1:9 (UID BODYSTRUCTURE)" })
			if searches := f.sent("UID SEARCH"); len(searches) != c.searches || len(texts) != c.fetches {
				t.Errorf("sent %q %q", searches, texts)
			}
		})
	}
}
