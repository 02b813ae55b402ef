package rehearse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// A mismatch is an argument of an expect that does not hold.
type mismatch struct{ argument, expected, got string }

// compare says in what an outcome is not as expected.
func (r *rehearsal) compare(e *config.Expectation, o Outcome) hcl.Diagnostics {
	var diags hcl.Diagnostics
	story := "\n\n" + o.story() + r.misspelt(e) // said once
	for _, m := range r.mismatches(e, o) {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Not as expected: " + m.argument,
			Subject:  e.Ranges[m.argument].Ptr(),
			Detail:   fmt.Sprintf("    expected: %s\n    got:      %s%s", m.expected, m.got, story),
		})
		story = ""
	}
	return diags
}

// misspelt says which folder was most likely meant by one that is expected and that
// there is not.
func (r *rehearsal) misspelt(e *config.Expectation) string {
	expected := slices.Clone(e.Copies)
	if e.Folder != nil {
		expected = append(expected, *e.Folder)
	}
	for _, ref := range expected {
		name, ok := ref.Resolve(r.byUse)
		if !ok || slices.Contains(r.there, string(name)) {
			continue
		}
		if near := config.Nearest(string(name), r.there); near != "" {
			return fmt.Sprintf("\nThere is no folder %q. Did you mean %q?", name, near)
		}
	}
	return ""
}

func (r *rehearsal) mismatches(e *config.Expectation, o Outcome) []mismatch {
	var all []mismatch
	differ := func(argument, expected, got string) {
		if expected != got {
			all = append(all, mismatch{argument, expected, got})
		}
	}
	if e.Folder != nil {
		differ("folder", r.folder(*e.Folder), o.place())
	}
	if e.Flags != nil && (o.Folder == "" || !e.Flags.Equal(o.Flags)) {
		all = append(all, mismatch{"flags", flagList(*e.Flags), pick(o.Folder == "", "the message is gone for good", flagList(o.Flags))})
	}
	if e.CopiesSaid {
		differ("copies", r.folders(e.Copies), r.folders(refs(o.Copies)))
	}
	if gone := o.Folder == ""; e.Deleted != nil && *e.Deleted != gone {
		all = append(all, mismatch{"deleted", pick(*e.Deleted, "it is gone for good", "it is still there"), pick(gone, "it is gone for good", "it is in "+o.place())})
	}
	if e.Untouched != nil && *e.Untouched == o.Touched {
		all = append(all, mismatch{"untouched", pick(*e.Untouched, "nothing happens to the message", "something happens to the message"), o.happened()})
	}
	if e.LeftAlone != "" && !slices.ContainsFunc(o.Left, func(l Left) bool { return strings.Contains(l.Reason, e.LeftAlone) }) {
		all = append(all, mismatch{"left_alone", fmt.Sprintf("left alone because of %q", e.LeftAlone), o.leftAlone()})
	}
	return all
}

// folder is a folder that a test names, as people know it.
func (r *rehearsal) folder(ref mailbox.Ref) string {
	name, ok := ref.Resolve(r.byUse)
	if !ok {
		return ref.String() + ", which there is not"
	}
	return fmt.Sprintf("%q", name)
}

// folders lists folders in their order, each once.
func (r *rehearsal) folders(all []mailbox.Ref) string {
	var names []string
	for _, ref := range all {
		names = append(names, r.folder(ref))
	}
	slices.Sort(names)
	return "[" + strings.Join(slices.Compact(names), ", ") + "]"
}

func refs(names []mailbox.Name) []mailbox.Ref {
	all := make([]mailbox.Ref, len(names))
	for i, n := range names {
		all[i] = mailbox.Ref{Name: n}
	}
	return all
}

func flagList(flags mailbox.Flags) string {
	words := make([]string, len(flags))
	for i, f := range flags {
		words[i] = fmt.Sprintf("%q", mailbox.FlagWord(f))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func (o Outcome) place() string {
	if o.Folder == "" {
		return "the message is gone for good"
	}
	return fmt.Sprintf("%q", o.Folder)
}

// happened says what became of the message.
func (o Outcome) happened() string {
	if !o.Touched {
		return "nothing happened to it"
	}
	said := "it is in " + o.place() + " with the flags " + flagList(o.Flags)
	if o.Folder == "" {
		said = "it is gone for good"
	}
	if len(o.Copies) > 0 {
		said += fmt.Sprintf(", and copied to %q", o.Copies)
	}
	return said
}

func (o Outcome) leftAlone() string {
	if len(o.Left) == 0 {
		return "no rule that matched left it alone"
	}
	var reasons []string
	for _, l := range o.Left {
		reasons = append(reasons, l.String())
	}
	return strings.Join(reasons, "; ")
}

// String is the rule with its reason.
func (l Left) String() string {
	if l.Rule == "" {
		return l.Reason
	}
	return l.Rule + ": " + l.Reason
}

// story says which rules had to do with the message.
func (o Outcome) story() string {
	var told []string
	if len(o.Causes) > 0 {
		told = append(told, "Taken by "+strings.Join(o.Causes, ", ")+".")
	} else {
		told = append(told, "Nothing took the message.")
	}
	var others []string
	for _, rule := range o.Matched {
		if !slices.Contains(o.Causes, rule) && !slices.ContainsFunc(o.Left, func(l Left) bool { return l.Rule == rule }) {
			others = append(others, rule)
		}
	}
	if len(others) > 0 {
		told = append(told, "Matched without an effect: "+strings.Join(others, ", ")+".")
	}
	for _, l := range o.Left {
		if l.Rule == "" {
			told = append(told, l.Reason)
		} else {
			told = append(told, fmt.Sprintf("%s matched and left it alone: %s.", l.Rule, strings.TrimSuffix(l.Reason, ".")))
		}
	}
	return strings.Join(told, "\n")
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
