package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// checkExceptions finds what not_in leaves out for nothing, and rules to which it
// leaves nothing.
func checkExceptions(v *view, r *report) {
	for _, x := range v.rules {
		if len(x.notIn) == 0 {
			continue
		}
		r.judge(key{kind: looksNowhere, about: x.Declared.String()}, x.nowhere(), func() *hcl.Diagnostic {
			return warning(x.InRange, "Rule looks nowhere",
				"%s leaves out by not_in every folder that in names, so that it takes no message. Correct one of the two.", x.Address)
		})
		for i, p := range x.notIn {
			meets := slices.ContainsFunc(x.in, p.Meets)
			r.judge(key{kind: exceptionInVain, about: x.Declared.String() + " " + x.NotIn[i].String()}, !meets, func() *hcl.Diagnostic {
				return warning(x.InRange, "Exception leaves nothing out",
					"%s leaves out %s, where it does not look anyway. Correct the name, or remove it from not_in.", x.Address, describe(x.NotIn[i]))
			})
		}
	}
}

// checkSources finds rules that name a folder by the name that it had before a moved
// block.
func checkSources(v *view, r *report) {
	moved := map[mailbox.Name]*config.Moved{}
	for _, m := range v.account.Moved {
		moved[m.From] = m
	}
	for _, x := range v.rules {
		for _, p := range slices.Concat(x.In, x.NotIn) {
			ref, literal := p.Ref()
			if !literal || ref.Use != "" {
				continue
			}
			m, gone := moved[ref.Name]
			r.judge(key{kind: movedAway, about: x.Declared.String() + " " + string(ref.Name)}, gone, func() *hcl.Diagnostic {
				return warning(x.InRange, "Folder is renamed",
					"%s names %q, which the moved block at %s:%d renames to %q. Rules are judged as if that were done: write the new name.",
					x.Address, ref.Name, m.Declared.Filename, m.Declared.Start.Line, v.lastName(m, moved))
			})
		}
	}
}

// lastName follows moved blocks to the end; config has refused those that lead
// round.
func (v *view) lastName(m *config.Moved, moved map[mailbox.Name]*config.Moved) mailbox.Name {
	for range moved {
		if next := moved[m.To]; next != nil {
			m = next
		}
	}
	return m.To
}
