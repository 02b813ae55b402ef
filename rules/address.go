package rules

import (
	"strings"

	"github.com/imapform/imapform/internal/message"
)

func addressCriteria() []Criterion {
	return []Criterion{
		addressCriterion("from", "Some address in From passes.", "from"),
		addressCriterion("to", "Some address in To passes.", "to"),
		addressCriterion("cc", "Some address in Cc passes.", "cc"),
		addressCriterion("bcc", "Some address in Bcc passes.", "bcc"),
		addressCriterion("reply_to", "Some address in Reply-To passes.", "reply-to"),
		addressCriterion("sender", "Some address in Sender passes.", "sender"),
		addressCriterion("recipient", "Some address in To, Cc, Bcc, Delivered-To or X-Original-To passes.",
			recipientFields...),
	}
}

var recipientFields = []string{"to", "cc", "bcc", "delivered-to", "x-original-to"}

func addressCriterion(name, doc string, fields ...string) Criterion {
	return Criterion{Name: name, Value: "address test", Doc: doc, saw: sawAddresses(fields...), verbatim: true, Compile: compile(func(n node) (Test, error) {
		alternatives, g, err := compileAddress(n)
		return newFieldTest(name, alternatives, g, fields...), err
	})}
}

type addressCondition func(*message.Address) bool

// compileAddress makes the alternatives of an address test. Its strings together
// are one, so that long lists cost no more than short ones.
func compileAddress(n node) ([]alternative, given, error) {
	g := given{kind: addressTest}
	elements, err := n.elements()
	if err != nil {
		return nil, g, err
	}
	var alternatives []alternative
	for _, e := range elements {
		switch {
		case e.isString():
			if err := g.book.add(e); err != nil {
				return nil, g, err
			}
		case e.isObject():
			a, err := compileAddressObject(e)
			if err != nil {
				return nil, g, err
			}
			alternatives = append(alternatives, a)
			g.add(e, a.absent)
		default:
			return nil, g, e.errorf(`this is %s, and an address test is not: write a string such as "ada@example.com" or "@example.com", a list of strings or an object such as { domain = "example.com" }`, e.kind())
		}
	}
	if book := g.book; !book.empty() {
		alternatives = append(alternatives, alternative{pass: someAddress(book.holds)})
	}
	return alternatives, g, nil
}

// someAddress passes a field in which one address meets the condition.
func someAddress(holds addressCondition) func(*message.Field) Truth {
	return func(f *message.Field) Truth {
		addresses, told := f.Addresses()
		if !told {
			return Unknown
		}
		for i := range addresses {
			if holds(&addresses[i]) {
				return True
			}
		}
		return False
	}
}

// An addressBook is the strings of an address test.
type addressBook struct {
	whole     map[string]bool // Spec.Fold
	domains   map[string]bool // with their subdomains
	contained []string        // folded, in the name or the address
}

func (b *addressBook) empty() bool { return len(b.whole)+len(b.domains)+len(b.contained) == 0 }

// add takes a string by what it looks like, and refuses what somebody may have
// meant for something else.
func (b *addressBook) add(n node) error {
	s, err := n.text()
	if err != nil {
		return err
	}
	s = strings.TrimSpace(s)
	local, domain, hasAt := strings.Cut(s, "@")
	switch {
	case strings.Contains(s, "*"):
		return wildcard(n, s)
	case !hasAt && couldBeDomain(s):
		b.addDomain(s)
	case !hasAt:
		b.contained = append(b.contained, message.TextOf(s).Fold)
	case s == "@":
		return n.errorf(`"@" alone would take every address: write an address, or a domain such as "@example.com"`)
	case domain == "":
		return n.errorf(`there is nothing after the "@" of %q: for this name at any domain, say { local = %q }`, s, local)
	case strings.ContainsAny(s, "<> ,;"):
		return n.errorf(`%q is more than an address: write each address alone, or say { contains = %q }`, s, s)
	case strings.ContainsAny(domain, `@"`) || strings.Contains(local, `"`):
		return n.errorf(`%q has quotes or more than one "@": for the odd address that is so, say { address = { is = %q } }`, s, strings.ReplaceAll(s, `"`, ""))
	case !validDomain(domain):
		return n.errorf(`what follows the "@" of %q is no domain: for text that is somewhere in the name or the address, say { contains = %q }`, s, s)
	case local == "":
		b.addDomain(domain)
	default:
		b.addWhole(local, domain)
	}
	return nil
}

func wildcard(n node, s string) error {
	if domain, ok := strings.CutPrefix(s, "*@"); ok && validDomain(domain) {
		return n.errorf(`a string of an address test has no wildcards: say { domain = %q }`, domain)
	}
	if domain, ok := strings.CutPrefix(strings.TrimPrefix(strings.TrimPrefix(s, "*"), "@*"), "."); ok && validDomain(domain) {
		return n.errorf(`a string of an address test has no wildcards: say { domain = %q }, which takes its subdomains too`, domain)
	}
	if strings.Trim(s, "*?@ ") == "" {
		return n.errorf("%q would take every address: for that, say { exists = true }", s)
	}
	return n.errorf(`a string of an address test has no wildcards: say { address = { glob = %q } }`, s)
}

func (b *addressBook) addWhole(local, domain string) {
	if b.whole == nil {
		b.whole = make(map[string]bool)
	}
	b.whole[wholeKey(local, domain)] = true
}

func (b *addressBook) addDomain(domain string) {
	if b.domains == nil {
		b.domains = make(map[string]bool)
	}
	b.domains[message.Domain(domain)] = true
}

func wholeKey(local, domain string) string {
	return message.TextOf(local + "@" + message.Domain(domain)).Fold
}

func (b *addressBook) holds(a *message.Address) bool {
	if a.Domain != "" && b.whole[a.Spec.Fold] || inDomains(a.Domain, b.domains) {
		return true
	}
	if len(b.contained) == 0 {
		return false
	}
	spec, _ := a.Unicode()
	for _, s := range b.contained {
		if strings.Contains(a.Name.Fold, s) || strings.Contains(a.Spec.Fold, s) || strings.Contains(spec.Fold, s) {
			return true
		}
	}
	return false
}

// inDomains says whether a domain, or one that it is a subdomain of, is among
// those.
func inDomains(domain string, domains map[string]bool) bool {
	if len(domains) == 0 {
		return false
	}
	for domain != "" {
		if domains[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}
