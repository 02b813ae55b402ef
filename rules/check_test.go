package rules

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

func TestRuleCheck(t *testing.T) {
	everything := compiled(t, "everything", cty.True)
	old := compiled(t, "older_than", str("1y"))
	settled := compiled(t, "in_folder_for", str("30d"))
	flags := mailbox.NewFlags
	to := mailbox.Ref{Name: "Archive"}
	tests := []struct {
		name string
		rule Rule
		want []string // argument and summary
	}{
		{"no match", Rule{Stop: true}, []string{": Missing match"}},
		{"no match, permanent", Rule{Delete: DeletePermanent}, []string{": Missing match"}},
		{"no action", Rule{Match: everything}, []string{": Rule without an action"}},
		{"two ends", Rule{Match: everything, MoveTo: to, Delete: DeleteTrash}, []string{"delete: Two ends for one message"}},
		{"same flag", Rule{Match: everything, AddFlags: flags(`\Seen`, "a"), RemoveFlags: flags(`\seen`, "b")}, []string{"remove_flags: Flag added and removed"}},
		{"same keyword", Rule{Match: everything, AddFlags: flags("$Invoice"), RemoveFlags: flags("$INVOICE")}, []string{"remove_flags: Flag added and removed"}},
		{"negative rail", Rule{Match: everything, Stop: true, MaxMessages: -1}, []string{"max_messages: Negative number of messages"}},
		{"permanent by age", Rule{Match: old, Delete: DeletePermanent}, []string{"delete: Permanent delete by arrival"}},
		{"permanent by age, deep", Rule{Match: All(everything, Any(Not(Named("match.old", old)))), Delete: DeletePermanent}, []string{"delete: Permanent delete by arrival"}},
		{"permanent, new ones", Rule{Match: compiled(t, "newer_than", str("1d")), Delete: DeletePermanent}, []string{"delete: Permanent delete by arrival"}},
		{"permanent by date", Rule{Match: compiled(t, "received_before", str("2020-01-01")), Delete: DeletePermanent}, []string{"delete: Permanent delete by arrival"}},
		{"permanent since a date", Rule{Match: compiled(t, "received_since", str("2020-01-01")), Delete: DeletePermanent}, []string{"delete: Permanent delete by arrival"}},
		{"permanent by sending", Rule{Match: compiled(t, "sent_before", str("2020-01-01")), Delete: DeletePermanent}, []string{"delete: Permanent delete by arrival"}},
		{"several", Rule{Match: old, Delete: DeletePermanent, MoveTo: to, AddFlags: flags("a"), RemoveFlags: flags("a")},
			[]string{"delete: Two ends for one message", "remove_flags: Flag added and removed", "delete: Permanent delete by arrival"}},

		{"permanent, settled", Rule{Match: settled, Delete: DeletePermanent}, nil},
		{"permanent by age, settled", Rule{Match: All(old, settled), Delete: DeletePermanent}, nil},
		{"permanent by arrival", Rule{Match: old, Delete: DeletePermanent, ByArrival: true}, nil},
		{"permanent by sender", Rule{Match: compiled(t, "from", str("@example.com")), Delete: DeletePermanent}, nil},
		{"trash by age", Rule{Match: old, Delete: DeleteTrash}, nil},
		{"move by age", Rule{Match: old, MoveTo: to}, nil},
		{"stop", Rule{Match: everything, Stop: true}, nil},
		{"copy", Rule{Match: everything, CopyTo: []mailbox.Ref{to}}, nil},
		{"flags", Rule{Match: everything, AddFlags: flags("a"), RemoveFlags: flags("b")}, nil},
	}
	for _, test := range tests {
		var got []string
		for _, p := range test.rule.Check() {
			if p.Detail == "" {
				t.Errorf("%s: %q has no detail", test.name, p.Summary)
			}
			got = append(got, p.Argument+": "+p.Summary)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: got %q; want %q", test.name, got, test.want)
		}
	}
}
