package render

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/plan"
)

// What programs that comment on pull requests look for in the text of a plan. The
// expressions are theirs.
var (
	// tfcmt: suzuki-shunsuke/tfcmt, pkg/terraform/parser.go
	tfcmtPass       = regexp.MustCompile(`(?m)^(Plan: \d|No changes.)`)
	tfcmtFail       = regexp.MustCompile(`(?m)^([│|] )?(Error: )`)
	tfcmtWarning    = regexp.MustCompile(`(?m)^([│|] )?(Warning: )`)
	tfcmtHasDestroy = regexp.MustCompile(`(?m)([1-9][0-9]* to destroy.)`)
	tfcmtNoChanges  = regexp.MustCompile(`(?m)^(No changes.)`)
	tfcmtCreate     = regexp.MustCompile(`(?m)^ *# (.*) will be created$`)
	tfcmtUpdate     = regexp.MustCompile(`(?m)^ *# (.*) will be updated in-place$`)
	tfcmtDelete     = regexp.MustCompile(`(?m)^ *# (.*) will be destroyed$`)
	tfcmtApplied    = regexp.MustCompile(`(?m)^(Apply complete!)`)
	tfcmtBegin      = regexp.MustCompile(`(?m)^Terraform will perform the following actions:$`)
	// Atlantis: runatlantis/atlantis, server/events/models/models.go
	atlantisChanges   = regexp.MustCompile(`Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy.`)
	atlantisNoChanges = regexp.MustCompile(`No changes. (Infrastructure is up-to-date|Your infrastructure matches the configuration).`)
	atlantisKeyword   = regexp.MustCompile(`(?m)^( +)([-+~]\s)(.*)(\s=\s|\s->\s|<<|\{|\(known after apply\)| {2,}[^ ]+:.*)(.*)`)
	atlantisList      = regexp.MustCompile(`(?m)^( +)([-+~]\s)(".*",)`)
	// terraform-pr-commenter: robburger/terraform-pr-commenter, entrypoint.sh (of sed)
	commenterSymbol = regexp.MustCompile(`(?m)^([ \t]*)([-+~])`)
	commenterBegin  = regexp.MustCompile(`(?m)^(An execution plan has been generated and is shown below.|Terraform used the selected providers to generate the following execution|No changes. Infrastructure is up-to-date.|No changes. Your infrastructure matches the configuration.|Note: Objects have changed outside of Terraform)$`)
	// dflook's actions: dflook/terraform-github-actions, image/src/plan_summary/__main__.py
	dflookCounts = regexp.MustCompile(`(\d+) to (\w+)`)
	// Terratest, whose way many scripts go: gruntwork-io/terratest, modules/terraform/count.go
	terratestPlan  = regexp.MustCompile(`(\033\[1m)?Plan:(\033\[0m)? (\d+) to add, (\d+) to change, (\d+) to destroy\.`)
	terratestApply = regexp.MustCompile(`Apply complete! Resources: (\d+) added, (\d+) changed, (\d+) destroyed\.`)
	// OTF: leg100/otf; its older agent had the first one, with the line's end
	otfPlan  = regexp.MustCompile(`(?m)^Plan: (\d+) to add, (\d+) to change, (\d+) to destroy.$`)
	otfApply = regexp.MustCompile(`(?m)^Apply complete! Resources: (\d+) added, (\d+) changed, (\d+) destroyed.`)
	// create-artifact-action: theappnest/create-artifact-action, src/parsePlan.ts
	artifactChanges = regexp.MustCompile(`(?m)^(  *)([+-])`)
	// borchero/terraform-plan-comment, src/render.ts
	borcheroBlock = regexp.MustCompile(`.*[+-~⇄] (resource|ephemeral)`)
)

// nothingText is the text of a plan without changes.
const nothingText = "No changes. Your mailboxes match the configuration.\n"

