package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/message"
)

// noteAsked remembers the tests of texts that the server narrows by its own search.
func (p *Planner) noteAsked(round []Question) {
	if !p.account.BodySearch {
		return
	}
	for _, q := range round {
		for _, test := range q.Fetch.Texts {
			if test.Word == "" {
				continue
			}
			if p.searched == nil {
				p.searched = map[*message.TextTest]bool{}
			}
			p.searched[test] = true
		}
	}
}

// noteSearched names the rules for which the server searched.
func (p *Planner) noteSearched() {
	var at hcl.Range
	var names []string
	for _, b := range p.rules {
		if slices.ContainsFunc(b.needs.Texts, func(t *message.TextTest) bool { return p.searched[t] }) {
			names, at = append(names, b.Address), cmp.Or(at, b.Declared)
		}
	}
	if len(names) > 0 {
		p.note(at, "Rules may miss mail", fmt.Sprintf("By body_search = \"server\", %s searched for words of these rules, and what it did not find was not read: %s. Where it misses mail, so do they.", p.listing.Server, few(names)))
	}
}
