package render

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/plan"
)

func summarised(t *testing.T, o Options, plans ...*plan.Plan) string {
	t.Helper()
	var b strings.Builder
	if err := Summary(&b, plans, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummaryOfPlans(t *testing.T) {
	none := &plan.Plan{Account: "account.none"}
	one := &plan.Plan{Account: "account.home", Steps: everything().Steps[1:2]}
	for _, c := range []struct {
		name  string
		o     Options
		plans []*plan.Plan
		want  string
	}{
		{"one", Options{}, []*plan.Plan{one}, "Plan: 1 to add, 0 to change, 0 to destroy.\n"},
		{"nothing", Options{}, []*plan.Plan{none}, "No changes. Your mailboxes match the configuration.\n"},
		{
			"several", Options{}, []*plan.Plan{one, none},
			"account.home: Plan: 1 to add, 0 to change, 0 to destroy.\naccount.none: Plan: 0 to add, 0 to change, 0 to destroy.\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n",
		},
		{
			"missing", Options{Missing: []string{"account.\x1b"}}, []*plan.Plan{none},
			"account.none: Plan: 0 to add, 0 to change, 0 to destroy.\naccount.\\x1b: could not be planned\n\n1 of 2 accounts could not be planned and will be left alone: account.\\x1b.\n",
		},
	} {
		if got := summarised(t, c.o, c.plans...); got != c.want {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
	if err := Summary(failingWriter{}, nil, Options{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

// A summary leaves blocks out, and neither warnings nor rails.
func TestSummaryTellsOfRails(t *testing.T) {
	got := summarised(t, Options{}, everything())
	for _, want := range []string{"Plan: 3 to add, 8 to change, 3 to destroy. Messages: ", "Warning: A rule takes every message", "breaks the rail max_deleted"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "will be") {
		t.Errorf("blocks are shown:\n%s", got)
	}
}

func TestCompactWarnings(t *testing.T) {
	warning := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Two\nlines", Detail: "Much to say.", Subject: at(7).Ptr()}
	other := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "Nowhere"}
	compact := Options{CompactWarnings: true}
	want := "Warnings:\n\n- Two lines\n  on main.imap.hcl line 7\n- Nowhere\n\nTo see the whole warnings, leave out -compact-warnings.\n"
	if got := shown(t, compact, warning, other); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := shown(t, compact); got != "" {
		t.Errorf("of nothing: %s", got)
	}
	failed := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong"}
	if got := shown(t, compact, warning, failed); !strings.Contains(got, "Much to say.") || strings.Contains(got, "Warnings:") {
		t.Errorf("beside an error:\n%s", got)
	}
	// So it is with what a plan warns of.
	p := everything()
	if got := written(t, compact, p); strings.Contains(got, "Warnings:") {
		t.Errorf("beside a rail:\n%s", got)
	}
	p.Broken = nil
	if got := written(t, compact, p); !strings.Contains(got, "Warnings:\n\n- A rule takes every message\n  on main.imap.hcl line 2\n- rule.idle leaves messages alone\n") {
		t.Errorf("of a plan:\n%s", got)
	}
}
