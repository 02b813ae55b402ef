package render

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
	"github.com/imapform/imapform/rules"
)

// onItsWay is a message with something of all that can be said of one.
func onItsWay() Explained {
	seen := mailbox.NewFlags(`\Seen`)
	criterion := func(name, wants string, truth rules.Truth, saw ...string) rules.Explanation {
		return rules.Explanation{Criterion: name, Wants: wants, Truth: truth, Saw: saw}
	}
	from := criterion("from", `["x@y.example", "@example.com"]`, rules.True, "Ada <ada@example.com>", "b@example.com")
	from.By, from.Verbatim = `"@example.com"`, true
	unread := criterion("body", `"hello"`, rules.Unknown)
	unread.Why = "not read: its text"
	all := func(within ...rules.Explanation) rules.Explanation {
		e := rules.Explanation{Criterion: "all", Truth: rules.True, Within: within}
		for _, w := range within {
			e.Truth = min(e.Truth, w.Truth)
		}
		return e
	}
	not := rules.Explanation{Criterion: "not", Truth: rules.True, Within: []rules.Explanation{criterion("seen", "true", rules.False)}}
	named := rules.Explanation{Criterion: "matches", Wants: "match.bulk", Truth: rules.False, Within: []rules.Explanation{criterion("larger_than", `"1MB"`, rules.False, "812 octets")}}
	return Explained{
		Account: "account.work", Folder: "INBOX", UID: 7, From: "Ada <ada@example.com>", Subject: "Hello", MessageID: "<1@example.com>",
		Received: time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC), Size: 812, Assumed: []string{"the folders."},
		Trace: &plan.Trace{
			Folder: "Lists/Go", Flags: seen, Copies: []mailbox.Name{"Kept"},
			Passes: []plan.Pass{
				{
					Folder: "INBOX", Elsewhere: []string{"rule.old", `rule.list["x"]`},
					Rules: []plan.Looked{
						{Rule: "rule.no", Match: all(named)},
						{Rule: "rule.value", Match: all(criterion("everything", "true", rules.True)), Lacks: "move_to"},
						{Rule: "rule.copy", Match: all(not), Did: &plan.Deed{Copies: []mailbox.Name{"Kept"}, Add: seen}},
						{Rule: `rule.list["go"]`, Match: all(from), Did: &plan.Deed{Move: "Lists/Go", Remove: mailbox.NewFlags("$New")}},
						{Rule: "rule.late", Match: all(unread), Ended: `rule.list["go"]`},
					},
				},
				{Folder: "Lists/Go", Flags: seen, Removed: &plan.Cause{Block: "removed", Declared: hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: 3}}}},
			},
		},
	}
}

