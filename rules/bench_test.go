package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// benchRules are 40 rules as people have them.
func benchRules(b *testing.B) []Test {
	var rules []Test
	for i := range 10 {
		rules = append(rules,
			compiled(b, "list_id", str(fmt.Sprintf("list%d.example.org", i))),
			compiled(b, "from", tuple(str(fmt.Sprintf("@shop%d.example", i)), str("ada@example.com"))),
			All(compiled(b, "from", str(fmt.Sprintf("tracker%d@example.com", i))), compiled(b, "subject", obj("regex", str(`\[[A-Z]+-[0-9]+\]`)))),
			All(compiled(b, "older_than", str("1y")), compiled(b, "seen", cty.True), Not(compiled(b, "subject", str("invoice")))),
		)
	}
	return rules
}

// BenchmarkJudge parses a message's header and judges it by 40 rules; 100,000
// messages are to take well under a second.
func BenchmarkJudge(b *testing.B) {
	rules := benchRules(b)
	block := []byte(strings.Join([]string{
		"From: \"Ada Lovelace\" <ada.lovelace@mail.example.com>", "To: bob@example.org", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= London",
		"List-Id: Analytical Engines <engines.lists.example.com>", "", "",
	}, "\r\n"))
	parts := message.Parts{Flags: true, Received: true, Size: true, Fields: []string{"from", "list-id", "subject", "to", "x-list-id"}}
	flags := mailbox.NewFlags(`\Seen`, `\Answered`, "$Forwarded")
	b.ReportAllocs()
	for b.Loop() {
		h, err := message.ParseHeader(block)
		if err != nil {
			b.Fatal(err)
		}
		m := &message.Message{Known: parts, Flags: flags, Received: ago(100 * 24 * time.Hour), Size: 5000, Header: h}
		for _, rule := range rules {
			if truth, missing := rule.Judge(m, now); truth == Unknown {
				b.Fatalf("unknown, missing %+v", missing)
			}
		}
	}
}
