package config

import (
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

func TestExplainWhere(t *testing.T) {
	for expr, want := range map[string]struct {
		truth rules.Truth
		saw   string
		why   string // begins so
	}{
		`message.from.domain == "example.com" &&  message.size > 5`: {rules.True, `message.from.domain = "example.com" | message.size = 1234`, ""},
		`message.size > 10 || message.size < 5`:                     {rules.True, `message.size = 1234`, ""},
		`message.header["x-none"] == "x"`:                           {rules.False, `message.header["x-none"] = null`, ""},
		`message.header["x-none"] > 5`:                              {rules.NoValue, `message.header["x-none"] = null`, "no value: "},
		`message.to[7].name == "a"`:                                 {rules.NoValue, ``, "no value: "},
		`contains(message.to[*].local, "a")`:                        {rules.True, `message.to = `, ""},
		`tonumber(message.subject) > 5`:                             {rules.NoValue, `message.subject = `, "no value: "},
	} {
		r := ruleWith(t, "match { where = "+expr+" }\nadd_flags = [\"flagged\"]")
		e := rules.Explain(r.Match, letter(t, ordinary), time.Now()).Within[0]
		if e.Criterion != "where" || e.Wants != strings.Join(strings.Fields(expr), " ") || e.Truth != want.truth {
			t.Errorf("%s: got %+v", expr, e)
		}
		if got := strings.Join(e.Saw, " | "); !strings.HasPrefix(got, want.saw) {
			t.Errorf("%s: saw %s, want %s", expr, got, want.saw)
		}
		if !strings.HasPrefix(e.Why, want.why) || (want.why == "") != (e.Why == "") {
			t.Errorf("%s: because %q, want %q", expr, e.Why, want.why)
		}
	}
	r := ruleWith(t, "match { where = message.size > 5 }\nadd_flags = [\"flagged\"]")
	if e := rules.Explain(r.Match, &message.Message{}, time.Now()).Within[0]; e.Truth != rules.Unknown || e.Why != "not read: its size" || len(e.Saw) > 0 {
		t.Errorf("of a message of which nothing is known: %+v", e)
	}
}