func TestExplanations(t *testing.T) {
	var b bytes.Buffer
	if err := Explanations(&b, []Explained{onItsWay()}, Options{}); err != nil {
		t.Fatal(err)
	}
	const want = `UID 7 in "INBOX" of account.work
  from:     "Ada <ada@example.com>"
  subject:  "Hello"
  received: 2026-09-28T12:00:00Z, 812 B
  Assumed: the folders.

In "INBOX", flags: none
  ✗ rule.no
      ✗ matches match.bulk
        ✗ larger_than = "1MB" # saw 812 octets
  ? rule.value: no value for move_to, so that it does not take the message
      ✓ everything = true
  ✓ rule.copy: wants a copy in "Kept", adds seen
      ✓ not
        ✗ seen = true # saw nothing
  ✓ rule.list["go"]: removes $New, moves it to "Lists/Go"
      ✓ from = ["x@y.example", "@example.com"] (by "@example.com")
          # saw "Ada <ada@example.com>", "b@example.com"
  - rule.late: not its turn, since rule.list["go"] ended the pass; its match cannot be told
      ? body = "hello" # not read: its text
  not looking here: rule.old, rule.list["x"]

In "Lists/Go", flags: seen
  no rule looks here
  ✓ the removed block at a.hcl:3 takes it on

It ends up in "Lists/Go", flags: seen.
A copy is made in "Kept", unless there is one already.
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Behind a rule that cannot be told no other gets its turn, and it is said why.
func TestExplanationBehindUnknown(t *testing.T) {
	unknown := rules.Explanation{Criterion: "all", Truth: rules.Unknown, Within: []rules.Explanation{{Criterion: "body", Truth: rules.Unknown, Why: "odd"}}}
	no := rules.Explanation{Criterion: "all", Truth: rules.False}
	yes := rules.Explanation{Criterion: "all", Truth: rules.True}
	for _, c := range []struct {
		ender plan.Looked
		want  string
	}{
		{plan.Looked{Rule: "rule.a", Match: unknown}, "- rule.late: not its turn, since rule.a cannot be told; its match does not hold"},
		{plan.Looked{Rule: "rule.a", Match: yes, Unread: true}, "- rule.late: not its turn, since rule.a cannot be told; its match does not hold"},
		{plan.Looked{Rule: "rule.a", Match: yes, Did: &plan.Deed{Stop: true}}, "- rule.late: not its turn, since rule.a ended the pass; its match does not hold"},
	} {
		trace := &plan.Trace{Passes: []plan.Pass{{Folder: "INBOX", Rules: []plan.Looked{{Rule: "rule.before", Match: no}, c.ender, {Rule: "rule.late", Match: no, Ended: "rule.a"}}}}}
		var b bytes.Buffer
		if err := Explanations(&b, []Explained{{Trace: trace}}, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("got\n%s\nwhich lacks\n%s", b.String(), c.want)
		}
	}
}

func TestExplanationEnds(t *testing.T) {
	in := []plan.Pass{{Folder: "INBOX"}}
	for _, c := range []struct {
		trace plan.Trace
		want  string
	}{
		{plan.Trace{Folder: "INBOX"}, `It stays in "INBOX" as it is.`},
		{plan.Trace{Folder: "INBOX", Passes: in}, `It stays in "INBOX" as it is.`},
		{plan.Trace{Folder: "INBOX", Passes: in, Flags: mailbox.NewFlags("$A")}, `It stays in "INBOX", flags: $A.`},
		{plan.Trace{Folder: "Trash", Passes: in, Trash: true}, `It is thrown away into "Trash", flags: none.`},
		{plan.Trace{Folder: "INBOX", Passes: in, Outcome: plan.OutcomeDeleted, Protected: []mailbox.Name{"INBOX"}}, `It is deleted for good. A plan that does so breaks a rail: "INBOX" is protected.`},
		{plan.Trace{Folder: "INBOX", Passes: in, Outcome: plan.OutcomeUnread}, `It is left alone in "INBOX": what a rule must know of it cannot be told.`},
		{plan.Trace{Folder: "INBOX", Passes: in, Outcome: plan.OutcomeCircle}, `It is left alone in "INBOX": these rules would bring it back to where it was, again and again.`},
		{plan.Trace{Folder: "INBOX", Outcome: plan.OutcomeMarked}, `It is left alone in "INBOX": it is marked \Deleted, and no rule takes such a message.`},
	} {
		if got := string(join(ends(Explained{Trace: &c.trace}), " ")); got != c.want {
			t.Errorf("got %s\nwant %s", got, c.want)
		}
	}
}

// Lines fit the width, colour or not, as far as words can be broken.
func TestExplanationsFit(t *testing.T) {
	for _, colour := range []bool{false, true} {
		var b bytes.Buffer
		if err := Explanations(&b, []Explained{onItsWay()}, Options{Width: 60, Color: colour}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "\x1b[") != colour {
			t.Errorf("colour is %t", !colour)
		}
		for line := range strings.Lines(stripColour(b.String())) {
			if n := columns(safe(strings.TrimRight(line, "\n"))); n > 60 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func stripColour(s string) string {
	var b strings.Builder
	for s != "" {
		before, after, ok := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !ok {
			break
		}
		_, s, _ = strings.Cut(after, "m")
	}
	return b.String()
}

// What strangers write can steer no terminal, wherever it stands.
func TestHostileExplanations(t *testing.T) {
	const bad = "a\x1b[31m\x07\u202e\u200b\nb\x9b\xff\x7f"
	hostile := rules.Explanation{Criterion: bad, Wants: bad, By: bad, Saw: []string{bad, bad}, Why: bad}
	verbatim := hostile
	verbatim.Verbatim = true
	e := onItsWay()
	e.Account, e.Folder, e.File, e.From, e.Subject, e.MessageID, e.Assumed = bad, bad, bad, bad, bad, bad, []string{bad}
	e.Trace = &plan.Trace{
		Folder: bad, Flags: mailbox.NewFlags(bad), Copies: []mailbox.Name{bad}, Protected: []mailbox.Name{bad},
		Passes: []plan.Pass{{Folder: bad, Flags: mailbox.NewFlags(bad), Elsewhere: []string{bad}, Removed: &plan.Cause{Block: bad}, Rules: []plan.Looked{
			{Rule: bad, Match: rules.Explanation{Criterion: "all", Within: []rules.Explanation{hostile, verbatim}}, Did: &plan.Deed{Move: bad, Copies: []mailbox.Name{bad}, Add: mailbox.NewFlags(bad)}},
			{Rule: bad, Match: hostile, Ended: bad, Lacks: bad},
			{Rule: bad, Match: hostile, Lacks: bad},
		}}},
	}
	var text, object bytes.Buffer
	if err := Explanations(&text, []Explained{e}, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := ExplanationsJSON(&object, []Explained{e}); err != nil {
		t.Fatal(err)
	}
	for name, written := range map[string]string{"text": text.String(), "JSON": object.String()} {
		for _, r := range written {
			if r != '\n' && (unicode.IsControl(r) || hidden(r)) {
				t.Errorf("%s holds %U", name, r)
			}
		}
	}
	if !json.Valid(object.Bytes()) {
		t.Error("the JSON is none")
	}
	if strings.Contains(text.String(), "\nb") {
		t.Error("a line end of the message is one of the text")
	}
}

func TestExplanationsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := ExplanationsJSON(&b, []Explained{onItsWay()}); err != nil {
		t.Fatal(err)
	}
	var made struct {
		FormatVersion string `json:"format_version"`
		Messages      []struct {
			Outcome string   `json:"outcome"`
			EndsIn  string   `json:"ends_in"`
			Copies  []string `json:"copies"`
			Passes  []struct {
				Rules []struct {
					Rule  string `json:"rule"`
					Match struct {
						Truth  string `json:"truth"`
						Within []struct {
							Criterion, By, Truth string
							Saw                  []string
						} `json:"within"`
					} `json:"match"`
					Does *struct {
						MoveTo string `json:"move_to"`
					} `json:"does"`
				} `json:"rules"`
			} `json:"passes"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(b.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	m := made.Messages[0]
	list := m.Passes[0].Rules[3]
	if made.FormatVersion != "1.0" || m.Outcome != "filed" || m.EndsIn != "Lists/Go" || len(m.Copies) != 1 || len(m.Passes) != 2 {
		t.Errorf("got %+v", made)
	}
	if list.Match.Truth != "true" || list.Match.Within[0].By != `"@example.com"` || len(list.Match.Within[0].Saw) != 2 || list.Does.MoveTo != "Lists/Go" {
		t.Errorf("got %+v", list)
	}
	gone := onItsWay()
	gone.Trace.Outcome = plan.OutcomeDeleted
	b.Reset()
	if err := ExplanationsJSON(&b, []Explained{gone}); err != nil || strings.Contains(b.String(), "ends_in") || !strings.Contains(b.String(), `"outcome": "deleted"`) {
		t.Errorf("%v: %s", err, b.String())
	}
}
