package plan

import (
	"fmt"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// test compiles a criterion.
func criterion(t testing.TB, name string, value cty.Value) rules.Test {
	t.Helper()
	for _, c := range rules.Criteria() {
		if c.Name == name {
			test, err := c.Compile(value)
			if err != nil {
				t.Fatal(err)
			}
			return test
		}
	}
	t.Fatalf("there is no criterion %q", name)
	return nil
}

func letterFrom(t testing.TB, header string, known message.Parts) *message.Message {
	t.Helper()
	h, err := message.ParseHeader([]byte(header + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	known.Flags, known.Received, known.Size = true, true, true
	return &message.Message{UID: 1, Known: known, Header: h, Received: clock, Size: 100}
}

func TestCandidates(t *testing.T) {
	var all []*bound
	for i, m := range []rules.Test{
		criterion(t, "from", cty.StringVal("ada@example.com")),
		criterion(t, "seen", cty.True),
		rules.Any(criterion(t, "list_id", cty.StringVal("go.example.org")), criterion(t, "to", cty.StringVal("@example.org"))),
		criterion(t, "from", cty.StringVal("@example.com")),
		criterion(t, "from", cty.StringVal("bob@example.com")),
	} {
		b := &bound{Rule: &rules.Rule{Match: m}, index: i}
		b.keys, b.keyed = rules.Keys(m)
		all = append(all, b)
	}
	c := newCandidates(all)
	known := message.Fields("from", "to", "list-id", "x-list-id")
	for header, want := range map[string][]int{
		"From: ada@EXAMPLE.com":                                {0, 1, 3},
		"From: bob@mail.example.com":                           {1, 3},
		"From: x@y.z\r\nTo: a@b.example.org":                   {1, 2},
		"X-List-Id: <GO.example.org>\r\nFrom: bob@example.com": {1, 2, 3, 4},
		"From: ada@example.com, bob@example.com\r\nTo: nobody": {0, 1, 3, 4},
		"Subject: x": {1},
	} {
		if got := c.of(letterFrom(t, header, known)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", header, got, want)
		}
	}
	if got := c.of(letterFrom(t, "From: x@y.z", message.Fields("from"))); len(got) != len(all) {
		t.Errorf("with fields that are not known only %v are judged", got)
	}
}

// BenchmarkFollow judges a message by many rules, of which most ask for addresses.
func BenchmarkFollow(b *testing.B) {
	for _, n := range []int{40, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			account := &config.Account{Address: "account.test"}
			inbox, _ := mailbox.ParsePattern("INBOX")
			for i := range n {
				var m rules.Test
				switch i % 20 {
				case 0:
					m = rules.All(criterion(b, "subject", cty.StringVal(fmt.Sprintf("word%d", i))), criterion(b, "seen", cty.True))
				case 1:
					m = rules.All(criterion(b, "older_than", cty.StringVal("2y")), criterion(b, "flagged", cty.True))
				case 2, 3, 4, 5:
					m = criterion(b, "list_id", cty.StringVal(fmt.Sprintf("list%d.example.org", i)))
				default:
					m = rules.All(criterion(b, "from", cty.TupleVal([]cty.Value{cty.StringVal(fmt.Sprintf("a%d@example.com", i)), cty.StringVal(fmt.Sprintf("@shop%d.example", i))})), criterion(b, "seen", cty.True))
				}
				account.Rules = append(account.Rules, &rules.Rule{Address: fmt.Sprintf("rule.r%d", i), In: []mailbox.Pattern{inbox}, Match: m, MoveTo: mailbox.Ref{Name: "Done"}})
			}
			p, diags := New(account, config.DefaultPolicy(), Listing{Folders: []Folder{{Name: "INBOX", Exists: true, Selectable: true, Messages: 1}}}, clock)
			if diags.HasErrors() {
				b.Fatal(diags)
			}
			var blocks [][]byte // mail of five kinds, of which one has a word in another charset, and three are of lists
			for i := range 5 {
				subject, list := fmt.Sprintf("Re: [engines] minutes of meeting %d", i), "List-Id: Analytical Engines <engines.lists.example.com>\r\n"
				if i == 0 {
					subject = "=?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= London"
				}
				if i > 2 {
					list = ""
				}
				blocks = append(blocks, []byte("From: \"Ada Lovelace\" <ada.lovelace@mail.example.com>\r\nTo: bob@example.org\r\nSubject: "+subject+"\r\n"+list+"\r\n"))
			}
			known := message.Fields("from", "list-id", "x-list-id", "subject", "to")
			known.Flags, known.Received, known.Size = true, true, true
			flags := mailbox.NewFlags(`\Seen`, `\Answered`)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h, err := message.ParseHeader(blocks[i%len(blocks)])
				if err != nil {
					b.Fatal(err)
				}
				m := &message.Message{UID: 1, Known: known, Flags: flags, Received: clock, Size: 5000, Header: h}
				if w := p.follow(m, "INBOX"); w.ending != endStays || w.folder != "INBOX" {
					b.Fatalf("%+v", w)
				}
			}
		})
	}
}