func TestCommentersRead(t *testing.T) {
	whole := goldenText(t)
	for _, test := range []struct {
		name string
		find *regexp.Regexp
		in   string
		want []string // what the groups hold, at the first match
	}{
		{"tfcmt: there are changes", tfcmtPass, whole, []string{"Plan: 3"}},
		{"tfcmt: a broken rail is an error", tfcmtFail, whole, []string{"│ ", "Error: "}},
		{"tfcmt: a warning", tfcmtWarning, whole, []string{"│ ", "Warning: "}},
		{"tfcmt: something is destroyed", tfcmtHasDestroy, whole, []string{"3 to destroy."}},
		{"tfcmt: nothing changes", tfcmtPass, nothingText, []string{"No changes."}},
		{"tfcmt: nothing changes, again", tfcmtNoChanges, nothingText, []string{"No changes."}},
		{"tfcmt: an apply", tfcmtApplied, appliedText, []string{"Apply complete!"}},
		{"Atlantis: counts", atlantisChanges, whole, []string{"", "3", "8", "3"}},
		{"Terratest: counts", terratestPlan, whole, []string{"", "", "3", "8", "3"}},
		{"Terratest: an apply", terratestApply, appliedText, []string{"1", "2", "1"}},
		{"OTF: an apply", otfApply, appliedText, []string{"1", "2", "1"}},
		{"OTF: counts of folders only", otfPlan, foldersText(t), []string{"1", "0", "0"}},
	} {
		got := test.find.FindStringSubmatch(test.in)
		if len(got) == 0 || !cmp.Equal(got[1:], test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	for _, test := range []struct {
		name string
		find *regexp.Regexp
		in   string
	}{
		{"tfcmt: nothing is destroyed", tfcmtHasDestroy, foldersText(t)},
		{"tfcmt: no error where there is none", tfcmtFail, foldersText(t)},
		{"tfcmt: changes are not none", tfcmtNoChanges, whole},
		{"Atlantis: none are no changes", atlantisChanges, nothingText},
	} {
		if got := test.find.FindString(test.in); got != "" {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// What the lists of those programs hold is what changes.
func TestCommentersListResources(t *testing.T) {
	whole := goldenText(t)
	for _, test := range []struct {
		find *regexp.Regexp
		want []string
	}{
		{tfcmtCreate, []string{"folder.archive", `folder "Archive/2024"`, `folder.list["golang"]`}},
		{tfcmtUpdate, []string{"folder.drafts", "folder.newsletters", `folder "Newsletters"`}},
		{tfcmtDelete, []string{`folder "Lists/empty"`, `folder "Old/2019"`}},
		{dflookCounts, []string{"3 add", "8 change", "3 destroy", "6 copy", "45 move", "1 trash", "2 delete", "14 flag"}},
	} {
		var got []string
		for _, match := range test.find.FindAllStringSubmatch(whole, -1) {
			got = append(got, strings.Join(match[1:], " "))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.find, diff)
		}
	}
}

// Those that colour the plan as a diff bring every line that changes something to its
// first column, and no other.
func TestCommentersColour(t *testing.T) {
	_, whole, _ := strings.Cut(goldenText(t), "following actions:\n") // behind the legend
	whole, _, _ = strings.Cut(whole, "\nPlan: ")
	lines := func(find *regexp.Regexp) int { return len(find.FindAllString(whole, -1)) }
	changes := lines(commenterSymbol)
	if keywords, lists := lines(atlantisKeyword), lines(atlantisList); changes == 0 || keywords+lists != changes {
		t.Errorf("Atlantis colours %d and %d lines of %d", keywords, lists, changes)
	}
	if updates := lines(regexp.MustCompile(`(?m)^ *~`)); lines(artifactChanges)+updates != changes {
		t.Errorf("%d lines of %d are coloured", lines(artifactChanges)+updates, changes)
	}
	ours := comment{plans: []*plan.Plan{everything()}}
	diff := strings.Join(ours.diffs(0), "\n")
	if got := len(regexp.MustCompile(`(?m)^[-+!]`).FindAllString(diff, -1)); got != changes {
		t.Errorf("our own diff colours %d lines of %d", got, changes)
	}
}

// What some of them look for names Terraform or its infrastructure, or is the end of a
// line that goes on here. docs/review.md says so; when this changes, it has to.
func TestCommentersDoNotRead(t *testing.T) {
	whole := goldenText(t)
	for _, test := range []struct {
		name string
		find *regexp.Regexp
		in   string
	}{
		{"tfcmt shows what follows a line with Terraform's name", tfcmtBegin, whole},
		{"terraform-pr-commenter does, too", commenterBegin, whole},
		{"terraform-pr-commenter does, without changes", commenterBegin, nothingText},
		{"Atlantis tells no changes by the word infrastructure", atlantisNoChanges, nothingText},
		{"OTF's older agent takes no line with messages", otfPlan, whole},
		{"terraform-plan-comment wants blocks that are called resource", borcheroBlock, whole},
	} {
		if got := test.find.FindString(test.in); got != "" {
			t.Errorf("%s: it reads %q now: tell so", test.name, got)
		}
	}
}

// appliedText is what is told of an apply.
const appliedText = "\nApply complete! Resources: 1 added, 2 changed, 1 destroyed. Messages: 40 moved, 12 flagged.\n"

// foldersText is the text of a plan that touches no messages.
func foldersText(t *testing.T) string {
	t.Helper()
	return written(t, Options{}, &plan.Plan{Account: "account.work", Steps: everything().Steps[1:2]})
}

// goldenText is the text of the plan that holds every operation.
func goldenText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "everything.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
