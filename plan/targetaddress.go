package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// An addressPattern covers addresses: itself, the instances of what it names, all that
// is in a module, and with "*" whatever may stand in its place within a part.
type addressPattern struct {
	written string
	parts   []addressPart
}

// An addressPart is what stands between dots: list["golang"].
type addressPart struct {
	name  string
	index string // with its brackets; empty: none
}

func parseAddresses(all []string) ([]addressPattern, error) {
	var patterns []addressPattern
	for _, s := range all {
		pattern, err := parseAddress(s)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

// An AddressError is why something is no address, or none of the configuration.
type AddressError struct {
	Address string // as given
	Problem string // in a sentence, with what to do
}

// Error returns the address and the problem.
func (e *AddressError) Error() string { return fmt.Sprintf("%q: %s", e.Address, e.Problem) }

// parseAddress reads what -target and -exclude take: pairs of parts, as in
// module.hygiene.rule.old.
func parseAddress(s string) (addressPattern, error) {
	const form = `Write it as plan shows it: rule.old, folder.list["golang"], module.hygiene.rule.old; or with stars: rule.news_*.`
	parts, ok := splitAddress(s)
	switch {
	case s == "":
		return addressPattern{}, &AddressError{s, "It is empty. " + form}
	case !ok || len(parts)%2 != 0:
		return addressPattern{}, &AddressError{s, "It is no address. " + form}
	}
	for i := 0; i < len(parts); i += 2 {
		if parts[i].index != "" {
			return addressPattern{}, &AddressError{s, "It is no address. " + form}
		}
	}
	return addressPattern{s, parts}, nil
}

// splitAddress cuts an address at the dots that stand in no index; false: a part is
// empty, or an index does not end where its part does.
func splitAddress(s string) ([]addressPart, bool) {
	var parts []addressPart
	for {
		end := strings.IndexAny(s, ".[")
		if end < 0 {
			end = len(s)
		}
		part := addressPart{name: s[:end]}
		s = s[end:]
		if strings.HasPrefix(s, "[") {
			n := config.IndexEnd(s)
			part.index, s = s[:n], s[n:]
			if n < len("[x]") {
				return nil, false
			}
		}
		if part.name == "" {
			return nil, false
		}
		parts = append(parts, part)
		if s == "" {
			return parts, true
		}
		if s[0] != '.' {
			return nil, false
		}
		s = s[1:]
	}
}

// covers says whether the pattern means what has this address: that, a module that it is
// in, or all instances of it or of such a module.
func (p addressPattern) covers(address string) bool {
	if address == p.written {
		return true
	}
	parts, ok := splitAddress(address)
	if !ok || len(parts) < len(p.parts) {
		return false
	}
	for i, want := range p.parts {
		if !mailbox.Starred(want.name, parts[i].name) || want.index != "" && !mailbox.Starred(want.index, parts[i].index) {
			return false
		}
	}
	return true
}

func anyCovers(all []addressPattern, address string) bool {
	return slices.ContainsFunc(all, func(p addressPattern) bool { return p.covers(address) })
}

// unknown is the error of a pattern that covers none of these addresses.
func (p addressPattern) unknown(all []string) error {
	problem := "It names nothing in the configuration."
	if near := config.Nearest(p.written, named(all)); near != "" && !strings.Contains(p.written, "*") {
		problem += fmt.Sprintf(" Did you mean %s?", near)
	}
	return &AddressError{p.written, problem}
}

// named are the addresses, and those of the modules and of all instances.
func named(all []string) []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, address := range all {
		add(address)
		parts, ok := splitAddress(address)
		if !ok {
			continue
		}
		above := ""
		for i, part := range parts {
			if i > 0 {
				above += "."
			}
			above += part.name
			if i%2 == 1 {
				add(above)
			}
			above += part.index
			if i%2 == 1 {
				add(above)
			}
		}
	}
	return names
}

// addressesIn are those of the accounts and of all that is declared for them.
func addressesIn(accounts []*config.Account) []string {
	var all []string
	for _, a := range accounts {
		all = append(all, a.Address)
		for _, f := range a.Folders {
			all = append(all, f.Address)
		}
		for _, r := range a.Rules {
			all = append(all, r.Address)
		}
	}
	return all
}

// asWritten are the patterns as they were given.
func asWritten(all []addressPattern) []string {
	var words []string
	for _, p := range all {
		words = append(words, p.written)
	}
	return words
}
