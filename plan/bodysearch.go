package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// checkSearched refuses permanent deletes where the server narrows texts by its own
// search: what an earlier rule would have kept, and its search has missed, would be
// gone.
func (p *Planner) checkSearched() {
	if !p.account.BodySearch {
		return
	}
	narrowed := ""
	for _, b := range p.rules {
		if b.Delete == rules.DeletePermanent && narrowed != "" {
			p.fail(b.Declared, "Permanent delete behind a search", fmt.Sprintf("With body_search = \"server\" the server may miss mail that %s takes, and %s would then delete it for good. Leave body_search out, or put %s before %s.", narrowed, b.Address, b.Address, narrowed))
		}
		words := slices.ContainsFunc(b.needs.Texts, func(t *message.TextTest) bool { return t.Word != "" })
		if words && b.Ends() && narrowed == "" {
			narrowed = b.Address
		}
	}
}

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
			p.visits[q.Folder].lasting.end() // the next search may find what this one misses
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
