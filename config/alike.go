package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// maxAlike is how many problems of a kind are said: a collection may have thousands
// of elements with which something is wrong in the same way.
const maxAlike = 10

// A problemKind is what problems have in common that one expression gives for several
// elements or instances.
type problemKind struct {
	severity hcl.DiagnosticSeverity
	summary  string
	at       hcl.Range
}

func problemKindOf(d *hcl.Diagnostic) problemKind {
	return problemKind{d.Severity, d.Summary, *d.Subject}
}

// room counts a problem, and says whether it is among those of its kind that are
// said. One without a place has no kind.
func (p *problems) room(d *hcl.Diagnostic) bool {
	if d.Subject == nil {
		return true
	}
	if p.alike == nil {
		p.alike = map[problemKind]int{}
	}
	of := problemKindOf(d)
	p.alike[of]++
	return p.alike[of] <= maxAlike
}

// withRest are the problems, with one more behind the last that is said of a kind: how
// many there are beside.
func (p *problems) withRest() hcl.Diagnostics {
	var all hcl.Diagnostics
	said := map[problemKind]int{}
	for _, d := range p.diags {
		all = append(all, d)
		if d.Subject == nil {
			continue
		}
		of := problemKindOf(d)
		said[of]++
		if more := p.alike[of] - maxAlike; more > 0 && said[of] == maxAlike {
			all = append(all, &hcl.Diagnostic{
				Severity: d.Severity, Summary: d.Summary, Subject: d.Subject,
				Detail: fmt.Sprintf("So it is with other elements or instances: %d more, which are not listed.", more),
			})
		}
	}
	return all
}
